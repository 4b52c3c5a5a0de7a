"""Runs work shortly after it was requested, however often it was requested meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import Context

import structlog

from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.store.port import StoreUnavailable

BUSY_SHARE = 0.25  # the work takes at most this share of the time; under load the delay grows

log = structlog.get_logger(__name__)


class Debouncer:
    """Runs *work* a delay after the first ``trigger``; the delay grows when the work takes long.

    The delay is between *min_delay_s* and *max_delay_s* wall seconds.  Without a ``trigger`` nothing
    runs.  An error of the work is logged as *name*.  While the store is unavailable, which it logs itself,
    the work is run again.
    """

    def __init__(
        self, name: str, work: Callable[[], Awaitable[None]], min_delay_s: float, max_delay_s: float
    ) -> None:
        self._name = name
        self._work = work
        self._min_delay_s, self._max_delay_s = min_delay_s, max_delay_s
        self._delay_s = min_delay_s
        self._task: asyncio.Task[None] | None = None
        self._triggered = self._working = self._closing = False

    def trigger(self) -> None:
        self._triggered = True
        if self._task is None or self._task.done():
            # Not in the trace and the log lines of who triggers it first: it outlives that by far.
            self._task = asyncio.create_task(self._run(), context=Context())

    async def _run(self) -> None:
        while self._triggered and not self._closing:
            await asyncio.sleep(self._delay_s)
            self._triggered, self._working = False, True
            started = time.perf_counter()
            try:
                await self._work()
            except (StoreUnavailable, asyncio.CancelledError) as error:
                self._triggered = True  # it is not done: ``close`` runs it
                if isinstance(error, asyncio.CancelledError):
                    raise
            except Exception:
                log.exception("debounced_work_failed", work=self._name)
            finally:
                self._working = False
            took = time.perf_counter() - started
            self._delay_s = min(self._max_delay_s, max(self._min_delay_s, took / BUSY_SHARE))

    async def close(self) -> None:
        """Stop waiting, and run the work at once if it was triggered; work that is running is finished."""
        self._closing = True
        if self._task is not None:
            if self._working:  # cancelled in between, it would lose what it has taken
                await self._task
            else:
                await cancel_and_wait(self._task)
            self._task = None
        self._closing = False
        if self._triggered:
            self._triggered = False
            try:
                await self._work()
            except StoreUnavailable as error:
                log.warning("debounced_work_dropped", work=self._name, error=str(error))
