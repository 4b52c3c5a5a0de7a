"""Verify the ledger: each transaction sums to zero, and each settled payment agrees with it."""

from __future__ import annotations

from collections.abc import Iterable

from supportcarr.kit.jobs.verification import Step
from supportcarr.kit.store.port import BadCursor, Collection, Page, Store
from supportcarr.kit.store.port import D as Doc
from supportcarr.payments.collections import LEDGER, RECORDS
from supportcarr.payments.ledger_entries import (
    STRIPE_CLEARING,
    LedgerTransaction,
    imbalance,
    rider_account,
    transaction_id,
)
from supportcarr.payments.model import SETTLED, PaymentRecord

PAGE = 200
TRANSACTIONS, PAYMENTS = "transactions", "payments"  # the two halves of a pass


class LedgerVerifier:
    """A ``Verifier``: reads every transaction, then every payment.

    A payment is compared once it is settled: its transactions are posted before that is stored.
    """

    def __init__(self, store: Store) -> None:
        self._transactions = store.collection(LEDGER)
        self._records = store.collection(RECORDS)

    async def step(self, cursor: str | None, limit: int) -> Step:
        half, _, inside = (cursor or f"{TRANSACTIONS}:").partition(":")
        checked, problems = 0, []
        after: str | None = inside or None
        while checked < limit:
            if half == TRANSACTIONS:
                transactions = await _page(self._transactions, after)
                problems += await self._wrong_transactions(transactions.items)
                checked, after = checked + len(transactions.items), transactions.next_cursor
                if after is None:
                    half = PAYMENTS
            else:
                payments = await _page(self._records, after)
                problems += await self._wrong_payments(payments.items)
                checked, after = checked + len(payments.items), payments.next_cursor
                if after is None:
                    return Step(None, checked, tuple(problems))
        return Step(f"{half}:{after or ''}", checked, tuple(problems))

    async def _wrong_transactions(self, transactions: list[LedgerTransaction]) -> list[str]:
        problems = [unbalanced(one.id) for one in transactions if imbalance(one)]
        records = await self._records.get_many(list({one.payment_id for one in transactions}))
        problems += [
            f"The ledger's {one.id} belongs to the payment {one.payment_id}, which does not exist."
            for one in transactions
            if one.payment_id not in records
        ]
        return problems

    async def _wrong_payments(self, records: list[PaymentRecord]) -> list[str]:
        settled = [record for record in records if record.status in SETTLED]
        ids = [one for record in settled for one in _ids(record)]
        known = await self._transactions.get_many(ids) if ids else {}
        problems: list[str] = []
        for record in settled:
            problems += _differences(record, [known[one] for one in _ids(record) if one in known])
        return problems


def unbalanced(transaction_id: str) -> str:
    """The sentence about a transaction that does not sum to zero."""
    return f"The ledger's {transaction_id} does not sum to zero."


def _ids(record: PaymentRecord) -> tuple[str, str]:
    return transaction_id(record.id, "charge"), transaction_id(record.id, "payment")


def _differences(record: PaymentRecord, transactions: Iterable[LedgerTransaction]) -> list[str]:
    balances: dict[str, int] = {}
    for transaction in transactions:
        for entry in transaction.entries:
            balances[entry.account] = balances.get(entry.account, 0) + entry.amount_minor
    collected = balances.get(STRIPE_CLEARING, 0)
    problems = []
    if collected != record.captured_minor:
        problems.append(
            f"Payment {record.id} captured {record.captured_minor} {record.currency}, "
            f"the ledger has {collected}."
        )
    if record.status == "captured" and record.ending is not None:
        owes = record.ending.owed.rider_minor - record.captured_minor
        stands = balances.get(rider_account(record.rider_id), 0)
        if stands != owes:
            problems.append(
                f"After payment {record.id} the rider owes {owes} {record.currency}, the ledger has {stands}."
            )
    return problems


async def _page(collection: Collection[Doc], after: str | None) -> Page[Doc]:
    try:
        return await collection.find(sort="id", limit=PAGE, cursor=after)
    except BadCursor:  # of another release: begin again
        return await collection.find(sort="id", limit=PAGE)
