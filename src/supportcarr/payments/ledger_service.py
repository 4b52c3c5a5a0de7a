"""Posts transactions to the ledger, and reads and checks them."""

from __future__ import annotations

import msgspec

from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Page, Store
from supportcarr.payments.collections import LEDGER
from supportcarr.payments.ledger_entries import (
    LedgerTransaction,
    entries_for_charge,
    entries_for_payment,
    imbalance,
    transaction_id,
)
from supportcarr.payments.model import PaymentRecord


class LedgerCheck(msgspec.Struct, frozen=True):
    """A correct ledger has ``sum_minor`` 0 over all transactions, and no ``unbalanced`` ones (their ids)."""

    transactions: int
    sum_minor: int
    unbalanced: tuple[str, ...]


class LedgerService:
    """Posts each transaction once, however often it is repeated."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._transactions = store.collection(LEDGER)
        self._clock = clock

    async def post(self, record: PaymentRecord, captured_minor: int) -> None:
        """Post the charge of the rescue's end, and what was captured of it."""
        if record.ending is None:
            raise ValueError(f"{record.id} has not ended")
        owed, now = record.ending.owed, self._clock.city()
        transactions = []
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
                    at=now,
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
                    at=now,
                )
            )
        if transactions:
            await self._transactions.insert_many(transactions)

    async def earnings(self, driver_id: str, *, limit: int, cursor: str | None) -> Page[LedgerTransaction]:
        """List what a driver earned, newest first.  Raises ``BadCursor``."""
        return await self._transactions.find({"driver_id": driver_id}, sort="-at", limit=limit, cursor=cursor)

    async def check(self) -> LedgerCheck:
        """Sum all transactions."""
        count, total, unbalanced = 0, 0, []
        async for transaction in self._transactions.scan():
            difference = imbalance(transaction)
            count, total = count + 1, total + difference
            if difference:
                unbalanced.append(transaction.id)
        return LedgerCheck(count, total, tuple(unbalanced))
