"""Fires what falls due: documents whose ``due_at`` (city time) has come.

The document is the only memory: a runner reads what falls due within the next wall second, waits
for the moment and fires.  Several runners may fire the same one, because firing is a
compare-and-set; within a runner one (document, due) is never fired twice at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from supportcarr.kit.jobs.declarations import Deadline
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Collection, Range, Store, StoreError

PAGE = 200
PAGES = 10  # that one look takes of a collection
AT_MOST = 2_000  # documents of one collection on their way at once; those in a pause do not count
LONGEST_PAUSE_S = 30.0

_log = structlog.get_logger("supportcarr.deadlines")

Due = tuple[str, str, datetime]  # collection, document id, due_at


@dataclass(slots=True)
class _Fired:
    """What was fired already: if it is still due, the next time comes after a pause."""

    times: int
    not_before: float  # monotonic


@dataclass(slots=True)
class _Watched:
    """One collection: how far the round through what is due in it has come, and what it met so far."""

    collection: Collection[Any]
    deadline: Deadline
    cursor: str | None = None
    met: set[Due] = field(default_factory=set)
    fired: dict[Due, _Fired] = field(default_factory=dict)

    def met_all(self) -> None:
        """A round is over: what it did not meet is due no more."""
        now = time.monotonic()
        self.fired = {due: f for due, f in self.fired.items() if due in self.met or f.not_before > now}
        self.begin()

    def begin(self) -> None:
        self.cursor = None
        self.met.clear()


class DeadlineRunner:
    """Looks every *every_s* wall seconds, *ahead_s* wall seconds ahead; fires *concurrency* at once.

    What is still due after it was fired (the firing failed, or left ``due_at`` as it was) is fired
    again after a growing pause.  Each spec needs ``Index("due_at")``.

    A look takes a bounded number of pages of a collection.  Where more than that is stuck, the next
    look goes on from there, and each takes one page from the other end as well: what has only just
    fallen due does not wait for a round through what was there before it.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        deadlines: Sequence[Deadline],
        *,
        every_s: float = 0.25,
        ahead_s: float = 1.0,
        concurrency: int = 32,
    ) -> None:
        for deadline in deadlines:
            if not any(index.fields[0] == "due_at" for index in deadline.spec.indexes):
                raise ValueError(
                    f"{deadline.spec.name} has deadlines and needs an index that begins with due_at"
                )
        self._clock, self._every_s, self._ahead_s = clock, every_s, ahead_s
        self._watched = [_Watched(store.collection(deadline.spec), deadline) for deadline in deadlines]
        self._room = asyncio.Semaphore(concurrency)
        self._flying: dict[Due, asyncio.Task[None]] = {}
        self._looker: asyncio.Task[None] | None = None
        self.fired = self.failures = 0

    def start(self) -> None:
        """Look again and again until ``stop``."""
        self._looker = asyncio.create_task(self._look_on(), name="deadlines")

    async def stop(self, within_s: float = 5.0) -> None:
        """Look no more; let what is being fired finish within that time, drop what only waits."""
        await cancel_and_wait(self._looker)
        now = self._clock.city()
        for (_, _, due), task in list(self._flying.items()):
            if due > now:
                task.cancel()
        if self._flying:
            _, late = await asyncio.wait(self._flying.values(), timeout=within_s)
            await cancel_and_wait(*late)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"fired": self.fired, "failures": self.failures, "on_their_way": len(self._flying)}

    async def _look_on(self) -> None:
        while True:
            started = time.monotonic()
            try:
                await self.look()
            except StoreError as error:
                _log.warning("deadlines.look_failed", error=str(error))
            except Exception:  # whatever it is: without this task nothing falls due any more
                _log.exception("deadlines.look_failed")
            await asyncio.sleep(max(0.0, self._every_s - (time.monotonic() - started)))

    async def look(self) -> int:
        """One look: set off what falls due soon and is not on its way; how many that were."""
        horizon = self._clock.city() + timedelta(seconds=self._ahead_s * self._clock.speed)
        return sum([await self._look_into(watched, horizon) for watched in self._watched])

    async def _look_into(self, watched: _Watched, horizon: datetime) -> int:
        set_off = going = 0
        for _ in range(PAGES):
            documents, cursor = await self._page(watched, horizon, "due_at", watched.cursor)
            for document in documents:
                due, flies = self._set_off(document, watched)
                set_off += flies
                going += due in self._flying
            watched.cursor = cursor
            if cursor is None:
                watched.met_all()
                return set_off
            if going >= AT_MOST:  # what is on its way is due no more in a moment: then from the start
                watched.begin()
                return set_off
        newest, _ = await self._page(watched, horizon, "-due_at", None)
        return set_off + sum(self._set_off(document, watched)[1] for document in newest)

    async def _page(
        self, watched: _Watched, horizon: datetime, sort: str, cursor: str | None
    ) -> tuple[list[Any], str | None]:
        where = {"due_at": Range(lt=horizon)}
        page = await watched.collection.find(where, sort=sort, limit=PAGE, cursor=cursor)
        return page.items, page.next_cursor

    def _set_off(self, document: Any, watched: _Watched) -> tuple[Due, bool]:
        """Set it off, unless it is on its way or in its pause; whether that was done."""
        due: Due = (watched.deadline.spec.name, document.id, document.due_at)
        watched.met.add(due)
        fired = watched.fired.get(due)
        if due in self._flying or (fired is not None and fired.not_before > time.monotonic()):
            return due, False
        name = f"deadline {due[0]} {due[1]}"
        self._flying[due] = asyncio.create_task(self._fly(due, watched), name=name)
        return due, True

    async def _fly(self, due: Due, watched: _Watched) -> None:
        collection, document_id, at = due
        times = watched.fired[due].times + 1 if due in watched.fired else 1
        pause = min(LONGEST_PAUSE_S, self._every_s * 2 ** min(times, 12))
        try:
            await self._clock.sleep_until(at)
            async with self._room:
                await watched.deadline.fire(document_id)
            self.fired += 1
        except RetryLater as again:
            pause = again.seconds
        except Exception:
            self.failures += 1
            _log.exception(
                "deadlines.fire_failed", collection=collection, document_id=document_id, times=times
            )
        finally:
            watched.fired[due] = _Fired(times, time.monotonic() + pause)
            del self._flying[due]
