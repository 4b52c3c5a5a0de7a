"""Run periodic tasks, each in one worker at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

import structlog

from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.kit.jobs.leases import Leases
from supportcarr.kit.observability.timings import LONG_S, LabelledTimings
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store, StoreError, StoreUnavailable

SHORTEST_PAUSE_S = 0.01  # wall; bounds the rate of tasks in a city whose clock runs fast
FAILURE_PAUSE_S = 0.25  # wall; at least, after a run that failed

log = structlog.get_logger(__name__)


class Scheduler:
    """Runs each task at its interval while this process holds the task's lease."""

    def __init__(
        self, store: Store, clock: Clock, tasks: Sequence[PeriodicTask], *, lease_s: float = 5.0
    ) -> None:
        self._leases = Leases(store, clock, seconds=lease_s)
        self._clock, self._tasks, self._lease_s = clock, tuple(tasks), lease_s
        self._loops: list[asyncio.Task[None]] = []
        self.runs = self.failures = 0
        self.timings = LabelledTimings(LONG_S)  # by the task's name

    def start(self) -> None:
        """Run the tasks until ``stop``."""
        self._loops = [
            asyncio.create_task(self._repeat(task), name=f"periodic task {task.name}") for task in self._tasks
        ]

    async def stop(self) -> None:
        """End the tasks and release their leases."""
        await cancel_and_wait(*self._loops)
        for task in self._tasks:
            with suppress(StoreError):
                await self._leases.release(task.name)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"runs_total": self.runs, "failures_total": self.failures}

    async def _repeat(self, task: PeriodicTask) -> None:
        interval = task.every_s / self._clock.speed if task.city else task.every_s
        while True:
            started = time.monotonic()
            pause = max(SHORTEST_PAUSE_S, interval)
            try:
                if await self._leases.acquire(task.name):
                    ran = time.perf_counter()
                    try:
                        await task.run()
                    finally:
                        self.timings.of(task.name).observe(time.perf_counter() - ran)
                    self.runs += 1
                else:
                    pause = max(pause, self._lease_s / 4)
            except RetryLater as later:
                pause = later.seconds
            except StoreUnavailable:  # the store logs its outages
                self.failures += 1
                pause = max(pause, FAILURE_PAUSE_S)
            except Exception:
                self.failures += 1
                log.exception("periodic_task_failed", task=task.name)
                pause = max(pause, FAILURE_PAUSE_S)
            await asyncio.sleep(max(SHORTEST_PAUSE_S, pause - (time.monotonic() - started)))
