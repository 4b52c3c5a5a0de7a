"""Nobody is refused because of another: a client that does its worst takes its own share only."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from support.faults import wait_until
from support.http.example_part import widget_routes
from support.http.server import Api, Client, new_address, serving
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import NoQuery, RequestContext, Response, Route
from supportcarr.gateway.settings import HttpSettings, LimitSettings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore

SLOTS, SHARE = 16, 4
FLOOD = 100  # requests at once: more than all slots


class SlowPart:
    """A route that does not answer until the test allows it."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.waiting = 0

    async def wait(self, _: RequestContext[None, NoQuery]) -> Response:
        self.waiting += 1
        await self.answers.wait()
        return Response({"done": True})

    @property
    def route(self) -> Route:
        return Route(
            method="GET",
            path="/slow",
            handler=self.wait,
            policy=ANYONE,
            summary="",
            tag="test",
            response=dict,
        )


@pytest.fixture
def slow() -> SlowPart:
    return SlowPart()


@pytest.fixture
async def api(store: SqliteStore, redis: RedisClient, slow: SlowPart) -> AsyncIterator[Api]:
    http = HttpSettings(requests_at_once=SLOTS, requests_at_once_per_client=SHARE)
    limits = LimitSettings(user_per_minute=60, address_per_minute=400, sensitive_per_minute=20)
    routes = [slow.route, *widget_routes(store)]
    async with serving(routes, store=store, redis=redis, http=http, limits=limits) as running:
        yield running
        slow.answers.set()


async def flood(client: Client, statuses: Counter[int], ended: asyncio.Event) -> None:
    """Requests of one client, ``FLOOD`` at once."""

    async def repeat() -> None:
        while not ended.is_set():
            statuses[(await client.get("/me")).status] += 1

    await asyncio.gather(*(repeat() for _ in range(FLOOD)))


async def test_a_client_above_its_limit_takes_no_slot_from_others(api: Api) -> None:
    greedy = await api.person("rider")
    others = [await api.person("rider") for _ in range(12)]
    statuses, ended = Counter[int](), asyncio.Event()
    flooding = asyncio.create_task(flood(greedy, statuses, ended))
    await wait_until(lambda: sum(statuses.values()) > 3 * FLOOD)
    # the first request from an address has to wait for Redis, and takes a slot
    replies = [await Client(api, new_address(), other.grant).get("/me") for other in others for _ in range(4)]
    ended.set()
    await flooding
    assert {reply.status for reply in replies} == {200}
    assert statuses.keys() == {200, 429}  # its own fault, and it is told so


async def test_a_client_that_waits_takes_its_share_of_slots_only(api: Api, slow: SlowPart) -> None:
    greedy = api.anonymous()
    waiting = [asyncio.create_task(greedy.get("/slow")) for _ in range(FLOOD)]
    await wait_until(lambda: sum(task.done() for task in waiting) == FLOOD - SHARE)
    refused = [await task for task in waiting if task.done()]
    assert {(reply.status, reply.code, reply.headers["retry-after"]) for reply in refused} == {
        (429, "rate_limited", "1")
    }
    await wait_until(lambda: slow.waiting == SHARE)
    other = asyncio.create_task(api.anonymous().get("/slow"))
    await wait_until(lambda: slow.waiting == SHARE + 1)
    slow.answers.set()
    assert {(await task).status for task in (other, *waiting)} == {200, 429}
    assert (await other).status == 200
    assert (await greedy.get("/clock")).status == 200
