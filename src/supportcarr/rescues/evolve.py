"""``evolve``: a rescue after a fact.  Pure, and total: a fact that was decided always applies."""

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
from supportcarr.contracts.value_objects import QuoteTerms
from supportcarr.rescues.commands import Outcome, RequestRescue
from supportcarr.rescues.decide import Explained, PinChosen, PinMistyped, asked, hold_ends_at
from supportcarr.rescues.model import (
    OFFERS_LIMIT,
    TIMELINE_HEAD,
    TIMELINE_LIMIT,
    Rescue,
    RescueRules,
    TimelineEntry,
)


def open_rescue(
    command: RequestRescue,
    terms: QuoteTerms,
    *,
    rescue_id: str,
    rider: Actor,
    pin: str,
    now: datetime,
    rules: RescueRules,
) -> tuple[Rescue, tuple[DomainEvent, ...]]:
    """A new rescue on the terms of its quote: ``requested``, or ``scheduled`` if booked for later."""
    assert rider.id is not None, "a rescue is a person's"
    status: Status = "scheduled" if terms.scheduled_for else "requested"
    moved: dict[str, Any] = {
        "rescue_id": rescue_id,
        "rider_id": rider.id,
        "area_id": terms.area_id,
        "status": status,
        **asked(terms),
    }
    blank = Rescue(
        id=rescue_id,
        region=terms.region,
        area_id=terms.area_id,
        status=status,
        rider_id=rider.id,
        quote=terms,
        payment_method_id=command.payment_method_id,
        pin=pin,
        note=command.note,
        created_at=now,
        eta_seconds=terms.eta_seconds,
    )
    fact: DomainEvent
    if terms.scheduled_for:
        fact = RescueScheduled(**moved, scheduled_for=terms.scheduled_for)
    else:
        fact = RescueRequested(
            **moved,
            payment_method_id=command.payment_method_id,
            total_minor=terms.total_minor,
            currency=terms.currency,
            hold_ends_at=hold_ends_at(now, rules),
        )
    return evolve(blank, fact, now, rider), (fact,)


def evolve_all(rescue: Rescue, facts: tuple[DomainEvent, ...], at: datetime, actor: Actor) -> Rescue:
    """The rescue after all the facts of one save."""
    return reduce(lambda so_far, fact: evolve(so_far, fact, at, actor), facts, rescue)


def evolve(rescue: Rescue, fact: DomainEvent, at: datetime, actor: Actor) -> Rescue:
    """The rescue after *fact*, which *actor* caused at *at* (city time).

    The version stays: the store counts it up when it saves.
    """
    changes: dict[str, Any] = {}
    if isinstance(fact, RescueMoved):
        changes = _moved(rescue, fact, at, actor)
    match fact:
        case RescueScheduled():
            changes |= {"scheduled_for": fact.scheduled_for, "due_at": fact.scheduled_for}
        case RescueRequested():
            changes |= {"due_at": fact.hold_ends_at}
        case MatchingBegan():
            changes |= {
                "due_at": fact.ends_at,
                "matching_entry": fact.entry,
                "accepted_at": None,
                "exchanged": False,
                "arrived_at": None,
                "eta_seconds": None if fact.given_up_by else rescue.eta_seconds,
                "queued_behind": None,
            }
        case RescueAssigned():
            changes |= {
                "offers": (*rescue.offers, *((fact.offer_id,) if fact.offer_id else ()))[-OFFERS_LIMIT:],
                "accepted_at": rescue.accepted_at or at,
                "exchanged": rescue.exchanged or fact.previous_driver_id is not None,
                "eta_seconds": fact.eta_seconds,
                "queued_behind": fact.queued_behind,
            }
        case DriverDeparted():
            changes |= {"queued_behind": None}
        case DriverArrived():
            changes |= {"arrived_at": at, "eta_seconds": 0}
        case RescueEnded():
            changes |= {"owed": fact.owed, "ended_at": at, "eta_seconds": None, "queued_behind": None}
            if isinstance(fact, RescueCompleted):
                changes |= {"outcome": cast(Outcome, fact.outcome)}
        case PinMistyped():
            changes |= {"pin_tries": rescue.pin_tries + 1}
        case PinLocked():
            changes |= {"pin_locked": True}
        case PinChosen():
            changes |= {"pin": fact.pin}
        case PinRenewed():
            changes |= {"pin_tries": 0, "pin_locked": False}
        case Explained():
            last = msgspec.structs.replace(rescue.timeline[-1], reason=fact.words)
            changes |= {"reason": fact.words, "timeline": (*rescue.timeline[:-1], last)}
    return msgspec.structs.replace(rescue, **changes)


def _moved(rescue: Rescue, fact: RescueMoved, at: datetime, actor: Actor) -> dict[str, Any]:
    status = cast(Status, fact.status)
    entry = TimelineEntry(
        at=at,
        from_=cast("Status | None", fact.previous),
        to=status,
        actor=actor,
        version=rescue.version + 1,
        reason=fact.reason,
    )
    return {
        "status": status,
        "driver_id": fact.driver_id,
        "reason": fact.reason,
        "due_at": None,
        "timeline": _bounded((*rescue.timeline, entry)),
    }


def _bounded(timeline: tuple[TimelineEntry, ...]) -> tuple[TimelineEntry, ...]:
    if len(timeline) <= TIMELINE_LIMIT:
        return timeline
    return timeline[:TIMELINE_HEAD] + timeline[-(TIMELINE_LIMIT - TIMELINE_HEAD) :]
