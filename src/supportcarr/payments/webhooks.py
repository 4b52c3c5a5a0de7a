"""Webhooks from Stripe: proved, stored once, answered at once, handled as a job."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from msgspec.structs import replace

from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import DuplicateKey, Store, VersionConflict
from supportcarr.kit.store.purge import purge_expired
from supportcarr.payments.collections import EVENTS
from supportcarr.payments.errors import SignatureNotValid
from supportcarr.payments.model import StripeEvent
from supportcarr.payments.ports import JobQueue, PaymentGateway
from supportcarr.payments.service import PaymentService

JOB = "payments.stripe_event"
KEPT = timedelta(days=30)  # as long as Stripe itself keeps events: none comes again after that


class _Payload(msgspec.Struct, frozen=True):
    event_id: str


class StripeWebhooks:
    """A webhook is a hint, never the truth: the handler asks Stripe what is so.

    Hence those that come twice, late or out of order do no harm, and one that is lost costs only
    time: each step asks Stripe itself, and while a rider's bank waits for the rider (3-D Secure) the
    job of the hold asks every few seconds (``Payments.hold``).
    """

    def __init__(
        self, store: Store, clock: Clock, gateway: PaymentGateway, payments: PaymentService, jobs: JobQueue
    ) -> None:
        self._events = store.collection(EVENTS)
        self._clock = clock
        self._gateway = gateway
        self._payments = payments
        self._jobs = jobs

    async def receive(self, body: bytes, signature: str | None) -> None:
        """Store the event and ask for its handling.  Raises ``SignatureNotValid``."""
        notice = self._gateway.read_webhook(body, signature)
        if notice is None:
            raise SignatureNotValid
        now = self._clock.wall()
        ours = notice.payment_id is not None and notice.intent_id is not None
        event = StripeEvent(
            id=notice.event_id,
            type=notice.type,
            received_at=now,
            intent_id=notice.intent_id,
            payment_id=notice.payment_id,
            handled_at=None if ours else now,
        )
        again = False
        try:
            await self._events.insert(event)
        except DuplicateKey:
            again = True
            known = await self._events.get(event.id)
            if known and known.handled_at:
                return
        if ours:
            # also for one that is stored already: a crash may have come between the two
            await self._jobs.add(JOB, event.id, msgspec.json.encode(_Payload(event.id)))
            if again:  # its job may have been given up since; Stripe asks us to try once more
                await self._jobs.revive(JOB, event.id)

    async def handle(self, payload: bytes) -> None:
        """Handle a stored event.  Raises ``RetryLater``."""
        event = await self._events.get(msgspec.json.decode(payload, type=_Payload).event_id)
        if event is None or event.handled_at:
            return
        if event.payment_id and event.intent_id:
            await self._payments.sync_with_gateway(event.payment_id, event.intent_id)
        try:
            await self._events.save(replace(event, handled_at=self._clock.wall()))
        except VersionConflict:
            return  # another run has handled it too

    async def purge_events(self) -> None:
        """Remove the events that were handled long ago; those that could not be handled stay."""
        await purge_expired(self._events, "handled_at", self._clock.wall() - KEPT)
