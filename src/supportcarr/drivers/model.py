"""A driver's profile and vehicles, and the rules of being approved and online."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.carrying import VehicleSpec, VehicleType
from supportcarr.contracts.documents import Document
from supportcarr.contracts.events import DriverAttentionNeeded, DriverStandingChanged
from supportcarr.contracts.personal import Personal
from supportcarr.contracts.shifts import ShiftRecord
from supportcarr.contracts.value_objects import VehicleCard
from supportcarr.drivers.commands import ChangeVehicle
from supportcarr.drivers.errors import (
    NotApproved,
    OnJob,
    TooManyVehicles,
    UnknownVehicle,
    VehicleInUse,
    VehicleOnJob,
)

Approval = Literal["pending", "approved", "suspended"]
Stage = Literal["draft", "submitted", "in_review", "changes_requested", "rejected"]  # while it is pending
ApplicationState = Literal[
    "draft", "submitted", "in_review", "changes_requested", "approved", "rejected", "suspended"
]
DocumentKind = Literal["licence", "insurance", "registration", "vehicle_photo", "profile_photo"]
DocumentState = Literal["pending", "approved", "rejected", "expired", "replaced"]

AttentionReason = Literal["application", "papers", "check"]  # what of a driver waits for an operator
JobObstacle = Literal["stopped", "documents", "hours"]  # why a driver may not take a job

VEHICLES_MAX = 10
CHECKS_REMEMBERED = 20  # a driver has a few a year


class Application(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The driver's statement of licence and insurance; their numbers are not stored."""

    licence_class: str | None = None
    licence_expires_on: date | None = None
    insurer: str | None = None
    insurance_expires_on: date | None = None
    applied_at: datetime | None = None  # city time of the last change


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an operator decided last, with the reason that the driver reads."""

    state: ApplicationState
    reason: str | None = None
    fields: tuple[str, ...] = ()  # to be corrected
    at: datetime  # city time


class DocumentsNotice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the driver was told about the papers that end first, at ``until``: that they soon will, or have.

    ``days`` is the reminder that was sent last, in days before the end.  An older version sent
    one only, at 14.
    """

    until: datetime
    expired: bool = False
    days: int = 14


class PaperReminder(msgspec.Struct, frozen=True, kw_only=True):
    """The reminder that was sent last of a paper with that last day: ``days`` before its end; 0: at it."""

    paper: Literal["licence", "insurance", "registration"]
    last_day: date
    days: int


class DocumentSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A current document that the driver uploaded, as the profile keeps it; see ``driver_documents``.

    ``withdrawn``: it was approved before it was rejected; ``expires_on`` is then over.
    """

    id: str
    kind: DocumentKind
    state: DocumentState
    vehicle_id: str | None = None
    expires_on: date | None = None
    withdrawn: bool = False

    @property
    def counts(self) -> bool:
        """True if it takes the place of what the driver stated, whether it has expired or not."""
        return self.state in ("approved", "expired") or self.withdrawn


class DrivenHours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How long the driver has driven since the last rest; see ``hours``.  City time."""

    before_seconds: float = 0.0  # in the periods that are over
    since: datetime | None = None  # the driver drives since then
    stopped_at: datetime | None = None  # when the driver stopped
    limit_at: datetime | None = None  # when the hours are over, while the driver drives
    warned: bool = False  # that they soon are
    job_goes_on: bool = False  # the driver stopped, and was still on a job when it was checked


class CheckNews(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Ids of the driver's checks that ended without being clear.

    ``waiting``: since an operator decided last.  ``reviewed``: before; so that an event that is repeated
    does not bring one back.
    """

    waiting: tuple[str, ...] = ()
    reviewed: tuple[str, ...] = ()  # the latest


class DriverProfile(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A driver; the id is the user's.

    It contains the vehicles' ids, so that adding one, removing one and going online with one change
    the same document and cannot conflict unnoticed.
    """

    approval: Approval = "pending"
    application: Application = Application()  # once approved: the papers that count
    review: Application | None = None  # what the driver has stated since, until an operator decides
    review_since: datetime | None = None  # city time; set exactly while something waits for an operator
    stage: Stage | None = None  # of an application that is neither approved nor suspended; see ``state_of``
    decision: Annotated[Decision | None, Personal("id")] = None
    check_news: Annotated[CheckNews | None, Personal("id")] = None
    documents: tuple[DocumentSummary, ...] = ()  # the current uploads
    documents_until: datetime | None = None  # city time; follows from the papers: the first end of one
    notice: DocumentsNotice | None = None
    reminders: tuple[PaperReminder, ...] = ()  # of papers whose last day is not over, or that have ended
    due_at: datetime | None = None  # city time of the next warning, or of a paper's end
    vehicle_ids: tuple[str, ...] = ()
    vehicle_id: str | None = None  # the current one, or the last
    vehicle: VehicleSpec | None = None  # what that one can carry
    online: bool = False
    on_break: bool = False  # counts only while ``online``
    hours: DrivenHours = DrivenHours()
    shift: ShiftRecord | None = None  # the present one, or the last
    offline_reason: str | None = None  # if the driver did not go offline themselves
    created_at: datetime


class Vehicle(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A vehicle; a removed one is kept, because rescues refer to it."""

    driver_id: str
    type: VehicleType
    make: str
    model: str
    colour: str
    plate: Annotated[str, Personal("driver_id", neutral="")]
    # Keyed hashes of the plate, with keys of even and odd numbers (``drivers.plates``).
    plate_key: str | None = None
    plate_key_odd: str | None = None
    bed_length_cm: int
    capacity: int  # bikes
    ramp: bool = False
    tie_downs: int = 0
    seats: int = 1  # for passengers
    photo_ids: tuple[str, ...] = ()
    removed: bool = False
    created_at: datetime

    @property
    def card(self) -> VehicleCard:
        return VehicleCard(self.make, self.model, self.colour, self.plate)

    @property
    def spec(self) -> VehicleSpec:
        return VehicleSpec(
            type=self.type,
            bed_length_cm=self.bed_length_cm,
            capacity=self.capacity,
            ramp=self.ramp,
            tie_downs=self.tie_downs,
            seats=self.seats,
        )


def state_of(profile: DriverProfile) -> ApplicationState:
    """The state of the application; a profile of an older version counts as submitted once filled in."""
    if profile.approval != "pending":
        return profile.approval
    return profile.stage or ("draft" if profile.application.applied_at is None else "submitted")


VehiclesOnJobs = frozenset[str | None]  # of the driver's live rescues; ``None``: the vehicle driven last


def go_online(
    profile: DriverProfile,
    vehicle_id: str | None,
    on_jobs: VehiclesOnJobs = frozenset(),
    *,
    on_break: bool = False,
) -> DriverProfile:
    """The profile online with that vehicle (by default the last one); its papers have been checked.

    On a job only its vehicle is allowed: the rider waits for the plate that they were told.  Raises
    ``NotApproved``, ``UnknownVehicle``, ``VehicleOnJob``; ``OnJob`` for a break.
    """
    if profile.approval != "approved":
        raise NotApproved(_NOT_APPROVED[profile.approval])
    chosen = vehicle_id or profile.vehicle_id
    if chosen is None:
        raise UnknownVehicle.of("vehicle_id", "required", "Name the vehicle that you drive")
    if chosen not in profile.vehicle_ids:
        raise UnknownVehicle.of("vehicle_id", "unknown", "None of your vehicles has that id")
    if on_jobs and chosen not in _used(profile, on_jobs):
        raise VehicleOnJob
    if on_break and on_jobs:
        raise OnJob
    spec = profile.vehicle if chosen == profile.vehicle_id else None
    return replace(
        profile, online=True, on_break=on_break, vehicle_id=chosen, vehicle=spec, offline_reason=None
    )


def go_offline(profile: DriverProfile, reason: str | None = None) -> DriverProfile:
    """The profile offline; *reason* if the driver did not ask for it."""
    return replace(profile, online=False, on_break=False, offline_reason=reason)


def with_waiting(profile: DriverProfile, at: datetime) -> DriverProfile:
    """The profile of a driver who was decided about, with since when something waits for an operator."""
    if profile.approval == "pending":
        return profile
    # What waits of a driver who is suspended comes up with the end of the suspension.
    waits = profile.approval == "approved" and (_papers_wait(profile) or _checks_wait(profile))
    return replace(profile, review_since=(profile.review_since or at) if waits else None)


def attention_of(profile: DriverProfile) -> tuple[AttentionReason, ...]:
    """What of the driver waits for an operator."""
    if profile.review_since is None:
        return ()
    reasons: list[AttentionReason] = ["application"] if profile.approval == "pending" else []
    if not reasons and _papers_wait(profile):
        reasons.append("papers")
    if _checks_wait(profile):
        reasons.append("check")
    return tuple(reasons)


def with_unclear_check(profile: DriverProfile, check_id: str) -> DriverProfile:
    """The profile with a check that ended without being clear, unless an operator has decided since."""
    news = profile.check_news or CheckNews()
    if check_id in (*news.waiting, *news.reviewed):
        return profile
    return replace(profile, check_news=replace(news, waiting=(*news.waiting, check_id)))


def with_checks_reviewed(profile: DriverProfile) -> DriverProfile:
    """The profile after an operator decided, who has seen how the checks ended."""
    news = profile.check_news
    if news is None or not news.waiting:
        return profile
    reviewed = (*news.reviewed, *news.waiting)[-CHECKS_REMEMBERED:]
    return replace(profile, check_news=CheckNews(reviewed=reviewed))


def _papers_wait(profile: DriverProfile) -> bool:
    return profile.review is not None or any(d.state == "pending" for d in profile.documents)


def _checks_wait(profile: DriverProfile) -> bool:
    return profile.check_news is not None and bool(profile.check_news.waiting)


def set_approval(profile: DriverProfile, approval: Approval) -> DriverProfile:
    """The profile with an operator's decision; a driver who is not approved is offline.

    An approval is also one of the papers in review.
    """
    if approval == "approved":
        return replace(
            profile,
            approval=approval,
            application=profile.review or profile.application,
            review=None,
            review_since=None,
            offline_reason=None,
        )
    return replace(profile, approval=approval, online=False, offline_reason=approval)


def with_vehicle(profile: DriverProfile, vehicle_id: str) -> DriverProfile:
    """The profile with that vehicle.  Raises ``TooManyVehicles``."""
    if vehicle_id in profile.vehicle_ids:
        return profile
    if len(profile.vehicle_ids) >= VEHICLES_MAX:
        raise TooManyVehicles
    return replace(profile, vehicle_ids=(*profile.vehicle_ids, vehicle_id))


def without_vehicle(
    profile: DriverProfile, vehicle_id: str, on_jobs: VehiclesOnJobs = frozenset()
) -> DriverProfile:
    """The profile without that vehicle.

    Raises ``VehicleInUse`` while the driver is online with it, or on a job with it.
    """
    if profile.online and profile.vehicle_id == vehicle_id:
        raise VehicleInUse("You are online with this vehicle; go offline first")
    check_not_on_job(profile, vehicle_id, on_jobs)
    return replace(profile, vehicle_ids=tuple(v for v in profile.vehicle_ids if v != vehicle_id))


def mark_removed(vehicle: Vehicle) -> Vehicle | None:
    """The vehicle marked as removed, so that a late repeat of its addition does not bring it back."""
    return None if vehicle.removed else replace(vehicle, removed=True, photo_ids=())


def changed_vehicle(
    vehicle: Vehicle, command: ChangeVehicle, hashes: Mapping[str, str | None]
) -> Vehicle | None:
    """The vehicle with what the command names, and with those hashes of its plate; ``None`` if that
    changes nothing."""
    named = {name: value for name, value in msgspec.structs.asdict(command).items() if value is not None}
    after = replace(vehicle, **named, **hashes)
    return None if after == vehicle else after


def check_not_on_job(profile: DriverProfile, vehicle_id: str, on_jobs: VehiclesOnJobs) -> None:
    """Raises ``VehicleInUse`` while the driver is on a job with that vehicle."""
    if vehicle_id in _used(profile, on_jobs):
        raise VehicleInUse("You are on a job with this vehicle; finish it first")


def with_spec(profile: DriverProfile, vehicle: Vehicle) -> DriverProfile:
    """The profile with what its current vehicle can carry, if it is that one."""
    return replace(profile, vehicle=vehicle.spec) if profile.vehicle_id == vehicle.id else profile


def _used(profile: DriverProfile, on_jobs: VehiclesOnJobs) -> VehiclesOnJobs:
    return frozenset(vehicle_id or profile.vehicle_id for vehicle_id in on_jobs)


def job_obstacle(profile: DriverProfile, now: datetime) -> JobObstacle | None:
    """Why the driver may not take a job at that time (city time); ``None``: the driver may.

    A driver who went offline at the moment of accepting has accepted; one whom the system took offline has
    not.
    """
    if profile.approval != "approved" or (not profile.online and profile.offline_reason is not None):
        return "stopped"
    if profile.documents_until is not None and now >= profile.documents_until:
        return "documents"
    if profile.hours.limit_at is not None and now >= profile.hours.limit_at:
        return "hours"
    return None


def standing_events(before: DriverProfile, after: DriverProfile) -> tuple[DriverStandingChanged, ...]:
    """The event of a change that affects whether the driver may be offered jobs."""
    standings = [
        DriverStandingChanged(
            driver_id=p.id,
            approved=p.approval == "approved",
            online=p.online and not p.on_break,
            vehicle_id=p.vehicle_id if p.online else None,
            vehicle=p.vehicle if p.online else None,
            documents_until=p.documents_until if p.online else None,
            hours_until=p.hours.limit_at if p.online else None,
            reason=p.offline_reason,
        )
        for p in (before, after)
    ]
    return () if standings[0] == standings[1] else (standings[1],)


def attention_events(
    before: DriverProfile, after: DriverProfile, area_id: str
) -> tuple[DriverAttentionNeeded, ...]:
    """The events of a change after which something waits for an operator that did not before."""
    known = attention_of(before)
    return tuple(
        DriverAttentionNeeded(driver_id=after.id, area_id=area_id, reason=reason)
        for reason in attention_of(after)
        if reason not in known
    )


_NOT_APPROVED = {
    "pending": "Your application has not been approved yet",
    "suspended": "Your account is suspended; write to support",
}
