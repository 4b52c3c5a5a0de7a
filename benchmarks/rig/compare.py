"""Sends the same requests to all servers before any load, and requires equal responses.

Status, the headers that a client relies on and the JSON must be equal, except for values generated per
request (request ids, ids of new messages, times) and the wording of validation errors.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from rig.city import BUSY, City, Map
from rig.scenarios import AT
from rig.servers import Server
from supportcarr.gateway.settings import LimitSettings

COMPARED_HEADERS = (
    "content-type",
    "cache-control",
    "etag",
    "www-authenticate",
    "allow",
    "x-content-type-options",
)
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
_MOMENT = re.compile(r"@AT([+-]\d+)?@")
_FREE_WORDING = ("validation_failed", "malformed_body")


class ResponsesDiffer(Exception):
    """The servers do not respond alike, so their speeds cannot be compared."""


@dataclass(frozen=True, slots=True)
class Case:
    """A request to compare.  ``@AT@``, ``@AT-60@`` in its body are city times (seconds from now)."""

    name: str
    method: str
    path: str
    user: str | None = None
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def cases(city: City) -> list[Case]:
    """Every kind of request that the benchmark sends, and every way in which it can be rejected."""
    rider, driver, stranger = city.riders[0].id, city.drivers[0].id, city.riders[BUSY].id
    return [
        *_reads(city, rider, driver, stranger),
        *_position_cases(city, driver, rider),
        *_message_cases(city, rider, driver, stranger),
        *_coverage_cases(city, rider),
    ]


def _reads(city: City, rider: str, driver: str, stranger: str) -> list[Case]:
    one = f"/api/v1/rescues/{city.rescues[0].id}"
    return [
        Case("me, a rider", "GET", "/api/v1/me", rider),
        Case("me, a driver", "GET", "/api/v1/me", driver),
        Case("me, unchanged", "GET", "/api/v1/me", rider, headers={"If-None-Match": '"1"'}),
        Case("me, another version", "GET", "/api/v1/me", rider, headers={"If-None-Match": '"7"'}),
        Case("me, nobody", "GET", "/api/v1/me"),
        Case("me, no token", "GET", "/api/v1/me", headers={"Authorization": "Bearer x.y.z"}),
        Case("me, another scheme", "GET", "/api/v1/me", headers={"Authorization": "Basic eDp5"}),
        Case("me, a query", "GET", "/api/v1/me?who=else", rider),
        Case("rescue, its rider", "GET", one, rider),
        Case("rescue, its driver", "GET", one, driver),
        Case("rescue, a stranger", "GET", one, stranger),
        Case("rescue, nobody", "GET", one),
        Case("rescue, unchanged", "GET", one, rider, headers={"If-None-Match": '"1"'}),
        Case("rescue, none", "GET", "/api/v1/rescues/res_qc_01jbd0000000000000000000000", rider),
        Case("a path that is none", "GET", "/api/v1/nothing/here", rider),
    ]


def _position_cases(city: City, driver: str, rider: str) -> list[Case]:
    path = "/api/v1/me/positions"
    place = city.places[driver]
    here = f'"lat":{place.lat},"lng":{place.lng}'
    other = city.drivers[1].id
    there = f'"lat":{city.places[other].lat},"lng":{city.places[other].lng}'

    def case(name: str, body: str, user: str | None = driver, **headers: str) -> Case:
        return Case(f"position, {name}", "POST", path, user, body, headers)

    return [
        case("the first", f'{{{here},"at":"{AT}"}}'),
        case("the next", f'{{{here},"at":"@AT+1@","accuracy":8.5,"heading":271,"speed":0}}'),
        case("with its zone", f'{{{here},"at":"@AT+2@"}}'.replace("Z", "+00:00")),
        case("older", f'{{{here},"at":"@AT-20@"}}'),
        case("stale", f'{{{here},"at":"@AT-600@"}}'),
        case("from the future", f'{{{here},"at":"@AT+600@"}}'),
        case("inaccurate", f'{{{here},"at":"@AT+3@","accuracy":900}}'),
        case("impossible", f'{{{there},"at":"@AT+3@"}}'),
        case(
            "a batch",
            f'[{{{there},"at":"@AT-6@"}},{{{there},"at":"@AT-2@"}},{{{there},"at":"@AT-4@","accuracy":999}},'
            f'{{{there},"at":"@AT+900@"}}]',
            other,
        ),
        case("an empty batch", "[]"),
        case("outside every area", f'{{"lat":48.85,"lng":2.35,"at":"{AT}"}}', city.drivers[2].id),
        case("nobody", f'{{{here},"at":"{AT}"}}', None),
        case("a rider", f'{{{here},"at":"{AT}"}}', rider),
        case("no time", f"{{{here}}}"),
        case("a time without zone", f'{{{here},"at":"2026-11-05T20:00:00"}}'),
        case("a time that is none", f'{{{here},"at":"tomorrow"}}'),
        case("beyond the pole", f'{{"lat":91,"lng":0,"at":"{AT}"}}'),
        case("a word", f'{{"lat":"45","lng":0,"at":"{AT}"}}'),
        case("an unknown field", f'{{{here},"at":"{AT}","colour":"red"}}'),
        case("not a number", f'{{"lat":NaN,"lng":0,"at":"{AT}"}}'),
        case("half a body", '{"lat":45.5,'),
        case("no body", ""),
        case("a number", "7"),
        case("another type", f'{{{here},"at":"{AT}"}}', **{"Content-Type": "text/plain"}),
        case("far too long", '"' + "x" * 300_000 + '"'),
    ]


def _message_cases(city: City, rider: str, driver: str, stranger: str) -> list[Case]:
    path = f"/api/v1/rescues/{city.rescues[0].id}/messages"
    none = "/api/v1/rescues/res_qc_01jbd0000000000000000000000/messages"

    def case(name: str, body: str, user: str | None = rider, to: str = path) -> Case:
        return Case(f"message, {name}", "POST", to, user, body)

    return [
        case("the rider's", '{"text":"I am at the corner."}'),
        case("the driver's", '{"text":"Je vous vois ✓"}', driver),
        case("a stranger's", '{"text":"Hello?"}', stranger),
        case("nobody's", '{"text":"Hello?"}', None),
        case("to no rescue", '{"text":"Hello?"}', rider, none),
        case("empty", '{"text":""}'),
        case("blank", '{"text":"   "}'),
        case("too long", json.dumps({"text": "x" * 1001})),
        case("no text", "{}"),
        case("a list", '["text"]'),
        case("more than text", '{"text":"Hello","to":"everybody"}'),
    ]


def _coverage_cases(city: City, rider: str) -> list[Case]:
    around = Map(random.Random(7))  # noqa: S311 - load, no secret
    here = [around.place() for _ in range(25)]
    path = "/api/v1/coverage"
    return [
        *(
            Case(f"coverage, place {i}", "GET", f"{path}?lat={p.lat}&lng={p.lng}", rider)
            for i, p in enumerate(here)
        ),
        Case("coverage, nobody", "GET", f"{path}?lat=45.5&lng=-73.6"),
        Case("coverage, Paris", "GET", f"{path}?lat=48.85&lng=2.35"),
        Case("coverage, no longitude", "GET", f"{path}?lat=45.5"),
        Case("coverage, a word", "GET", f"{path}?lat=north&lng=-73.6"),
        Case("coverage, beyond the pole", "GET", f"{path}?lat=95&lng=-73.6"),
        Case("coverage, not finite", "GET", f"{path}?lat=nan&lng=-73.6"),
        Case("coverage, unknown", "GET", f"{path}?lat=45.5&lng=-73.6&zoom=3"),
        Case("coverage, twice", "GET", f"{path}?lat=45.5&lat=45.6&lng=-73.6"),
    ]


class Client:
    """Sends cases to one server and returns its responses in comparable form."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        server: Server,
        city: City,
        tokens: Mapping[str, str],
        offset_s: float,
    ) -> None:
        self._http = http
        self._server = server
        self._city = city
        self._tokens = tokens
        self._offset = timedelta(seconds=offset_s)

    async def response_to(self, case: Case) -> dict[str, Any]:
        now = datetime.now(UTC) + self._offset
        headers: dict[str, str] = {}
        if case.user is not None:
            headers["Authorization"] = f"Bearer {self._tokens[case.user]}"
            headers["X-Forwarded-For"] = self._city.addresses[case.user]
        body = None
        if case.body is not None:
            headers["Content-Type"] = "application/json"
            body = _MOMENT.sub(lambda match: _moment(now, match[1]), case.body).encode()
        url = f"http://127.0.0.1:{self._server.port}{case.path}"
        headers |= case.headers
        async with self._http.request(case.method, url, data=body, headers=headers) as reply:
            return _comparable(reply.status, reply.headers, await reply.read())

    async def requests_until_limited(self, user: str, most: int) -> tuple[int, dict[str, Any]]:
        """The number of responses to one user before the first 429, and the 429 itself."""
        for n in range(most):
            answer = await self.response_to(Case("limit", "GET", "/api/v1/me", user))
            if answer["status"] == 429:
                return n, answer
        return most, {}


def _moment(now: datetime, seconds: str | None) -> str:
    at = now + timedelta(seconds=int(seconds or 0))
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _comparable(status: int, headers: Mapping[str, str], raw: bytes) -> dict[str, Any]:
    body = json.loads(raw) if raw else None
    if isinstance(body, dict) and body.get("code") in _FREE_WORDING:
        body.pop("detail")
        for error in body["errors"]:
            error.pop("detail")
    compared = {name: headers[name] for name in COMPARED_HEADERS if name in headers}
    if "content-type" in compared:  # Express adds the character set, which JSON has only one of
        compared["content-type"] = compared["content-type"].removesuffix("; charset=utf-8")
    if status == 304:
        # Express repeats it, we leave it out: both may (RFC 9110, 15.4.5)
        compared.pop("cache-control", None)
    return {
        "status": status,
        "headers": compared,
        "has_request_id": "x-request-id" in headers,
        "has_retry_after": "retry-after" in headers,
        "body": _timeless(body),
    }


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        made = {"request_id"} | ({"id"} if str(value.get("id", "")).startswith("msg_") else set())
        return {name: "…" if name in made else _timeless(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    return "a time" if isinstance(value, str) and _TIME.match(value) else value


async def verify_equal_responses(
    ours: Server,
    peers: Sequence[Server],
    city: City,
    tokens: Mapping[str, str],
    offset_s: float,
    limits: LimitSettings,
) -> int:
    """The number of cases with equal responses.  Raises ``ResponsesDiffer`` at the first that differs."""
    async with aiohttp.ClientSession() as http:
        clients = [Client(http, server, city, tokens, offset_s) for server in (ours, *peers)]
        await asyncio.gather(*(_report_driver_positions(client, city) for client in clients))
        compared = cases(city)
        for case in compared:
            expected, *responses = [await client.response_to(case) for client in clients]
            for peer, response in zip(peers, responses, strict=True):
                if response != expected:
                    both = f"  {ours.name}: {expected}\n  {peer.name}: {response}"
                    raise ResponsesDiffer(f"{case.name} ({case.method} {case.path}):\n{both}")
        # One user on one connection uses up the bucket and what refills meanwhile, then gets a 429.
        most = limits.user_per_minute * 2
        for server, client in zip((ours, *peers), clients, strict=True):
            count, rejected = await client.requests_until_limited(city.riders[-1].id, most)
            if not rejected or not rejected["has_retry_after"] or rejected["body"]["code"] != "rate_limited":
                raise ResponsesDiffer(
                    f"{server.name} does not limit a user: {count} requests, then {rejected}"
                )
    return len(compared) + 1


async def _report_driver_positions(client: Client, city: City) -> None:
    """Report a position for every driver not used in a case, so that coverage finds the same drivers."""
    for driver in city.drivers[3:]:
        place = city.places[driver.id]
        body = f'{{"lat":{place.lat},"lng":{place.lng},"at":"{AT}"}}'
        answer = await client.response_to(Case("report", "POST", "/api/v1/me/positions", driver.id, body))
        if answer["status"] != 200:
            raise ResponsesDiffer(f"a valid position was rejected: {answer}")
