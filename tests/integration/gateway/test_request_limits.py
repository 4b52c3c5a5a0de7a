"""Rate limits of requests: per user, per address, and stricter ones for sensitive routes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.http.example_part import widget_routes
from support.http.server import PASSWORD, Api, Client, new_phone, serving
from support.ratelimit import SLOWER
from supportcarr.gateway.settings import LimitSettings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

LIMITS = LimitSettings(user_per_minute=5, address_per_minute=12, sensitive_per_minute=3)


@pytest.fixture
async def strict(store: SqliteStore, redis: RedisClient, no_token_grows: None) -> AsyncIterator[Api]:
    async with serving(widget_routes(store), store=store, redis=redis, limits=LIMITS) as running:
        yield running


async def statuses(client: Client, path: str, times: int, method: str = "GET") -> list[int]:
    return [(await client.send(method, path)).status for _ in range(times)]


async def test_a_user_is_limited_across_addresses(strict: Api) -> None:
    rider = await strict.person("rider")
    elsewhere = Client(strict, "203.0.113.200", rider.grant)
    assert await statuses(rider, "/me", 3) == [200] * 3
    assert await statuses(elsewhere, "/me", 3) == [200, 200, 429]
    assert await statuses(await strict.person("rider"), "/me", 1) == [200]


async def test_an_address_is_limited_for_all_users_together(strict: Api) -> None:
    anybody = strict.anonymous()
    assert await statuses(anybody, "/clock", 13) == [200] * 12 + [429]
    assert await statuses(strict.anonymous(), "/clock", 1) == [200]


async def test_a_rate_limited_response_has_retry_after(strict: Api) -> None:
    rider = await strict.person("rider")
    await statuses(rider, "/me", 5)
    reply = await rider.get("/me")
    assert (reply.status, reply.code) == (429, "rate_limited")
    assert 1 <= int(reply.headers["retry-after"]) <= 12 * SLOWER  # one token is added every 12 s


async def test_responses_say_what_is_left(strict: Api) -> None:
    rider = await strict.person("rider")
    policy = f'"user";q=5;w={60 * SLOWER}, "address";q=12;w={60 * SLOWER}'
    replies = [await rider.get(path) for path in ("/me", "/nowhere", "/near", "/me", "/me", "/me")]
    assert [reply.status for reply in replies] == [200, 404, 422, 200, 200, 429]
    assert [reply.headers["ratelimit"] for reply in replies[:5]] == [
        f'"user";r={n}' for n in range(4, -1, -1)
    ]
    assert replies[-1].headers["ratelimit"].startswith('"user";r=0;t=')
    assert {reply.headers["ratelimit-policy"] for reply in replies} == {policy}
    anybody = strict.anonymous()
    assert (await anybody.get("/clock")).headers["ratelimit"] == '"address";r=11'
    guarded = await anybody.post("/guarded")
    assert guarded.headers["ratelimit"] == '"sensitive";r=2'
    assert guarded.headers["ratelimit-policy"] == f'"sensitive";q=3;w={60 * SLOWER}, {policy}'
    assert "ratelimit" not in (await anybody.get("//healthz")).headers


async def test_limits_are_those_of_a_minute(api: Api) -> None:
    limits = LimitSettings()
    reply = await api.anonymous().get("/clock")
    policy = f'"user";q={limits.user_per_minute};w=60, "address";q={limits.address_per_minute};w=60'
    assert reply.headers["ratelimit-policy"] == policy


async def test_what_a_client_writes_before_its_address_gives_it_no_other_limit(strict: Api) -> None:
    """The server's peer is a trusted proxy here, which appends the address that it saw."""
    seen = strict.anonymous()
    address = seen.address
    replies = []
    for number in range(13):
        seen.address = f"203.0.113.{number}, {address}"
        replies.append((await seen.get("/who")).status)
    assert replies == [200] * 12 + [429]


async def test_addresses_of_one_ipv6_network_share_a_limit(strict: Api) -> None:
    clients = [strict.anonymous(f"2001:db8:1:2::{number:x}") for number in range(1, 14)]
    assert [(await client.get("/who")).status for client in clients] == [200] * 12 + [429]
    assert (await strict.anonymous("2001:db8:1:3::1").get("/who")).status == 200


async def test_sensitive_routes_have_their_own_limit(strict: Api) -> None:
    anybody = strict.anonymous()
    assert await statuses(anybody, "/guarded", 4, "POST") == [200, 200, 200, 429]
    assert await statuses(anybody, "/who", 1) == [200]


async def test_invalid_tokens_and_unknown_paths_count_towards_the_limit(strict: Api) -> None:
    guesser = strict.anonymous()
    wrong = [(await guesser.get("/me", headers={"authorization": f"Bearer {n}"})).status for n in range(6)]
    assert wrong == [401] * 6
    assert await statuses(guesser, "/nowhere", 7) == [404] * 6 + [429]


async def test_health_is_never_limited(strict: Api) -> None:
    assert await statuses(strict.anonymous(), "//healthz", 20) == [200] * 20


async def test_without_redis_requests_are_still_served_and_limited(
    store: SqliteStore, own_redis_server: EmbeddedRedis, no_token_grows: None
) -> None:
    async with (
        RedisClient(own_redis_server.url) as redis,
        serving(widget_routes(store), store=store, redis=redis, limits=LIMITS) as api,
    ):
        own_redis_server.stop()
        assert await statuses(api.anonymous(), "/clock", 13) == [200] * 12 + [429]
        body = {"phone": new_phone(), "password": PASSWORD, "name": "Ana", "role": "rider"}
        closed = await api.anonymous().create("/auth/sign-up", body)
        assert (closed.status, closed.code, closed.headers["retry-after"]) == (503, "unavailable", "5")
        assert b"http_requests_closed_without_redis_total 1.0" in api.metrics.render()
