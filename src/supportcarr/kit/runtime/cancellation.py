"""Ending tasks, including tasks that lose a cancellation."""

from __future__ import annotations

import asyncio
from typing import Any

RETRY_SECONDS = 1.0


async def cancel_and_wait(*tasks: asyncio.Future[Any] | None) -> None:
    """Cancel *tasks* and return when all of them have ended; exceptions of theirs are ignored.

    A task that has not ended after ``RETRY_SECONDS`` is cancelled again.  ``asyncio.wait_for`` of Python 3.11
    loses a cancellation that arrives as it ends, and PyMongo sends through it.
    """
    given = {task for task in tasks if task is not None}
    left = {task for task in given if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=RETRY_SECONDS)
    for task in given:
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not log it
