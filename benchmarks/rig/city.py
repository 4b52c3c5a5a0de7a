"""A city in the evening, as documents: its users, and the rescues in progress.

Half the users ride, half drive.  ``BUSY`` drivers are on a job (a rescue in transit, with
its live job and claims); the others are online and free, so that coverage finds drivers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from supportcarr.auth.model import Session, User
from supportcarr.auth.phones import parse
from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.documents import Document
from supportcarr.contracts.geo import Place, distance_m
from supportcarr.contracts.rescues import Status
from supportcarr.contracts.value_objects import Leg, QuoteTerms
from supportcarr.dispatch.roster import JOB_REVIEW, JobClaim, RosterEntry
from supportcarr.drivers.model import Application, DriverProfile, Vehicle
from supportcarr.kit.runtime.crypto import keyed_hash
from supportcarr.kit.runtime.ids import new_id
from supportcarr.pricing.areas import MONTREAL, MONTREAL_TARIFF
from supportcarr.pricing.geography import Boundary
from supportcarr.pricing.model import price
from supportcarr.rescues.model import PaymentSnapshot, Rescue, TimelineEntry
from supportcarr.riders.model import LiveRescue, RiderProfile
from supportcarr.tracking.model import CurrentJob

RIDERS = 1_000
DRIVERS = 1_001  # one is abroad (rig.scenarios); a file's positions are whole rounds of the others
BUSY = 800
SEED = 20261105

_TRUCKS = (("Ford", "F-150"), ("Ram", "1500"), ("Toyota", "Tacoma"), ("GMC", "Sierra"))
_COLOURS = ("blue", "white", "black", "red")
_WAY: tuple[Status, ...] = ("requested", "matching", "assigned", "en_route", "arrived", "in_transit")


@dataclass(slots=True)
class City:
    """Every document by the name of its collection, and the values that requests are made of."""

    riders: list[User] = field(default_factory=list)
    drivers: list[User] = field(default_factory=list)
    sessions: dict[str, str] = field(default_factory=dict)  # user → session
    addresses: dict[str, str] = field(default_factory=dict)  # user → IPv4 address
    places: dict[str, Place] = field(default_factory=dict)  # driver → where the truck is
    rescues: list[Rescue] = field(default_factory=list)
    documents: dict[str, list[Document]] = field(default_factory=dict)

    @property
    def users(self) -> list[User]:
        return [*self.riders, *self.drivers]

    def add(self, collection: str, document: Document) -> None:
        self.documents.setdefault(collection, []).append(document)


class Map:
    """Random places inside the service area, to five decimals (a metre)."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        lngs, lats = zip(*MONTREAL.boundary, strict=True)
        self._boundary = Boundary(MONTREAL.boundary)
        self._box = min(lngs), max(lngs), min(lats), max(lats)

    def place(self) -> Place:
        west, east, south, north = self._box
        while True:
            lng = round(self._chance.uniform(west, east), 5)
            lat = round(self._chance.uniform(south, north), 5)
            if self._boundary.contains(lng, lat):
                return Place(lat, lng)


def build(now: datetime, lookup_secret: str) -> City:
    """The same city each time but for its ids; *now* is city time."""
    chance = random.Random(SEED)  # noqa: S311 - load, no secret
    around = Map(chance)
    city = City()
    for number in range(RIDERS + DRIVERS):
        role = "rider" if number < RIDERS else "driver"
        user = _user(number, role, now, lookup_secret)
        (city.riders if role == "rider" else city.drivers).append(user)
        session = Session(
            id=new_id("ses"),
            user_id=user.id,
            token_hash=f"benchmark-{number}",
            created_at=datetime.now(UTC),
            expires_at=datetime.now(UTC) + timedelta(days=1),
        )
        city.sessions[user.id] = session.id
        city.addresses[user.id] = f"10.{number >> 8}.{number & 255}.7"
        city.add("users", user)
        city.add("sessions", session)
    for driver in city.drivers:
        city.places[driver.id] = around.place()
    for rider, driver in zip(city.riders[:BUSY], city.drivers[:BUSY], strict=True):
        city.rescues.append(_rescue(rider.id, driver.id, around, now))
    by_rider = {rescue.rider_id: rescue for rescue in city.rescues}
    by_driver = {rescue.driver_id: rescue for rescue in city.rescues}
    for rider in city.riders:
        live = LiveRescue(by_rider[rider.id].id, confirmed=True) if rider.id in by_rider else None
        city.add("riderprofiles", RiderProfile(id=rider.id, live_rescue=live))
    for number, driver in enumerate(city.drivers):
        _add_driver(city, number, driver.id, by_driver.get(driver.id), now)
    for rescue in city.rescues:
        city.add("rescuerequests", rescue)
    return city


def _user(number: int, role: str, now: datetime, lookup_secret: str) -> User:
    phone = parse(f"+1 514 {200 + number // 10_000:03d} {number % 10_000:04d}")
    return User(
        id=new_id("usr"),
        phone=phone,
        phone_key=keyed_hash(lookup_secret, "phone", phone),
        name=f"{role.capitalize()} {number}",
        password_hash="$2b$12$nobody.signs.in.with.a.password.here",  # noqa: S106 - no account signs in with it
        roles=(role,),
        created_at=now - timedelta(days=30),
    )


def _rescue(rider_id: str, driver_id: str, around: Map, now: datetime) -> Rescue:
    pickup, dropoff = around.place(), around.place()
    metres = distance_m(pickup, dropoff) * 1.35
    leg = Leg(round(metres), round(metres / (30 / 3.6)))
    asked = price(MONTREAL_TARIFF, leg, now)
    rescue_id = new_id("res", region=MONTREAL.region)
    began = now - timedelta(minutes=20)
    actors = (
        Actor("rider", rider_id),
        SYSTEM,
        SYSTEM,
        Actor("driver", driver_id),
        Actor("driver", driver_id),
        Actor("driver", driver_id),
    )
    timeline = tuple(
        TimelineEntry(
            at=began + timedelta(minutes=3 * n),
            from_=_WAY[n - 1] if n else None,
            to=status,
            actor=actors[n],
            version=n + 1,
        )
        for n, status in enumerate(_WAY)
    )
    return Rescue(
        id=rescue_id,
        region=MONTREAL.region,
        area_id=MONTREAL.id,
        status="in_transit",
        rider_id=rider_id,
        driver_id=driver_id,
        quote=QuoteTerms(
            id=new_id("quo"),
            kind="rescue",
            problem="flat_tire",
            pickup=Place(pickup.lat, pickup.lng, "1500 Rue Atateken, Montréal"),
            dropoff=dropoff,
            area_id=MONTREAL.id,
            region=MONTREAL.region,
            items=asked.items,
            total_minor=asked.total_minor,
            before_promo_minor=asked.before_promo_minor,
            currency=MONTREAL_TARIFF.currency,
            eta_seconds=420,
            distance_m=leg.distance_m,
            duration_s=leg.duration_s,
            fees=MONTREAL_TARIFF.fees,
        ),
        payment_method_id=new_id("pmt"),
        pin="4071",
        created_at=began,
        timeline=timeline,
        eta_seconds=420,
        offers=(new_id("off"),),
        matching_entry=1,
        accepted_at=timeline[2].at,
        arrived_at=timeline[4].at,
        payment=PaymentSnapshot(status="held"),
    )


def _add_driver(city: City, number: int, driver_id: str, rescue: Rescue | None, now: datetime) -> None:
    """The driver's profile, vehicle and roster entry; with a rescue also the live job."""
    make, model = _TRUCKS[number % len(_TRUCKS)]
    vehicle = Vehicle(
        id=new_id("veh"),
        driver_id=driver_id,
        type="pickup",
        make=make,
        model=model,
        colour=_COLOURS[number // 4 % len(_COLOURS)],
        plate=f"FBX {number:04d}",
        bed_length_cm=170,
        capacity=2,
        ramp=True,
        tie_downs=4,
        seats=2,
        created_at=now,
    )
    profile = DriverProfile(
        id=driver_id,
        approval="approved",
        application=Application(
            licence_class="5",
            licence_expires_on=date(2099, 1, 31),
            insurer="Assurances Laurier",
            insurance_expires_on=date(2099, 1, 31),
            applied_at=now,
        ),
        vehicle_ids=(vehicle.id,),
        vehicle_id=vehicle.id,
        online=True,
        created_at=now,
    )
    claims: dict[str, Any] = {}
    if rescue is not None:
        until = now + JOB_REVIEW
        job = JobClaim(
            rescue_id=rescue.id,
            entry=1,
            offer_id=rescue.offers[-1],
            area_id=rescue.area_id,
            confirmed=True,
            until=until,
        )
        claims = {"job": job, "claim_until": until, "busy_area": rescue.area_id}
        city.add(
            "livejobs",
            CurrentJob(
                id=driver_id,
                rescue_id=rescue.id,
                rescue_version=6,
                rider_id=rescue.rider_id,
                area_id=rescue.area_id,
                since=rescue.timeline[2].at,
                pickup=rescue.quote.pickup.point,
                dropoff=rescue.quote.dropoff.point,
                loaded=True,
            ),
        )
    entry = RosterEntry(
        id=driver_id, approved=True, online=True, vehicle_id=vehicle.id, standing_version=1, **claims
    )
    city.add("vehicles", vehicle)
    city.add("driverprofiles", profile)
    city.add("roster", entry)
