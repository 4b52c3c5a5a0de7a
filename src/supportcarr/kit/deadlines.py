"""Fires what falls due: documents whose ``due_at`` (city time) has come.

The document is the only memory: a runner reads what falls due within the next wall second, waits
for the moment and fires.  Several runners may fire the same one, because firing is a
compare-and-set; within a runner one (document, due) is never fired twice at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from supportcarr.kit.clock import Clock
from supportcarr.kit.store.port import Range, Store, StoreError
from supportcarr.kit.work import Again, Deadline

PAGE = 200
AT_MOST = 2_000  # documents of one collection on their way at once; those in a pause do not count
LONGEST_PAUSE_S = 30.0

_log = structlog.get_logger("supportcarr.deadlines")

Due = tuple[str, str, datetime]  # collection, document id, due_at


@dataclass(slots=True)
class _Fired:
    """What was fired already: if it is still due, the next time comes after a pause."""

    times: int
    not_before: float  # monotonic


class DeadlineRunner:
    """Looks every *every_s* wall seconds, *ahead_s* wall seconds ahead; fires *concurrency* at once.

    What is still due after it was fired (the firing failed, or left ``due_at`` as it was) is fired
    again after a growing pause.  Each spec needs ``Index("due_at")``.
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
        self._watched = [(store.collection(deadline.spec), deadline) for deadline in deadlines]
        self._room = asyncio.Semaphore(concurrency)
        self._flying: dict[Due, asyncio.Task[None]] = {}
        self._fired: dict[Due, _Fired] = {}
        self._looker: asyncio.Task[None] | None = None
        self.fired = self.failures = 0

    def start(self) -> None:
        """Look again and again until ``stop``."""
        self._looker = asyncio.create_task(self._look_on(), name="deadlines")

    async def stop(self, within_s: float = 5.0) -> None:
        """Look no more; let what is being fired finish within that time, drop what only waits."""
        if self._looker is not None:
            self._looker.cancel()
            with suppress(asyncio.CancelledError):
                await self._looker
        now = self._clock.city()
        for (_, _, due), task in list(self._flying.items()):
            if due > now:
                task.cancel()
        if self._flying:
            _, late = await asyncio.wait(self._flying.values(), timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

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
        found: set[Due] = set()
        set_off = 0
        for collection, deadline in self._watched:
            going, cursor = 0, None
            while going < AT_MOST:
                page = await collection.find(
                    {"due_at": Range(lt=horizon)}, sort="due_at", limit=PAGE, cursor=cursor
                )
                for document in page.items:
                    due: Due = (deadline.spec.name, document.id, document.due_at)
                    found.add(due)
                    set_off += self._set_off(due, deadline)
                    going += due in self._flying
                cursor = page.next_cursor
                if cursor is None:
                    break
        now = time.monotonic()
        self._fired = {due: f for due, f in self._fired.items() if due in found or f.not_before > now}
        return set_off

    def _set_off(self, due: Due, deadline: Deadline) -> bool:
        fired = self._fired.get(due)
        if due in self._flying or (fired is not None and fired.not_before > time.monotonic()):
            return False
        self._flying[due] = asyncio.create_task(self._fly(due, deadline), name=f"deadline {due[0]} {due[1]}")
        return True

    async def _fly(self, due: Due, deadline: Deadline) -> None:
        collection, document_id, at = due
        times = self._fired[due].times + 1 if due in self._fired else 1
        pause = min(LONGEST_PAUSE_S, self._every_s * 2 ** min(times, 12))
        try:
            await self._clock.sleep_until(at)
            async with self._room:
                await deadline.fire(document_id)
            self.fired += 1
        except Again as again:
            pause = again.seconds
        except Exception:
            self.failures += 1
            _log.exception(
                "deadlines.fire_failed", collection=collection, document_id=document_id, times=times
            )
        finally:
            self._fired[due] = _Fired(times, time.monotonic() + pause)
            del self._flying[due]
