"""Requests get the same responses on the fast path and through ASGI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from support.http.asgi import Request, call_asgi, call_fast_path
from support.http.example_part import widget_routes
from support.http.server import Api, new_address, serving
from supportcarr.gateway.settings import LimitSettings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore

ADDRESS_PER_MINUTE = 6
WRONG_TOKEN = {"authorization": "Bearer nonsense"}
JSON = {"content-type": "application/json"}
MOVE = b'{"at":{"lat":1,"lng":2}}'

CASES = [
    Request("GET", "/me"),
    Request("GET", "/me", headers=WRONG_TOKEN),
    Request("GET", "/me", headers={"authorization": ""}),
    Request("GET", "/me", query="x=1"),
    Request("GET", "/me", headers={"if-none-match": '"1"'}),
    Request("GET", "/me", headers={"x-request-id": "trace-0123456789"}),
    Request("GET", "/me", headers={"if-match": "garbage"}),
    Request("GET", "/me/"),
    Request("GET", "//me"),
    Request("GET", "/nothing"),
    Request("GET", "/widgets/THING"),
    Request("GET", "/widgets/nothing"),
    Request("GET", "/widgets/count"),
    Request("GET", "/near", query="lat=1&lng=2"),
    Request("GET", "/near", query="lat=1&lng=2&wide=true", headers=WRONG_TOKEN),
    Request("GET", "/near", query="lat=nan&lng=2"),
    Request("GET", "/near"),
    Request("GET", "/fail/code"),
    Request("POST", "/widgets/THING/moves", headers={**JSON, "if-match": '"9"'}, body=MOVE),
    Request("POST", "/widgets/nothing/moves", headers=JSON, body=MOVE),
    Request("POST", "/widgets//moves", headers=JSON, body=MOVE),
    Request("POST", "/widgets/THING/moves", headers=JSON, body=b"{"),
    Request("POST", "/widgets/THING/moves", headers=JSON, body=b'{"at":{"lat":100}}'),
    Request("POST", "/widgets/THING/moves", headers={"content-type": "text/plain"}, body=MOVE),
    Request("POST", "/widgets/THING/moves", headers=JSON, body=b" " * 5000),
    Request("POST", "/widgets/THING/moves", headers={**JSON, **WRONG_TOKEN}, body=MOVE),
    Request("POST", "/widgets", headers=JSON, body=b"{}"),
    Request("POST", "/hooks", body=b"\xff\x00"),
    Request("DELETE", "/me"),
    Request("HEAD", "/me"),
    Request("OPTIONS", "/me"),
]


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{c.method} {c.path}?{c.query} {n}" for n, c in enumerate(CASES)]
)
async def test_the_fast_path_and_asgi_return_the_same_response(api: Api, case: Request) -> None:
    rider = await api.person("rider")
    created = await rider.create("/widgets", {"label": "a", "at": {"lat": 45.5, "lng": -73.6}})
    case = replace(case, path=case.path.replace("THING", created.body["id"]), token=rider.token)
    directly = await call_fast_path(api.gateway, case, rider.address)
    by_asgi = await call_asgi(api.gateway, case, rider.address)
    assert directly == by_asgi


async def test_the_cases_cover_every_kind_of_response(api: Api) -> None:
    rider = await api.person("rider")
    responses = [
        await call_fast_path(api.gateway, replace(case, token=rider.token), new_address()) for case in CASES
    ]
    assert {response.status for response in responses} >= {
        200,
        204,
        304,
        400,
        401,
        404,
        405,
        413,
        415,
        422,
        500,
    }


@pytest.fixture
async def limited(store: SqliteStore, redis: RedisClient, no_token_grows: None) -> AsyncIterator[Api]:
    limits = LimitSettings(user_per_minute=1000, address_per_minute=ADDRESS_PER_MINUTE)
    async with serving(widget_routes(store), store=store, redis=redis, limits=limits) as running:
        yield running


async def test_the_fast_path_and_asgi_share_limits_and_metrics(limited: Api) -> None:
    rider, address = await limited.person("rider"), new_address()
    case = Request("GET", "/me", token=rider.token)
    ways = [call_fast_path, call_asgi] * 4
    statuses = [(await way(limited.gateway, case, address)).status for way in ways]
    assert statuses == [200] * ADDRESS_PER_MINUTE + [429] * (len(ways) - ADDRESS_PER_MINUTE)
    timings = limited.metrics.requests.timings("GET", "/api/v1/me", 200)
    assert sum(timings.counts) == ADDRESS_PER_MINUTE


async def test_a_real_connection_serves_the_fast_path_and_asgi(api: Api) -> None:
    """A body in two pieces and a percent-escaped path go through ASGI."""
    rider = await api.person("rider")
    created = await rider.create("/widgets", {"label": "a", "at": {"lat": 45.5, "lng": -73.6}})
    plain = await rider.get(f"/widgets/{created.body['id']}")
    escaped = await rider.get(f"/%77idgets/{created.body['id']}")
    assert (plain.status, plain.body) == (escaped.status, escaped.body)
