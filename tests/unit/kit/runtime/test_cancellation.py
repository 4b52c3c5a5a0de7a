"""Tasks end, whether or not they hear a cancellation the first time."""

from __future__ import annotations

import asyncio
import sys

import pytest

from supportcarr.kit.runtime.cancellation import cancel_and_wait


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supportcarr.kit.runtime.cancellation.RETRY_SECONDS", 0.01)


async def deaf(times: int) -> None:
    """Loses so many cancellations, as ``asyncio.wait_for`` of Python 3.11 may."""
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            times -= 1
            if times < 0:
                raise


async def fails() -> None:
    raise LookupError("its own matter")


async def test_what_loses_a_cancellation_is_cancelled_again() -> None:
    some = [asyncio.create_task(deaf(times)) for times in (0, 1, 3)]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await cancel_and_wait(*some)
    assert all(task.cancelled() for task in some)


async def test_what_has_ended_or_never_was_is_no_trouble() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    failed = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await cancel_and_wait(failed, None)
    await cancel_and_wait()
    del failed
    await asyncio.sleep(0)
    assert not complaints


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 mended wait_for")
async def test_python_loses_a_cancellation_that_meets_an_answer() -> None:
    """Why this is needed."""
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    went_on = asyncio.Event()

    async def reads() -> None:
        await asyncio.wait_for(answer, 60)
        went_on.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(reads())
    await asyncio.sleep(0)
    answer.set_result("it came")
    task.cancel()
    await asyncio.sleep(0.01)
    assert went_on.is_set()
    await cancel_and_wait(task)
    assert task.cancelled()
