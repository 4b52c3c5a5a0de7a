"""``decide``: the events that a command causes.  Pure: no clock, no ids, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.errors import FieldChecks, Forbidden, IllegalTransition, ValidationFailed
from supportcarr.contracts.events import (
    DomainEvent,
    DriverArrived,
    DriverDeparted,
    FixConfirmed,
    FixProposed,
    JobStarted,
    MatchingBegan,
    PinLocked,
    PinRenewed,
    RescueAborted,
    RescueAssigned,
    RescueCancelled,
    RescueCompleted,
    RescueRejected,
    RescueRequested,
    RescueScheduled,
    RescueUnserved,
    RiderNotFound,
)
from supportcarr.contracts.rescues import Status
from supportcarr.contracts.value_objects import QuoteTerms
from supportcarr.rescues import charges
from supportcarr.rescues.commands import (
    Abort,
    Arrive,
    Assign,
    BeginMatching,
    Cancel,
    Command,
    Complete,
    ConfirmFix,
    Depart,
    Exchange,
    LeaveUnserved,
    MarkNoShow,
    Reject,
    Release,
    RenewPin,
    RequestRescue,
    Start,
    Wake,
)
from supportcarr.rescues.errors import PinIsLocked, TooEarly
from supportcarr.rescues.evolve import evolve
from supportcarr.rescues.model import Rescue, RescueRules
from supportcarr.rescues.private_events import Explained, PinChosen, PinMistyped
from supportcarr.rescues.proximity import check_waited, doubt_at_dropoff, doubt_at_pickup
from supportcarr.rescues.state_machine import TABLE, check_transition


class DecisionContext(NamedTuple):
    """What a decision depends on besides the rescue and the command; *now* is city time."""

    actor: Actor
    now: datetime
    rules: RescueRules


def decide(
    rescue: Rescue, command: Command, actor: Actor, now: datetime, rules: RescueRules
) -> tuple[DomainEvent, ...]:
    """The events that this command of this actor causes at *now* (city time).

    Of a step that is reported later, *now* is when it happened.

    Raises what ``state_machine.check_transition`` raises, ``TooEarly``, ``PinIsLocked``,
    ``TooFarFromPickup``, ``ValidationFailed``.  A wrong PIN is an event here, not an error: it is counted;
    so is a fix that the rider has not agreed to: they are asked.
    """
    check_transition(rescue, type(command), actor)
    return _DECISIONS[type(command)](rescue, command, DecisionContext(actor, now, rules))


def already_done(rescue: Rescue, command: Command, actor: Actor) -> bool:
    """True if this command of this actor caused the latest change of the rescue's status, or led to it.

    The table decides: no two commands lead from the same status to the same status.
    """
    last = rescue.timeline[-1]
    if isinstance(command, ConfirmFix):  # its answer was lost, and the driver has completed meanwhile
        agreed = command.price_minor == rescue.fix_confirmed_minor
        return agreed and rescue.outcome == "fixed_on_spot" and actor == Actor("rider", rescue.rider_id)
    if last.actor != actor or last.from_ is None:
        return False
    step = TABLE[last.from_].get(type(command))
    return step is not None and last.to in step.to and _same_arguments(rescue, command)


def _same_arguments(rescue: Rescue, command: Command) -> bool:
    match command:
        case Start():
            return command.pin == rescue.pin
        case Assign():
            same_offer = command.offer_id is None or rescue.offers[-1:] == (command.offer_id,)
            return same_offer and rescue.driver_id == command.driver_id
        case Complete():
            price = rescue.owed.rider_minor if rescue.owed else None
            return command.outcome == rescue.outcome and command.price_minor in (None, price)
        case Abort():
            return rescue.owed is not None and rescue.owed.rider_minor == (command.amount_minor or 0)
        case _:
            return True


# --- before a driver is assigned ---------------------------------------------------------------------------


def hold_ends_at(now: datetime, rules: RescueRules) -> datetime:
    """The time by which the card's hold must have succeeded."""
    return now + timedelta(seconds=rules.hold_seconds)


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
    assert rider.id is not None, "a rescue belongs to a rider"
    status: Status = "scheduled" if terms.scheduled_for else "requested"
    fields: dict[str, Any] = {
        "rescue_id": rescue_id,
        "rider_id": rider.id,
        "area_id": terms.area_id,
        "status": status,
        **_job(terms),
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
    event: DomainEvent
    if terms.scheduled_for:
        event = RescueScheduled(**fields, scheduled_for=terms.scheduled_for)
    else:
        event = RescueRequested(
            **fields,
            payment_method_id=command.payment_method_id,
            total_minor=terms.total_minor,
            currency=terms.currency,
            hold_ends_at=hold_ends_at(now, rules),
        )
    return evolve(blank, event, now, rider), (event,)


def _wake(rescue: Rescue, command: Wake, context: DecisionContext) -> tuple[DomainEvent, ...]:
    if not command.rider_is_free:
        return (_rejected(rescue, "rider_has_live_rescue"),)
    return (
        RescueRequested(
            **_move(rescue, "requested"),
            **_job(rescue.quote),
            payment_method_id=rescue.payment_method_id,
            total_minor=rescue.quote.total_minor,
            currency=rescue.quote.currency,
            hold_ends_at=hold_ends_at(context.now, context.rules),
        ),
    )


def _begin_matching(
    rescue: Rescue, command: BeginMatching, context: DecisionContext
) -> tuple[DomainEvent, ...]:
    return (_matching(rescue, context),)


def _reject(rescue: Rescue, command: Reject, context: DecisionContext) -> tuple[DomainEvent, ...]:
    return (_rejected(rescue, command.reason),)


def _leave_unserved(
    rescue: Rescue, command: LeaveUnserved, context: DecisionContext
) -> tuple[DomainEvent, ...]:
    if rescue.due_at is not None and context.now < rescue.due_at:
        raise TooEarly(f"The search goes on until {rescue.due_at.isoformat()}.")
    return (
        RescueUnserved(
            **_move(rescue, "unserved", reason="no_driver_found"), owed=charges.nothing(rescue.quote)
        ),
    )


# --- with a driver -----------------------------------------------------------------------------


def _assign(rescue: Rescue, command: Assign, context: DecisionContext) -> tuple[DomainEvent, ...]:
    if command.driver_id == rescue.rider_id:
        raise IllegalTransition("A rider cannot be the driver of their own rescue.")
    if command.offer_id is not None and command.offer_id in rescue.offers:
        raise IllegalTransition("The driver of this offer was assigned before and gave the rescue up.")
    return (
        RescueAssigned(
            **_move(rescue, "assigned", driver_id=command.driver_id),
            vehicle_id=command.vehicle_id,
            offer_id=command.offer_id,
            previous_driver_id=rescue.driver_id,
            queued_behind=command.queued_behind,
            eta_seconds=command.eta_seconds,
            pickup=rescue.quote.pickup.point,
            dropoff=rescue.quote.dropoff.point,
        ),
    )


def _exchange(rescue: Rescue, command: Exchange, context: DecisionContext) -> tuple[DomainEvent, ...]:
    if command.driver_id == rescue.driver_id:
        raise IllegalTransition("This driver has the rescue already.")
    if rescue.exchanged and not context.actor.is_operator:
        raise IllegalTransition("The driver was already exchanged once.")
    return _assign(rescue, command, context)


def _depart(rescue: Rescue, command: Depart, context: DecisionContext) -> tuple[DomainEvent, ...]:
    return (DriverDeparted(**_move(rescue, "en_route")),)


def _arrive(rescue: Rescue, command: Arrive, context: DecisionContext) -> tuple[DomainEvent, ...]:
    doubt = doubt_at_pickup(command.seen, rescue.quote.pickup, context.rules.arrival_radius_m)
    return (DriverArrived(**_move(rescue, "arrived"), unverified=doubt),)


def _start(rescue: Rescue, command: Start, context: DecisionContext) -> tuple[DomainEvent, ...]:
    return _try_pin(rescue, command.pin, context) or (JobStarted(**_move(rescue, "in_transit")),)


def _try_pin(rescue: Rescue, pin: str, context: DecisionContext) -> tuple[DomainEvent, ...]:
    """The events of a wrong PIN; none if it is right.  Raises ``PinIsLocked``."""
    if rescue.pin_locked:
        raise PinIsLocked
    if pin == rescue.pin:
        return ()
    if rescue.pin_tries + 1 < context.rules.pin_tries:
        return (PinMistyped(),)
    return PinMistyped(), PinLocked(**_participants(rescue))


def _renew_pin(rescue: Rescue, command: RenewPin, context: DecisionContext) -> tuple[DomainEvent, ...]:
    return PinChosen(pin=command.pin), PinRenewed(**_participants(rescue))


def _confirm_fix(rescue: Rescue, command: ConfirmFix, context: DecisionContext) -> tuple[DomainEvent, ...]:
    price = _check_amount(command.price_minor, rescue.quote.total_minor, "price_minor")
    if price == rescue.fix_confirmed_minor:
        return ()
    return (FixConfirmed(**_fix(rescue, price)),)


def _release(rescue: Rescue, command: Release, context: DecisionContext) -> tuple[DomainEvent, ...]:
    code, explained = _reason(command)
    return _matching(rescue, context, reason=code, given_up_by=rescue.driver_id), *explained


# --- final states ----------------------------------------------------------------------------------


def _complete(rescue: Rescue, command: Complete, context: DecisionContext) -> tuple[DomainEvent, ...]:
    if command.outcome == "fixed_on_spot":
        return _complete_fix(rescue, command, context)
    if rescue.status != "in_transit":
        raise IllegalTransition("Enter the rider's PIN before completing a delivery.")
    checks = FieldChecks()
    quoted = "What is delivered costs what was quoted."
    checks.run(lambda: _refuse_given(command.price_minor, "price_minor", quoted))
    checks.run(lambda: _refuse_given(command.pin, "pin", "The PIN was given at the start."))
    checks.done()
    doubt = doubt_at_dropoff(command.seen, rescue.quote.dropoff, context.rules.delivery_radius_m)
    due = charges.delivered(rescue.quote)
    return (RescueCompleted(**_move(rescue, "completed"), outcome="delivered", owed=due, unverified=doubt),)


def _refuse_given(value: object, field: str, why: str) -> None:
    if value is not None:
        raise ValidationFailed.of(field, "not_allowed", why)


def _complete_fix(rescue: Rescue, command: Complete, context: DecisionContext) -> tuple[DomainEvent, ...]:
    """Without the rider's consent the events only propose the price; none if that was done before."""
    if rescue.status != "arrived":
        raise IllegalTransition("The bike is already loaded, so it was not fixed on the spot.")
    if command.price_minor is None:
        raise ValidationFailed.of("price_minor", "required", "Give the lower price that was agreed.")
    price = _check_amount(command.price_minor, rescue.quote.total_minor, "price_minor")
    if command.pin is not None:
        if wrong := _try_pin(rescue, command.pin, context):
            return wrong
    elif rescue.fix_confirmed_minor is None or rescue.fix_confirmed_minor < price:
        return () if price == rescue.fix_price_minor else (FixProposed(**_fix(rescue, price)),)
    due = charges.lower_price(rescue.quote, price)
    return (RescueCompleted(**_move(rescue, "completed"), outcome="fixed_on_spot", owed=due),)


def _mark_no_show(rescue: Rescue, command: MarkNoShow, context: DecisionContext) -> tuple[DomainEvent, ...]:
    assert rescue.arrived_at is not None, "an arrived rescue has the time of arrival"
    over = rescue.arrived_at + timedelta(seconds=context.rules.no_show_seconds)
    if context.now < over:
        raise TooEarly(f"Wait for the rider until {over.isoformat()}.")
    if command.happened_at is not None or rescue.timeline[-1].received_at is not None:
        # The rider was not told of the arrival when it happened: only the trail knows of the wait.
        check_waited(command.waited, rescue.quote.pickup, context.rules.arrival_radius_m)
    doubt = doubt_at_pickup(command.seen, rescue.quote.pickup, context.rules.arrival_radius_m)
    due = charges.no_show(rescue.quote)
    return (RiderNotFound(**_move(rescue, "no_show", reason="no_show"), owed=due, unverified=doubt),)


def _abort(rescue: Rescue, command: Abort, context: DecisionContext) -> tuple[DomainEvent, ...]:
    amount = command.amount_minor
    if amount is not None and not context.actor.is_operator:
        raise Forbidden("Only an operator sets what an aborted rescue costs.")
    due = (
        charges.lower_price(rescue.quote, _check_amount(amount, rescue.quote.total_minor, "amount_minor"))
        if amount
        else charges.nothing(rescue.quote)
    )
    code, explained = _reason(command)
    return RescueAborted(**_move(rescue, "aborted", reason=code), owed=due), *explained


def _cancel(rescue: Rescue, command: Cancel, context: DecisionContext) -> tuple[DomainEvent, ...]:
    due = charges.cancellation(rescue, context.actor, context.now, context.rules)
    code, explained = _reason(command)
    return RescueCancelled(**_move(rescue, "cancelled", reason=code), owed=due), *explained


# --- shared ---------------------------------------------------------------------------


def _move(
    rescue: Rescue, status: Status, *, driver_id: str | None = None, reason: str | None = None
) -> dict[str, Any]:
    """The fields of ``RescueMoved``; the driver stays unless another is named."""
    return {
        "rescue_id": rescue.id,
        "rider_id": rescue.rider_id,
        "area_id": rescue.area_id,
        "status": status,
        "previous": rescue.status,
        "driver_id": driver_id or rescue.driver_id,
        "reason": reason,
    }


def _participants(rescue: Rescue) -> dict[str, Any]:
    """The fields that every event of a rescue with a driver has."""
    return {
        "rescue_id": rescue.id,
        "rider_id": rescue.rider_id,
        "area_id": rescue.area_id,
        "driver_id": rescue.driver_id,
    }


def _fix(rescue: Rescue, price: int) -> dict[str, Any]:
    """The fields of ``FixProposed`` and ``FixConfirmed``."""
    return _participants(rescue) | {"price_minor": price, "currency": rescue.quote.currency}


def _matching(
    rescue: Rescue, context: DecisionContext, *, reason: str | None = None, given_up_by: str | None = None
) -> MatchingBegan:
    quote = rescue.quote
    return MatchingBegan(
        **_move(rescue, "matching", reason=reason) | _job(quote) | {"driver_id": None},
        entry=rescue.matching_entry + 1,
        ends_at=context.now + timedelta(seconds=context.rules.matching_seconds),
        bike=quote.bike,
        pay_minor=charges.driver_pay(quote),
        currency=quote.currency,
        given_up_by=given_up_by,
    )


def _job(terms: QuoteTerms) -> dict[str, Any]:
    """The fields of ``RescueAsked``: the kind of job and its two places."""
    return {
        "kind": terms.kind,
        "problem": terms.problem,
        "pickup": terms.pickup.point,
        "dropoff": terms.dropoff.point,
    }


def _rejected(rescue: Rescue, reason: str) -> RescueRejected:
    return RescueRejected(**_move(rescue, "rejected", reason=reason), owed=charges.nothing(rescue.quote))


def _reason(command: Abort | Release | Cancel) -> tuple[str, tuple[Explained, ...]]:
    """The reason as a code for the event; words that are not a code stay with the rescue."""
    reason = command.reason
    return (reason, ()) if reason in command.codes else ("other", (Explained(words=reason),))


def _check_amount(amount: int, quoted: int, field: str) -> int:
    if not 0 <= amount <= quoted:
        raise ValidationFailed.of(field, "out_of_range", f"It must be from 0 to the quote, {quoted}.")
    return amount


_DECISIONS: Mapping[type[Command], Callable[[Rescue, Any, DecisionContext], tuple[DomainEvent, ...]]] = {
    Wake: _wake,
    BeginMatching: _begin_matching,
    Reject: _reject,
    LeaveUnserved: _leave_unserved,
    Assign: _assign,
    Exchange: _exchange,
    Depart: _depart,
    Arrive: _arrive,
    Start: _start,
    RenewPin: _renew_pin,
    ConfirmFix: _confirm_fix,
    Release: _release,
    Complete: _complete,
    MarkNoShow: _mark_no_show,
    Abort: _abort,
    Cancel: _cancel,
}
