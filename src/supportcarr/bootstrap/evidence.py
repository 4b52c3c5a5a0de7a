"""What the judge of a city reads: the store's documents as plain figures, and the twin's books."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import aiohttp

from supportcarr.dispatch.model import Offer
from supportcarr.dispatch.repository import OFFERS
from supportcarr.kit.jobs import JOBS
from supportcarr.kit.store.port import Store
from supportcarr.notifications.repository import NOTIFICATIONS
from supportcarr.payments.model import PaymentRecord
from supportcarr.payments.repository import LEDGER, RECORDS
from supportcarr.rescues.model import Rescue
from supportcarr.rescues.repository import RESCUES
from supportcarr.simulator import evidence

LEFTOVERS_AT_MOST = 10_000


class StoreEvidence:
    """``simulator.evidence.Evidence``: *store* is read only; *sandbox_url* is where the twin answers."""

    def __init__(self, store: Store, sandbox_url: str) -> None:
        self._store = store
        self._sandbox_url = sandbox_url

    async def rescues(self) -> list[evidence.Rescue]:
        drivers = {offer.id: offer.driver_id async for offer in self._store.collection(OFFERS).scan()}
        return [_rescue(rescue, drivers) async for rescue in self._store.collection(RESCUES).scan()]

    async def offers(self) -> list[evidence.Offer]:
        return [_offer(offer) async for offer in self._store.collection(OFFERS).scan()]

    async def payments(self) -> list[evidence.Payment]:
        return [_payment(record) async for record in self._store.collection(RECORDS).scan()]

    async def ledger(self) -> list[evidence.LedgerTransaction]:
        return [
            evidence.LedgerTransaction(
                id=booked.id,
                rescue_id=booked.rescue_id,
                currency=booked.currency,
                entries=tuple((entry.account, entry.amount_minor) for entry in booked.entries),
            )
            async for booked in self._store.collection(LEDGER).scan()
        ]

    async def notifications(self) -> list[evidence.Notification]:
        return [
            evidence.Notification(id=told.id, user_id=told.user_id, at=told.at.timestamp())
            async for told in self._store.collection(NOTIFICATIONS).scan()
        ]

    async def books(self) -> list[evidence.BookEntry]:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{self._sandbox_url}/sandbox/stripe/books", raise_for_status=True) as answer,
        ):
            statement: dict[str, Any] = await answer.json()
        return [
            evidence.BookEntry(
                intent_id=intent["id"],
                status=intent["status"],
                captured=intent["captured_minor"],
                refunded=intent["refunded_minor"],
                currency=intent["currency"].upper(),
            )
            for intent in statement["intents"]
        ]

    async def leftovers(self) -> evidence.Leftovers:
        outbox = await self._store.outbox(older_than_s=0.0, limit=LEFTOVERS_AT_MOST)
        jobs = self._store.collection(JOBS)
        return evidence.Leftovers(
            outbox=len(outbox),
            jobs=await jobs.count({"state": "ready"}) + await jobs.count({"state": "dead"}),
        )


def _rescue(rescue: Rescue, drivers: dict[str, str]) -> evidence.Rescue:
    terms = rescue.quote
    return evidence.Rescue(
        id=rescue.id,
        rider_id=rescue.rider_id,
        status=rescue.status,
        created_at=rescue.created_at.timestamp(),
        timeline=tuple(
            evidence.Entry(
                at=entry.at.timestamp(),
                from_=entry.from_,
                to=entry.to,
                actor=entry.actor,
                version=entry.version,
            )
            for entry in rescue.timeline
        ),
        drivers=tuple(drivers[offer] for offer in rescue.offers),
        currency=terms.currency,
        total=terms.total_minor,
        before_promo=terms.before_promo_minor,
        cancellation_fee=terms.fees.cancellation_minor,
        no_show_fee=terms.fees.no_show_minor,
        fee_driver_percent=terms.fees.fee_driver_percent,
        platform_percent=terms.fees.platform_percent,
        outcome=rescue.outcome,
        owed_rider=rescue.owed.rider_minor if rescue.owed else None,
        owed_driver=rescue.owed.driver_minor if rescue.owed else None,
    )


def _offer(offer: Offer) -> evidence.Offer:
    closed = offer.state != "open" and offer.settled
    return evidence.Offer(
        id=offer.id,
        rescue_id=offer.rescue_id,
        driver_id=offer.driver_id,
        made_at=_seconds(offer.made_at),
        outcome=offer.state if closed else None,
    )


def _payment(record: PaymentRecord) -> evidence.Payment:
    ending = record.ending
    return evidence.Payment(
        id=record.id,
        rescue_id=record.rescue_id,
        rider_id=record.rider_id,
        driver_id=record.driver_id,
        intent_id=record.intent_id,
        status=record.status,
        captured=record.captured_minor,
        refunded=record.refunded_minor,
        movements=evidence.movements_of(
            status=record.status,
            hold=record.hold_minor,
            captured=record.captured_minor,
            owed=ending.owed.rider_minor if ending else 0,
            charge=("fee" if ending.kind == "fee" else "capture") if ending else None,
            failure=record.failure,
        ),
    )


def _seconds(at: datetime) -> float:
    return at.timestamp()
