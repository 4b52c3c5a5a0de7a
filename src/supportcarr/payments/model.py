"""The payment of a rescue: its record, and how the state at Stripe changes it.

One rescue has one record, which only moves forward::

    holding ──> requires_action ──> held ──> capturing ──> captured
       │              │               │          └──────> failed    (the hold had expired)
       │              │               └────> releasing ──> released
       │              └──> failed, releasing
       └──> failed, released (the rescue ended before an amount was held)

``holding``, ``capturing`` and ``releasing`` are stored before the call to Stripe: the outcome is not
known yet.  ``requires_action`` waits for the rider (3-D Secure).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from supportcarr.contracts import ids
from supportcarr.contracts.documents import Document
from supportcarr.contracts.events import PaymentProcessed, RescueCompleted, RescueEnded, RescueRequested
from supportcarr.contracts.money import Charge

Status = Literal[
    "holding", "requires_action", "held", "failed", "capturing", "releasing", "captured", "released"
]
SETTLED: frozenset[Status] = frozenset(("captured", "released", "failed"))  # no step follows
UNRESOLVED: tuple[Status, ...] = ("holding", "requires_action", "capturing", "releasing")
ChargeKind = Literal["fare", "fee"]
IntentStatus = Literal[
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "processing",
    "requires_capture",
    "succeeded",
    "canceled",
]


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A PaymentIntent as it is at Stripe now; amounts in minor units."""

    id: str
    status: IntentStatus
    amount_minor: int
    received_minor: int
    currency: str
    failure: str | None = None  # why the last try with a card failed


class Ending(msgspec.Struct, frozen=True):
    """The charge of the rescue's end, and its kind."""

    owed: Charge
    kind: ChargeKind


class PaymentRecord(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The payment of one rescue.  Amounts are minor units of ``currency``; times are city time, but that of
    ``unresolved_since``: wall time, when it came to its status, while that is one of ``UNRESOLVED``.

    ``tries`` is part of the idempotency keys.  It is incremented when Stripe has cached a failure of
    its own under the last key, after asking Stripe whether the operation took place nevertheless.
    """

    rescue_id: str
    rider_id: str
    area_id: str
    driver_id: str | None = None
    status: Status
    currency: str
    hold_minor: int = 0
    customer: str | None = None  # Stripe's cus_…
    stripe_payment_method: str | None = None  # Stripe's pm_…
    intent_id: str | None = None  # Stripe's pi_…, once known
    tries: int = 1
    failure: str | None = None
    ending: Ending | None = None
    captured_minor: int = 0
    refunded_minor: int = 0
    created_at: datetime
    unresolved_since: datetime | None = None


class PaymentAccount(Document, frozen=True, kw_only=True):
    """A rider's customer at Stripe; the id is the user's."""

    customer: str


class PaymentMethod(Document, frozen=True, kw_only=True):
    """A rider's card: what may be shown of it, and its id at Stripe."""

    rider_id: str
    stripe_payment_method: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int

    def expired(self, now: datetime) -> bool:
        """True after the last month in which the card is valid."""
        return (now.year, now.month) > (self.exp_year, self.exp_month)


class StripeEvent(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A webhook that was received; the id is Stripe's event id.  Wall time."""

    type: str
    received_at: datetime
    intent_id: str | None = None
    payment_id: str | None = None
    handled_at: datetime | None = None


def payment_id_of(rescue_id: str) -> str:
    """The id of a rescue's payment: the same ULID under another prefix."""
    return f"{ids.PAYMENT}_{rescue_id.rsplit('_', 1)[-1]}"


def ending_of(event: RescueEnded) -> Ending:
    """The charge of a completed rescue is its fare; that of any other end is a fee."""
    return Ending(event.owed, "fare" if isinstance(event, RescueCompleted) else "fee")


def since(record: PaymentRecord, wall: datetime) -> PaymentRecord:
    """The record of a payment that has just come to its status."""
    return replace(record, unresolved_since=wall if record.status in UNRESOLVED else None)


def new_record(
    event: RescueRequested, *, customer: str, stripe_payment_method: str, now: datetime
) -> PaymentRecord:
    """The record of a hold that is about to be requested."""
    return PaymentRecord(
        id=payment_id_of(event.rescue_id),
        rescue_id=event.rescue_id,
        rider_id=event.rider_id,
        area_id=event.area_id,
        status="holding",
        currency=event.currency,
        hold_minor=event.total_minor,
        customer=customer,
        stripe_payment_method=stripe_payment_method,
        created_at=now,
    )


def new_record_without_card(
    event: RescueRequested, *, now: datetime
) -> tuple[PaymentRecord, PaymentProcessed]:
    """The record of a hold that cannot be requested, because the card was removed."""
    record = PaymentRecord(
        id=payment_id_of(event.rescue_id),
        rescue_id=event.rescue_id,
        rider_id=event.rider_id,
        area_id=event.area_id,
        status="holding",
        currency=event.currency,
        hold_minor=event.total_minor,
        created_at=now,
    )
    return fail_hold(record, "payment_method_missing")


def new_record_without_hold(event: RescueEnded, *, now: datetime) -> PaymentRecord:
    """The record of a rescue that ended before its hold began; a late hold finds it and does nothing."""
    return PaymentRecord(
        id=payment_id_of(event.rescue_id),
        rescue_id=event.rescue_id,
        rider_id=event.rider_id,
        area_id=event.area_id,
        driver_id=event.driver_id,
        status="released",
        currency=event.owed.currency,
        ending=ending_of(event),
        created_at=now,
    )


def with_ending(record: PaymentRecord, event: RescueEnded) -> PaymentRecord | None:
    """The record with the end of its rescue; ``None`` if it has it already."""
    if record.ending is not None:
        return None
    ending = ending_of(event)
    if ending.owed.rider_minor > record.hold_minor:
        raise ValueError(f"{record.id}: more is owed than was held")
    return replace(record, ending=ending, driver_id=event.driver_id)


def start_settlement(record: PaymentRecord) -> PaymentRecord | None:
    """The record that captures or releases its hold; ``None`` if the rescue goes on or nothing is held."""
    if record.ending is None or record.status not in ("held", "requires_action"):
        return None
    owes = record.ending.owed.rider_minor > 0 and record.status == "held"
    return replace(record, status="capturing" if owes else "releasing", tries=1)


def is_at_rest(record: PaymentRecord) -> bool:
    """True if no step can be taken, and no outcome at Stripe is waited for."""
    if record.status == "held":
        return record.ending is None
    return record.status in SETTLED


def apply_hold(record: PaymentRecord, intent: Intent) -> tuple[PaymentRecord, PaymentProcessed] | None:
    """The record after the intent's state has settled an open hold; ``None`` if nothing is new."""
    if record.status not in ("holding", "requires_action"):
        return None
    known = replace(record, intent_id=intent.id, tries=1)
    if intent.status in ("requires_capture", "succeeded"):
        return _with_event(replace(known, status="held"), "hold", "succeeded", record.hold_minor)
    if intent.status == "requires_action":
        if record.status == "requires_action":
            return None
        return _with_event(
            replace(known, status="requires_action"), "hold", "requires_action", record.hold_minor
        )
    if intent.status in ("requires_payment_method", "canceled"):
        return fail_hold(known, intent.failure or "card_declined")
    return None


def fail_hold(record: PaymentRecord, failure: str) -> tuple[PaymentRecord, PaymentProcessed]:
    """The record of a failed hold: it keeps Stripe's code; the event says ``card_declined``."""
    failed = replace(record, status="failed", failure=failure)
    return _with_event(failed, "hold", "failed", record.hold_minor, reason="card_declined")


def apply_settlement(record: PaymentRecord, intent: Intent) -> tuple[PaymentRecord, PaymentProcessed] | None:
    """The record after the intent's state has completed a capture or release; ``None``: not yet."""
    if record.ending is None:
        return None
    kind = "capture" if record.ending.kind == "fare" else "fee"
    if record.status == "capturing" and intent.status == "succeeded":
        done = replace(record, status="captured", captured_minor=intent.received_minor)
        return _with_event(done, kind, "succeeded", intent.received_minor)
    if record.status == "capturing" and intent.status == "canceled":
        done = replace(record, status="failed", failure="hold_expired")
        return _with_event(done, kind, "failed", record.ending.owed.rider_minor, reason="hold_expired")
    if record.status == "releasing" and intent.status == "canceled":
        return _with_event(replace(record, status="released"), "release", "succeeded", record.hold_minor)
    return None


def _with_event(
    record: PaymentRecord, kind: str, status: str, amount_minor: int, reason: str | None = None
) -> tuple[PaymentRecord, PaymentProcessed]:
    event = PaymentProcessed(
        payment_id=record.id,
        rescue_id=record.rescue_id,
        rider_id=record.rider_id,
        area_id=record.area_id,
        driver_id=record.driver_id,
        kind=kind,
        status=status,
        amount_minor=amount_minor,
        currency=record.currency,
        reason=reason,
        payment_status=record.status,
        captured_minor=record.captured_minor,
        refunded_minor=record.refunded_minor,
    )
    return record, event
