"""Balances of the ledger's accounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from supportcarr.kit.store.port import Store
from supportcarr.payments.collections import LEDGER
from supportcarr.payments.ledger_entries import LedgerTransaction

Balances = dict[tuple[str, str], int]  # (account, currency): minor units


def balances_of(transactions: Iterable[LedgerTransaction]) -> Balances:
    """The balance of each account in each currency."""
    sums: Counter[tuple[str, str]] = Counter()
    for transaction in transactions:
        for entry in transaction.entries:
            sums[entry.account, transaction.currency] += entry.amount_minor
    return dict(sums)


async def balances(store: Store) -> Balances:
    """The balances over all stored transactions."""
    return balances_of([transaction async for transaction in store.collection(LEDGER).scan()])
