"""Posts transactions to the ledger, and reads and checks them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.contracts.value_objects import EarnedSum
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Page, Range, Store, Where
from supportcarr.payments.collections import LEDGER
from supportcarr.payments.ledger_entries import (
    LedgerTransaction,
    driver_earnings,
    imbalance,
    transactions_of,
)
from supportcarr.payments.model import PaymentRecord

EARNED_PAGE = 200  # transactions


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
        transactions = transactions_of(record, captured_minor, self._clock.city())
        if transactions:
            await self._transactions.insert_many(transactions)

    async def earnings(self, driver_id: str, *, limit: int, cursor: str | None) -> Page[LedgerTransaction]:
        """List what a driver earned, newest first.  Raises ``BadCursor``."""
        return await self._transactions.find({"driver_id": driver_id}, sort="-at", limit=limit, cursor=cursor)

    async def earned(self, driver_id: str, begins: datetime, ends: datetime) -> EarnedSum:
        """Sum what a driver earned from *begins* until before *ends* (city time)."""
        where: Where = {"driver_id": driver_id, "at": Range(ge=begins, lt=ends)}
        jobs, amount, currency, cursor = 0, 0, None, None
        while True:
            page = await self._transactions.find(where, sort="at", limit=EARNED_PAGE, cursor=cursor)
            jobs += len(page.items)
            amount += sum(driver_earnings(transaction, driver_id) for transaction in page.items)
            currency = page.items[-1].currency if page.items else currency
            cursor = page.next_cursor
            if cursor is None:
                return EarnedSum(jobs, amount, currency)

    async def check(self) -> LedgerCheck:
        """Sum all transactions."""
        count, total, unbalanced = 0, 0, []
        async for transaction in self._transactions.scan():
            difference = imbalance(transaction)
            count, total = count + 1, total + difference
            if difference:
                unbalanced.append(transaction.id)
        return LedgerCheck(count, total, tuple(unbalanced))
