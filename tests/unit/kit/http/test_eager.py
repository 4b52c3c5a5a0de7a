"""Coroutines that are begun at once behave as tasks do, whether they have to wait or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest

from supportcarr.kit.http.eager import Suspended, run_eagerly

Work = Coroutine[Any, Any, Any]
_named: ContextVar[str] = ContextVar("named", default="nobody")


async def begun(work: Callable[[], Work]) -> Any:
    """The outcome of work that was begun in a callback of the loop; its task, if it had to wait."""
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


async def test_a_coroutine_that_never_waits_runs_at_once() -> None:
    async def work() -> str:
        async def deeper() -> str:
            return "done"

        return await deeper()

    assert await begun(work) == "done"


async def test_what_fails_at_once_raises_at_once() -> None:
    async def work() -> None:
        raise LookupError("at once")

    with pytest.raises(LookupError, match="at once"):
        await begun(work)


async def test_what_waits_becomes_a_task_with_its_result() -> None:
    asked: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work() -> list[int]:
        found = [await asked]
        for _ in range(3):
            await asyncio.sleep(0)
            found.append(found[-1] + 1)
        return found

    task = await begun(work)
    assert isinstance(task, asyncio.Task)
    asked.set_result(7)
    assert await task == [7, 8, 9, 10]


async def test_what_was_waited_for_may_be_there_before_the_task_looks() -> None:
    asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        asyncio.get_running_loop().call_soon(asked.set_result, "early")
        return await asked

    assert await (await begun(work)) == "early"


async def test_the_failure_of_what_was_waited_for_is_the_coroutines_to_deal_with() -> None:
    asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        try:
            return await asked
        except LookupError:
            await asyncio.sleep(0)
            return "dealt with"

    task = await begun(work)
    asked.set_exception(LookupError())
    assert await task == "dealt with"


async def test_a_failure_after_waiting_is_the_tasks() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise LookupError("late")

    with pytest.raises(LookupError, match="late"):
        await (await begun(work))


async def test_cancelling_the_task_cancels_what_it_waits_for() -> None:
    asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    seen: list[str] = []

    async def work() -> None:
        try:
            await asked
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        finally:
            await asyncio.sleep(0)
            seen.append("cleaned up")

    task = await begun(work)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["cancelled", "cleaned up"]
    assert asked.cancelled()


async def test_a_task_that_is_cancelled_before_its_first_turn_is_cancelled_in_the_coroutine() -> None:
    seen: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("ended")

    task = await begun(work)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == ["ended"]


async def test_a_timeout_that_began_in_the_first_step_ends_the_waiting() -> None:
    async def work() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            return "in time" if asyncio.current_task() is not None else "no task"
        return "never"

    task = await begun(work)
    assert await task == "in time"
    assert task.cancelling() == 0


async def test_the_context_goes_along_and_stays_its_own() -> None:
    async def work() -> str:
        _named.set("somebody")
        await asyncio.sleep(0)
        return _named.get()

    async def quick() -> str:
        _named.set("somebody else")
        return _named.get()

    _named.set("the caller")
    task = await begun(work)
    assert await begun(quick) == "somebody else"
    assert await task == "somebody"
    assert _named.get() == "the caller"


async def test_nothing_is_left_as_the_current_task() -> None:
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
