"""The payment of a rescue: its record, and what the truth at Stripe does to it.

One rescue has one record.  It only moves forward::

    holding ──> requires_action ──> held ──> capturing ──> captured
       │              │               │          └──────> failed    (the hold had run out)
       │              │               └────> releasing ──> released
       │              └──> failed, releasing
       └──> failed, released (the rescue ended before anything was held)

``holding``, ``capturing`` and ``releasing`` are written before Stripe is asked: they say that the
outcome is not known.  ``requires_action`` waits for the rider (3-D Secure).
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
    """A payment at Stripe (a PaymentIntent), as it is there now; amounts in minor units."""

    id: str
    status: IntentStatus
    amount_minor: int
    received_minor: int
    currency: str
    failure: str | None = None  # why the last try with a card failed


class Ending(msgspec.Struct, frozen=True):
    """What the end of the rescue owes, and as what."""

    owed: Charge
    kind: ChargeKind


class PaymentRecord(Document, frozen=True, kw_only=True, omit_defaults=True):
    """How one rescue is paid.  Amounts are minor units of ``currency``; times are city time.

    ``tries`` is part of the idempotency keys; it counts up when Stripe has stored a failure of its
    own under the last ones, and has been asked whether the thing happened all the same.
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


class PaymentAccount(Document, frozen=True, kw_only=True):
    """A rider's customer at Stripe; its id is the user's."""

    customer: str


class PaymentMethod(Document, frozen=True, kw_only=True):
    """A rider's card: what may be shown of it, and Stripe's name for it."""

    rider_id: str
    stripe_payment_method: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int

    def expired(self, now: datetime) -> bool:
        """A card is good until the end of its month."""
        return (now.year, now.month) > (self.exp_year, self.exp_month)


class StripeEvent(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A webhook that came, once, under Stripe's event id (wall time)."""

    type: str
    received_at: datetime
    intent_id: str | None = None
    payment_id: str | None = None
    handled_at: datetime | None = None


def payment_id_of(rescue_id: str) -> str:
    """The one payment of a rescue: the same time-ordered part under another prefix."""
    return f"{ids.PAYMENT}_{rescue_id.rsplit('_', 1)[-1]}"


def ending_of(fact: RescueEnded) -> Ending:
    """A completed rescue owes its fare; whatever another end owes is a fee."""
    return Ending(fact.owed, "fare" if isinstance(fact, RescueCompleted) else "fee")


def new_record(
    fact: RescueRequested, *, customer: str, stripe_payment_method: str, now: datetime
) -> PaymentRecord:
    """The record of a hold that is about to be asked for."""
    return PaymentRecord(
        id=payment_id_of(fact.rescue_id),
        rescue_id=fact.rescue_id,
        rider_id=fact.rider_id,
        area_id=fact.area_id,
        status="holding",
        currency=fact.currency,
        hold_minor=fact.total_minor,
        customer=customer,
        stripe_payment_method=stripe_payment_method,
        created_at=now,
    )


def new_record_without_card(
    fact: RescueRequested, *, now: datetime
) -> tuple[PaymentRecord, PaymentProcessed]:
    """The record of a hold that cannot be asked for, because the card is gone."""
    record = PaymentRecord(
        id=payment_id_of(fact.rescue_id),
        rescue_id=fact.rescue_id,
        rider_id=fact.rider_id,
        area_id=fact.area_id,
        status="holding",
        currency=fact.currency,
        hold_minor=fact.total_minor,
        created_at=now,
    )
    return fail_hold(record, "payment_method_missing")


def new_record_without_hold(fact: RescueEnded, *, now: datetime) -> PaymentRecord:
    """The record of a rescue that ended before its hold began: a late hold finds it, and stops."""
    return PaymentRecord(
        id=payment_id_of(fact.rescue_id),
        rescue_id=fact.rescue_id,
        rider_id=fact.rider_id,
        area_id=fact.area_id,
        driver_id=fact.driver_id,
        status="released",
        currency=fact.owed.currency,
        ending=ending_of(fact),
        created_at=now,
    )


def with_ending(record: PaymentRecord, fact: RescueEnded) -> PaymentRecord | None:
    """The record that knows how its rescue ended; ``None`` if it does already."""
    if record.ending is not None:
        return None
    ending = ending_of(fact)
    if ending.owed.rider_minor > record.hold_minor:
        raise ValueError(f"{record.id}: more is owed than was held")
    return replace(record, ending=ending, driver_id=fact.driver_id)


def start_settlement(record: PaymentRecord) -> PaymentRecord | None:
    """The record on its way to capture or release, if its rescue has ended and money is waiting."""
    if record.ending is None or record.status not in ("held", "requires_action"):
        return None
    owes = record.ending.owed.rider_minor > 0 and record.status == "held"
    return replace(record, status="capturing" if owes else "releasing", tries=1)


def apply_hold(record: PaymentRecord, intent: Intent) -> tuple[PaymentRecord, PaymentProcessed] | None:
    """What the intent at Stripe says of a hold whose outcome was open; ``None``: nothing new."""
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
    """The hold has failed: the record keeps what Stripe called it, people hear ``card_declined``."""
    failed = replace(record, status="failed", failure=failure)
    return _with_event(failed, "hold", "failed", record.hold_minor, reason="card_declined")


def apply_settlement(record: PaymentRecord, intent: Intent) -> tuple[PaymentRecord, PaymentProcessed] | None:
    """What the intent at Stripe says of a capture or release; ``None``: it has not happened yet."""
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
    fact = PaymentProcessed(
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
    return record, fact
