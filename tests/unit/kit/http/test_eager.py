"""Coroutines run eagerly behave like tasks, whether or not they have to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest

from supportcarr.kit.http.eager import Suspended, run_eagerly

Work = Coroutine[Any, Any, Any]
_named: ContextVar[str] = ContextVar("named", default="default")


async def run_in_callback(work: Callable[[], Work]) -> Any:
    """Run *work* eagerly in a callback of the loop; its result, or its task if it had to wait."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Any] = loop.create_future()

    def start() -> None:
        try:
            first = run_eagerly(work(), loop)
            outcome.set_result(first.to_task(loop) if isinstance(first, Suspended) else first)
        except Exception as error:
            outcome.set_exception(error)

    loop.call_soon(start)
    return await outcome


async def test_a_coroutine_that_never_waits_finishes_at_once() -> None:
    async def work() -> str:
        async def inner() -> str:
            return "done"

        return await inner()

    assert await run_in_callback(work) == "done"


async def test_an_error_before_the_first_wait_is_raised_at_once() -> None:
    async def work() -> None:
        raise LookupError("at once")

    with pytest.raises(LookupError, match="at once"):
        await run_in_callback(work)


async def test_a_coroutine_that_waits_becomes_a_task() -> None:
    awaited: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work() -> list[int]:
        found = [await awaited]
        for _ in range(3):
            await asyncio.sleep(0)
            found.append(found[-1] + 1)
        return found

    task = await run_in_callback(work)
    assert isinstance(task, asyncio.Task)
    awaited.set_result(7)
    assert await task == [7, 8, 9, 10]


async def test_the_awaited_future_may_be_done_before_the_task_starts() -> None:
    awaited: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        asyncio.get_running_loop().call_soon(awaited.set_result, "early")
        return await awaited

    assert await (await run_in_callback(work)) == "early"


async def test_an_error_of_the_awaited_future_is_raised_in_the_coroutine() -> None:
    awaited: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        try:
            return await awaited
        except LookupError:
            await asyncio.sleep(0)
            return "handled"

    task = await run_in_callback(work)
    awaited.set_exception(LookupError())
    assert await task == "handled"


async def test_an_error_after_waiting_is_raised_by_the_task() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise LookupError("late")

    with pytest.raises(LookupError, match="late"):
        await (await run_in_callback(work))


async def test_cancelling_the_task_cancels_the_awaited_future() -> None:
    awaited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    seen: list[str] = []

    async def work() -> None:
        try:
            await awaited
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        finally:
            await asyncio.sleep(0)
            seen.append("cleaned up")

    task = await run_in_callback(work)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cancelled", "cleaned up"]
    assert awaited.cancelled()


async def test_a_task_cancelled_before_it_runs_is_cancelled_in_the_coroutine() -> None:
    seen: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("ended")

    task = await run_in_callback(work)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["ended"]


async def test_a_timeout_entered_in_the_first_step_ends_the_wait() -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            return "in time" if asyncio.current_task() is not None else "no task"
        return "never"

    task = await run_in_callback(work)
    assert await task == "in time"
    assert task.cancelling() == 0


async def test_a_task_keeps_its_context_and_does_not_change_the_callers() -> None:
    async def work() -> str:
        _named.set("task")
        await asyncio.sleep(0)
        return _named.get()

    async def quick() -> str:
        _named.set("quick")
        return _named.get()

    _named.set("the caller")
    task = await run_in_callback(work)
    assert await run_in_callback(quick) == "quick"
    assert await task == "task"
    assert _named.get() == "the caller"


async def test_no_current_task_remains() -> None:
    loop = asyncio.get_running_loop()
    seen: asyncio.Future[Any] = loop.create_future()

    async def work() -> None:
        pass

    async def failing() -> None:
        raise LookupError

    def start() -> None:
        run_eagerly(work(), loop)
        with pytest.raises(LookupError):
            run_eagerly(failing(), loop)
        seen.set_result(asyncio.current_task(loop))

    loop.call_soon(start)
    assert await seen is None
