"""Holds, captures and releases the price of a rescue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import NotFound, Overloaded
from supportcarr.contracts.events import PaymentProcessed, RescueEnded, RescueRequested
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import DuplicateKey, Store, VersionConflict
from supportcarr.payments import model
from supportcarr.payments.cards import PaymentMethodService
from supportcarr.payments.collections import RECORDS
from supportcarr.payments.ledger_service import LedgerService
from supportcarr.payments.model import Intent, PaymentRecord
from supportcarr.payments.ports import (
    CachedFailure,
    CardRefused,
    GatewayError,
    InvalidStateError,
    OutcomeUnknown,
    PaymentGateway,
    Throttled,
)

POLL_SECONDS = 5.0  # wall; for the outcome of 3-D Secure, in case its webhook is lost
STEPS_MAX = 12  # per run: a record takes at most five steps, and each lost race costs one more


class PaymentService:
    """Moves each rescue's payment forward; every step may be repeated.

    Each step reads the record, makes one call to Stripe under its own idempotency key, and saves the
    outcome by compare-and-set.  Every process that finds an unfinished record (a repeated job, a
    webhook, another worker) runs the same steps: Stripe's keys, the ledger's ids and the record's
    version make each effect happen once.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        gateway: PaymentGateway,
        methods: PaymentMethodService,
        ledger: LedgerService,
    ) -> None:
        self._records = store.collection(RECORDS)
        self._clock = clock
        self._gateway = gateway
        self._methods = methods
        self._ledger = ledger

    async def of_rescue(self, rescue_id: str) -> PaymentRecord | None:
        """Get the payment of a rescue; ``None`` if there is none yet."""
        return await self._records.get(model.payment_id_of(rescue_id))

    async def authentication(self, rider_id: str, rescue_id: str) -> tuple[str, str | None] | None:
        """What the rider's browser needs to confirm the hold: the client secret, and the emulator's page.

        ``None``: the bank does not ask for a confirmation.  Raises ``NotFound`` (no payment of that rider),
        ``Overloaded`` (Stripe does not answer).
        """
        record = await self.of_rescue(rescue_id)
        if record is None or (record.rider_id, record.rescue_id) != (rider_id, rescue_id):
            raise NotFound("There is no such payment, or it is not yours")
        if record.status != "requires_action" or record.intent_id is None:
            return None
        try:
            secret = await self._gateway.client_secret(record.intent_id)
        except GatewayError as error:
            raise Overloaded(
                "The card service does not respond at the moment", retry_after=error.retry_after
            ) from error
        return secret, self._gateway.card_page("authentication")

    async def hold(self, requested: RescueRequested) -> None:
        """Hold the quote's total on the rider's card.

        Raises ``RetryLater``, also while the rider's bank waits for the rider and the rescue has not
        ended: a webhook may bring the outcome sooner, but nothing depends on it.
        """
        payment_id = model.payment_id_of(requested.rescue_id)
        if await self._records.get(payment_id) is None:
            await self._begin(requested)
        record = await self.advance(payment_id)
        if record is not None and record.status == "requires_action" and record.ending is None:
            raise RetryLater(POLL_SECONDS, f"{payment_id} waits for the rider's bank")

    async def settle(self, ended: RescueEnded) -> None:
        """Capture the charge of the rescue's end, or release the hold.  Raises ``RetryLater``."""
        payment_id = model.payment_id_of(ended.rescue_id)
        while True:
            record = await self._records.get(payment_id)
            try:
                if record is None:
                    if ended.owed.rider_minor:
                        raise RetryLater(1.0, "money is owed, but its hold is not known yet")
                    await self._records.insert(model.new_record_without_hold(ended, now=self._clock.city()))
                elif changed := model.with_ending(record, ended):
                    await self._records.save(changed)
                break
            except (DuplicateKey, VersionConflict):
                continue  # the hold was stored at the same time: read it
        await self.advance(payment_id)

    async def needs_sync(self, payment_id: str, intent_id: str) -> bool:
        """Whether ``sync_with_gateway`` may have something to do, as far as is known here.

        False: the payment has recorded this intent, and waits for nothing but the end of its rescue.
        """
        record = await self._records.get(payment_id)
        return record is None or record.intent_id != intent_id or not model.is_at_rest(record)

    async def sync_with_gateway(self, payment_id: str, intent_id: str) -> None:
        """Bring a payment in line with its intent at Stripe, after a webhook.  Raises ``RetryLater``."""
        record = await self._records.get(payment_id)
        if record is None:
            return
        try:
            if record.intent_id is None and record.status == "holding":
                await self._save_hold(record, await self._gateway.retrieve(intent_id))
            elif record.intent_id != intent_id:
                await self._cancel_orphan_intent(payment_id, intent_id)
        except VersionConflict:
            pass  # another process moved the record on, and read the intent too
        except (OutcomeUnknown, CachedFailure, Throttled) as error:
            raise RetryLater(error.retry_after, str(error)) from error
        await self.advance(payment_id)

    async def advance(self, payment_id: str) -> PaymentRecord | None:
        """Take every step that can be taken now; returns the record after them.

        Raises ``RetryLater`` if Stripe does not answer.
        """
        for _ in range(STEPS_MAX):
            record = await self._records.get(payment_id)
            step = self._next_step(record) if record else None
            if record is None or step is None:
                return record
            try:
                if not await step(record):
                    return record
            except VersionConflict:
                continue
            except CachedFailure:
                await self._use_new_key(record)
            except GatewayError as error:
                raise RetryLater(error.retry_after, str(error)) from error
        raise RetryLater(1.0, f"{payment_id} did not come to rest")

    def _next_step(self, record: PaymentRecord) -> Callable[[PaymentRecord], Awaitable[bool]] | None:
        match record.status:
            case "holding":
                return self._hold
            case "requires_action" | "held":
                return self._settle_or_poll
            case "capturing":
                return self._capture
            case "releasing":
                return self._release
        return None

    async def _begin(self, requested: RescueRequested) -> None:
        now = self._clock.city()
        card = await self._methods.gateway_ids(requested.rider_id, requested.payment_method_id)
        try:
            if card is None:
                failed, event = model.new_record_without_card(requested, now=now)
                await self._records.insert(failed, self._pending(event))
            else:
                customer, method = card
                begun = model.new_record(requested, customer=customer, stripe_payment_method=method, now=now)
                await self._records.insert(self._since_now(begun))
        except DuplicateKey:
            pass  # another run has begun it

    async def _hold(self, record: PaymentRecord) -> bool:
        assert record.customer and record.stripe_payment_method
        try:
            intent = await self._gateway.hold(
                key=f"{record.id}:hold:{record.tries}",
                amount_minor=record.hold_minor,
                currency=record.currency,
                customer=record.customer,
                method=record.stripe_payment_method,
                payment_id=record.id,
                rescue_id=record.rescue_id,
            )
        except (CardRefused, InvalidStateError) as error:  # there is no intent to retrieve
            await self._save(model.fail_hold(record, error.code))
            return True
        except CachedFailure:
            found = await self._gateway.find(record.customer, record.id)
            if found is None:
                raise
            intent = found
        if not await self._save_hold(record, intent):
            raise RetryLater(1.0, f"the hold of {record.id} is still {intent.status}")
        return True

    async def _settle_or_poll(self, record: PaymentRecord) -> bool:
        if settling := model.start_settlement(record):
            await self._records.save(self._since_now(settling))
            return True
        if record.status == "requires_action" and record.intent_id:
            return await self._save_hold(record, await self._gateway.retrieve(record.intent_id))
        return False

    async def _capture(self, record: PaymentRecord) -> bool:
        assert record.intent_id and record.ending
        try:
            intent = await self._gateway.capture(
                record.intent_id,
                record.ending.owed.rider_minor,
                key=f"{record.id}:capture:{record.tries}",
            )
        except (InvalidStateError, CachedFailure) as error:
            intent = await self._final_intent(record.intent_id, error)
        return await self._save_settlement(record, intent)

    async def _release(self, record: PaymentRecord) -> bool:
        assert record.intent_id
        try:
            intent = await self._gateway.cancel(record.intent_id, key=f"{record.id}:release:{record.tries}")
        except (InvalidStateError, CachedFailure) as error:
            intent = await self._final_intent(record.intent_id, error)
        return await self._save_settlement(record, intent)

    async def _final_intent(self, intent_id: str, error: GatewayError) -> Intent:
        """The intent if it is final despite the error; else raises the error."""
        intent = await self._gateway.retrieve(intent_id)
        if intent.status not in ("succeeded", "canceled"):
            raise error
        return intent

    async def _save_hold(self, record: PaymentRecord, intent: Intent) -> bool:
        change = model.apply_hold(record, intent)
        if change:
            await self._save(change)
        return change is not None

    async def _save_settlement(self, record: PaymentRecord, intent: Intent) -> bool:
        change = model.apply_settlement(record, intent)
        if change is None:
            raise RetryLater(1.0, f"{record.id} is {record.status}, its intent {intent.status}")
        await self._ledger.post(record, change[0].captured_minor)
        await self._save(change)
        return True

    async def _save(self, change: tuple[PaymentRecord, PaymentProcessed]) -> None:
        record, event = change
        await self._records.save(self._since_now(record), self._pending(event))

    def _since_now(self, record: PaymentRecord) -> PaymentRecord:
        return model.since(record, to_milliseconds(self._clock.wall()))

    async def _use_new_key(self, record: PaymentRecord) -> None:
        try:
            await self._records.save(replace(record, tries=record.tries + 1))
        except VersionConflict:
            return
        raise RetryLater(1.0, f"Stripe failed at {record.status} of {record.id}")

    async def _cancel_orphan_intent(self, payment_id: str, intent_id: str) -> None:
        """Cancel a second intent of one payment, created by a call that seemed to have failed."""
        orphan = await self._gateway.retrieve(intent_id)
        if orphan.status in ("requires_capture", "requires_action", "requires_confirmation"):
            await self._gateway.cancel(intent_id, key=f"{payment_id}:stray:{intent_id}")

    def _pending(self, event: PaymentProcessed) -> PendingEvents:
        return PendingEvents((event,), SYSTEM, self._clock.city())
