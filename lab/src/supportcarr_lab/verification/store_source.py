"""Reads a city's records from the store and the Stripe emulator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import aiohttp

from supportcarr.contracts.rescues import FINAL
from supportcarr.dispatch.collections import OFFERS, ROSTER
from supportcarr.dispatch.model import Offer
from supportcarr.drivers.collections import PROFILES
from supportcarr.kit.jobs.service import JOBS
from supportcarr.kit.store.port import Store
from supportcarr.notifications.collections import NOTIFICATIONS
from supportcarr.operations.model import OpsRescue
from supportcarr.operations.repository import OPS_RESCUES
from supportcarr.payments.collections import LEDGER, RECORDS
from supportcarr.payments.model import PaymentRecord
from supportcarr.ratings.collections import RATINGS, SUMMARIES
from supportcarr.ratings.model import SIDES, other, rating_id
from supportcarr.rescues.collections import PHOTOS, RESCUES
from supportcarr.rescues.model import Rescue
from supportcarr.riders.collections import RIDERS
from supportcarr.tracking.collections import CURRENT_JOBS
from supportcarr_lab.verification import records

MAX_PENDING_EVENTS = 10_000


class StoreRecordSource:
    """Implements ``RecordSource`` over *store* and the emulator at *sandbox_url*."""

    def __init__(self, store: Store, sandbox_url: str) -> None:
        self._store = store
        self._sandbox_url = sandbox_url

    async def rescues(self) -> list[records.Rescue]:
        drivers = {offer.id: offer.driver_id async for offer in self._store.collection(OFFERS).scan()}
        return [_rescue(rescue, drivers) async for rescue in self._store.collection(RESCUES).scan()]

    async def offers(self) -> list[records.Offer]:
        return [_offer(offer) async for offer in self._store.collection(OFFERS).scan()]

    async def payments(self) -> list[records.Payment]:
        return [_payment(record) async for record in self._store.collection(RECORDS).scan()]

    async def ledger(self) -> list[records.LedgerTransaction]:
        return [
            records.LedgerTransaction(
                id=transaction.id,
                rescue_id=transaction.rescue_id,
                currency=transaction.currency,
                entries=tuple((entry.account, entry.amount_minor) for entry in transaction.entries),
            )
            async for transaction in self._store.collection(LEDGER).scan()
        ]

    async def notifications(self) -> list[records.Notification]:
        return [
            records.Notification(id=sent.id, user_id=sent.user_id, at=sent.at.timestamp(), kind=sent.kind)
            async for sent in self._store.collection(NOTIFICATIONS).scan()
        ]

    async def photos(self) -> list[records.Photo]:
        return [
            records.Photo(id=photo.id, rescue_id=photo.rescue_id, at=photo.at.timestamp())
            async for photo in self._store.collection(PHOTOS).scan()
            if photo.taken
        ]

    async def drivers(self) -> list[records.Driver]:
        return [
            records.Driver(
                id=profile.id,
                approval=profile.approval,
                decided_at=profile.decision.at.timestamp() if profile.decision else None,
                documents_until=profile.documents_until.timestamp() if profile.documents_until else None,
            )
            async for profile in self._store.collection(PROFILES).scan()
        ]

    async def ratings(self) -> list[records.Rating]:
        found = []
        async for ratings in self._store.collection(RATINGS).scan():
            for side in SIDES:
                given, about = ratings.rating(side), ratings.person(other(side))
                if given is None or ratings.shown_at is None or about in ratings.erased:
                    continue
                found.append(
                    records.Rating(
                        id=rating_id(ratings.id, side),
                        person_id=about,
                        role=other(side),
                        stars=given.stars,
                        hidden=given.hidden,
                        shown_at=ratings.shown_at.timestamp(),
                    )
                )
        return found

    async def rating_summaries(self) -> list[records.RatingSummary]:
        return [
            records.RatingSummary(person_id=summary.person_id, role=summary.role, stars=summary.stars)
            async for summary in self._store.collection(SUMMARIES).scan()
        ]

    async def processor_payments(self) -> list[records.ProcessorPayment]:
        async with (
            aiohttp.ClientSession() as http,
            http.get(
                f"{self._sandbox_url}/sandbox/stripe/payment_intents", raise_for_status=True
            ) as response,
        ):
            body: dict[str, Any] = await response.json()
        return [
            records.ProcessorPayment(
                intent_id=intent["id"],
                status=intent["status"],
                captured=intent["captured_minor"],
                refunded=intent["refunded_minor"],
                currency=intent["currency"].upper(),
            )
            for intent in body["intents"]
        ]

    async def pending_work(self) -> records.PendingWork:
        outbox = await self._store.outbox(older_than_s=0.0, limit=MAX_PENDING_EVENTS)
        jobs = self._store.collection(JOBS)
        rescues = [rescue async for rescue in self._store.collection(RESCUES).scan()]
        # By id, because a query of a read model may be answered by a replica that lags behind.
        rows = await self._store.collection(OPS_RESCUES).get_many([rescue.id for rescue in rescues])
        live = {rescue.id for rescue in rescues if rescue.status not in FINAL}
        return records.PendingWork(
            outbox=len(outbox),
            jobs=await jobs.count({"state": "ready"}) + await jobs.count({"state": "dead"}),
            claims=await self._claims(live),
            stale_rows=sum(_is_stale(rows.get(rescue.id), rescue) for rescue in rescues),
        )

    async def _claims(self, live: set[str]) -> int:
        """The number of claims held for rescues that are not live, and for offers."""
        riders = [r async for r in self._store.collection(RIDERS).scan() if r.live_rescue]
        roster = [entry async for entry in self._store.collection(ROSTER).scan()]
        tracked = [job async for job in self._store.collection(CURRENT_JOBS).scan() if job.ended_at is None]
        claimed = [
            *(rider.live_rescue.rescue_id for rider in riders if rider.live_rescue),
            *(entry.job.rescue_id for entry in roster if entry.job),
            *(job.rescue_id for job in tracked),
        ]
        return sum(rescue_id not in live for rescue_id in claimed) + sum(bool(e.offer) for e in roster)


def _rescue(rescue: Rescue, drivers: dict[str, str]) -> records.Rescue:
    quote = rescue.quote
    return records.Rescue(
        id=rescue.id,
        rider_id=rescue.rider_id,
        status=rescue.status,
        created_at=rescue.created_at.timestamp(),
        timeline=tuple(
            records.TimelineEntry(
                at=entry.at.timestamp(),
                from_=entry.from_,
                to=entry.to,
                actor=entry.actor,
                version=entry.version,
            )
            for entry in rescue.timeline
        ),
        drivers=tuple(drivers[offer] for offer in rescue.offers),
        currency=quote.currency,
        total=quote.total_minor,
        before_promo=quote.before_promo_minor,
        cancellation_fee=quote.fees.cancellation_minor,
        no_show_fee=quote.fees.no_show_minor,
        fee_driver_percent=quote.fees.fee_driver_percent,
        platform_percent=quote.fees.platform_percent,
        outcome=rescue.outcome,
        owed_rider=rescue.owed.rider_minor if rescue.owed else None,
        owed_driver=rescue.owed.driver_minor if rescue.owed else None,
    )


def _is_stale(row: OpsRescue | None, rescue: Rescue) -> bool:
    if row is None:
        return True
    shown = (row.status, row.driver_id, row.captured_minor, row.refunded_minor)
    payment = rescue.payment
    return shown != (rescue.status, rescue.driver_id, payment.captured_minor, payment.refunded_minor)


def _offer(offer: Offer) -> records.Offer:
    closed = offer.state != "open" and offer.settled
    return records.Offer(
        id=offer.id,
        rescue_id=offer.rescue_id,
        driver_id=offer.driver_id,
        made_at=_seconds(offer.made_at),
        outcome=offer.state if closed else None,
    )


def _payment(record: PaymentRecord) -> records.Payment:
    ending = record.ending
    return records.Payment(
        id=record.id,
        rescue_id=record.rescue_id,
        rider_id=record.rider_id,
        driver_id=record.driver_id,
        intent_id=record.intent_id,
        status=record.status,
        captured=record.captured_minor,
        refunded=record.refunded_minor,
        operations=records.payment_operations_of(
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
