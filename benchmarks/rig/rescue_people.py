"""The riders and drivers of the scenario ``whole-rescue``: each rider has a driver who is the nearest one.

They use the public API and Socket.IO only, as the apps do, with the clients of the simulated city.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import aiohttp
import msgspec

from rig.whole_platform import WholePlatform
from supportcarr.contracts.geo import GeoPoint
from supportcarr.pricing.areas import MONTREAL
from supportcarr.pricing.geography import Boundary
from supportcarr_lab.simulator.accounts import Account, Accounts
from supportcarr_lab.simulator.city_time import CityTime, format_time, parse_time
from supportcarr_lab.simulator.client import ApiClient, new_idempotency_key
from supportcarr_lab.simulator.context import OPERATOR_ADDRESS
from supportcarr_lab.simulator.http_stats import HttpStats
from supportcarr_lab.simulator.journal import Journal, LoadedState
from supportcarr_lab.simulator.operator_sign_in import Operator, sign_in_operator
from supportcarr_lab.simulator.realtime_client import RealtimeClient
from supportcarr_lab.simulator.sign_up import verify_phone

PAIRS = 32
# About 1,700 m between two pairs, about 170 m from a pickup to its drop-off.  A position is believed up to
# 70 m from the last one, however soon it follows, so three positions are a whole trip.
_SPACING = GeoPoint(0.0155, 0.022)
_TRIP_LAT, _TRIP_POSITIONS = 0.0015, 3
_EVENT_WITHIN_S = 20.0  # after which an app would ask by REST
_SIGN_UPS_AT_ONCE = 4  # a password takes long to hash; more than a few are refused for a moment
_APPLICATION = {
    "licence_class": "5",
    "licence_expires_on": "2031-06-30",
    "insurer": "Mutuelle du Plateau",
    "insurance_expires_on": "2030-12-31",
}


class NotFinished(Exception):
    """A rescue did not get as far as its payment."""


def places(count: int) -> list[GeoPoint]:
    """Places in the demo's area, so far apart that the driver at each is nearest to its own rider.

    Raises ``ValueError`` if the area has no room for so many.
    """
    found = list(itertools.islice(_grid(), count))
    if len(found) < count:
        raise ValueError(f"there is room for {len(found)} pairs only")
    return found


def _grid() -> Iterator[GeoPoint]:
    boundary = Boundary(MONTREAL.boundary)
    lngs, lats = zip(*MONTREAL.boundary, strict=True)
    rows = int((max(lats) - min(lats)) / _SPACING.lat)
    columns = int((max(lngs) - min(lngs)) / _SPACING.lng)
    for row, column in itertools.product(range(1, rows + 1), range(1, columns + 1)):
        start = GeoPoint(min(lats) + row * _SPACING.lat, min(lngs) + column * _SPACING.lng)
        if all(boundary.contains(place.lng, place.lat) for place in (start, end_of_trip(start))):
            yield start


def end_of_trip(start: GeoPoint) -> GeoPoint:
    return GeoPoint(start.lat + _TRIP_LAT, start.lng)


def trip(start: GeoPoint, end: GeoPoint) -> list[GeoPoint]:
    """The positions that a driver reports on the way; the last is *end*."""
    parts = [number / _TRIP_POSITIONS for number in range(1, _TRIP_POSITIONS)]
    return [
        *(
            GeoPoint(start.lat + (end.lat - start.lat) * part, start.lng + (end.lng - start.lng) * part)
            for part in parts
        ),
        end,
    ]


class _App:
    """One signed-in person with a connected app."""

    def __init__(self, people: People, account: Account) -> None:
        self.account, self.people = account, people
        self.api = ApiClient(
            people.http, people.platform.base_url, address=account.address, stats=people.stats
        )
        self._realtime = RealtimeClient(
            self.api,
            people.http,
            people.platform.realtime_url,
            Journal(account.role, keep=False),
            people.city,
            on_event=self.on_event,
            load=self._load,
        )

    def on_event(self, name: str, data: Mapping[str, Any]) -> None:
        """Handle an event of the person's stream."""

    async def sign_up(self) -> None:
        account = self.account
        body = {
            "phone": account.phone,
            "password": account.password,
            "name": account.name,
            "role": account.role,
        }
        path = "/auth/sign-up"
        self.api.use_session(
            await self.api.request("POST", path, body, key=new_idempotency_key(), authenticated=False)
        )
        if not self.api.verified:  # older checkouts have no verification
            await verify_phone(self.api, account.phone, self.people.http, self.people.platform.base_url)

    async def connect(self) -> None:
        await self._realtime.start()

    async def close(self) -> None:
        await self._realtime.close()

    async def _load(self) -> LoadedState:
        return LoadedState(at=self.people.city.now(), versions={}, payments={}, offers=None, notifications=())


class _Rider(_App):
    def __init__(self, people: People, account: Account) -> None:
        super().__init__(people, account)
        self.card = ""
        self._captured: dict[str, asyncio.Event] = {}  # by rescue

    async def prepare(self) -> None:
        await self.sign_up()
        card = await self.api.post("/me/payment-methods", {"stripe_payment_method": "pm_card_visa"})
        self.card = card["id"]
        await self.connect()

    def on_event(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "payment:processed" and data["kind"] == "capture":
            self.captured(data["rescue_id"]).set()

    def captured(self, rescue_id: str) -> asyncio.Event:
        return self._captured.setdefault(rescue_id, asyncio.Event())

    async def until_captured(self, rescue_id: str) -> None:
        try:
            async with asyncio.timeout(_EVENT_WITHIN_S):
                await self.captured(rescue_id).wait()
        except TimeoutError:
            rescue = await self.api.get(f"/rescues/{rescue_id}")
            if rescue["payment"]["status"] != "captured":
                raise NotFinished(f"the payment of {rescue_id} is {rescue['payment']['status']}") from None
        del self._captured[rescue_id]


class _Driver(_App):
    def __init__(self, people: People, account: Account, place: GeoPoint) -> None:
        super().__init__(people, account)
        self.place = place
        self._vehicle_id = ""
        self._reported_at = 0.0  # city time

    async def prepare(self) -> None:
        await self.sign_up()
        await self.api.put("/me/driver-application", _APPLICATION)
        vehicle = {
            "type": "pickup",
            "make": "Ford",
            "model": "F-150",
            "colour": "blue",
            "plate": f"WR{self.account.index:05d}",
            "ramp": True,
        }
        self._vehicle_id = (await self.api.post("/me/vehicles", vehicle, key=new_idempotency_key()))["id"]
        assert self.api.tokens is not None
        await self.people.operator.post(f"/admin/drivers/{self.api.tokens.user_id}/approval")
        await self.connect()
        await self.go_online()

    async def go_online(self) -> None:
        await self.report()
        await self.api.put("/me/availability", {"online": True, "vehicle_id": self._vehicle_id})

    async def report(self) -> None:
        """Report the position; its time is later than that of the last one."""
        self._reported_at = max(self.people.city.now(), self._reported_at + 0.001)
        position = {
            "lat": round(self.place.lat, 6),
            "lng": round(self.place.lng, 6),
            "accuracy": 8.0,
            "at": format_time(self._reported_at),
        }
        await self.api.post("/me/positions", position)

    async def drive(self, to: GeoPoint) -> None:
        """Report the positions of the trip."""
        for place in trip(self.place, to):
            self.place = place
            await self.report()

    def on_event(self, name: str, data: Mapping[str, Any]) -> None:
        if name == "offer:new":
            self.people.offers(data["rescue_id"]).put_nowait((self, data["id"]))


class _Pair:
    """A rider and the driver who is nearest to them; they go back and forth between two places."""

    def __init__(self, people: People, rider: Account, driver: Account, start: GeoPoint) -> None:
        self._people = people
        self.rider = _Rider(people, rider)
        self.driver = _Driver(people, driver, start)
        self._next = (start, end_of_trip(start))

    async def rescue(self) -> None:
        """One rescue, from the quote until the payment is captured.  Raises ``NotFinished``."""
        rider, driver = self.rider.api, self.driver.api
        pickup, dropoff = self._next
        await self.driver.report()
        wanted = {
            "kind": "rescue",
            "problem": "flat_tire",
            "pickup": {"lat": pickup.lat, "lng": pickup.lng},
            "dropoff": {"lat": dropoff.lat, "lng": dropoff.lng},
        }
        quote = await rider.post("/quotes", wanted)
        body = {"quote_id": quote["id"], "payment_method_id": self.rider.card}
        rescue = await rider.post("/rescues", body, key=new_idempotency_key())
        path = f"/rescues/{rescue['id']}"
        await self._accept(rescue["id"])
        await driver.get(path)
        await driver.post(f"{path}/departure")
        await self.driver.report()
        await driver.post(f"{path}/arrival")
        await driver.post(f"{path}/start", {"pin": rescue["pin"]})
        await self.driver.drive(dropoff)
        await driver.post(f"{path}/completion", {"outcome": "delivered"})
        await self.rider.until_captured(rescue["id"])
        self._next = (dropoff, pickup)

    async def _accept(self, rescue_id: str) -> None:
        """Accept the offer; another driver who is offered the rescue declines."""
        while True:
            driver, offer_id = await self._next_offer(rescue_id)
            if driver is self.driver:
                break
            self._people.declined += 1
            await driver.api.post(f"/offers/{offer_id}/decline")
        await driver.api.post(f"/offers/{offer_id}/acceptance")
        self._people.forget_offers(rescue_id)

    async def _next_offer(self, rescue_id: str) -> tuple[_Driver, str]:
        try:
            async with asyncio.timeout(_EVENT_WITHIN_S):
                return await self._people.offers(rescue_id).get()
        except TimeoutError:
            offers = (await self.driver.api.get("/me/offers"))["items"]
            mine = [offer["id"] for offer in offers if offer["rescue_id"] == rescue_id]
            if not mine:
                status = (await self.rider.api.get(f"/rescues/{rescue_id}"))["status"]
                raise NotFinished(f"nobody was offered {rescue_id}, which is {status}") from None
            return self.driver, mine[0]


class People:
    """All pairs, on one platform.  *declined*: offers that went to another driver than the nearest."""

    def __init__(
        self, http: aiohttp.ClientSession, platform: WholePlatform, city: CityTime, pairs: int = PAIRS
    ) -> None:
        self.http, self.platform, self.city = http, platform, city
        self.stats = HttpStats()
        self.operator = ApiClient(http, platform.base_url, address=OPERATOR_ADDRESS, stats=self.stats)
        self.declined = 0
        self._offers: dict[str, asyncio.Queue[tuple[_Driver, str]]] = {}
        accounts = Accounts(platform.folder / "people")
        self._pairs = [
            _Pair(self, accounts.account("rider", i), accounts.account("driver", i), place)
            for i, place in enumerate(places(pairs))
        ]

    @property
    def _apps(self) -> Sequence[_Rider | _Driver]:
        return [app for pair in self._pairs for app in (pair.rider, pair.driver)]

    async def prepare(self) -> None:
        """Sign everyone up, with a card or as an approved driver who is online, and connect them."""
        admin = dict(self.platform.admin)  # of an older version without a second factor
        await sign_in_operator(self.operator, msgspec.convert(admin, Operator))
        slots = asyncio.Semaphore(_SIGN_UPS_AT_ONCE)

        async def prepare(app: _Rider | _Driver) -> None:
            async with slots:
                await app.prepare()

        await asyncio.gather(*(prepare(app) for app in self._apps))

    async def close(self) -> None:
        await asyncio.gather(*(app.close() for app in self._apps))

    async def go_online(self) -> None:
        """Put every driver on the map again after a pause."""
        await asyncio.gather(*(pair.driver.go_online() for pair in self._pairs))

    async def rescues(self, count: int) -> list[float]:
        """Do *count* rescues, one for each pair at the same time; how long each took, in seconds.

        Raises ``NotFinished``, ``RequestFailed``.
        """
        left = iter(range(count))
        took: list[float] = []

        async def work(pair: _Pair) -> None:
            for _ in left:
                began = time.perf_counter()
                await pair.rescue()
                took.append(time.perf_counter() - began)

        tasks = [asyncio.create_task(work(pair)) for pair in self._pairs]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        return took

    def offers(self, rescue_id: str) -> asyncio.Queue[tuple[_Driver, str]]:
        """The offers of a rescue, as they reach drivers."""
        return self._offers.setdefault(rescue_id, asyncio.Queue())

    def forget_offers(self, rescue_id: str) -> None:
        self._offers.pop(rescue_id, None)


async def city_time(http: aiohttp.ClientSession, platform: WholePlatform) -> CityTime:
    """The city clock of a platform."""
    async with http.get(f"{platform.base_url}/api/v1/clock") as response:
        clock = await response.json()
    return CityTime(parse_time(clock["city_time"]), parse_time(clock["wall_time"]), clock["speed"])
