"""The requests that are being answered: how many may be at once, and how long each may take.

A dependency that has become slow must not take the process with it: what it keeps waiting is bounded,
in number and in time, for all routes together and for each alone, and the rest is turned away at once
while the other routes go on.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

from supportcarr.contracts.errors import Overloaded
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.kit.observability.metrics import Metrics

_LOOK_SECONDS = 0.5  # between looks at who is late: one timer for all is cheaper than one each
_ONE_ROUTES_SHARE = 2  # a route has at most this part of the room: a half


class Flights:
    """At most *at_once* requests in the air, each for at most *seconds* (wall time).

    A request is in the air while a task answers it.  What is answered without waiting has none.
    """

    def __init__(self, at_once: int, seconds: float, metrics: Metrics) -> None:
        self._at_once = at_once
        self._of_a_route = max(1, at_once // _ONE_ROUTES_SHARE)
        self._seconds = seconds
        self._flying: dict[asyncio.Task[Any], tuple[Endpoint, float]] = {}  # since when; the oldest first
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._turned_away = metrics.counter("http_requests_turned_away", "Requests for which was no room")
        self._cut_off = metrics.counter("http_requests_cut_off", "Requests that took too long")
        metrics.gauge_of("http_requests_in_flight", "Requests being answered", lambda: len(self._flying))

    def admit(self, endpoint: Endpoint, task: asyncio.Task[Any] | None) -> None:
        """Let one more request to this begin; it boards, if it has a task already.

        Raises ``Overloaded`` if there is no room.
        """
        if len(self._flying) >= self._at_once or endpoint.flying >= self._of_a_route:
            self._turned_away.inc()
            raise Overloaded("Too many requests are being answered just now", retry_after=1)
        if task is not None:
            self.board(task, endpoint)

    def board(self, task: asyncio.Task[Any], endpoint: Endpoint) -> None:
        """That task answers a request to this, until it leaves: it is cancelled when it is late.

        What was cut off may have happened all the same: a repeat finds out.
        """
        self._flying[task] = endpoint, perf_counter()
        endpoint.flying += 1
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)

    def leave(self, task: asyncio.Task[Any]) -> None:
        """It has been answered.  Harmless when repeated."""
        boarded = self._flying.pop(task, None)
        if boarded is None:
            return
        boarded[0].flying -= 1
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
        for task, (_, since) in self._flying.items():
            if since > began_before:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._timer = None
        if self._flying:
            self._timer = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look)
