"""The documents of one rescue, changed as the services change them: every save, with its events.

``RescueRecord.publish`` does what the consumers of an event do to these documents.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.audit import NOWHERE
from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import AnyEvent, EventEnvelope, PendingEvents
from supportcarr.contracts.events import (
    DomainEvent,
    MatchingBegan,
    PaymentProcessed,
    RescueAssigned,
    RescueEnded,
    RescueRequested,
)
from supportcarr.contracts.value_objects import Leg, QuoteTerms
from supportcarr.dispatch.cases import (
    case_without_offer,
    close_case,
    new_case,
    new_offer,
    reopen_case,
    reserve,
)
from supportcarr.dispatch.decide import change_offer
from supportcarr.dispatch.model import DispatchCase, DispatchRules, Offer, Reservation
from supportcarr.dispatch.state_machine import Closing, OfferCommand
from supportcarr.operations.model import OpsRescue, apply_event
from supportcarr.payments import model as payments
from supportcarr.payments.ledger_entries import LedgerTransaction, transactions_of
from supportcarr.payments.model import Intent, IntentStatus, PaymentRecord
from supportcarr.rescues.audit import operator_acted
from supportcarr.rescues.commands import Command, RequestRescue
from supportcarr.rescues.decide import decide, open_rescue
from supportcarr.rescues.evolve import evolve_all
from supportcarr.rescues.model import Rescue, RescueRules
from supportcarr.rescues.payment_outcomes import command_after_hold, source_of, with_payment
from supportcarr.rescues.photo_model import Photo, taken_event
from supportcarr.rescues.private_events import published_events

D = TypeVar("D", bound=Document)

RESCUE_RULES, DISPATCH_RULES = RescueRules(), DispatchRules()
_GRACE = timedelta(seconds=DISPATCH_RULES.grace_seconds)
Listener = Callable[[EventEnvelope], None]


def saved(document: D) -> D:
    """The document as the store returns it from a save."""
    return replace(document, version=document.version + 1)


class RescueRecord:
    """One rescue with its row, case, offers, payment and ledger transactions."""

    def __init__(
        self,
        command: RequestRescue,
        terms: QuoteTerms,
        *,
        rescue_id: str,
        rider: Actor,
        pin: str,
        at: datetime,
        listener: Listener,
    ) -> None:
        self.row: OpsRescue | None = None
        self.case: DispatchCase | None = None
        self.offers: list[Offer] = []
        self.payment: PaymentRecord | None = None
        self.ledger: list[LedgerTransaction] = []
        self._listener = listener
        self._requested: RescueRequested | None = None
        self._ended: RescueEnded | None = None
        rescue, events = open_rescue(
            command, terms, rescue_id=rescue_id, rider=rider, pin=pin, now=at, rules=RESCUE_RULES
        )
        self.rescue: Rescue = rescue
        self._save(rescue, events, rider, at)

    # --- the rescue -------------------------------------------------------------------------------

    def act(self, command: Command, actor: Actor, at: datetime) -> Rescue:
        """Carry out a command."""
        self._decide(self.rescue, command, actor, at)
        return self.rescue

    def _decide(self, rescue: Rescue, command: Command, actor: Actor, at: datetime) -> None:
        events = decide(rescue, command, actor, at, RESCUE_RULES)
        after = evolve_all(rescue, events, at, actor)
        if actor.is_operator:
            events = (*events, operator_acted(rescue, after, command, NOWHERE))
        self._save(after, events, actor, at)

    def _save(self, after: Rescue, events: tuple[DomainEvent, ...], actor: Actor, at: datetime) -> None:
        self.rescue = saved(after)
        self._publish("rescuerequests", self.rescue, published_events(events), actor, at)

    def _publish(
        self, collection: str, document: Document, events: tuple[AnyEvent, ...], by: Actor, at: datetime
    ) -> None:
        pending = PendingEvents(events, by, at)
        for envelope in pending.envelopes(collection, document.id, document.version):
            self._consume(envelope)
            self._listener(envelope)

    def _consume(self, envelope: EventEnvelope) -> None:
        row = apply_event(self.row, envelope)
        if row is not None and row != self.row:
            self.row = saved(row)
        match envelope.event:
            case RescueRequested() as requested:
                self._requested = requested
            case MatchingBegan() as began:
                self._open_case(began, envelope)
            case RescueAssigned():
                self._close_case(envelope.document_version)
            case RescueEnded() as ended:
                self._ended = ended
                self._close_case(envelope.document_version)
            case PaymentProcessed() as payment:
                self._record_payment(payment, envelope)
            case _:
                pass

    def photo_taken(self, photo: Photo) -> None:
        """Tell the others of a photo of the job."""
        self._publish("rescuephotos", photo, (taken_event(self.rescue, photo),), photo.by, photo.at)

    # --- dispatch ---------------------------------------------------------------------------------

    def _open_case(self, began: MatchingBegan, envelope: EventEnvelope) -> None:
        fresh = new_case(began, envelope.document_version, envelope.at)
        case = fresh if self.case is None else reopen_case(self.case, fresh)
        if case is not None:
            self.case = saved(case)

    def _close_case(self, version: int) -> None:
        closed = close_case(self.case, version) if self.case is not None else None
        if closed is not None:
            self.case = saved(closed)

    def offer(self, offer_id: str, driver_id: str, leg: Leg, at: datetime) -> Offer:
        """Offer the job to a driver."""
        assert self.case is not None, "the rescue waits for a driver"
        reserved = Reservation(offer_id, driver_id, at + timedelta(seconds=DISPATCH_RULES.offer_seconds))
        self.case = saved(reserve(self.case, reserved, DISPATCH_RULES))
        return saved(new_offer(self.case, reserved, leg, at))

    def close_offer(self, offer: Offer, command: Closing, at: datetime) -> None:
        """The driver declines, or lets the offer expire."""
        by = Actor("driver", offer.driver_id) if command == "decline" else SYSTEM
        offer = self._change(offer, command, by, at)
        assert self.case is not None, "it has an offer"
        freed = case_without_offer(self.case, offer, at, DISPATCH_RULES)
        if freed is not None:
            self.case = saved(freed)
        self.offers.append(self._change(offer, "settle", SYSTEM, at))

    def accept_offer(self, offer: Offer, assign: Command, at: datetime) -> None:
        """The driver accepts, and gets the rescue."""
        offer = self._change(offer, "accept", SYSTEM, at)
        self.act(assign, SYSTEM, at)
        self.offers.append(self._change(offer, "confirm", SYSTEM, at))

    def _change(self, offer: Offer, command: OfferCommand, by: Actor, at: datetime) -> Offer:
        changed = change_offer(offer, command, by=by, now=at, grace=_GRACE)
        assert changed is not None, f"{command} of an offer that is {offer.phase}"
        after, pending = saved(changed[0]), changed[1]
        if pending is not None:
            self._publish("offers", after, pending.events, by, at)
        return after

    # --- money ------------------------------------------------------------------------------------

    def begin_hold(self, customer: str, method: str, at: datetime) -> None:
        assert self._requested is not None, "the rescue was requested"
        self.payment = saved(
            payments.new_record(self._requested, customer=customer, stripe_payment_method=method, now=at)
        )

    def hold_outcome(
        self, intent_id: str, status: IntentStatus, at: datetime, failure: str | None = None
    ) -> None:
        """What Stripe says of the hold; if it succeeded, the search begins."""
        record = self.payment
        assert record is not None, "the hold has begun"
        intent = Intent(
            id=intent_id,
            status=status,
            amount_minor=record.hold_minor,
            received_minor=0,
            currency=record.currency,
            failure=failure,
        )
        self._pay(payments.apply_hold(record, intent), at)

    def settle(self, at: datetime) -> None:
        """Capture what the end costs, or release the hold."""
        ended = self._ended
        assert ended is not None, "the rescue has ended"
        if self.payment is None:
            self.payment = saved(payments.new_record_without_hold(ended, now=at))
            return
        if (with_ending := payments.with_ending(self.payment, ended)) is not None:
            self.payment = saved(with_ending)
        settling = payments.start_settlement(self.payment)
        if settling is None:
            return
        self.payment = settling = saved(settling)
        captures = settling.status == "capturing"
        owed = ended.owed.rider_minor if captures else 0
        intent = Intent(
            id=settling.intent_id or "",
            status="succeeded" if captures else "canceled",
            amount_minor=settling.hold_minor,
            received_minor=owed,
            currency=settling.currency,
        )
        change = payments.apply_settlement(settling, intent)
        assert change is not None, "the outcome is final"
        self.ledger = [saved(one) for one in transactions_of(settling, change[0].captured_minor, at)]
        self._pay(change, at)

    def _pay(self, change: tuple[PaymentRecord, PaymentProcessed] | None, at: datetime) -> None:
        assert change is not None, "the outcome is new"
        self.payment = saved(change[0])
        self._publish("paymentrecords", self.payment, (change[1],), SYSTEM, at)

    def _record_payment(self, payment: PaymentProcessed, envelope: EventEnvelope) -> None:
        recorded = with_payment(self.rescue, payment, source_of(envelope))
        if recorded is None:
            return
        command = command_after_hold(payment)
        if command is None or recorded.status != "requested":
            self.rescue = saved(recorded)
        else:
            self._decide(recorded, command, SYSTEM, envelope.at)
