"""The records of a city that verification needs, as plain data.

They are read from the store and from the Stripe emulator through ``RecordSource``.  Nothing here knows
the documents of a part.  Times are city time in seconds since the Unix epoch; money is in minor units.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from supportcarr.contracts.actors import Actor

ChargeKind = Literal["capture", "fee"]

CLEARING = "stripe_clearing"  # ledger account: what the card processor has collected
DRIVER_PAYABLE = "driver_payable:"  # prefix of ledger accounts: what the company owes a driver (negative)


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a rescue's timeline."""

    at: float
    from_: str | None
    to: str
    actor: Actor
    version: int


class Rescue(msgspec.Struct, frozen=True, kw_only=True):
    """A rescue with the terms of its quote.

    *drivers* has the driver of each timeline entry to ``assigned``, in order.  *owed_rider* and
    *owed_driver* are the charge and the driver's share that the rescue itself recorded at its end.
    """

    id: str
    rider_id: str
    status: str
    created_at: float
    timeline: tuple[TimelineEntry, ...]
    drivers: tuple[str, ...]
    currency: str
    total: int  # the quote
    before_promo: int
    cancellation_fee: int
    no_show_fee: int
    fee_driver_percent: int
    platform_percent: int
    outcome: str | None = None
    owed_rider: int | None = None
    owed_driver: int | None = None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer; *outcome* is ``None`` while it is open, or accepted but not yet settled."""

    id: str
    rescue_id: str
    driver_id: str
    made_at: float
    outcome: str | None


class PaymentOperation(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to hold, capture or return money, with its outcome, for which an event was published."""

    kind: str  # hold | capture | release | fee | tip | refund
    status: str  # succeeded | failed | requires_action
    amount: int


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment; *driver_id* is the driver who gets a share, set once the rescue has ended."""

    id: str
    rescue_id: str
    rider_id: str
    driver_id: str | None
    intent_id: str | None
    status: str
    captured: int
    refunded: int
    operations: tuple[PaymentOperation, ...]


class LedgerTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger transaction; *entries* are (account, amount), debits positive, credits negative."""

    id: str
    rescue_id: str | None
    currency: str
    entries: tuple[tuple[str, int], ...]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that a user was sent."""

    id: str
    user_id: str
    at: float
    kind: str = ""


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of a rescue that was uploaded; *at* is when it was begun."""

    id: str
    rescue_id: str
    at: float


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """A driver as the platform knows one: *decided_at* is when an operator decided last."""

    id: str
    approval: str  # pending | approved | suspended
    decided_at: float | None = None
    documents_until: float | None = None


class ProcessorPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as the card processor has it."""

    intent_id: str
    status: str
    captured: int
    refunded: int
    currency: str  # upper case


class PendingWork(msgspec.Struct, frozen=True, kw_only=True):
    """Work that is not finished.

    *outbox*: events not yet published.  *jobs*: jobs not done, dead letters included.  *claims*: claims
    held for rescues that are over.  *stale_rows*: rescues whose row in the console is out of date.
    """

    outbox: int
    jobs: int
    claims: int = 0
    stale_rows: int = 0

    @property
    def is_empty(self) -> bool:
        return self == PendingWork(outbox=0, jobs=0)


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """A rating that is shown to the person whom it is about."""

    id: str
    person_id: str
    role: str  # in which the person was rated
    stars: int
    hidden: bool
    shown_at: float


class RatingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What a person's average is made of: the stars that count, oldest first."""

    person_id: str
    role: str
    stars: tuple[int, ...]


class CityRecords(msgspec.Struct, frozen=True, kw_only=True):
    """All records of a city."""

    rescues: tuple[Rescue, ...]
    offers: tuple[Offer, ...]
    payments: tuple[Payment, ...]
    ledger: tuple[LedgerTransaction, ...]
    notifications: tuple[Notification, ...]
    photos: tuple[Photo, ...] = ()
    drivers: tuple[Driver, ...] = ()
    ratings: tuple[Rating, ...] = ()
    rating_summaries: tuple[RatingSummary, ...] = ()
    processor_payments: tuple[ProcessorPayment, ...]
    pending_work: PendingWork


class RecordSource(Protocol):
    """Reads the records of a city.  Implemented by ``store_source.StoreRecordSource``."""

    async def rescues(self) -> list[Rescue]: ...
    async def offers(self) -> list[Offer]: ...
    async def payments(self) -> list[Payment]: ...
    async def ledger(self) -> list[LedgerTransaction]: ...
    async def notifications(self) -> list[Notification]: ...
    async def photos(self) -> list[Photo]: ...
    async def drivers(self) -> list[Driver]: ...
    async def ratings(self) -> list[Rating]: ...
    async def rating_summaries(self) -> list[RatingSummary]: ...
    async def processor_payments(self) -> list[ProcessorPayment]: ...
    async def pending_work(self) -> PendingWork: ...


async def read_records(source: RecordSource) -> CityRecords:
    """Read everything.  Pending work is read last, so that it is not older than the rest."""
    return CityRecords(
        rescues=tuple(await source.rescues()),
        offers=tuple(await source.offers()),
        payments=tuple(await source.payments()),
        ledger=tuple(await source.ledger()),
        notifications=tuple(await source.notifications()),
        photos=tuple(await source.photos()),
        drivers=tuple(await source.drivers()),
        ratings=tuple(await source.ratings()),
        rating_summaries=tuple(await source.rating_summaries()),
        processor_payments=tuple(await source.processor_payments()),
        pending_work=await source.pending_work(),
    )


def payment_operations_of(
    *,
    status: str,
    hold: int,
    captured: int,
    owed: int,
    charge: ChargeKind | None,
    failure: str | None,
) -> tuple[PaymentOperation, ...]:
    """The operations that the current state of a payment implies.

    *hold*: amount of the hold, 0 if none was attempted.  *charge*: how the end of the rescue is charged.
    *failure*: the reason of a failed payment; ``hold_expired`` means that the capture failed.
    """
    if not hold or status in ("holding", "requires_action"):
        return ()
    if status == "failed" and failure != "hold_expired":
        return (PaymentOperation(kind="hold", status="failed", amount=hold),)
    held = PaymentOperation(kind="hold", status="succeeded", amount=hold)
    match status:
        case "captured" | "refunded":
            return held, PaymentOperation(kind=charge or "capture", status="succeeded", amount=captured)
        case "released":
            return held, PaymentOperation(kind="release", status="succeeded", amount=hold)
        case "failed":
            return held, PaymentOperation(kind=charge or "capture", status="failed", amount=owed)
        case _:
            return (held,)
