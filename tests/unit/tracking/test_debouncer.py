"""The debouncer runs work once for many triggers, later when the work is slow, and at once on close."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.store.port import StoreUnavailable
from supportcarr.tracking.debouncer import Debouncer

DELAY, MAX_DELAY = 0.01, 0.05


class Work:
    """Counts its runs; fails or takes time on request."""

    def __init__(self) -> None:
        self.runs = 0
        self.takes = 0.0
        self.error: Exception | None = None

    async def __call__(self) -> None:
        self.runs += 1
        await asyncio.sleep(self.takes)
        if self.error is not None:
            raise self.error


async def wait_for_runs(work: Work, runs: int) -> None:
    async with asyncio.timeout(45):
        while work.runs < runs:
            await asyncio.sleep(0.001)


async def test_many_triggers_run_the_work_once() -> None:
    work = Work()
    debouncer = Debouncer("work", work, DELAY, MAX_DELAY)
    for _ in range(5):
        debouncer.trigger()
    await wait_for_runs(work, 1)
    await asyncio.sleep(3 * DELAY)
    assert work.runs == 1


async def test_the_work_is_in_nobodys_log_lines_and_traces() -> None:
    """One run follows the other for hours: they are not what the first request did."""
    seen: list[logs.LogContext | None] = []

    async def work() -> None:
        seen.append(logs.context())

    debouncer = Debouncer("work", work, DELAY, MAX_DELAY)

    async def request() -> None:
        logs.set_context(logs.LogContext("req-1", "a-trace"))
        debouncer.trigger()

    await asyncio.create_task(request())
    async with asyncio.timeout(45):
        while not seen:
            await asyncio.sleep(0.001)
    assert seen == [None]
    await debouncer.close()


async def test_a_trigger_during_the_work_runs_it_again() -> None:
    work = Work()
    work.takes = 0.01
    debouncer = Debouncer("work", work, DELAY, MAX_DELAY)
    debouncer.trigger()
    await wait_for_runs(work, 1)
    debouncer.trigger()
    await wait_for_runs(work, 2)
    await debouncer.close()


async def test_an_error_does_not_stop_later_runs() -> None:
    work = Work()
    work.error = RuntimeError("a defect")
    debouncer = Debouncer("work", work, DELAY, MAX_DELAY)
    debouncer.trigger()
    await wait_for_runs(work, 1)
    debouncer.trigger()
    await wait_for_runs(work, 2)


async def test_work_that_finds_the_store_unavailable_is_run_again_without_a_trigger() -> None:
    work = Work()
    work.error = StoreUnavailable("in recovery")
    debouncer = Debouncer("work", work, DELAY, MAX_DELAY)
    debouncer.trigger()
    with capture_logs() as logs:
        await wait_for_runs(work, 3)
        assert logs == []
        await debouncer.close()
    assert [line["event"] for line in logs] == ["debounced_work_dropped"]


async def test_slow_work_is_delayed_longer_up_to_the_maximum() -> None:
    work = Work()
    work.takes = 0.02
    debouncer = Debouncer("work", work, DELAY, MAX_DELAY)
    debouncer.trigger()
    await wait_for_runs(work, 1)
    async with asyncio.timeout(45):
        while debouncer._delay_s != MAX_DELAY:  # when the work has ended
            await asyncio.sleep(0.001)


async def test_close_runs_triggered_work_at_once_and_nothing_otherwise() -> None:
    work = Work()
    debouncer = Debouncer("work", work, 3600, 3600)
    await debouncer.close()
    assert work.runs == 0
    debouncer.trigger()
    await debouncer.close()
    await debouncer.close()
    assert work.runs == 1
