"""Fire deadlines: documents whose ``due_at`` (city time) has come.

The documents are the only state: a runner reads those that are due until after its next look, waits for the
moment and fires.  Several runners may fire the same deadline, because firing is a
compare-and-set; one runner never fires the same (document, ``due_at``) twice at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from supportcarr.kit.jobs.declarations import Deadline
from supportcarr.kit.observability.timings import LONG_S, LabelledTimings
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Collection, Range, Store, StoreError, StoreUnavailable

PAGE = 200
PAGES = 10  # read from a collection in one poll
IN_FLIGHT_MAX = 2_000  # deadlines of one collection; those in a pause do not count
SHORTEST_S = 0.25  # wall; between two looks, also in a city whose clock runs fast
LONGEST_PAUSE_S = 30.0
STORE_RETRY_S = 1.0  # the longest pause of a deadline that waits for the store

log = structlog.get_logger(__name__)

Due = tuple[str, str, datetime]  # collection, document id, due_at


@dataclass(slots=True)
class _Fired:
    """A deadline that was fired; if it is still due, it is fired again after a pause."""

    times: int
    not_before: float  # monotonic
    failed: bool


@dataclass(slots=True)
class _Watched:
    """One collection: how far the pass through its due documents has come, and what it has seen."""

    collection: Collection[Any]
    deadline: Deadline
    every_s: float  # wall seconds
    next_at: float = 0.0  # monotonic; of the next look
    cursor: str | None = None
    seen: set[Due] = field(default_factory=set)
    fired: dict[Due, _Fired] = field(default_factory=dict)

    def end_pass(self, now: float) -> None:
        """A pass is complete: forget what it did not see, because that is no longer due."""
        self.fired = {due: f for due, f in self.fired.items() if due in self.seen or f.not_before > now}
        self.begin_pass()

    def next_look(self, now: float, pause_s: float) -> float:
        """After that pause, or sooner when a deadline that failed is fired again."""
        again = (f.not_before for f in self.fired.values() if f.failed and f.not_before > now)
        return min([now + pause_s, *again])

    def begin_pass(self) -> None:
        self.cursor = None
        self.seen.clear()


class DeadlineRunner:
    """Looks into each collection as often as its deadline says; fires *concurrency* at a time.

    *every_s*: wall seconds between two looks into any collection, instead of what the deadlines say.
    Each look reads *ahead_s* wall seconds further than to the next one.

    A deadline that is still due after it was fired (firing failed, or left ``due_at`` unchanged) is
    fired again after a growing pause.  Each spec needs ``Index("due_at")``.

    A look reads a bounded number of pages of a collection.  If more is due, the next look soon continues
    there.  Each look also reads the page of the latest ``due_at``: a new deadline does not wait for a
    pass through a backlog of failing ones.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        deadlines: Sequence[Deadline],
        *,
        every_s: float | None = None,
        ahead_s: float = 1.0,
        concurrency: int = 32,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        for deadline in deadlines:
            if not any(index.fields[0] == "due_at" for index in deadline.spec.indexes):
                raise ValueError(
                    f"{deadline.spec.name} has deadlines and needs an index that begins with due_at"
                )
        self._clock, self._ahead_s, self._monotonic = clock, ahead_s, monotonic
        self._tick_s = SHORTEST_S if every_s is None else every_s
        self._watched = [
            _Watched(
                store.collection(deadline.spec),
                deadline,
                self._tick_s if every_s is not None else max(SHORTEST_S, deadline.every_s / clock.speed),
            )
            for deadline in deadlines
        ]
        self._slots = asyncio.Semaphore(concurrency)
        self._in_flight: dict[Due, asyncio.Task[None]] = {}
        self._poller: asyncio.Task[None] | None = None
        self.fired = self.failures = 0
        self.lateness = LabelledTimings(LONG_S)  # by collection; wall seconds

    def start(self) -> None:
        """Look for deadlines until ``stop``."""
        self._poller = asyncio.create_task(self._poll_forever(), name="deadlines")

    async def stop(self, within_s: float = 5.0) -> None:
        """Stop polling; let what is being fired finish within that time, cancel what only waits."""
        await cancel_and_wait(self._poller)
        now = self._clock.city()
        for (_, _, due), task in list(self._in_flight.items()):
            if due > now:
                task.cancel()
        if self._in_flight:
            _, unfinished = await asyncio.wait(self._in_flight.values(), timeout=within_s)
            await cancel_and_wait(*unfinished)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {
            "fired_total": self.fired,
            "failures_total": self.failures,
            "in_flight": len(self._in_flight),
        }

    async def _poll_forever(self) -> None:
        while True:
            started = time.monotonic()
            try:
                await self.poll_in_turn()
            except StoreUnavailable:
                pass  # the store logs its outages
            except StoreError as error:
                log.warning("deadline_poll_failed", error=str(error))
            except Exception:  # this task must not end: nothing else fires deadlines
                log.exception("deadline_poll_failed")
            await asyncio.sleep(max(0.0, self._tick_s - (time.monotonic() - started)))

    async def poll(self) -> int:
        """Look into every collection; returns the number of started deadlines."""
        return sum([await self._poll_collection(watched) for watched in self._watched])

    async def poll_in_turn(self) -> int:
        """Look into those collections whose turn has come; returns the number of started deadlines."""
        now = self._monotonic()
        its_turn = [watched for watched in self._watched if watched.next_at <= now]
        return sum([await self._poll_collection(watched) for watched in its_turn])

    async def _poll_collection(self, watched: _Watched) -> int:
        """Start what is due until after the next look and not in flight; how many that are."""
        began = self._monotonic()
        ahead_s = (watched.every_s + self._ahead_s) * self._clock.speed
        horizon = self._clock.city() + timedelta(seconds=ahead_s)
        started, complete = await self._read_due(watched, horizon)
        watched.next_at = watched.next_look(began, watched.every_s if complete else self._tick_s)
        return started

    async def _read_due(self, watched: _Watched, horizon: datetime) -> tuple[int, bool]:
        """Start what is due before *horizon*; how many that are, and whether that was all."""
        started = in_flight = 0
        for _ in range(PAGES):
            documents, cursor = await self._page(watched, horizon, "due_at", watched.cursor)
            for document in documents:
                due, new = self._start(document, watched)
                started += new
                in_flight += due in self._in_flight
            watched.cursor = cursor
            if cursor is None:
                watched.end_pass(self._monotonic())
                return started, True
            if in_flight >= IN_FLIGHT_MAX:  # they will soon be done: the next poll begins anew
                watched.begin_pass()
                return started, False
        newest, _ = await self._page(watched, horizon, "-due_at", None)
        return started + sum(self._start(document, watched)[1] for document in newest), False

    async def _page(
        self, watched: _Watched, horizon: datetime, sort: str, cursor: str | None
    ) -> tuple[list[Any], str | None]:
        where = {"due_at": Range(lt=horizon)}
        page = await watched.collection.find(where, sort=sort, limit=PAGE, cursor=cursor)
        return page.items, page.next_cursor

    def _start(self, document: Any, watched: _Watched) -> tuple[Due, bool]:
        """Start it unless it is in flight or in a pause; whether it was started."""
        due: Due = (watched.deadline.spec.name, document.id, document.due_at)
        watched.seen.add(due)
        fired = watched.fired.get(due)
        if due in self._in_flight or (fired is not None and fired.not_before > self._monotonic()):
            return due, False
        name = f"deadline {due[0]} {due[1]}"
        self._in_flight[due] = asyncio.create_task(self._fire(due, watched), name=name)
        return due, True

    async def _fire(self, due: Due, watched: _Watched) -> None:
        collection, document_id, at = due
        times = watched.fired[due].times + 1 if due in watched.fired else 1
        pause, failed = min(LONGEST_PAUSE_S, self._tick_s * 2 ** min(times, 12)), True
        try:
            await self._clock.sleep_until(at)
            async with self._slots:
                if times == 1:
                    late = (self._clock.city() - at).total_seconds() / self._clock.speed
                    self.lateness.of(collection).observe(max(0.0, late))
                await watched.deadline.fire(document_id)
            self.fired += 1
            failed = False
        except RetryLater as later:
            pause = later.seconds
        except StoreUnavailable:
            self.failures += 1
            pause = min(STORE_RETRY_S, pause)
        except Exception:
            self.failures += 1
            log.exception("deadline_failed", collection=collection, document_id=document_id, times=times)
        finally:
            again_at = self._monotonic() + pause
            watched.fired[due] = _Fired(times, again_at, failed)
            if failed:
                watched.next_at = min(watched.next_at, again_at)
            del self._in_flight[due]
