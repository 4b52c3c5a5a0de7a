"""Webhooks from Stripe: verified, stored once, answered at once, handled in a job."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import structlog
from msgspec.structs import replace

from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import DuplicateKey, Store, VersionConflict
from supportcarr.kit.store.purge import purge_expired
from supportcarr.payments.collections import EVENTS
from supportcarr.payments.model import StripeEvent
from supportcarr.payments.ports import JobQueue, PaymentGateway, WebhookEvent
from supportcarr.payments.service import PaymentService

JOB = "payments.stripe_event"
RETENTION = timedelta(days=30)  # Stripe keeps events as long, so none is sent again after that

log = structlog.get_logger(__name__)


def changes_intent(type: str) -> bool:
    """Whether events of that type tell of an intent that has reached a state.

    Stripe sends several for one change: beside ``payment_intent.amount_capturable_updated`` also
    ``payment_intent.created`` and ``charge.succeeded``.
    """
    return type.startswith("payment_intent.") and type != "payment_intent.created"


class _Payload(msgspec.Struct, frozen=True):
    event_id: str


class StripeWebhooks:
    """Receives webhooks.  A webhook is only a hint: its handler reads the current state from Stripe.

    Hence webhooks that are repeated, late or out of order do no harm, and a lost one costs only time:
    each step of a payment reads Stripe itself, and while a rider's bank waits for the rider (3-D
    Secure) the job of the hold polls every few seconds (``PaymentService.hold``).

    Most say what the payment has recorded already, from the response to the call that caused them.  Those,
    and those of types that no payment waits for, are stored as handled and need no job.
    """

    def __init__(
        self, store: Store, clock: Clock, gateway: PaymentGateway, payments: PaymentService, jobs: JobQueue
    ) -> None:
        self._events = store.collection(EVENTS)
        self._clock = clock
        self._gateway = gateway
        self._payments = payments
        self._jobs = jobs
        self._unknown_events = 0

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"unknown_events_total": self._unknown_events}

    async def receive(self, body: bytes, signature: str | None) -> None:
        """Store the event and add the job that handles it.  Raises ``SignatureNotValid``.

        A signed body of another shape is acknowledged and ignored: Stripe would repeat it for days.
        """
        webhook = self._gateway.read_webhook(body, signature)
        if webhook is None:
            self._unknown_events += 1
            log.warning("stripe_event_ignored", bytes=len(body), **_described(body))
            return
        now = self._clock.wall()
        is_news = await self._is_news(webhook)
        event = StripeEvent(
            id=webhook.event_id,
            type=webhook.type,
            received_at=now,
            intent_id=webhook.intent_id,
            payment_id=webhook.payment_id,
            handled_at=None if is_news else now,
        )
        repeated = False
        try:
            await self._events.insert(event)
        except DuplicateKey:
            repeated = True
            stored = await self._events.get(event.id)
            if stored and stored.handled_at:
                return
        if is_news:
            # also if the event was stored before: a crash may have come before its job was added
            await self._jobs.add(JOB, event.id, msgspec.json.encode(_Payload(event.id)))
            if repeated:  # its job may have failed too often since then; Stripe asks for another try
                await self._jobs.revive(JOB, event.id)

    async def _is_news(self, webhook: WebhookEvent) -> bool:
        """Whether the event may tell a payment something that it does not know."""
        if webhook.payment_id is None or webhook.intent_id is None or not changes_intent(webhook.type):
            return False
        return await self._payments.needs_sync(webhook.payment_id, webhook.intent_id)

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
        """Remove events that were handled long ago; events that could not be handled stay."""
        await purge_expired(self._events, "handled_at", self._clock.wall() - RETENTION)


class _Described(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a log line says of an event of an unknown shape."""

    id: str | None = None
    object: str | None = None
    type: str | None = None


def _described(body: bytes) -> dict[str, str]:
    """The names that a signed body gives itself; nothing if it is no event at all."""
    try:
        found = msgspec.json.decode(body, type=_Described)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {f"event_{name}": value for name, value in msgspec.to_builtins(found).items()}
