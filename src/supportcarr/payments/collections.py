"""Payments' collections."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.payments.ledger_entries import LedgerTransaction
from supportcarr.payments.model import PaymentAccount, PaymentMethod, PaymentRecord, StripeEvent

RECORDS = CollectionSpec("paymentrecords", PaymentRecord, indexes=(Index("status", "unresolved_since"),))
ACCOUNTS = CollectionSpec("paymentaccounts", PaymentAccount)
METHODS = CollectionSpec(
    "paymentmethods", PaymentMethod, indexes=(Index("rider_id"),), unique=("stripe_payment_method",)
)
EVENTS = CollectionSpec("stripeevents", StripeEvent, indexes=(Index("handled_at"),))
LEDGER = CollectionSpec("ledgertransactions", LedgerTransaction, indexes=(Index("driver_id", "at"),))

SPECS: tuple[CollectionSpec[Any], ...] = (RECORDS, ACCOUNTS, METHODS, EVENTS, LEDGER)
