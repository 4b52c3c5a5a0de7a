"""The requests that are being answered: how many may be at once, and how long each may take.

A dependency that has become slow must not take the process with it: what it keeps waiting is bounded,
in number and in time, for all routes together and for each alone, and the rest is turned away at once
while the other routes go on.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from time import perf_counter
from typing import Any, TypeVar

from supportcarr.contracts.refusals import Overloaded
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.kit.eager import resumed
from supportcarr.kit.metrics import Metrics

T = TypeVar("T")

_LOOK_SECONDS = 0.5  # between looks at who is late: one timer for all is cheaper than one each
_ONE_ROUTES_SHARE = 2  # a route has at most this part of the room: a half


class Flights:
    """At most *at_once* requests in the air, each for at most *seconds* (wall time)."""

    def __init__(self, at_once: int, seconds: float, metrics: Metrics) -> None:
        self._at_once = at_once
        self._of_a_route = max(1, at_once // _ONE_ROUTES_SHARE)
        self._seconds = seconds
        self._flying: dict[asyncio.Task[Any], float] = {}  # since when; the oldest first
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._turned_away = metrics.counter("http_requests_turned_away", "Requests for which was no room")
        self._cut_off = metrics.counter("http_requests_cut_off", "Requests that took too long")
        metrics.gauge_of("http_requests_in_flight", "Requests being answered", lambda: len(self._flying))

    @types.coroutine
    def carry(
        self, endpoint: Endpoint, since: float, answering: Coroutine[Any, Any, T]
    ) -> Generator[Any, Any, T]:
        """What *answering* comes to; *since* is when the request began (``perf_counter``).

        What does not have to wait is through at once, and never in the air.  Raises ``Overloaded``: at
        once if there is no room, and then nothing was begun; or after the longest time, and then it may
        have happened all the same: a repeat finds out.
        """
        if len(self._flying) >= self._at_once or endpoint.flying >= self._of_a_route:
            answering.close()
            self._turned_away.inc()
            raise Overloaded("Too many requests are being answered just now", retry_after=1)
        try:
            waits_for = answering.send(None)
        except StopIteration as answered:
            result: T = answered.value
            return result
        task = asyncio.current_task()
        assert task is not None, "it waits in a task"
        self._flying[task] = since
        endpoint.flying += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)
        try:
            return (yield from resumed(answering, waits_for))
        except asyncio.CancelledError:
            if task not in self._late:
                raise  # the server's, not ours
            raise Overloaded("This took too long; it may have happened all the same", retry_after=1) from None
        finally:
            endpoint.flying -= 1
            del self._flying[task]
            if task in self._late:
                self._late.discard(task)
                task.uncancel()
                self._cut_off.inc()

    def is_late(self) -> bool:
        """Whether the request of this task is being cut off."""
        return asyncio.current_task() in self._late

    def _look(self) -> None:
        """Cut off who is late, and look again as long as there is anybody."""
        began_before = perf_counter() - self._seconds
        for task, since in self._flying.items():
            if since > began_before:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._timer = None
        if self._flying:
            self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)
