"""Requests in flight are bounded, together and by route, and cancelled when they take too long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from supportcarr.contracts.errors import Overloaded, RateLimited
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.gateway import concurrency as concurrency
from supportcarr.gateway.concurrency import ConcurrencyLimiter
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.kit.observability.metrics import Metrics, RequestMetrics

CLIENT = ("192.0.2.1", "usr_a")


async def nothing(_: RequestContext[None, NoQuery]) -> Response:
    return Response()


def endpoint(path: str) -> Endpoint:
    route = Route(method="GET", path=path, handler=nothing, summary=path, policy=ANYONE, tag="test")
    return Endpoint(route, RequestMetrics())


@asynccontextmanager
async def waiting(count: int) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Tasks that wait until they are cancelled."""
    tasks = [asyncio.create_task(asyncio.sleep(60)) for _ in range(count)]
    await asyncio.sleep(0)
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_route_has_half_of_the_slots_and_the_others_the_rest() -> None:
    limiter, slow, other = ConcurrencyLimiter(4, 5, 10, Metrics()), endpoint("/slow"), endpoint("/other")
    async with waiting(5) as tasks:
        limiter.admit(slow, tasks[0], CLIENT)
        limiter.admit(slow, tasks[1], CLIENT)
        with pytest.raises(Overloaded):
            limiter.admit(slow, tasks[2], CLIENT)
        limiter.admit(other, tasks[2], CLIENT)
        limiter.admit(other, tasks[3], CLIENT)
        with pytest.raises(Overloaded):
            limiter.admit(endpoint("/third"), None, CLIENT)  # no slot is free, for quick ones either
        limiter.release(tasks[0])
        limiter.release(tasks[0])  # no effect
        limiter.admit(slow, tasks[0], CLIENT)
        with pytest.raises(Overloaded):
            limiter.admit(slow, tasks[4], CLIENT)
        assert (slow.in_flight, other.in_flight) == (2, 2)


async def test_requests_answered_synchronously_take_no_slot() -> None:
    limiter, route = ConcurrencyLimiter(2, 2, 10, Metrics()), endpoint("/quick")
    for _ in range(10):
        limiter.admit(route, None, CLIENT)
    assert route.in_flight == 0


async def test_a_request_that_timed_out_is_cancelled_once_and_not_after_its_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(concurrency, "_CHECK_SECONDS", 0.01)
    limiter, route = ConcurrencyLimiter(8, 8, 0.03, Metrics()), endpoint("/slow")
    timed_out: list[bool] = []

    async def answer() -> str:
        task = asyncio.current_task()
        assert task is not None
        limiter.admit(route, task, CLIENT)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            timed_out.append(limiter.timed_out())
        finally:
            limiter.release(task)
        await asyncio.sleep(0.05)  # the response is sent, and nothing cancels that
        return "answered"

    task = asyncio.create_task(answer())
    assert await task == "answered"
    assert (timed_out, task.cancelling(), route.in_flight) == ([True], 0, 0)


async def test_a_request_cancelled_for_another_reason_has_not_timed_out() -> None:
    limiter, route = ConcurrencyLimiter(8, 8, 10, Metrics()), endpoint("/slow")
    timed_out: list[bool] = []

    async def answer() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            timed_out.append(limiter.timed_out())
            raise

    task = asyncio.create_task(answer())
    limiter.track(task, route, CLIENT)
    task.add_done_callback(limiter.release)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)
    assert (timed_out, route.in_flight) == ([False], 0)


async def test_a_client_has_its_share_of_the_slots_and_the_others_the_rest() -> None:
    limiter, routes = ConcurrencyLimiter(8, 2, 10, Metrics()), [endpoint("/one"), endpoint("/two")]
    async with waiting(4) as tasks:
        limiter.admit(routes[0], tasks[0], ("192.0.2.1", "usr_a"))
        limiter.admit(routes[1], tasks[1], ("192.0.2.1", "usr_b"))
        for route in routes:
            with pytest.raises(RateLimited):  # of the address
                limiter.admit(route, None, ("192.0.2.1", "usr_c"))
        limiter.admit(routes[0], tasks[2], ("192.0.2.2", "usr_a"))
        with pytest.raises(RateLimited):  # of the user
            limiter.admit(routes[0], None, ("192.0.2.3", "usr_a"))
        limiter.admit(routes[0], tasks[3], ("192.0.2.3", "usr_d"))
        limiter.release(tasks[0])
        limiter.admit(routes[0], None, ("192.0.2.1", "usr_a"))
        for task in tasks:
            limiter.release(task)
        assert not limiter._in_flight_of and not limiter._without_slot
