"""Tasks end even if they lose the first cancellations."""

from __future__ import annotations

import asyncio
import sys

import pytest

from supportcarr.kit.runtime.cancellation import cancel_and_wait


@pytest.fixture(autouse=True)
def short_retry_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supportcarr.kit.runtime.cancellation.RETRY_SECONDS", 0.01)


async def loses_cancellations(times: int) -> None:
    """Lose the first *times* cancellations, as ``asyncio.wait_for`` of Python 3.11 may."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            times -= 1
            if times < 0:
                raise


async def fails() -> None:
    raise LookupError("the task's own error")


async def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    some = [asyncio.create_task(loses_cancellations(times)) for times in (0, 1, 3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(45):
        await cancel_and_wait(*some)
    assert all(task.cancelled() for task in some)


async def test_finished_tasks_and_none_are_accepted() -> None:
    errors: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    failed = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await cancel_and_wait(failed, None)
    await cancel_and_wait()
    del failed
    await asyncio.sleep(0)
    assert not errors


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 fixed wait_for")
async def test_python_loses_a_cancellation_that_coincides_with_a_result() -> None:
    """The reason for ``cancel_and_wait``."""
    result: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    continued = asyncio.Event()

    async def reads() -> None:
        await asyncio.wait_for(result, 60)
        continued.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(reads())
    await asyncio.sleep(0)
    result.set_result("done")
    task.cancel()
    await asyncio.sleep(0.01)
    assert continued.is_set()
    await cancel_and_wait(task)
    assert task.cancelled()
