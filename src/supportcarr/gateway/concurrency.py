"""Bounds the number of requests in progress, and the time that each may take.

A dependency that has become slow must not block the whole process: the requests that wait for it are
bounded in number and time, for all routes together and for each route alone; further ones are rejected at
once, and the other routes go on.  One client must not take the slots from the others: each address and each
user has a share of its own, and requests beyond it are rejected as its own fault (429).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from supportcarr.contracts.errors import Overloaded, RateLimited
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.kit.observability.metrics import Metrics

_CHECK_SECONDS = 0.5  # one timer for all requests is cheaper than one for each
_ROUTES_SHARE = 2  # one route may have at most half of the slots


class ConcurrencyLimiter:
    """At most *slots* requests in flight, *slots_per_client* of one client, each for at most *seconds* (wall
    time).

    A request is in flight while a task answers it.  Requests answered synchronously do not take a slot.  Its
    *clients* are the address and, if it is known, the user that it came from.
    """

    def __init__(self, slots: int, slots_per_client: int, seconds: float, metrics: Metrics) -> None:
        self._slots = slots
        self._slots_per_client = slots_per_client
        self._slots_of_a_route = max(1, slots // _ROUTES_SHARE)
        self._seconds = seconds
        # by task, the oldest first: the endpoint, since when, the clients
        self._tracked: dict[asyncio.Task[Any], tuple[Endpoint, float, Sequence[str]]] = {}
        self._in_flight_of: dict[str, int] = {}  # by client
        self._without_slot: set[str] = set()  # clients that have used their share
        self._timed_out: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rejections = metrics.counter("http_requests_rejected_total")
        self._rejections_of_clients = metrics.counter("http_requests_rejected_of_client_total")
        self._timeouts = metrics.counter("http_requests_timed_out_total")
        metrics.gauge_of("http_requests_in_flight", lambda: self.in_flight)

    @property
    def in_flight(self) -> int:
        """The requests that a task is answering."""
        return len(self._tracked)

    def admit(self, endpoint: Endpoint, task: asyncio.Task[Any] | None, clients: Sequence[str]) -> None:
        """Let one more request to this endpoint begin; it takes a slot if it has a task already.

        Raises ``RateLimited`` if a client has its share of the slots, ``Overloaded`` if no slot is free.
        """
        if self._without_slot and not self._without_slot.isdisjoint(clients):
            self._rejections_of_clients.inc()
            raise RateLimited("Too many of your requests are being answered just now", retry_after=1)
        if len(self._tracked) >= self._slots or endpoint.in_flight >= self._slots_of_a_route:
            self._rejections.inc()
            raise Overloaded("Too many requests are in progress", retry_after=1)
        if task is not None:
            self.track(task, endpoint, clients)

    def track(self, task: asyncio.Task[Any], endpoint: Endpoint, clients: Sequence[str]) -> None:
        """Let this task's request take a slot until it is released; it is cancelled when its time is over.

        A cancelled request may have taken effect; a repeat of it shows whether it did.
        """
        self._tracked[task] = endpoint, perf_counter(), clients
        endpoint.in_flight += 1
        for client in clients:
            count = self._in_flight_of[client] = self._in_flight_of.get(client, 0) + 1
            if count >= self._slots_per_client:
                self._without_slot.add(client)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_CHECK_SECONDS, self._check)

    def release(self, task: asyncio.Task[Any]) -> None:
        """Free the slot of a request that has been answered.  Harmless when repeated."""
        tracked = self._tracked.pop(task, None)
        if tracked is None:
            return
        tracked[0].in_flight -= 1
        for client in tracked[2]:
            count = self._in_flight_of[client] - 1
            if count:
                self._in_flight_of[client] = count
            else:
                del self._in_flight_of[client]
            if count < self._slots_per_client:
                self._without_slot.discard(client)
        if task in self._timed_out:
            self._timed_out.discard(task)
            task.uncancel()
            self._timeouts.inc()

    def timed_out(self) -> bool:
        """Whether the current task is being cancelled because its request took too long."""
        return asyncio.current_task() in self._timed_out

    def _check(self) -> None:
        """Cancel the requests whose time is over, and check again as long as any is in flight."""
        began_before = perf_counter() - self._seconds
        for task, (endpoint, since, _) in self._tracked.items():
            if since > began_before:
                break
            if since <= began_before - endpoint.extra_seconds and task not in self._timed_out:
                self._timed_out.add(task)
                task.cancel()
        self._timer = None
        if self._tracked:
            self._timer = asyncio.get_running_loop().call_later(_CHECK_SECONDS, self._check)
