"""What payments holds of a person: cards, payments, and what a driver earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_document
from supportcarr.kit.store.update import update, without_events
from supportcarr.payments.collections import ACCOUNTS, LEDGER, METHODS, RECORDS
from supportcarr.payments.ledger_entries import driver_earnings
from supportcarr.payments.model import SETTLED, PaymentMethod, PaymentRecord, payment_id_of
from supportcarr.payments.ports import GatewayError, PaymentGateway, RescuesOfRider

METHODS_READ = 1000
BATCH = 200  # payments


class PaymentData:
    """``privacy.ports.PersonalData`` of payments.

    Payments and the ledger stay: they name an erased person by id, which is a pseudonym once nothing else
    is known of it.  So does Stripe, whose customer has no other name of ours.
    """

    part = "payments"
    slow = True  # it calls Stripe

    def __init__(self, store: Store, gateway: PaymentGateway, rescues: RescuesOfRider) -> None:
        self._records = store.collection(RECORDS)
        self._accounts = store.collection(ACCOUNTS)
        self._methods = store.collection(METHODS)
        self._ledger = store.collection(LEDGER)
        self._gateway = gateway
        self._rescues = rescues

    async def export(self, person_id: str) -> Mapping[str, Any]:
        cards = [_card(method) for method in await self._cards(person_id)]
        payments = [_payment(record) for record in await self._payments(person_id)]
        earnings = [
            {
                "rescue_id": transaction.rescue_id,
                "at": transaction.at,
                "earned_minor": driver_earnings(transaction, person_id),
                "currency": transaction.currency,
            }
            async for transaction in self._ledger.scan({"driver_id": person_id})
        ]
        found = {"cards": cards, "payments": payments, "earnings": earnings}
        return {name: values for name, values in found.items() if values}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        payments = await self._payments(person_id)
        return ("open_payment",) if any(p.status not in SETTLED for p in payments) else ()

    async def forget(self, person_id: str) -> None:
        """Detach and delete the cards.  Raises ``RetryLater`` if Stripe does not answer."""
        for card in await self._cards(person_id):
            try:
                await self._gateway.detach(card.stripe_payment_method)
            except GatewayError as error:
                raise RetryLater(error.retry_after, str(error)) from error
            await delete_document(self._methods, card.id)
        await delete_document(self._accounts, person_id)
        for record in await self._payments(person_id):
            await update(self._records, record.id, without_events(_without_card))

    async def _cards(self, person_id: str) -> list[PaymentMethod]:
        return (await self._methods.find({"rider_id": person_id}, limit=METHODS_READ)).items

    async def _payments(self, person_id: str) -> list[PaymentRecord]:
        ids = [payment_id_of(rescue_id) for rescue_id in await self._rescues.ids_of_rider(person_id)]
        found: list[PaymentRecord] = []
        for start in range(0, len(ids), BATCH):
            records = await self._records.get_many(ids[start : start + BATCH])
            found += records.values()
        return found


def _card(method: PaymentMethod) -> dict[str, Any]:
    return {
        "id": method.id,
        "brand": method.brand,
        "last4": method.last4,
        "expires": f"{method.exp_year}-{method.exp_month:02d}",
    }


def _payment(record: PaymentRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "rescue_id": record.rescue_id,
        "at": record.created_at,
        "status": record.status,
        "held_minor": record.hold_minor,
        "captured_minor": record.captured_minor,
        "refunded_minor": record.refunded_minor,
        "currency": record.currency,
    }


def _without_card(record: PaymentRecord) -> PaymentRecord | None:
    after = replace(record, stripe_payment_method=None)
    return None if after == record else after
