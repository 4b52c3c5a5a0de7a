"""The console's row of a rescue, built from events alone.  Pure.

Events of one rescue may come late, twice, or out of order (two processes relay at once), so each
field keeps what the *newest* event said of it: the status and the people by the rescue's version, the
money by the payment's, and each time stamp by itself, as the latest entry into that state.  Applying
the same events in any order gives the same row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    RescueEnded,
    RescueMoved,
    RescueRequested,
    RescueScheduled,
)
from supportcarr.contracts.geo import GeoPoint


class OpsRescue(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One rescue as the console lists it; its id is the rescue's.  Times are city time.

    ``source_version`` and ``payment_version`` remember the newest event applied of the rescue and of
    its payment (0: none yet).
    """

    area_id: str
    rider_id: str
    status: str
    requested_at: datetime  # until its request is known: the earliest event's time
    source_version: int = 0
    payment_version: int = 0
    driver_id: str | None = None
    reason: str | None = None
    kind: str | None = None
    problem: str | None = None
    pickup: GeoPoint | None = None
    dropoff: GeoPoint | None = None
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


def apply_event(row: OpsRescue | None, event: EventEnvelope) -> OpsRescue | None:
    """The row after *event* (``None``: the event is none of a rescue's or of its payment's)."""
    match event.event:
        case RescueMoved() as fact:
            return _moved(row or _new(event, fact), event, fact)
        case PaymentProcessed() as fact:
            return _paid(row or _new(event, fact), event, fact)
        case _:
            return row


def _new(event: EventEnvelope, fact: RescueMoved | PaymentProcessed) -> OpsRescue:
    return OpsRescue(
        id=fact.rescue_id,
        area_id=fact.area_id,
        rider_id=fact.rider_id,
        status=fact.status if isinstance(fact, RescueMoved) else "requested",
        requested_at=event.at,
    )


def _moved(row: OpsRescue, event: EventEnvelope, fact: RescueMoved) -> OpsRescue:
    changes: dict[str, Any] = {"requested_at": min(row.requested_at, event.at)}
    match fact:
        case RescueScheduled():
            changes |= _asked(fact)
            changes["scheduled_for"] = fact.scheduled_for
        case RescueRequested():
            changes |= _asked(fact)
            changes |= {"total_minor": fact.total_minor, "currency": fact.currency}
            changes["waiting_since"] = _later(row.waiting_since, event.at)
        case MatchingBegan():
            changes |= _asked(fact)
            changes["waiting_since"] = _later(row.waiting_since, event.at)
        case RescueAssigned():
            changes["assigned_at"] = _later(row.assigned_at, event.at)
        case DriverArrived():
            changes["arrived_at"] = _later(row.arrived_at, event.at)
        case RescueEnded():
            changes |= {"owed_minor": fact.owed.rider_minor, "currency": fact.owed.currency}
            changes["ended_at"] = event.at
    if event.document_version > row.source_version:
        changes |= {
            "source_version": event.document_version,
            "status": fact.status,
            "driver_id": fact.driver_id,
            "reason": fact.reason,
        }
    return replace(row, **changes)


def _asked(fact: RescueAsked | MatchingBegan) -> dict[str, Any]:
    """What is asked for, and where: the same in every event that says it."""
    if fact.kind is None:
        return {}
    return {"kind": fact.kind, "problem": fact.problem, "pickup": fact.pickup, "dropoff": fact.dropoff}


def _paid(row: OpsRescue, event: EventEnvelope, fact: PaymentProcessed) -> OpsRescue:
    if event.document_version <= row.payment_version:
        return row
    return replace(
        row,
        payment_version=event.document_version,
        payment_status=fact.payment_status,
        captured_minor=fact.captured_minor,
        refunded_minor=fact.refunded_minor,
        currency=fact.currency,
    )


def _later(known: datetime | None, at: datetime) -> datetime:
    return at if known is None or at > known else known


class DriverCounts(msgspec.Struct, frozen=True):
    """Drivers who take offers now, and those of them who are on a job."""

    online: int
    busy: int


class Today(msgspec.Struct, frozen=True):
    """Since midnight in each area's own time zone."""

    completed: int
    revenue_minor: int  # captured less refunded, of the rescues that ended today


class Overview(msgspec.Struct, frozen=True):
    """``rescues`` has every status; ``waiting_seconds_max`` is city seconds, 0 if nobody waits."""

    drivers: DriverCounts
    rescues: dict[str, int]
    waiting_seconds_max: int
    today: Today


class Area(msgspec.Struct, frozen=True):
    """A service area as the console needs it; ``timezone`` is an IANA name."""

    id: str
    timezone: str
