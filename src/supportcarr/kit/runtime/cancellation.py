"""Ending tasks, also those that lose a cancellation."""

from __future__ import annotations

import asyncio
from typing import Any

RETRY_SECONDS = 1.0


async def cancel_and_wait(*tasks: asyncio.Future[Any] | None) -> None:
    """Cancel *tasks* and return when all of them have ended; what they raise is their own matter.

    Who has not ended after ``RETRY_SECONDS`` is cancelled again: ``asyncio.wait_for`` of Python 3.11, through
    which PyMongo sends and reads, forgets a cancellation that comes in the moment in which it has its answer.
    """
    given = {task for task in tasks if task is not None}
    left = {task for task in given if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=RETRY_SECONDS)
    for task in given:
        if not task.cancelled():
            task.exception()  # asked for, so that asyncio does not say that nobody did
