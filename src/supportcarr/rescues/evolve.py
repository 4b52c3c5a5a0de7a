"""``evolve``: the rescue after an event.  Pure, and total: an event that was decided always applies."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from typing import Any, cast

import msgspec

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.events import (
    DomainEvent,
    DriverArrived,
    DriverDeparted,
    FixConfirmed,
    FixProposed,
    MatchingBegan,
    PinLocked,
    PinRenewed,
    RescueAssigned,
    RescueCompleted,
    RescueEnded,
    RescueMoved,
    RescueRequested,
    RescueScheduled,
)
from supportcarr.contracts.rescues import Status
from supportcarr.rescues.commands import Outcome
from supportcarr.rescues.model import (
    OFFERS_LIMIT,
    TIMELINE_HEAD,
    TIMELINE_LIMIT,
    Rescue,
    TimelineEntry,
)
from supportcarr.rescues.private_events import Explained, PinChosen, PinMistyped


def evolve_all(
    rescue: Rescue,
    events: tuple[DomainEvent, ...],
    at: datetime,
    actor: Actor,
    received_at: datetime | None = None,
) -> Rescue:
    """The rescue after all the events of one save."""
    return reduce(lambda so_far, event: evolve(so_far, event, at, actor, received_at), events, rescue)


def evolve(
    rescue: Rescue, event: DomainEvent, at: datetime, actor: Actor, received_at: datetime | None = None
) -> Rescue:
    """The rescue after *event*, which *actor* caused at *at* (city time).

    *received_at*: when we heard of it, if that was later.

    The version stays: the store increments it when it saves.
    """
    changes: dict[str, Any] = {}
    if isinstance(event, RescueMoved):
        changes = _moved(rescue, event, at, actor, received_at)
    match event:
        case RescueScheduled():
            changes |= {"scheduled_for": event.scheduled_for, "due_at": event.scheduled_for}
        case RescueRequested():
            changes |= {"due_at": event.hold_ends_at}
        case MatchingBegan():
            changes |= {
                "due_at": event.ends_at,
                "matching_entry": event.entry,
                "accepted_at": None,
                "exchanged": False,
                "arrived_at": None,
                "vehicle_id": None,
                "fix_price_minor": None,
                "fix_confirmed_minor": None,
                "eta_seconds": None if event.given_up_by else rescue.eta_seconds,
                "queued_behind": None,
            }
        case RescueAssigned():
            changes |= {
                "offers": (*rescue.offers, *((event.offer_id,) if event.offer_id else ()))[-OFFERS_LIMIT:],
                "vehicle_id": event.vehicle_id,
                "accepted_at": rescue.accepted_at or at,
                "exchanged": rescue.exchanged or event.previous_driver_id is not None,
                "eta_seconds": event.eta_seconds,
                "queued_behind": event.queued_behind,
            }
        case DriverDeparted():
            changes |= {"queued_behind": None}
        case DriverArrived():
            changes |= {"arrived_at": at, "eta_seconds": 0}
        case RescueEnded():
            changes |= {"owed": event.owed, "ended_at": at, "eta_seconds": None, "queued_behind": None}
            if isinstance(event, RescueCompleted):
                changes |= {"outcome": cast(Outcome, event.outcome)}
        case FixProposed():
            changes |= {"fix_price_minor": event.price_minor}
        case FixConfirmed():
            changes |= {"fix_confirmed_minor": event.price_minor}
        case PinMistyped():
            changes |= {"pin_tries": rescue.pin_tries + 1}
        case PinLocked():
            changes |= {"pin_locked": True}
        case PinChosen():
            changes |= {"pin": event.pin}
        case PinRenewed():
            changes |= {"pin_tries": 0, "pin_locked": False}
        case Explained():
            last = msgspec.structs.replace(rescue.timeline[-1], reason=event.words)
            changes |= {"timeline": (*rescue.timeline[:-1], last)}
    return msgspec.structs.replace(rescue, **changes)


def _moved(
    rescue: Rescue, event: RescueMoved, at: datetime, actor: Actor, received_at: datetime | None
) -> dict[str, Any]:
    status = cast(Status, event.status)
    entry = TimelineEntry(
        at=at,
        from_=cast("Status | None", event.previous),
        to=status,
        actor=actor,
        version=rescue.version + 1,
        reason=event.reason,
        received_at=received_at,
        unverified=getattr(event, "unverified", None),
    )
    return {
        "status": status,
        "driver_id": event.driver_id,
        "due_at": None,
        "timeline": _within_limit((*rescue.timeline, entry)),
    }


def _within_limit(timeline: tuple[TimelineEntry, ...]) -> tuple[TimelineEntry, ...]:
    if len(timeline) <= TIMELINE_LIMIT:
        return timeline
    return timeline[:TIMELINE_HEAD] + timeline[-(TIMELINE_LIMIT - TIMELINE_HEAD) :]
