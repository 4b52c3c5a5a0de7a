"""Runs a coroutine at once, and makes it a task only if it has to wait.

Python 3.12 has eager tasks; this is for 3.11.  A coroutine that never waits costs no task and no turn of the
event loop.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from contextvars import Context, copy_context
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_enter_task, _leave_task = asyncio._enter_task, asyncio._leave_task  # "Extending asyncio" in its manual


class Suspended(Generic[T]):
    """The rest of a coroutine that has to wait: ``to_task`` before anything else runs."""

    __slots__ = ("_context", "_coroutine", "_stand_in", "_waits_for")

    def __init__(
        self, coroutine: Coroutine[Any, Any, T], waits_for: Any, context: Context, stand_in: _StandIn
    ) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for
        self._context = context
        self._stand_in = stand_in

    def to_task(self, loop: asyncio.AbstractEventLoop) -> asyncio.Task[T]:
        """The task that waits for it, and goes on in the same context."""
        task = loop.create_task(resumed(self._coroutine, self._waits_for), context=self._context)
        self._stand_in.task = task
        return task


class _StandIn:
    """What ``asyncio.current_task`` returns during the first step; cancelling it later cancels the task."""

    task: asyncio.Task[Any] | None = None

    def cancel(self, msg: Any = None) -> bool:
        return self.task is not None and self.task.cancel(msg)

    def uncancel(self) -> int:
        return 0 if self.task is None else self.task.uncancel()

    def cancelling(self) -> int:
        return 0 if self.task is None else self.task.cancelling()


def run_eagerly(coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T | Suspended[T]:
    """Run *coroutine* until it first waits: its result, or what has to become a task.

    Call it in callbacks of *loop* only: no task may be running.  Raises what the coroutine raises.
    """
    context = copy_context()
    stand_in = _StandIn()
    task: Any = stand_in  # as far as the callers of current_task look
    _enter_task(loop, task)
    try:
        waits_for = context.run(coroutine.send, None)
    except StopIteration as ended:
        result: T = ended.value
        return result
    finally:
        _leave_task(loop, task)
    return Suspended(coroutine, waits_for, context, stand_in)


@types.coroutine
def resumed(coroutine: Coroutine[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:
    """The rest of a coroutine whose first step waits for *waits_for*."""
    try:
        while True:
            try:
                yield waits_for
            except BaseException as error:  # that failed, or the task is cancelled: the coroutine decides
                waits_for = coroutine.throw(error)
            else:
                return (yield from coroutine.__await__())
    except StopIteration as ended:
        result: T = ended.value
        return result
