"""Webhooks: signatures are verified, events are stored once, and Stripe is asked for the current state."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from litestar import Litestar, Request, Response, get, post
from structlog.testing import capture_logs

from support.payments.world import (
    RIDER,
    WEBHOOK_SECRET,
    Emulator,
    PaymentParts,
    RecordedJobs,
    completed,
    ended,
    gateway_to,
    payment_parts,
    requested,
    running_emulator,
    serving,
    until_done,
)
from support.ports import free_port
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import SignatureNotValid
from supportcarr.contracts.events import PaymentProcessed, RescueRejected
from supportcarr.kit.http.types import ASGIApp
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store
from supportcarr.payments import jobs as payments_jobs
from supportcarr.payments.collections import EVENTS
from supportcarr.payments.webhooks import JOB
from supportcarr_lab.emulators.stripe.webhooks import signature

INTENT = {"id": "pi_1", "object": "payment_intent", "metadata": {"payment_id": "pay_1"}}


def body_of(event_id: str = "evt_1", thing: dict[str, Any] = INTENT) -> bytes:
    event = {"id": event_id, "object": "event", "type": "payment_intent.succeeded", "data": {"object": thing}}
    return json.dumps(event).encode()


@pytest.fixture
async def shop(store: Store, emulator: Emulator) -> AsyncIterator[PaymentParts]:
    async with gateway_to(emulator) as gateway:
        yield payment_parts(store, gateway)


def signed(body: bytes, *, secret: str = WEBHOOK_SECRET, age_s: int = 0) -> str:
    return signature(secret, body, int(time.time()) - age_s)


async def test_signed_event_is_stored_and_enqueued_once(shop: PaymentParts, store: Store) -> None:
    body = body_of()
    for _ in range(3):
        await shop.webhooks.receive(body, signed(body))
    event = await store.collection(EVENTS).get("evt_1")
    assert event is not None
    assert (event.type, event.intent_id, event.payment_id) == ("payment_intent.succeeded", "pi_1", "pay_1")
    assert list(shop.jobs.added) == [(JOB, "evt_1")]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        "t=1,v1=00",
        signed(body_of(), secret="whsec_other"),
        signed(body_of(), age_s=301),
        signed(body_of("evt_2")),
    ],
    # a signature is of the second in which it is made: two processes would name the tests differently
    ids=["none", "empty", "nonsense", "forged", "another secret", "too old", "another body"],
)
async def test_unsigned_webhook_is_refused(shop: PaymentParts, store: Store, header: str | None) -> None:
    with pytest.raises(SignatureNotValid) as refused:
        await shop.webhooks.receive(body_of(), header)
    assert refused.value.status == 400
    assert await store.collection(EVENTS).count() == 0
    assert shop.jobs.added == {}


@pytest.mark.parametrize(
    "thing",
    [
        {"object": "balance"},
        {"object": "refund", "id": "re_1", "payment_intent": "pi_1", "metadata": None},
        {"object": "customer", "id": "cus_1", "metadata": {"user_id": "usr_1"}},
    ],
)
async def test_unrelated_event_is_stored_too(shop: PaymentParts, store: Store, thing: dict[str, Any]) -> None:
    body = body_of(thing=thing)
    await shop.webhooks.receive(body, signed(body))
    event = await store.collection(EVENTS).get("evt_1")
    assert event is not None and event.payment_id is None and event.handled_at is not None
    assert shop.jobs.added == {}  # there is nothing to do


THIN = (
    b'{"id": "evt_65", "object": "v2.core.event", "type": "v1.billing.meter.error_report_triggered",'
    b' "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"}}'
)


@pytest.mark.parametrize("body", [THIN, b"", b"[]", b"null", b"{}", b'{"object": "event"}', b'{"id": 7}'])
async def test_signed_body_of_another_shape_is_acknowledged_logged_and_counted(
    shop: PaymentParts, store: Store, body: bytes
) -> None:
    with capture_logs() as logs:
        await shop.webhooks.receive(body, signed(body))
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("stripe_event_ignored", "warning")
    if body is THIN:
        assert (line["event_object"], line["event_id"]) == ("v2.core.event", "evt_65")
    assert shop.webhooks.stats() == {"unknown_events_total": 1}
    assert await store.collection(EVENTS).count() == 0
    assert shop.jobs.added == {}


async def test_a_body_whose_signature_cannot_be_verified_is_refused(shop: PaymentParts) -> None:
    with pytest.raises(SignatureNotValid):
        await shop.webhooks.receive(b"\xff\xfe", signed(b"\xff\xfe"))


async def test_a_repeated_webhook_is_enqueued_after_a_crash_before_enqueuing(shop: PaymentParts) -> None:
    body = body_of()

    class Dead(RecordedJobs):
        async def add(self, *args: Any, **kwargs: Any) -> None:
            raise ConnectionError

    shop.webhooks._jobs = Dead()
    with pytest.raises(ConnectionError):
        await shop.webhooks.receive(body, signed(body))
    shop.webhooks._jobs = shop.jobs
    await shop.webhooks.receive(body, signed(body))
    assert list(shop.jobs.added) == [(JOB, "evt_1")]


async def test_event_of_an_unknown_payment_is_ignored(shop: PaymentParts, store: Store) -> None:
    body = body_of()
    await shop.webhooks.receive(body, signed(body))
    await shop.webhooks.handle(shop.jobs.added[JOB, "evt_1"])
    event = await store.collection(EVENTS).get("evt_1")
    assert event is not None and event.handled_at is not None
    shop.jobs.added.clear()
    await shop.webhooks.receive(body, signed(body))
    assert shop.jobs.added == {}  # it is done with


async def test_webhooks_that_tell_a_payment_nothing_new_need_no_job(store: Store, tmp_path: Path) -> None:
    async with webhook_setup(store, tmp_path / "emulator") as setup:
        setup.admitted.clear()
        method, _ = await setup.shop.methods.add(RIDER, "pm_card_visa")
        await setup.shop.payments.hold(requested(method.id))
        await setup.shop.payments.settle(completed())
        setup.admitted.set()
        await setup.handle_received("payment_intent.succeeded")
        await setup.handle_received("charge.captured")
        await setup.handle_received("payment_intent.created")
        assert setup.shop.jobs.added == {}
        assert all([event.handled_at async for event in store.collection(EVENTS).scan()])


async def test_old_handled_events_are_purged_and_unhandled_ones_kept(
    store: Store, emulator: Emulator
) -> None:
    now = [time.time()]
    async with gateway_to(emulator) as gateway:
        shop = payment_parts(store, gateway, Clock(wall=lambda: now[0]))
        for event_id in ("evt_done", "evt_stuck"):
            await shop.webhooks.receive(body_of(event_id), signed(body_of(event_id)))
        await shop.webhooks.handle(shop.jobs.added[JOB, "evt_done"])
        (task,) = payments_jobs.periodic_tasks(shop.webhooks)
        now[0] += 30 * 86_400 - 1
        await task.run()
        assert await store.collection(EVENTS).count() == 2
        now[0] += 2
        await task.run()
        assert [event.id async for event in store.collection(EVENTS).scan()] == ["evt_stuck"]


@dataclass
class WebhookSetup:
    """An emulator that sends webhooks over HTTP, and payments that receive them."""

    emulator: Emulator
    shop: PaymentParts
    published: list[PaymentProcessed] = field(default_factory=list)
    admitted: asyncio.Event = field(default_factory=asyncio.Event)  # unset: webhooks wait

    async def handle_received(self, type: str, times: int = 1) -> None:
        """Wait until *times* events of the type were received, and handle all received events."""
        handler = payments_jobs.job_handlers(self.shop.webhooks)[0]
        async with asyncio.timeout(60):
            while await self._received(type) < times:
                await asyncio.sleep(0.01)
        for payload in list(self.shop.jobs.added.values()):
            await until_done(lambda: handler.handle(payload))  # noqa: B023 - run at once

    async def _received(self, type: str) -> int:
        """How many events of the type are stored, and with their job if they need one: it is added later."""
        added = {event_id for _, event_id in self.shop.jobs.added}
        found = [e async for e in self.shop.webhooks._events.scan() if e.type == type]
        return sum(event.handled_at is not None or event.id in added for event in found)


@asynccontextmanager
async def webhook_setup(store: Store, folder: Path, *, refuse: int = 0) -> AsyncIterator[WebhookSetup]:
    """The first *refuse* webhooks get a 500."""
    port = free_port()
    left = [refuse]

    @get("/healthz")
    async def healthz() -> str:
        return "ok"

    @post("/hook")
    async def hook(request: Request[Any, Any, Any]) -> Response[None]:
        if left[0]:
            left[0] -= 1
            return Response(None, status_code=500)
        await setup.admitted.wait()
        await setup.shop.webhooks.receive(await request.body(), request.headers.get("stripe-signature"))
        return Response(None, status_code=202)

    app = Litestar([healthz, hook], openapi_config=None)
    async with (
        running_emulator(folder, webhook_url=f"http://127.0.0.1:{port}/hook") as emulator,
        gateway_to(emulator) as gateway,
    ):
        setup = WebhookSetup(emulator, payment_parts(store, gateway))
        setup.admitted.set()

        def listen(collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
            setup.published.extend(e.event for e in events if isinstance(e.event, PaymentProcessed))

        store.subscribe(listen)
        async with serving(cast(ASGIApp, app), port):
            yield setup


async def test_webhook_reports_the_riders_authentication(store: Store, tmp_path: Path) -> None:
    async with webhook_setup(store, tmp_path / "emulator") as setup:
        method, _ = await setup.shop.methods.add(RIDER, "pm_card_authenticationRequired")
        with pytest.raises(RetryLater):  # the job also polls
            await setup.shop.payments.hold(requested(method.id))
        [line] = await setup.emulator.intents()
        await setup.emulator.authenticate(line["id"], succeeds=True)
        await setup.handle_received("payment_intent.amount_capturable_updated")
        assert [(f.kind, f.status) for f in setup.published] == [
            ("hold", "requires_action"),
            ("hold", "succeeded"),
        ]


async def test_a_refused_authentication_fails_the_hold(store: Store, tmp_path: Path) -> None:
    async with webhook_setup(store, tmp_path / "emulator") as setup:
        method, _ = await setup.shop.methods.add(RIDER, "pm_card_authenticationRequired")
        with pytest.raises(RetryLater):  # the job also polls
            await setup.shop.payments.hold(requested(method.id))
        [line] = await setup.emulator.intents()
        await setup.emulator.authenticate(line["id"], succeeds=False)
        await setup.handle_received("payment_intent.payment_failed")
        assert [f.status for f in setup.published] == ["requires_action", "failed"]


@pytest.mark.parametrize("succeeds", [True, False])
async def test_an_authentication_whose_webhook_is_lost_is_polled(
    store: Store, tmp_path: Path, succeeds: bool
) -> None:
    async with webhook_setup(store, tmp_path / "emulator") as setup:
        await setup.emulator.set_behaviour(drop_webhooks=True)
        method, _ = await setup.shop.methods.add(RIDER, "pm_card_authenticationRequired")
        for _ in range(3):  # the bank still waits
            with pytest.raises(RetryLater) as again:
                await setup.shop.payments.hold(requested(method.id))
            assert 0 < again.value.seconds <= 10
        [line] = await setup.emulator.intents()
        await setup.emulator.authenticate(line["id"], succeeds=succeeds)
        await setup.shop.payments.hold(requested(method.id))
        assert [f.status for f in setup.published] == [
            "requires_action",
            "succeeded" if succeeds else "failed",
        ]
        assert await store.collection(EVENTS).count() == 0


async def test_polling_stops_when_the_rescue_has_ended(store: Store, tmp_path: Path) -> None:
    async with webhook_setup(store, tmp_path / "emulator") as setup:
        method, _ = await setup.shop.methods.add(RIDER, "pm_card_authenticationRequired")
        with pytest.raises(RetryLater):
            await setup.shop.payments.hold(requested(method.id))
        await setup.shop.payments.settle(ended(RescueRejected, "rejected"))
        await setup.shop.payments.hold(requested(method.id))
        assert [line["status"] for line in await setup.emulator.intents()] == ["canceled"]


async def test_a_repeated_event_queues_its_job_again_unless_handled(shop: PaymentParts) -> None:
    body = body_of()
    await shop.webhooks.receive(body, signed(body))
    assert shop.jobs.revived == []
    await shop.webhooks.receive(body, signed(body))
    assert shop.jobs.revived == [(JOB, "evt_1")]
    await shop.webhooks.handle(shop.jobs.added[JOB, "evt_1"])
    await shop.webhooks.receive(body, signed(body))
    assert shop.jobs.revived == [(JOB, "evt_1")]


@pytest.mark.parametrize(
    "behaviour",
    [
        {"duplicate_webhooks": True},
        {"reorder_webhooks": True},
        {"late_webhooks_ms": 300},
        {"duplicate_webhooks": True, "reorder_webhooks": True, "late_webhooks_ms": 100},
    ],
    ids=["duplicate", "reorder", "late", "all"],
)
async def test_repeated_late_and_reordered_webhooks_do_no_harm(
    store: Store, tmp_path: Path, behaviour: dict[str, Any]
) -> None:
    async with webhook_setup(store, tmp_path / "emulator") as setup:
        await setup.emulator.set_behaviour(**behaviour)
        method, _ = await setup.shop.methods.add(RIDER, "pm_card_visa")
        await setup.shop.payments.hold(requested(method.id))
        await setup.shop.payments.settle(completed())
        await setup.handle_received("payment_intent.succeeded")
        await setup.handle_received("payment_intent.created")
        await setup.handle_received("payment_intent.amount_capturable_updated")
        assert [(f.kind, f.status) for f in setup.published] == [
            ("hold", "succeeded"),
            ("capture", "succeeded"),
        ]
        assert [line["captured_minor"] for line in await setup.emulator.intents()] == [2500]
        assert (await setup.shop.ledger.check()).transactions == 2


async def test_webhook_before_the_response_has_the_outcome(store: Store, tmp_path: Path) -> None:
    async with (
        webhook_setup(store, tmp_path / "emulator") as setup,
        gateway_to(setup.emulator, timeout_seconds=2.0) as hasty,
    ):
        method, _ = await setup.shop.methods.add(RIDER, "pm_card_visa")
        await setup.emulator.set_behaviour(timeout_next=1)
        impatient = payment_parts(store, hasty)
        with pytest.raises(Exception, match="did not answer"):
            await impatient.payments.hold(requested(method.id))
        await setup.handle_received("payment_intent.amount_capturable_updated")
        assert [(f.kind, f.status) for f in setup.published] == [("hold", "succeeded")]


async def test_rejected_webhook_is_sent_again(store: Store, tmp_path: Path) -> None:
    async with webhook_setup(store, tmp_path / "emulator", refuse=2) as setup:
        await setup.shop.methods.add(RIDER, "pm_card_visa")
        await setup.handle_received("payment_method.attached")
        await setup.handle_received("customer.created")


async def test_dropped_webhooks_do_not_affect_polled_payments(store: Store, tmp_path: Path) -> None:
    async with webhook_setup(store, tmp_path / "emulator") as setup:
        await setup.emulator.set_behaviour(drop_webhooks=True)
        method, _ = await setup.shop.methods.add(RIDER, "pm_card_visa")
        await setup.shop.payments.hold(requested(method.id))
        await setup.shop.payments.settle(completed())
        assert [f.kind for f in setup.published] == ["hold", "capture"]
        assert await store.collection(EVENTS).count() == 0


async def test_second_intent_of_one_payment_is_cancelled(store: Store, tmp_path: Path) -> None:
    """A request failed, the lookup did not find the intent, and then the intent appeared."""
    async with webhook_setup(store, tmp_path / "emulator") as setup:
        method, _ = await setup.shop.methods.add(RIDER, "pm_card_visa")
        await setup.shop.payments.hold(requested(method.id))
        record = await setup.shop.payments.of_rescue(requested(method.id).rescue_id)
        assert record is not None and record.customer and record.stripe_payment_method
        await setup.shop.payments._gateway.hold(
            key="the lost one",
            amount_minor=2500,
            currency="CAD",
            customer=record.customer,
            method=record.stripe_payment_method,
            payment_id=record.id,
            rescue_id=record.rescue_id,
        )
        await setup.handle_received("payment_intent.amount_capturable_updated", times=2)
        statuses = {line["id"]: line["status"] for line in await setup.emulator.intents()}
        assert statuses.pop(str(record.intent_id)) == "requires_capture"
        assert list(statuses.values()) == ["canceled"]
