"""Rescues and riders on a real store with a relay; fakes stand for the other parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from support.audit.views import KeptViews
from support.rescues.builders import NOW, terms
from supportcarr.contracts.actors import SYSTEM, Principal
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import Conflict, NotFound
from supportcarr.contracts.events import PaymentProcessed
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import DriverCard, DriverSighting, Person, QuoteTerms, VehicleCard
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.rescues import handlers as rescue_handlers
from supportcarr.rescues.chat import ChatService
from supportcarr.rescues.collections import RESCUES
from supportcarr.rescues.commands import Arrive, Command, Complete, Depart, RequestRescue, Start
from supportcarr.rescues.model import Rescue
from supportcarr.rescues.queries import RescueQueries
from supportcarr.rescues.service import RescueService
from supportcarr.rescues.settings import RescueSettings
from supportcarr.riders import handlers as rider_handlers
from supportcarr.riders.service import RiderService

PIN = "4711"


def creation(n: int) -> str:
    """The nth id that the gateway generates for a rescue."""
    return f"res_01jdc00000000000000000{n:04}"


def principal(user_id: str, *roles: str) -> Principal:
    return Principal(user_id=user_id, roles=frozenset(roles), session_id="ses_1")


RIDER = principal("usr_rider", "rider")
OTHER_RIDER = principal("usr_other_rider", "rider")
DRIVER = principal("usr_driver", "driver")
OTHER_DRIVER = principal("usr_other_driver", "driver")
SUPPORT = principal("usr_support", "support")
ADMIN = principal("usr_admin", "admin", "rider")


class QuoteUsed(Conflict):
    code = "quote_used"


class QuoteExpired(Conflict):
    code = "quote_expired"


class FakeQuotes:
    """Quotes that can be redeemed once, by their owner in ``owners``."""

    def __init__(self) -> None:
        self.terms: dict[str, QuoteTerms] = {}
        self.owners: dict[str, str] = {}
        self.redeemed: dict[str, str] = {}
        self.expired: set[str] = set()

    def add(self, quote_id: str, rider_id: str = "usr_rider", **changes: Any) -> str:
        self.terms[quote_id] = terms(id=quote_id, **changes)
        self.owners[quote_id] = rider_id
        return quote_id

    async def terms_of(self, quote_id: str, *, rider_id: str) -> QuoteTerms:
        await asyncio.sleep(0)
        if self.owners.get(quote_id) != rider_id:
            raise NotFound
        return self.terms[quote_id]

    async def redeem(self, quote_id: str, *, rider_id: str, rescue_id: str, now: datetime) -> QuoteTerms:
        found = await self.terms_of(quote_id, rider_id=rider_id)
        if self.redeemed.get(quote_id) == rescue_id:
            return found
        if quote_id in self.redeemed:
            raise QuoteUsed
        if quote_id in self.expired:
            raise QuoteExpired
        self.redeemed[quote_id] = rescue_id
        return found


class FakePaymentMethods:
    """Every rider owns ``pmt_1``."""

    async def usable(self, rider_id: str, payment_method_id: str) -> bool:
        return payment_method_id == "pmt_1"


class FakeDirectory:
    """People and drivers; counts its calls in ``asked``."""

    def __init__(self) -> None:
        self.asked = 0
        self.rating = 4.9
        self.gone: set[str] = set()
        self.vehicle_id = "veh_1"  # of every driver
        self.plates = {"veh_1": "F12 3AB", "veh_2": "SECOND"}

    async def person(self, user_id: str) -> Person:
        self.asked += 1
        return Person(id=user_id, name="Robin R.", phone_masked="+1 ••• ••• ••12")

    async def vehicle_of(self, driver_id: str) -> str | None:
        return self.vehicle_id

    async def card(self, driver_id: str, vehicle_id: str | None) -> DriverCard:
        self.asked += 1
        if driver_id in self.gone:
            raise NotFound
        plate = self.plates[vehicle_id or self.vehicle_id]
        truck = VehicleCard(make="Ford", model="F-150", colour="blue", plate=plate)
        return DriverCard(id=driver_id, name="Dominique D.", vehicle=truck)

    async def rating_of(self, driver_id: str) -> float | None:
        return self.rating


class FakeSightings:
    """Where every driver is; by default at the pickup of the builders' quote."""

    def __init__(self) -> None:
        self.now: DriverSighting | None = DriverSighting(terms().pickup.point)

    async def sighting(self, driver_id: str) -> DriverSighting | None:
        return self.now

    async def sighting_at(self, driver_id: str, rescue_id: str, at: datetime) -> DriverSighting | None:
        return self.now

    async def points_between(
        self, driver_id: str, rescue_id: str, since: datetime, until: datetime
    ) -> tuple[GeoPoint, ...]:
        return ()


class NoJobs:
    """No consumer here is slow."""

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        raise AssertionError(f"{name} was not expected to become a job")


class World:
    """Rescues, riders and chat; time stands still until ``pass_time`` advances both clocks."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._wall = NOW.timestamp()
        self.clock = Clock(wall=lambda: self._wall)
        self.quotes = FakeQuotes()
        self.directory = FakeDirectory()
        self.sightings = FakeSightings()
        self.riders = RiderService(store, self.clock)
        self.service = self.another_service()
        self.queries = RescueQueries(
            store,
            self.clock,
            users=self.directory,
            drivers=self.directory,
            ratings=self.directory,
            settings=RescueSettings(),
        )
        self.chat = ChatService(store, self.clock, KeptViews())
        self.rescues = store.collection(RESCUES)
        self.events: list[EventEnvelope] = []
        store.subscribe(lambda collection, document_id, events: self.events.extend(events))
        self.relay = Relay(
            store,
            [*rescue_handlers.consumers(self.service), *rider_handlers.consumers(self.riders)],
            NoJobs(),
        )

    def another_service(self, **ports: Any) -> RescueService:
        """Another service, with some ports replaced."""
        given: dict[str, Any] = {
            "quotes": self.quotes,
            "claims": self.riders,
            "payment_methods": FakePaymentMethods(),
            "drivers": self.directory,
            "sightings": self.sightings,
        } | ports
        return RescueService(self.store, self.clock, settings=RescueSettings(), new_pin=lambda: PIN, **given)

    def pass_time(self, seconds: float) -> None:
        self._wall += seconds

    async def settle(self) -> None:
        """Relay all events to their consumers."""
        assert await self.relay.drain(60)

    async def request(
        self, n: int = 1, *, rider_id: str = "usr_rider", quote_id: str | None = None, **quote: Any
    ) -> Rescue:
        quote_id = quote_id or self.quotes.add(f"quo_{n}", rider_id, **quote)
        command = RequestRescue(quote_id=quote_id, payment_method_id="pmt_1")
        rescue = await self.service.request(command, rider_id=rider_id, creation_id=creation(n))
        await self.settle()
        return await self.get(rescue.id)

    async def get(self, rescue_id: str) -> Rescue:
        rescue = await self.rescues.get(rescue_id)
        assert rescue is not None
        return rescue

    async def record_hold(
        self, rescue: Rescue, status: str = "succeeded", reason: str | None = None
    ) -> Rescue:
        await self.service.record_payment(payment(rescue, "hold", status, reason=reason))
        await self.settle()
        return await self.get(rescue.id)

    async def matching(self, n: int = 1, **quote: Any) -> Rescue:
        return await self.record_hold(await self.request(n, **quote))

    async def assigned(self, n: int = 1, *, driver_id: str = "usr_driver", **quote: Any) -> Rescue:
        rescue = await self.matching(n, **quote)
        assert await self.service.assign(rescue.id, driver_id=driver_id, offer_id=f"off_{n}", eta_seconds=300)
        await self.settle()
        return await self.get(rescue.id)

    async def arrived(self, n: int = 1) -> Rescue:
        rescue = await self.assigned(n)
        return await self.drive(rescue, Depart(), Arrive())

    async def completed(self, n: int = 1) -> Rescue:
        rescue = await self.arrived(n)
        return await self.drive(rescue, Start(pin=PIN), Complete(outcome="delivered"))

    async def drive(self, rescue: Rescue, *commands: Command) -> Rescue:
        for command in commands:
            rescue = await self.service.act(rescue.id, command, DRIVER)
        await self.settle()
        return rescue


def payment(
    rescue: Rescue,
    kind: str,
    status: str,
    *,
    version: int = 2,
    reason: str | None = None,
    payment_status: str = "held",
    captured_minor: int = 0,
) -> EventEnvelope:
    """An event of the rescue's payment."""
    event = PaymentProcessed(
        payment_id="pay_1",
        rescue_id=rescue.id,
        rider_id=rescue.rider_id,
        area_id=rescue.area_id,
        kind=kind,
        status=status,
        amount_minor=rescue.quote.total_minor,
        currency="CAD",
        reason=reason,
        payment_status=payment_status if status == "succeeded" else status,
        captured_minor=captured_minor,
    )
    return EventEnvelope(
        id=f"pay_1.{version}.0",
        collection="paymentrecords",
        document_id="pay_1",
        document_version=version,
        at=NOW + timedelta(seconds=version),
        actor=SYSTEM,
        event=event,
    )


def decoded(body: bytes) -> dict[str, Any]:
    return msgspec.json.decode(body, type=dict[str, Any])


@pytest.fixture
async def world(store: SqliteStore) -> AsyncIterator[World]:
    made = World(store)
    yield made
    await made.relay.stop()
