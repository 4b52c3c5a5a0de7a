"""What the judge wants to know of a city: plain figures, read from the store and the emulator's books.

``bootstrap`` fills the ``Evidence`` port; nothing here knows a part's documents.  Times are city time
as seconds since the Unix epoch, money is integer minor units.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from supportcarr.contracts.actors import Actor

ChargeKind = Literal["capture", "fee"]

CLEARING = "stripe_clearing"  # the ledger's account of what the card processor took for us
DRIVER_PAYABLE = "driver_payable:"  # prefix of the accounts of what we owe each driver (below zero)


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a rescue's timeline."""

    at: float
    from_: str | None
    to: str
    actor: Actor
    version: int


class Rescue(msgspec.Struct, frozen=True, kw_only=True):
    """*drivers* has the driver of each entry to ``assigned``, in the timeline's order.

    *owed_rider* and *owed_driver* are what the rescue itself says its end owes.
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
    """*outcome* is ``None`` while it is open, or accepted and not settled yet."""

    id: str
    rescue_id: str
    driver_id: str
    made_at: float
    outcome: str | None


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One movement that came to an outcome, and so was told."""

    kind: str  # hold | capture | release | fee | tip | refund
    status: str  # succeeded | failed | requires_action
    amount: int


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """*driver_id* is who shares in it, once the rescue has ended."""

    id: str
    rescue_id: str
    rider_id: str
    driver_id: str | None
    intent_id: str | None
    status: str
    captured: int
    refunded: int
    movements: tuple[Movement, ...]


class LedgerTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of (account, amount): above zero a debit, below a credit."""

    id: str
    rescue_id: str | None
    currency: str
    entries: tuple[tuple[str, int], ...]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    user_id: str
    at: float


class ProcessorPayment(msgspec.Struct, frozen=True, kw_only=True):
    """One payment in the card processor's own books."""

    intent_id: str
    status: str
    captured: int
    refunded: int
    currency: str  # upper case


class PendingWork(msgspec.Struct, frozen=True, kw_only=True):
    """Work that is not done: events in outboxes, jobs not done (dead letters among them), claims by what is
    over, and rescues of which the console's row says something else."""

    outbox: int
    jobs: int
    claims: int = 0
    stale_rows: int = 0

    @property
    def is_empty(self) -> bool:
        return self == PendingWork(outbox=0, jobs=0)


class CityRecords(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    rescues: tuple[Rescue, ...]
    offers: tuple[Offer, ...]
    payments: tuple[Payment, ...]
    ledger: tuple[LedgerTransaction, ...]
    notifications: tuple[Notification, ...]
    processor_payments: tuple[ProcessorPayment, ...]
    pending_work: PendingWork


class RecordSource(Protocol):
    """The store, read-only, and the emulator's books."""

    async def rescues(self) -> list[Rescue]: ...
    async def offers(self) -> list[Offer]: ...
    async def payments(self) -> list[Payment]: ...
    async def ledger(self) -> list[LedgerTransaction]: ...
    async def notifications(self) -> list[Notification]: ...
    async def processor_payments(self) -> list[ProcessorPayment]: ...
    async def pending_work(self) -> PendingWork: ...


async def read_records(evidence: RecordSource) -> CityRecords:
    """Read everything.  What is left over is read last: the rest is older than that."""
    return CityRecords(
        rescues=tuple(await evidence.rescues()),
        offers=tuple(await evidence.offers()),
        payments=tuple(await evidence.payments()),
        ledger=tuple(await evidence.ledger()),
        notifications=tuple(await evidence.notifications()),
        processor_payments=tuple(await evidence.processor_payments()),
        pending_work=await evidence.pending_work(),
    )


def movements_of(
    *,
    status: str,
    hold: int,
    captured: int,
    owed: int,
    charge: ChargeKind | None,
    failure: str | None,
) -> tuple[Movement, ...]:
    """The movements that a payment's record of today implies.

    *hold* is 0 where nothing was ever asked of the card; *charge* is what its rescue's end is
    charged as; *failure* why it failed (``hold_expired``: at the capture).
    """
    if not hold or status in ("holding", "requires_action"):
        return ()
    if status == "failed" and failure != "hold_expired":
        return (Movement(kind="hold", status="failed", amount=hold),)
    held = Movement(kind="hold", status="succeeded", amount=hold)
    match status:
        case "captured" | "refunded":
            return held, Movement(kind=charge or "capture", status="succeeded", amount=captured)
        case "released":
            return held, Movement(kind="release", status="succeeded", amount=hold)
        case "failed":
            return held, Movement(kind=charge or "capture", status="failed", amount=owed)
        case _:
            return (held,)
