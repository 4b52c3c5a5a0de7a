"""The entries of the double-entry ledger.  Pure.

An amount above zero is a debit, below zero a credit, in minor units.  Each transaction sums to zero.

    rider:USR           receivable: what the rider still owes (0 once paid)
    stripe_clearing     asset: what Stripe has collected
    driver_payable:USR  liability, below zero: what the platform owes the driver
    platform_revenue    revenue, below zero: what the platform earned
    promo_expense       expense: what promotions cost the platform
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.money import Charge
from supportcarr.payments.model import PaymentRecord

STRIPE_CLEARING, PLATFORM_REVENUE, PROMO_EXPENSE = "stripe_clearing", "platform_revenue", "promo_expense"

TransactionKind = Literal["fare", "fee", "payment"]


class Entry(msgspec.Struct, frozen=True):
    """One line of a transaction."""

    account: str
    amount_minor: int


class LedgerTransaction(Document, frozen=True, kw_only=True, omit_defaults=True):
    """Entries that sum to zero.  ``driver_id`` is set where a driver earned; ``at`` is city time."""

    kind: TransactionKind
    rescue_id: str
    payment_id: str
    driver_id: str | None = None
    currency: str
    entries: tuple[Entry, ...]
    at: datetime


def rider_account(rider_id: str) -> str:
    return f"rider:{rider_id}"


def driver_account(driver_id: str) -> str:
    return f"driver_payable:{driver_id}"


def transaction_id(payment_id: str, part: Literal["charge", "payment"]) -> str:
    """The id of a payment's transaction: the same for every repeat, so that nothing is inserted twice."""
    return f"ltx_{payment_id.partition('_')[2]}.{part}"


def entries_for_charge(owed: Charge, *, rider_id: str, driver_id: str | None) -> tuple[Entry, ...]:
    """The entries of a charge: the rider owes it, the driver earns a share, the platform the rest.

    A promotion does not affect the driver: the platform pays it, and earns as if there were none.
    """
    driver_minor = owed.driver_minor if driver_id else 0
    entries = [
        Entry(rider_account(rider_id), owed.rider_minor),
        Entry(PROMO_EXPENSE, owed.promo_minor),
        Entry(PLATFORM_REVENUE, -(owed.rider_minor + owed.promo_minor - driver_minor)),
    ]
    if driver_id:
        entries.append(Entry(driver_account(driver_id), -driver_minor))
    return tuple(e for e in entries if e.amount_minor)


def entries_for_payment(captured_minor: int, *, rider_id: str) -> tuple[Entry, ...]:
    """The entries of a capture: Stripe has the amount, and the rider owes that much less."""
    return (
        Entry(STRIPE_CLEARING, captured_minor),
        Entry(rider_account(rider_id), -captured_minor),
    )


def driver_earnings(transaction: LedgerTransaction, driver_id: str) -> int:
    """What that driver earns by a transaction."""
    account = driver_account(driver_id)
    return -sum(e.amount_minor for e in transaction.entries if e.account == account)


def imbalance(transaction: LedgerTransaction) -> int:
    """The sum of the entries; anything but 0 is an error."""
    return sum(e.amount_minor for e in transaction.entries)


def transactions_of(record: PaymentRecord, captured_minor: int, at: datetime) -> list[LedgerTransaction]:
    """The transactions of a rescue's end: its charge, and what was captured of it.  *at* is city time.

    Raises ``ValueError`` if the rescue has not ended.
    """
    if record.ending is None:
        raise ValueError(f"{record.id} has not ended")
    owed, transactions = record.ending.owed, []
    if charge := entries_for_charge(owed, rider_id=record.rider_id, driver_id=record.driver_id):
        transactions.append(
            LedgerTransaction(
                id=transaction_id(record.id, "charge"),
                kind=record.ending.kind,
                rescue_id=record.rescue_id,
                payment_id=record.id,
                driver_id=record.driver_id,
                currency=record.currency,
                entries=charge,
                at=at,
            )
        )
    if captured_minor:
        transactions.append(
            LedgerTransaction(
                id=transaction_id(record.id, "payment"),
                kind="payment",
                rescue_id=record.rescue_id,
                payment_id=record.id,
                currency=record.currency,
                entries=entries_for_payment(captured_minor, rider_id=record.rider_id),
                at=at,
            )
        )
    return transactions
