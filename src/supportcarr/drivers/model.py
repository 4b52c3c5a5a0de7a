"""A driver's profile and vehicles, and the rules of being approved and online."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.events import DriverStandingChanged
from supportcarr.contracts.value_objects import VehicleCard
from supportcarr.drivers.commands import VehicleType
from supportcarr.drivers.errors import NotApproved, TooManyVehicles, UnknownVehicle, VehicleInUse

Approval = Literal["pending", "approved", "suspended"]

VEHICLES_MAX = 10


class Application(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a driver says of their papers; the numbers stay on the papers themselves."""

    licence_class: str | None = None
    licence_expires_on: date | None = None
    insurer: str | None = None
    insurance_expires_on: date | None = None
    applied_at: datetime | None = None  # city time of the last change


class DriverProfile(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A driver; the id is the user's.

    The vehicles' ids stand here, so that adding one, removing one and going online with one are
    changes of the same document and cannot cross.
    """

    approval: Approval = "pending"
    application: Application = Application()
    vehicle_ids: tuple[str, ...] = ()
    vehicle_id: str | None = None  # the one driven now, or last
    online: bool = False
    offline_reason: str | None = None  # why the driver is offline, if not by their own wish
    created_at: datetime


class Vehicle(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A vehicle; one that was removed stays on file, for the rescues it came to name it."""

    driver_id: str
    type: VehicleType
    make: str
    model: str
    colour: str
    plate: str
    bed_length_cm: int
    capacity: int  # bikes
    ramp: bool = False
    tie_downs: int = 0
    seats: int = 1  # for passengers
    created_at: datetime

    @property
    def card(self) -> VehicleCard:
        return VehicleCard(self.make, self.model, self.colour, self.plate)


def missing_requirements(profile: DriverProfile, today: date) -> list[str]:
    """What an application still lacks: ``licence``, ``insurance`` (also when expired), ``vehicle``."""
    form = profile.application
    lacks: list[str] = []
    if form.licence_class is None or form.licence_expires_on is None or form.licence_expires_on < today:
        lacks.append("licence")
    if form.insurer is None or form.insurance_expires_on is None or form.insurance_expires_on < today:
        lacks.append("insurance")
    if not profile.vehicle_ids:
        lacks.append("vehicle")
    return lacks


def go_online(profile: DriverProfile, vehicle_id: str | None) -> DriverProfile:
    """The profile online with that vehicle (none named: the last one).

    Raises ``NotApproved``, ``UnknownVehicle``.
    """
    if profile.approval != "approved":
        raise NotApproved(_NOT_APPROVED[profile.approval])
    chosen = vehicle_id or profile.vehicle_id
    if chosen is None:
        raise UnknownVehicle.of("vehicle_id", "required", "Say which of your vehicles you drive")
    if chosen not in profile.vehicle_ids:
        raise UnknownVehicle.of("vehicle_id", "unknown", "None of your vehicles has that id")
    return replace(profile, online=True, vehicle_id=chosen, offline_reason=None)


def go_offline(profile: DriverProfile, reason: str | None = None) -> DriverProfile:
    """The profile offline; *reason* if it was not the driver's own wish."""
    return replace(profile, online=False, offline_reason=reason)


def set_approval(profile: DriverProfile, approval: Approval) -> DriverProfile:
    """The profile with an operator's decision; who is not approved is not online."""
    if approval == "approved":
        return replace(profile, approval=approval, offline_reason=None)
    return replace(profile, approval=approval, online=False, offline_reason=approval)


def with_vehicle(profile: DriverProfile, vehicle_id: str) -> DriverProfile:
    """Raises ``TooManyVehicles``."""
    if vehicle_id in profile.vehicle_ids:
        return profile
    if len(profile.vehicle_ids) >= VEHICLES_MAX:
        raise TooManyVehicles
    return replace(profile, vehicle_ids=(*profile.vehicle_ids, vehicle_id))


def without_vehicle(profile: DriverProfile, vehicle_id: str) -> DriverProfile:
    """Raises ``VehicleInUse`` while the driver is online with it."""
    if profile.online and profile.vehicle_id == vehicle_id:
        raise VehicleInUse
    return replace(profile, vehicle_ids=tuple(v for v in profile.vehicle_ids if v != vehicle_id))


def standing_events(before: DriverProfile, after: DriverProfile) -> tuple[DriverStandingChanged, ...]:
    """The fact of the change, if it is one that matters to who may be offered jobs."""
    told = [
        DriverStandingChanged(
            driver_id=p.id,
            approved=p.approval == "approved",
            online=p.online,
            vehicle_id=p.vehicle_id if p.online else None,
            reason=p.offline_reason,
        )
        for p in (before, after)
    ]
    return () if told[0] == told[1] else (told[1],)


_NOT_APPROVED = {
    "pending": "Your application has not been approved yet",
    "suspended": "Your account is suspended; write to support",
}
