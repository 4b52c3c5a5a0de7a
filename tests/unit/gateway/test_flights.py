"""Requests in the air are bounded, together and by route, and who is late is cut off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from supportcarr.contracts.errors import Overloaded
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.gateway import concurrency as flying
from supportcarr.gateway.concurrency import Flights
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.kit.observability.metrics import Metrics, RequestMetrics


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


async def test_a_route_has_half_of_the_room_and_the_others_the_rest() -> None:
    flights, slow, other = Flights(4, 10, Metrics()), endpoint("/slow"), endpoint("/other")
    async with waiting(5) as tasks:
        flights.admit(slow, tasks[0])
        flights.admit(slow, tasks[1])
        with pytest.raises(Overloaded):
            flights.admit(slow, tasks[2])
        flights.admit(other, tasks[2])
        flights.admit(other, tasks[3])
        with pytest.raises(Overloaded):
            flights.admit(endpoint("/third"), None)  # the room is full, also for who would not wait
        flights.leave(tasks[0])
        flights.leave(tasks[0])  # once is enough
        flights.admit(slow, tasks[0])
        with pytest.raises(Overloaded):
            flights.admit(slow, tasks[4])
        assert (slow.flying, other.flying) == (2, 2)


async def test_who_never_waits_takes_no_room() -> None:
    flights, route = Flights(2, 10, Metrics()), endpoint("/quick")
    for _ in range(10):
        flights.admit(route, None)
    assert route.flying == 0


async def test_who_is_late_is_cancelled_once_and_may_go_on_when_it_has_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flying, "_LOOK_SECONDS", 0.01)
    flights, route = Flights(8, 0.03, Metrics()), endpoint("/slow")
    told: list[bool] = []

    async def answer() -> str:
        task = asyncio.current_task()
        assert task is not None
        flights.admit(route, task)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append(flights.is_late())
        finally:
            flights.leave(task)
        await asyncio.sleep(0.05)  # the answer is sent, and nobody cancels that
        return "answered"

    task = asyncio.create_task(answer())
    assert await task == "answered"
    assert (told, task.cancelling(), route.flying) == ([True], 0, 0)


async def test_who_is_cancelled_by_somebody_else_is_not_late() -> None:
    flights, route = Flights(8, 10, Metrics()), endpoint("/slow")
    told: list[bool] = []

    async def answer() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append(flights.is_late())
            raise

    task = asyncio.create_task(answer())
    flights.board(task, route)
    task.add_done_callback(flights.leave)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)
    assert (told, route.flying) == ([False], 0)
