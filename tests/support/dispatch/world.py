"""The world around dispatch for its tests: a clock set by hand, drivers at fixed positions, rescues in a
collection of their own, a relay and a deadline runner that act on request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.carrying import VehicleSpec
from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.events import (
    AnyEvent,
    DriverStandingChanged,
    MatchingBegan,
    OfferClosed,
    OfferMade,
    RescueAssigned,
    RescueCancelled,
)
from supportcarr.contracts.geo import GeoPoint, distance_m
from supportcarr.contracts.money import Charge
from supportcarr.contracts.value_objects import BikeLoad, NearbyDriver
from supportcarr.dispatch.collections import CASES, OFFERS, ROSTER
from supportcarr.dispatch.model import DispatchCase, Offer
from supportcarr.dispatch.ports import DriverAvailability
from supportcarr.dispatch.roster import RosterEntry
from supportcarr.dispatch.service import DispatchService
from supportcarr.dispatch.settings import DispatchSettings
from supportcarr.dispatch.supply import DriverSupply
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Collection, CollectionSpec, Range, Store
from supportcarr.kit.store.update import update
from supportcarr.providers.routing import StraightLineRouter
from supportcarr.providers.settings import RoutingSettings

START = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
AREA = "montreal"
PICKUP, DROPOFF = GeoPoint(45.52, -73.58), GeoPoint(45.55, -73.60)
RESCUE, OTHER_RESCUE, RIDER = "res_qc_one", "res_qc_two", "usr_rider"


def north(metres: float) -> GeoPoint:
    """A point that far north of the pickup."""
    return GeoPoint(PICKUP.lat + metres / 111_195, PICKUP.lng)


class Crash(BaseException):
    """Stands for a kill of the process."""


class Rescue(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of a rescue that dispatch changes."""

    status: str = "matching"
    driver_id: str | None = None
    offer_id: str | None = None
    assignments: int = 0


RESCUES = CollectionSpec("testrescues", Rescue)


class StoredAssignments:
    """Implements ``RescueAssignments`` over stored rescues."""

    def __init__(self, store: Store) -> None:
        self._rescues = store.collection(RESCUES)

    async def assign(self, rescue_id: str, *, driver_id: str, offer_id: str, eta_seconds: int | None) -> bool:
        def decide(rescue: Rescue) -> tuple[Rescue, PendingEvents] | None:
            if rescue.status != "matching":
                return None
            event = RescueAssigned(
                rescue_id=rescue_id,
                rider_id=RIDER,
                area_id=AREA,
                status="assigned",
                previous="matching",
                driver_id=driver_id,
                offer_id=offer_id,
            )
            taken = replace(
                rescue,
                status="assigned",
                driver_id=driver_id,
                offer_id=offer_id,
                assignments=rescue.assignments + 1,
            )
            return taken, PendingEvents((event,), SYSTEM, START)

        rescue = await update(self._rescues, rescue_id, decide, attempts=20)
        return rescue.status == "assigned" and rescue.offer_id == offer_id

    async def driver_of(self, rescue_id: str) -> str | None:
        rescue = await self._rescues.get(rescue_id)
        return rescue.driver_id if rescue and rescue.status == "assigned" else None


class FakePositions:
    """Implements ``NearbyDrivers``: drivers are where the test placed them."""

    def __init__(self) -> None:
        self.at: dict[str, GeoPoint] = {}
        self.clock = Clock()

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        found = [
            NearbyDriver(d, where, distance_m(point, where), self.clock.city())
            for d, where in self.at.items()
        ]
        within = [d for d in found if d.distance_m <= radius_m]
        return sorted(within, key=lambda d: d.distance_m)[:limit]

    async def present(self, area_id: str) -> dict[str, GeoPoint]:
        return dict(self.at)


class InterruptedCollection:
    """A collection of an ``InterruptedStore``."""

    def __init__(self, inner: Collection[Any], store: InterruptedStore) -> None:
        self._inner, self._store = inner, store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def insert(self, document: Any, recorded: PendingEvents | None = None) -> Any:
        return await self._store.wrote(await self._inner.insert(document, recorded))

    async def save(self, document: Any, recorded: PendingEvents | None = None) -> Any:
        return await self._store.wrote(await self._inner.save(document, recorded))


class InterruptedStore:
    """A store that awaits *meanwhile* once, right after the given number of writes."""

    def __init__(self, inner: Store, writes: int, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._inner, self._left, self._meanwhile = inner, writes, meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def collection(self, spec: CollectionSpec[Any]) -> Any:
        return InterruptedCollection(self._inner.collection(spec), self)

    async def wrote(self, saved: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            await self._meanwhile()
        return saved


async def crash() -> None:
    raise Crash


class DispatchWorld:
    """Dispatch over a real store; the test controls everything around it."""

    def __init__(
        self,
        store: Store,
        settings: DispatchSettings | None = None,
        drivers: DriverAvailability | None = None,
    ) -> None:
        """*drivers*: by default whoever has a standing may take jobs (``set_standing``)."""
        self.store = store
        self._drivers = drivers or self
        self.settings = settings or DispatchSettings()
        self.now = START
        self.clock = Clock(city_origin=START, wall_origin=START, wall=lambda: self.now.timestamp())
        self.positions = FakePositions()
        self.positions.clock = self.clock
        self.offline: list[tuple[str, str]] = []
        self.events: list[EventEnvelope] = []
        self._undelivered: list[EventEnvelope] = []
        self._standing: dict[str, int] = {}
        self._versions: dict[str, int] = {}
        self.roster = store.collection(ROSTER)
        self.cases = store.collection(CASES)
        self.offers = store.collection(OFFERS)
        self.rescues = store.collection(RESCUES)
        store.subscribe(self._record_events)
        self.dispatch = self.process()
        self.supply = DriverSupply(
            store,
            self.positions,
            StraightLineRouter(RoutingSettings()),
            radius_max_m=self.settings.radius_max_m,
        )

    def process(
        self, *, after: int | None = None, meanwhile: Callable[[], Awaitable[object]] = crash
    ) -> DispatchService:
        """Another process of the same city; it awaits *meanwhile* (a crash) after *after* writes."""
        store: Any = self.store if after is None else InterruptedStore(self.store, after, meanwhile)
        return DispatchService(
            store,
            self.clock,
            rescues=StoredAssignments(store),
            positions=self.positions,
            routes=StraightLineRouter(RoutingSettings()),
            drivers=self._drivers,
            settings=self.settings,
        )

    # --- the world --------------------------------------------------------------------------------

    async def driver(self, driver_id: str, metres: float = 500.0) -> str:
        """An approved, online driver at that distance from the pickup."""
        self.positions.at[driver_id] = north(metres)
        await self.set_standing(driver_id, online=True)
        return driver_id

    async def set_standing(
        self,
        driver_id: str,
        *,
        online: bool,
        approved: bool = True,
        vehicle: VehicleSpec | None = None,
        documents_until: datetime | None = None,
        hours_until: datetime | None = None,
    ) -> None:
        version = self._standing[driver_id] = self._standing.get(driver_id, 0) + 1
        event = DriverStandingChanged(
            driver_id=driver_id,
            approved=approved,
            online=online,
            vehicle_id="veh",
            vehicle=vehicle,
            documents_until=documents_until,
            hours_until=hours_until,
        )
        await self.dispatch.follow_driver(self.envelope(event, driver_id, version))

    async def job_obstacle(self, driver_id: str) -> None:
        """Implements ``DriverAvailability``."""

    async def set_offline(self, driver_id: str, reason: str) -> None:
        """Implements ``DriverAvailability``; the event follows at once here, not by the relay."""
        self.offline.append((driver_id, reason))
        await self.set_standing(driver_id, online=False)

    async def wait_for_driver(
        self, rescue_id: str = RESCUE, *, rider_id: str = RIDER, given_up_by: str | None = None
    ) -> None:
        """A rescue enters matching, for the first time or again."""
        await self.dispatch.follow_rescue(
            await self.matching(rescue_id, rider_id=rider_id, given_up_by=given_up_by)
        )

    async def matching(
        self,
        rescue_id: str = RESCUE,
        *,
        rider_id: str = RIDER,
        given_up_by: str | None = None,
        problem: str = "flat_tire",
        bike: BikeLoad | None = None,
    ) -> EventEnvelope:
        """The event of a rescue that enters matching."""
        rescue = await self.rescues.get(rescue_id)
        if rescue is None:
            rescue = await self.rescues.insert(Rescue(id=rescue_id))
        else:
            rescue = await self.rescues.save(replace(rescue, status="matching", driver_id=None))
        entry = rescue.assignments + 1
        event = MatchingBegan(
            rescue_id=rescue_id,
            rider_id=rider_id,
            area_id=AREA,
            status="matching",
            previous="assigned" if given_up_by else "requested",
            entry=entry,
            ends_at=self.now + timedelta(minutes=8),
            kind="rescue",
            problem=problem,
            bike=bike,
            pickup=PICKUP,
            dropoff=DROPOFF,
            pay_minor=2355,
            currency="CAD",
            given_up_by=given_up_by,
        )
        return self.envelope(event, rescue_id, rescue.version)

    async def cancel(self, rescue_id: str = RESCUE) -> None:
        await self.dispatch.follow_rescue(await self.cancellation(rescue_id))

    async def cancellation(self, rescue_id: str = RESCUE) -> EventEnvelope:
        rescue = await self.rescues.get(rescue_id)
        assert rescue is not None
        ended = await self.rescues.save(replace(rescue, status="cancelled"))
        event = RescueCancelled(
            rescue_id=rescue_id,
            rider_id=RIDER,
            area_id=AREA,
            status="cancelled",
            previous=rescue.status,
            driver_id=rescue.driver_id,
            owed=Charge(0, 0, "CAD"),
        )
        return self.envelope(event, rescue_id, ended.version)

    def envelope(self, event: AnyEvent, document: str, version: int) -> EventEnvelope:
        """The event of a change of a rescue or a driver that led to that version."""
        return EventEnvelope(
            id=f"{document}.{version}.0",
            collection="rescuerequests",
            document_id=document,
            document_version=version,
            at=self.now,
            actor=SYSTEM,
            event=event,
        )

    # --- time -------------------------------------------------------------------------------------

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def run_due(self) -> None:
        """Fire what is due now, once, and reconcile."""
        past = {"due_at": Range(lt=self.now + timedelta(microseconds=1))}
        for offer in (await self.offers.find(past, sort="due_at")).items:
            await self.dispatch.on_offer_deadline(offer.id)
        for case in (await self.cases.find(past, sort="due_at")).items:
            await self.dispatch.on_case_deadline(case.id)
        await self.dispatch.reconcile()

    async def run_for(self, seconds: float, step: float = 1.0) -> None:
        """Let time pass, firing what falls due and delivering events on the way."""
        for _ in range(round(seconds / step)):
            self.pass_time(step)
            await self.deliver()
            await self.run_due()
        await self.deliver()

    def _record_events(self, collection: str, document_id: str, events: Sequence[EventEnvelope]) -> None:
        self.events.extend(events)
        self._undelivered.extend(events)

    async def deliver(self) -> None:
        """Deliver recorded events, as the relay does."""
        await asyncio.sleep(0)
        while self._undelivered:
            event = self._undelivered.pop(0)
            if isinstance(event.event, RescueAssigned):
                await self.dispatch.follow_rescue(event)

    # --- queries -------------------------------------------------------------------------------

    async def open_offers(self) -> list[Offer]:
        return [o async for o in self.offers.scan() if o.state == "open"]

    async def only_open_offer(self) -> Offer:
        """The one open offer."""
        (offer,) = await self.open_offers()
        return offer

    async def offered_to(self) -> str | None:
        """The driver who has the only open offer."""
        offers = await self.open_offers()
        assert len(offers) <= 1
        return offers[0].driver_id if offers else None

    async def entry(self, driver_id: str) -> RosterEntry:
        entry = await self.roster.get(driver_id)
        assert entry is not None
        return entry

    async def case(self, rescue_id: str = RESCUE) -> DispatchCase:
        case = await self.cases.get(rescue_id)
        assert case is not None
        return case

    async def rescue(self, rescue_id: str = RESCUE) -> Rescue:
        rescue = await self.rescues.get(rescue_id)
        assert rescue is not None
        return rescue

    def offers_made(self) -> list[tuple[str, str]]:
        """(rescue, driver) of each offer that was made, in order."""
        return [(e.event.rescue_id, e.event.driver_id) for e in self.events if isinstance(e.event, OfferMade)]

    def outcomes(self) -> list[tuple[str, str]]:
        """(driver, outcome) of each offer that was closed, in order."""
        return [(e.event.driver_id, e.event.outcome) for e in self.events if isinstance(e.event, OfferClosed)]


async def assert_consistent(city: DispatchWorld) -> None:
    """Nothing is half-done: claims, offers, cases and rescues say the same."""
    entries = [e async for e in city.roster.scan()]
    offers = {o.id: o async for o in city.offers.scan()}
    rescues = {r.id: r async for r in city.rescues.scan()}
    for entry in entries:
        if entry.offer is not None:
            assert offers[entry.offer.offer_id].state == "open"
            assert offers[entry.offer.offer_id].driver_id == entry.id
        if entry.job is not None:
            assert entry.job.confirmed
            assert rescues[entry.job.rescue_id].driver_id == entry.id
            assert rescues[entry.job.rescue_id].status == "assigned"
    for offer in offers.values():
        assert offer.state == "open" or offer.settled, offer
    for rescue in rescues.values():
        if rescue.status == "assigned":
            jobs = [e.id for e in entries if e.job and e.job.rescue_id == rescue.id]
            assert jobs == [rescue.driver_id]
    closings = [e.event.offer_id for e in city.events if isinstance(e.event, OfferClosed)]
    assert sorted(closings) == sorted(o.id for o in offers.values() if o.state != "open")
    by_rescue = [o.rescue_id for o in offers.values() if o.state == "open"]
    assert len(by_rescue) == len(set(by_rescue))
