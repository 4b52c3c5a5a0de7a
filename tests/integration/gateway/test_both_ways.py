"""The hot table and the framework give the same answers, for every hot route and every kind of request."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote

import pytest

from support.http.server import Api, Client

Answered = tuple[int, dict[str, str], bytes]

WRONG_TOKEN = {"authorization": "Bearer nonsense"}
JSON = {"content-type": "application/json"}
MOVE = b'{"at":{"lat":1,"lng":2}}'

CASES: list[tuple[str, str, str, dict[str, str], bytes]] = [
    ("GET", "/me", "", {}, b""),
    ("GET", "/me", "", WRONG_TOKEN, b""),
    ("GET", "/me", "", {"authorization": ""}, b""),
    ("GET", "/me", "x=1", {}, b""),
    ("GET", "/me", "", {"if-none-match": '"1"'}, b""),
    ("GET", "/me", "", {"x-request-id": "trace-0123456789"}, b""),
    ("GET", "/me", "", {"if-match": "garbage"}, b""),
    ("GET", "/things/THING", "", {}, b""),
    ("GET", "/things/nothing", "", {}, b""),
    ("GET", "/things/é x", "", {}, b""),
    ("GET", "/things/count", "", {}, b""),
    ("GET", "/near", "lat=1&lng=2", {}, b""),
    ("GET", "/near", "lat=1&lng=2&wide=true", WRONG_TOKEN, b""),
    ("GET", "/near", "lat=nan&lng=2", {}, b""),
    ("GET", "/near", "", {}, b""),
    ("POST", "/things/THING/moves", "", {**JSON, "if-match": '"9"'}, MOVE),
    ("POST", "/things/nothing/moves", "", JSON, MOVE),
    ("POST", "/things/THING/moves", "", JSON, b"{"),
    ("POST", "/things/THING/moves", "", JSON, b'{"at":{"lat":100}}'),
    ("POST", "/things/THING/moves", "", {"content-type": "text/plain"}, MOVE),
    ("POST", "/things/THING/moves", "", JSON, b" " * 5000),
    ("POST", "/things/THING/moves", "", {**JSON, **WRONG_TOKEN}, MOVE),
    ("DELETE", "/me", "", {}, b""),
    ("HEAD", "/me", "", {}, b""),
    ("OPTIONS", "/me", "", {}, b""),
]


async def ask(app: Any, client: Client, case: tuple[str, str, str, dict[str, str], bytes]) -> Answered:
    method, path, query, headers, body = case
    sent = {"x-forwarded-for": client.address, "authorization": f"Bearer {client.token}", **headers}
    full = f"/api/v1{path}"
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": full,
        "raw_path": quote(full).encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(k.encode(), v.encode()) for k, v in sent.items() if v],
        "client": ("127.0.0.1", "1"),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    messages: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *parts = messages
    answered = {k.decode(): v.decode() for k, v in start["headers"]}
    content = b"".join(part.get("body", b"") for part in parts)
    request_id = answered.pop("x-request-id")
    if "x-request-id" in headers:
        assert request_id == headers["x-request-id"]
    answered.pop("content-length", None)  # a problem's length depends on its request id's
    return start["status"], answered, content.replace(request_id.encode(), b"REQUEST")


@pytest.mark.parametrize("case", CASES, ids=[f"{c[0]} {c[1]}?{c[2]} {n}" for n, c in enumerate(CASES)])
async def test_both_ways_answer_the_same(api: Api, case: tuple[str, str, str, dict[str, str], bytes]) -> None:
    rider = await api.person("rider")
    created = await rider.create("/things", {"label": "a", "at": {"lat": 45.5, "lng": -73.6}})
    method, path, query, headers, body = case
    case = (method, path.replace("THING", created.body["id"]), query, headers, body)
    by_table = await ask(api.gateway, rider, case)
    by_framework = await ask(api.gateway.framework, rider, case)
    assert by_table == by_framework


async def test_both_ways_count_in_the_same_metric(api: Api) -> None:
    rider = await api.person("rider")
    await ask(api.gateway, rider, CASES[0])
    await ask(api.gateway.framework, rider, CASES[0])
    timings = api.metrics.requests.timings("GET", "/api/v1/me", 200)
    assert sum(timings.counts) == 2


async def test_every_hot_route_of_the_tests_is_in_the_table(api: Api) -> None:
    hot = {(route.method, route.path) for route in api.routes if route.hot}
    assert hot == {
        ("GET", "/me"),
        ("GET", "/things/{thing_id}"),
        ("GET", "/near"),
        ("POST", "/things/{thing_id}/moves"),
    }
    assert {(c[0], c[1].replace("THING", "{thing_id}")) for c in CASES} >= hot
