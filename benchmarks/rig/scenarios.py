"""The requests to replay: a file for each scenario, prepared in advance and shuffled.

Every user sends from an address of their own and about as often as the others, so that the default
limits (300 requests a minute a user) are counted for each request and refuse none.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rig.city import SEED, City, Map

# Requests in a file, which is replayed in a loop.  With these counts no driver reports two positions within
# hundreds of requests: two in flight at the same time could arrive in the wrong order.
REQUESTS = 20_000
HOST = "supportcarr.test"  # the same for every server, so that all get the same bytes
AT = "@AT@"  # stands for the city time at which the request is sent

# The mix of docs/benchmarks.md: 80 % reads, 20 % writes.
MIX = {"rescue": 50, "me": 20, "coverage": 10, "positions": 15, "messages": 5}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, sent with the token and address of *user*."""

    method: str
    path: str
    user: str | None = None
    body: bytes | None = None


class Requests:
    """Endless requests of each kind, over the whole city."""

    def __init__(self, city: City) -> None:
        self._chance = random.Random(SEED)  # noqa: S311 - load, no secret
        self._map = Map(self._chance)
        riders = [rider.id for rider in city.riders[:-1]]  # rig.compare has used up the last one's rate limit
        users = [*riders, *(driver.id for driver in city.drivers)]
        abroad = city.drivers[2].id  # rig.compare left them in Paris; a jump back would be rejected
        places = [(driver, place) for driver, place in city.places.items() if driver != abroad]
        people = [(r.id, person) for r in city.rescues for person in (r.rider_id, r.driver_id)]
        self._users = self._round(users)
        self._riders = self._round(riders)
        self._drivers = self._round(places)
        self._people = self._round(people)
        self._talkers = self._round(people)

    def _round(self, values: Sequence[T]) -> Iterator[T]:
        return itertools.cycle(self._chance.sample(values, len(values)))

    def me(self) -> Request:
        return Request("GET", "/api/v1/me", next(self._users))

    def rescue(self) -> Request:
        rescue_id, person = next(self._people)
        return Request("GET", f"/api/v1/rescues/{rescue_id}", person)

    def coverage(self) -> Request:
        place = self._map.place()
        return Request("GET", f"/api/v1/coverage?lat={place.lat}&lng={place.lng}", next(self._riders))

    def positions(self) -> Request:
        driver, place = next(self._drivers)
        # A waiting truck: the place may repeat, the time may not.
        body = (
            f'{{"lat":{place.lat},"lng":{place.lng},"accuracy":8.5,"heading":271.0,"speed":0.0,"at":"{AT}"}}'
        )
        return Request("POST", "/api/v1/me/positions", driver, body.encode())

    def messages(self) -> Request:
        rescue_id, person = next(self._talkers)
        body = json.dumps({"text": "I am at the corner by the bakery, with the hazard lights on."})
        return Request("POST", f"/api/v1/rescues/{rescue_id}/messages", person, body.encode())

    def alone(self, kind: str) -> list[Request]:
        """``REQUESTS`` of one kind."""
        make: Callable[[], Request] = getattr(self, kind)
        return [make() for _ in range(REQUESTS)]

    def mix(self) -> list[Request]:
        """``REQUESTS`` in the shares of ``MIX``, shuffled."""
        kinds = [kind for kind, share in MIX.items() for _ in range(REQUESTS * share // 100)]
        self._chance.shuffle(kinds)
        makers: dict[str, Callable[[], Request]] = {kind: getattr(self, kind) for kind in MIX}
        return [makers[kind]() for kind in kinds]


SCENARIOS = {
    "me": "GET /me",
    "rescue": "GET /rescues/{id}",
    "mix": "the mix: 50 % rescue, 20 % me, 10 % coverage, 15 % positions, 5 % messages",
}


def requests_of(scenario: str, city: City) -> list[Request]:
    requests = Requests(city)
    return requests.mix() if scenario == "mix" else requests.alone(scenario)


AT_EXAMPLE = "2026-11-05T20:00:00.000000Z"  # every city time sent has this length


def headers_of(request: Request, city: City, tokens: dict[str, str]) -> dict[str, str]:
    """The headers of a request, as sent by an app through a reverse proxy."""
    headers = {"Host": HOST}
    if request.user is not None:
        headers["Authorization"] = f"Bearer {tokens[request.user]}"
        headers["X-Forwarded-For"] = city.addresses[request.user]
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    return headers


def write(file: Path, requests: Sequence[Request], city: City, tokens: dict[str, str]) -> None:
    """Write what ``replay.lua`` reads: for each request its length on a line of its own, and its bytes."""
    with file.open("wb") as out:
        for request in requests:
            headers = headers_of(request, city, tokens)
            body = request.body or b""
            if request.body is not None:
                length = len(body) + body.count(AT.encode()) * (len(AT_EXAMPLE) - len(AT))
                headers["Content-Length"] = str(length)
            lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
            raw = "\r\n".join([*lines, "", ""]).encode() + body
            out.write(b"%d\n%b\n" % (len(raw), raw))
