"""The console's row of a rescue, built from events alone.  Pure.

Events of a rescue may arrive late, twice, or out of order (two processes may relay at once), so each
field keeps the value of the *newest* event: status and people by the rescue's version, amounts by the
payment's version, and each time stamp by itself, as the latest entry into that state.  Applying the same
events in any order gives the same row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import (
    DriverArrived,
    MatchingBegan,
    PaymentProcessed,
    RescueAsked,
    RescueAssigned,
    RescueCompleted,
    RescueEnded,
    RescueMoved,
    RescueRequested,
    RescueScheduled,
    RiderNotFound,
)
from supportcarr.contracts.geo import COARSE_POINT, GeoPoint, coarse
from supportcarr.contracts.personal import Personal


class OpsRescue(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One rescue as the console lists it; its id is the rescue's.  Times are city time.

    ``source_version`` and ``payment_version`` are the versions of the newest applied event of the rescue
    and of its payment (0: none).
    """

    area_id: str
    rider_id: str
    status: str
    requested_at: datetime  # the time of the earliest event until the request's event arrives
    source_version: int = 0
    payment_version: int = 0
    driver_id: str | None = None
    reason: str | None = None
    kind: str | None = None
    problem: str | None = None
    pickup: Annotated[GeoPoint | None, Personal("rider_id", clear=COARSE_POINT)] = None
    dropoff: Annotated[GeoPoint | None, Personal("rider_id", clear=COARSE_POINT)] = None
    scheduled_for: datetime | None = None
    waiting_since: datetime | None = None
    assigned_at: datetime | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    total_minor: int | None = None
    owed_minor: int | None = None
    currency: str | None = None
    payment_status: str | None = None
    captured_minor: int = 0
    refunded_minor: int = 0
    unverified: tuple[str, ...] = ()  # steps of which it is not known that the driver was there: STATUS:WHY
    needs_attention: bool = False  # there are such steps


def apply_event(row: OpsRescue | None, envelope: EventEnvelope) -> OpsRescue | None:
    """The row after an event; unchanged (or ``None``) if the event concerns no rescue and no payment."""
    match envelope.event:
        case RescueMoved() as event:
            return _apply_move(row or _new_row(envelope, event), envelope, event)
        case PaymentProcessed() as event:
            return _apply_payment(row or _new_row(envelope, event), envelope, event)
        case _:
            return row


def _new_row(envelope: EventEnvelope, event: RescueMoved | PaymentProcessed) -> OpsRescue:
    return OpsRescue(
        id=event.rescue_id,
        area_id=event.area_id,
        rider_id=event.rider_id,
        status=event.status if isinstance(event, RescueMoved) else "requested",
        requested_at=envelope.at,
    )


def _apply_move(row: OpsRescue, envelope: EventEnvelope, event: RescueMoved) -> OpsRescue:
    changes: dict[str, Any] = {"requested_at": min(row.requested_at, envelope.at)}
    match event:
        case RescueScheduled():
            changes |= _request_fields(event)
            changes["scheduled_for"] = event.scheduled_for
        case RescueRequested():
            changes |= _request_fields(event)
            changes |= {"total_minor": event.total_minor, "currency": event.currency}
            changes["waiting_since"] = _latest(row.waiting_since, envelope.at)
        case MatchingBegan():
            changes |= _request_fields(event)
            changes["waiting_since"] = _latest(row.waiting_since, envelope.at)
        case RescueAssigned():
            changes["assigned_at"] = _latest(row.assigned_at, envelope.at)
        case DriverArrived():
            changes["arrived_at"] = _latest(row.arrived_at, envelope.at)
        case RescueEnded():
            changes |= {"owed_minor": event.owed.rider_minor, "currency": event.owed.currency}
            changes["ended_at"] = envelope.at
    if isinstance(event, DriverArrived | RescueCompleted | RiderNotFound) and event.unverified:
        found = {*row.unverified, f"{event.status}:{event.unverified}"}
        changes |= {"unverified": tuple(sorted(found)), "needs_attention": True}
    if envelope.document_version > row.source_version:
        changes |= {
            "source_version": envelope.document_version,
            "status": event.status,
            "driver_id": event.driver_id,
            "reason": event.reason,
        }
    return replace(row, **changes)


def _request_fields(event: RescueAsked | MatchingBegan) -> dict[str, Any]:
    """The kind, problem and places of the request; the same in every event that carries them."""
    if event.kind is None:
        return {}
    return {"kind": event.kind, "problem": event.problem, "pickup": event.pickup, "dropoff": event.dropoff}


def _apply_payment(row: OpsRescue, envelope: EventEnvelope, event: PaymentProcessed) -> OpsRescue:
    if envelope.document_version <= row.payment_version:
        return row
    return replace(
        row,
        payment_version=envelope.document_version,
        payment_status=event.payment_status,
        captured_minor=event.captured_minor,
        refunded_minor=event.refunded_minor,
        currency=event.currency,
    )


def with_coarse_places(row: OpsRescue) -> OpsRescue | None:
    """The row of a rider who was erased; ``None`` if it is one already."""
    pickup = coarse(row.pickup) if row.pickup else None
    after = replace(row, pickup=pickup, dropoff=coarse(row.dropoff) if row.dropoff else None)
    return None if after == row else after


def _latest(known: datetime | None, at: datetime) -> datetime:
    return at if known is None or at > known else known


class DriverCounts(msgspec.Struct, frozen=True):
    """Drivers who are online, and those of them who are on a job."""

    online: int
    busy: int


class Today(msgspec.Struct, frozen=True):
    """Since midnight in each area's own time zone."""

    completed: int
    revenue_minor: int  # captured minus refunded, of the rescues that ended today


class Overview(msgspec.Struct, frozen=True):
    """``rescues`` has every status; ``waiting_seconds_max`` is in city seconds, 0 if no rescue waits."""

    drivers: DriverCounts
    rescues: dict[str, int]
    waiting_seconds_max: int
    today: Today


class Area(msgspec.Struct, frozen=True):
    """A service area as the console needs it; ``timezone`` is an IANA name."""

    id: str
    timezone: str
