"""The most frequent routes give the same responses on the fast path and through ASGI."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from support.http.asgi import Request, Response, call_asgi, call_fast_path
from support.http.route_calls import name_of
from support.platform.in_process import Platform
from support.rescues.fixtures import PICKUP, PreparedRescue, RescueFactory
from supportcarr.contracts.routing import Route

pytestmark = pytest.mark.asyncio(loop_scope="module")

JSON = {"content-type": "application/json"}
FREQUENT = {
    "GET /me",
    "GET /rescues/{rescue_id}",
    "POST /rescues/{rescue_id}/messages",
    "POST /me/positions",
    "GET /coverage",
}
# Values that differ between two responses to the same request: ids and times of created resources.
_OF_ITS_OWN = re.compile(rb"(msg_[0-9a-z]+|\d{4}-\d\d-\d\dT[0-9:.]+Z)")


def valid_request(route: Route, prepared: PreparedRescue, now: str) -> Request:
    """A valid request of this route."""
    people = {"rider": prepared.rider.token, "driver": prepared.assigned_driver.token}
    match name_of(route):
        case "GET /me":
            return Request("GET", "/me", token=people["rider"])
        case "GET /rescues/{rescue_id}":
            return Request("GET", prepared.path, token=people["rider"])
        case "POST /rescues/{rescue_id}/messages":
            body = msgspec.json.encode({"text": "I am by the gate"})
            return Request(
                "POST", f"{prepared.path}/messages", headers=JSON, body=body, token=people["rider"]
            )
        case "POST /me/positions":
            body = msgspec.json.encode({"lat": PICKUP["lat"], "lng": PICKUP["lng"], "at": now})
            return Request("POST", "/me/positions", headers=JSON, body=body, token=people["driver"])
        case "GET /coverage":
            return Request("GET", "/coverage", query=f"lat={PICKUP['lat']}&lng={PICKUP['lng']}")
        case other:
            raise AssertionError(f"good() does not know how {other} succeeds")


def variations(fine: Request, others_token: str) -> list[Request]:
    return list(_variations(fine, others_token))


def _variations(fine: Request, others_token: str) -> Iterator[Request]:
    """That request, and each way in which it can be invalid."""

    def but(**changes: Any) -> Request:
        return replace(fine, **changes)

    yield fine
    for method in ("HEAD", "OPTIONS", "PUT", "TRACE"):
        yield but(method=method)
    for token in (None, "nonsense", others_token):
        yield but(token=token)
    for name, value in (
        ("authorization", "Basic eDp5"),
        ("if-match", '"1"'),
        ("if-match", "garbage"),
        ("if-none-match", '"1"'),
        ("if-none-match", "*"),
        ("content-type", "text/plain"),
        ("x-request-id", "no good \u00e9"),
        ("idempotency-key", "k" * 300),
        ("accept", "text/html"),
    ):
        yield but(headers={**fine.headers, name: value})
    for query in ("x=1", "limit=5", "lat=nan&lng=2", "lat=91&lng=0", "lat=1", "%00", "a=%ff", "&&="):
        yield but(query=query)
    for body in (b"{", b"[]", b"null", b'"x"', b"{}", b'{"text":""}', b'{"text":1}', b"\xff", b" " * 300_000):
        yield but(body=body, headers={**fine.headers, **JSON})
    for tail in ("/", "//", "/x", ".", "%2e", " ", "\u00e9"):
        yield but(path=fine.path + tail)
    yield but(path="/" + fine.path)
    yield but(path=fine.path.upper())


async def test_the_fast_path_and_asgi_give_the_same_responses(
    platform: Platform, factory: RescueFactory
) -> None:
    prepared = await factory.assigned()
    stranger = await platform.person("rider")
    frequent = [route for route in platform.container.routes() if name_of(route) in FREQUENT]
    assert len(frequent) == len(FREQUENT)
    addresses = (f"198.19.{n // 250}.{n % 250 + 1}" for n in itertools.count())
    seen: set[int] = set()
    for route in frequent:

        def fresh(nth: int, route: Route = route) -> Request:
            """A request with a later time, because each position is accepted once."""
            return variations(valid_request(route, prepared, _later(platform)), stranger.token or "")[nth]

        for nth in range(len(variations(fresh(0), ""))):
            address, request = next(addresses), fresh(nth)
            if not request.path.isascii() or "%" in request.path:
                continue  # only ASGI answers those
            directly = await call_fast_path(platform.api.gateway, request, address)
            by_asgi = await call_asgi(platform.api.gateway, fresh(nth), address)
            assert _without_unique_values(directly) == _without_unique_values(by_asgi), request
            assert directly.status < 500, request
            seen.add(directly.status)
        fine = await call_asgi(
            platform.api.gateway, valid_request(route, prepared, _later(platform)), next(addresses)
        )
        assert fine.status == route.status
    assert seen >= {200, 201, 400, 401, 403, 404, 405, 413, 415, 422}
    await platform.settle()


def _later(platform: Platform) -> str:
    """A second later, in city time."""
    platform.clock.advance(1)
    return platform.clock.city().isoformat()


def _without_unique_values(answered: Response) -> Response:
    """The response without values that differ between two responses to the same request."""
    return replace(answered, body=_OF_ITS_OWN.sub(b"its own", answered.body))
