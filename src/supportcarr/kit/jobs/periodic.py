"""Runs what must be done again and again, in one worker at a time.

A lease in the store says which.  It is there for economy alone: for a moment two may hold it (one
was stopped and comes back), so a ticker's effects are compare-and-sets like everything else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from supportcarr.contracts.documents import Document
from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import CollectionSpec, DuplicateKey, Store, StoreError, VersionConflict

SHORTEST_TICK_S = 0.01  # wall; a fast city does not make a ticker spin

_log = structlog.get_logger("supportcarr.tickers")


class Lease(Document, frozen=True, kw_only=True):
    """Who does something until when (wall time); the id names what is done."""

    holder: str
    until: datetime


LEASES = CollectionSpec("leases", Lease)
SPECS: tuple[CollectionSpec[Any], ...] = (LEASES,)


class Leases:
    """The leases of one process, each for *seconds* (wall time) and renewed when half of it is over."""

    def __init__(
        self, store: Store, clock: Clock, *, seconds: float = 5.0, holder: str | None = None
    ) -> None:
        self._collection = store.collection(LEASES)
        self._clock, self._seconds = clock, seconds
        self._holder = holder or new_id("own")
        self._mine: dict[str, Lease] = {}

    async def hold(self, name: str) -> bool:
        """True if this process holds the lease now, took it, or renewed it."""
        now = self._clock.wall()
        mine = self._mine.get(name)
        if mine is not None and mine.until - now > timedelta(seconds=self._seconds / 2):
            return True
        until = now + timedelta(seconds=self._seconds)
        stored = await self._collection.get(name)
        try:
            if stored is None:
                stored = await self._collection.insert(Lease(id=name, holder=self._holder, until=until))
            elif stored.holder != self._holder and stored.until > now:
                self._mine.pop(name, None)
                return False
            else:
                taken = msgspec.structs.replace(stored, holder=self._holder, until=until)
                stored = await self._collection.save(taken)
        except (DuplicateKey, VersionConflict):  # another was faster
            self._mine.pop(name, None)
            return False
        self._mine[name] = stored
        return True

    async def release(self, name: str) -> None:
        """Let the next one have it at once."""
        mine = self._mine.pop(name, None)
        if mine is not None:
            with suppress(VersionConflict):
                await self._collection.save(msgspec.structs.replace(mine, until=self._clock.wall()))


class Scheduler:
    """Runs each ticker at its pace while this process holds its lease."""

    def __init__(
        self, store: Store, clock: Clock, tickers: Sequence[PeriodicTask], *, lease_s: float = 5.0
    ) -> None:
        self._leases = Leases(store, clock, seconds=lease_s)
        self._clock, self._tickers, self._lease_s = clock, tuple(tickers), lease_s
        self._tasks: list[asyncio.Task[None]] = []
        self.ticks = self.failures = 0

    def start(self) -> None:
        """Tick until ``stop``."""
        self._tasks = [
            asyncio.create_task(self._tick_on(ticker), name=f"ticker {ticker.name}")
            for ticker in self._tickers
        ]

    async def stop(self) -> None:
        """End the ticks and give the leases back."""
        await cancel_and_wait(*self._tasks)
        for ticker in self._tickers:
            with suppress(StoreError):
                await self._leases.release(ticker.name)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"ticks": self.ticks, "failures": self.failures}

    async def _tick_on(self, ticker: PeriodicTask) -> None:
        pace = ticker.every_s / self._clock.speed if ticker.city else ticker.every_s
        while True:
            started = time.monotonic()
            pause = max(SHORTEST_TICK_S, pace)
            try:
                if await self._leases.hold(ticker.name):
                    await ticker.run()
                    self.ticks += 1
                else:
                    pause = max(pause, self._lease_s / 4)
            except RetryLater as again:
                pause = again.seconds
            except Exception:
                self.failures += 1
                _log.exception("tickers.tick_failed", ticker=ticker.name)
                pause = max(pause, 0.25)
            await asyncio.sleep(max(SHORTEST_TICK_S, pause - (time.monotonic() - started)))
