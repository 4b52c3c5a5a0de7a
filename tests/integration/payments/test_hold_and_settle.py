"""The price of a rescue is held, then captured or released, once, whatever fails in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec
import pytest

from support.payments.balances import balances
from support.payments.reconciliation import Due, StripeLine, differences
from support.payments.world import (
    DRIVER,
    RESCUE,
    RIDER,
    Crash,
    CrashInjector,
    Emulator,
    PaymentParts,
    completed,
    ended,
    gateway_to,
    payment_parts,
    requested,
    until_done,
)
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import (
    PaymentProcessed,
    RescueCancelled,
    RescueEnded,
    RescueRejected,
    RescueUnserved,
    RiderNotFound,
)
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store
from supportcarr.payments import handlers
from supportcarr.payments.collections import LEDGER, RECORDS
from supportcarr.payments.model import PaymentRecord
from supportcarr.payments.ports import CardRefused
from supportcarr.providers.stripe import StripePaymentGateway


@pytest.fixture
async def gateway(emulator: Emulator) -> AsyncIterator[StripePaymentGateway]:
    async with gateway_to(emulator) as opened:
        yield opened


@pytest.fixture
def shop(store: Store, gateway: StripePaymentGateway) -> PaymentParts:
    return payment_parts(store, gateway)


@pytest.fixture
def published(store: Store) -> list[PaymentProcessed]:
    """The published events of payments, in order."""
    processed: list[PaymentProcessed] = []

    def listen(collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
        processed.extend(e.event for e in events if isinstance(e.event, PaymentProcessed))

    store.subscribe(listen)
    return processed


async def card(shop: PaymentParts, token: str = "pm_card_visa") -> str:
    return (await shop.methods.add(RIDER, token))[0].id


async def record_of(shop: PaymentParts, rescue_id: str = RESCUE) -> PaymentRecord:
    record = await shop.payments.of_rescue(rescue_id)
    assert record is not None
    return record


def outcomes(events: list[PaymentProcessed]) -> list[tuple[str, str, int]]:
    return [(f.kind, f.status, f.amount_minor) for f in events]


async def test_a_completed_rescue_is_held_then_captured(
    shop: PaymentParts, store: Store, emulator: Emulator, published: list[PaymentProcessed]
) -> None:
    await shop.payments.hold(requested(await card(shop)))
    [held] = await emulator.intents()
    assert (held["status"], held["amount_minor"], held["rescue_id"]) == ("requires_capture", 2500, RESCUE)
    await shop.payments.settle(completed())
    [captured] = await emulator.intents()
    assert (captured["status"], captured["captured_minor"]) == ("succeeded", 2500)
    assert outcomes(published) == [("hold", "succeeded", 2500), ("capture", "succeeded", 2500)]
    assert published[-1].payment_status == "captured" and published[-1].captured_minor == 2500
    assert await balances(store) == {
        (f"rider:{RIDER}", "CAD"): 0,
        ("stripe_clearing", "CAD"): 2500,
        (f"driver_payable:{DRIVER}", "CAD"): -1875,
        ("platform_revenue", "CAD"): -625,
    }
    check = await shop.ledger.check()
    assert (check.sum_minor, check.unbalanced) == (0, ())


async def test_a_fixed_bike_costs_less_than_was_held(shop: PaymentParts, emulator: Emulator) -> None:
    await shop.payments.hold(requested(await card(shop)))
    await shop.payments.settle(completed(rider_minor=1500, driver_minor=1125))
    [line] = await emulator.intents()
    assert (line["captured_minor"], line["capturable_minor"]) == (1500, 0)
    assert (await record_of(shop)).captured_minor == 1500


@pytest.mark.parametrize(("kind", "status"), [(RescueCancelled, "cancelled"), (RiderNotFound, "no_show")])
async def test_a_fee_is_captured_from_the_hold(
    shop: PaymentParts,
    emulator: Emulator,
    published: list[PaymentProcessed],
    kind: type[RescueEnded],
    status: str,
) -> None:
    await shop.payments.hold(requested(await card(shop)))
    await shop.payments.settle(ended(kind, status, rider_minor=700, driver_minor=560, driver_id=DRIVER))
    assert outcomes(published)[-1] == ("fee", "succeeded", 700)
    [line] = await emulator.intents()
    assert line["captured_minor"] == 700
    page = await shop.ledger.earnings(DRIVER, limit=10, cursor=None)
    assert [t.kind for t in page.items] == ["fee"]


async def test_hold_is_released_without_a_charge(
    shop: PaymentParts, emulator: Emulator, published: list[PaymentProcessed]
) -> None:
    await shop.payments.hold(requested(await card(shop)))
    await shop.payments.settle(ended(RescueUnserved, "unserved"))
    [line] = await emulator.intents()
    assert (line["status"], line["captured_minor"]) == ("canceled", 0)
    assert outcomes(published)[-1] == ("release", "succeeded", 2500)
    assert (await shop.ledger.check()).transactions == 0


async def test_a_declined_card_fails_the_hold(
    shop: PaymentParts, emulator: Emulator, published: list[PaymentProcessed]
) -> None:
    await shop.payments.hold(requested(await card(shop, "pm_card_chargeCustomerFail")))
    assert outcomes(published) == [("hold", "failed", 2500)]
    assert (published[0].reason, published[0].payment_status) == ("card_declined", "failed")
    await shop.payments.settle(ended(RescueRejected, "rejected"))
    assert (await record_of(shop)).status == "failed"
    assert [line["captured_minor"] for line in await emulator.intents()] == [0]


async def test_card_removed_before_the_hold_fails_it(
    shop: PaymentParts, emulator: Emulator, published: list[PaymentProcessed]
) -> None:
    method = await card(shop)
    await shop.methods.remove(RIDER, method)
    await shop.payments.hold(requested(method))
    assert outcomes(published) == [("hold", "failed", 2500)]
    assert await emulator.intents() == []


async def test_a_card_detached_at_stripe_fails_the_hold(
    shop: PaymentParts, gateway: StripePaymentGateway, published: list[PaymentProcessed]
) -> None:
    method = await card(shop)
    known = await shop.methods.gateway_ids(RIDER, method)
    assert known is not None
    await gateway.detach(known[1])
    await shop.payments.hold(requested(method))
    assert outcomes(published) == [("hold", "failed", 2500)]
    assert published[0].reason == "card_declined"


async def test_a_card_refused_before_there_is_an_intent_fails_the_hold(
    shop: PaymentParts,
    gateway: StripePaymentGateway,
    published: list[PaymentProcessed],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    method = await card(shop)

    async def refused(**_: object) -> None:
        raise CardRefused("The card has expired.", code="expired_card")

    monkeypatch.setattr(gateway, "hold", refused)
    await shop.payments.hold(requested(method))
    assert outcomes(published) == [("hold", "failed", 2500)]
    assert (await record_of(shop)).failure == "expired_card"


async def test_an_authentication_is_requested_and_the_hold_waits(
    shop: PaymentParts, emulator: Emulator, published: list[PaymentProcessed]
) -> None:
    with pytest.raises(RetryLater):
        await shop.payments.hold(requested(await card(shop, "pm_card_authenticationRequired")))
    assert outcomes(published) == [("hold", "requires_action", 2500)]
    with pytest.raises(RetryLater):
        await shop.payments.hold(requested("pmt_any"))  # a repeat: the rider has not responded yet
    assert len(published) == 1
    [line] = await emulator.intents()
    needed = await shop.payments.authentication(RIDER, RESCUE)
    assert needed is not None
    secret, page = needed
    assert secret.startswith(f"{line['id']}_secret_")
    assert page == f"{emulator.base}/sandbox/authentication"
    with pytest.raises(NotFound):
        await shop.payments.authentication("usr_other", RESCUE)
    await emulator.authenticate(line["id"], succeeds=True)
    await shop.payments.sync_with_gateway((await record_of(shop)).id, line["id"])
    assert outcomes(published)[1:] == [("hold", "succeeded", 2500)]
    assert await shop.payments.authentication(RIDER, RESCUE) is None


async def test_the_hold_of_a_rider_who_never_authenticates_is_released_at_the_end(
    shop: PaymentParts, emulator: Emulator
) -> None:
    with pytest.raises(RetryLater):
        await shop.payments.hold(requested(await card(shop, "pm_card_authenticationRequired")))
    await shop.payments.settle(ended(RescueRejected, "rejected"))
    assert [line["status"] for line in await emulator.intents()] == ["canceled"]


async def test_a_rescue_that_ended_before_its_hold_is_never_held(
    shop: PaymentParts, emulator: Emulator
) -> None:
    method = await card(shop)
    await shop.payments.settle(ended(RescueCancelled, "cancelled"))
    await shop.payments.hold(requested(method))
    assert await emulator.intents() == []
    assert (await record_of(shop)).status == "released"


async def test_hold_that_succeeds_after_the_end_is_released(shop: PaymentParts, emulator: Emulator) -> None:
    method = await card(shop)
    await emulator.set_behaviour(fail_next={"count": 2, "status": 503})
    with pytest.raises(RetryLater):
        await shop.payments.hold(requested(method))
    with pytest.raises(RetryLater):  # the hold's outcome is not known yet
        await shop.payments.settle(ended(RescueCancelled, "cancelled"))
    await until_done(lambda: shop.payments.hold(requested(method)))
    await until_done(lambda: shop.payments.settle(ended(RescueCancelled, "cancelled")))
    assert [line["status"] for line in await emulator.intents()] == ["canceled"]


async def test_charge_without_a_known_hold_is_retried(shop: PaymentParts) -> None:
    with pytest.raises(RetryLater):
        await shop.payments.settle(completed())


@pytest.mark.parametrize("status", [500, 502, 503, 429])
async def test_failures_of_stripe_neither_block_nor_repeat_payments(
    shop: PaymentParts, emulator: Emulator, published: list[PaymentProcessed], status: int
) -> None:
    method = await card(shop)
    await emulator.set_behaviour(fail_next={"count": 2, "status": status})
    await until_done(lambda: shop.payments.hold(requested(method)))
    await emulator.set_behaviour(fail_next={"count": 2, "status": status})
    await until_done(lambda: shop.payments.settle(completed()))
    [line] = await emulator.intents()
    assert line["captured_minor"] == 2500
    assert outcomes(published) == [("hold", "succeeded", 2500), ("capture", "succeeded", 2500)]


@pytest.mark.parametrize("end", [completed(), ended(RescueUnserved, "unserved")], ids=["capture", "release"])
async def test_request_that_timed_out_is_found_completed(
    shop: PaymentParts,
    store: Store,
    emulator: Emulator,
    published: list[PaymentProcessed],
    end: RescueEnded,
) -> None:
    method = await card(shop)
    async with gateway_to(emulator, timeout_seconds=0.3) as hasty:
        shop = payment_parts(store, hasty)
        works: list[Callable[[], Awaitable[None]]] = [
            lambda: shop.payments.hold(requested(method)),
            lambda: shop.payments.settle(end),
        ]
        for work in works:
            await emulator.set_behaviour(timeout_next=1)
            with pytest.raises(RetryLater):
                await work()
            await until_done(work)
    [line] = await emulator.intents()
    assert (line["captured_minor"], line["capturable_minor"]) == (end.owed.rider_minor, 0)
    assert [(f.kind, f.status) for f in published] == [
        ("hold", "succeeded"),
        ("capture" if end.owed.rider_minor else "release", "succeeded"),
    ]


async def test_a_capture_made_by_hand_is_recorded(
    shop: PaymentParts, gateway: StripePaymentGateway, published: list[PaymentProcessed]
) -> None:
    await shop.payments.hold(requested(await card(shop)))
    intent_id = (await record_of(shop)).intent_id
    assert intent_id is not None
    await gateway.capture(intent_id, 2500, key="dashboard")
    await shop.payments.settle(completed())
    assert outcomes(published)[-1] == ("capture", "succeeded", 2500)


async def test_expired_hold_leaves_driver_paid_and_rider_in_debt(
    shop: PaymentParts, store: Store, gateway: StripePaymentGateway, published: list[PaymentProcessed]
) -> None:
    await shop.payments.hold(requested(await card(shop)))
    intent_id = (await record_of(shop)).intent_id
    assert intent_id is not None
    await gateway.cancel(intent_id, key="after seven days")
    await shop.payments.settle(completed())
    assert outcomes(published)[-1] == ("capture", "failed", 2500)
    booked = await balances(store)
    assert booked[f"rider:{RIDER}", "CAD"] == 2500
    assert booked[f"driver_payable:{DRIVER}", "CAD"] == -1875


async def test_concurrent_repeats_take_effect_once(
    shop: PaymentParts, emulator: Emulator, published: list[PaymentProcessed]
) -> None:
    method = await card(shop)
    await asyncio.gather(*(until_done(lambda: shop.payments.hold(requested(method))) for _ in range(4)))
    await asyncio.gather(*(until_done(lambda: shop.payments.settle(completed())) for _ in range(4)))
    [line] = await emulator.intents()
    assert line["captured_minor"] == 2500
    assert outcomes(published) == [("hold", "succeeded", 2500), ("capture", "succeeded", 2500)]
    assert (await shop.ledger.check()).transactions == 2


async def test_the_slow_consumers_have_the_same_effect(shop: PaymentParts, emulator: Emulator) -> None:
    consumers = {c.name: c for c in handlers.consumers(shop.payments)}
    assert all(c.slow for c in consumers.values())
    for name, event in (("payments.hold", requested(await card(shop))), ("payments.settle", completed())):
        envelope = EventEnvelope(
            id=f"{RESCUE}.1.0",
            collection="rescuerequests",
            document_id=RESCUE,
            document_version=1,
            at=shop.payments._clock.city(),
            actor=SYSTEM,
            event=event,
        )
        await consumers[name].handle(envelope)
    assert [line["captured_minor"] for line in await emulator.intents()] == [2500]


ENDS: dict[str, Any] = {
    "capture": lambda rescue_id: completed(rescue_id=rescue_id),
    "fee": lambda rescue_id: ended(
        RescueCancelled, "cancelled", rider_minor=700, driver_minor=560, rescue_id=rescue_id, driver_id=DRIVER
    ),
    "release": lambda rescue_id: ended(RescueUnserved, "unserved", rescue_id=rescue_id),
}


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("stored_failures", [False, True])
async def test_a_crash_after_any_step_leaves_one_intent_one_settlement_one_booking(
    store: Store,
    gateway: StripePaymentGateway,
    emulator: Emulator,
    published: list[PaymentProcessed],
    name: str,
    stored_failures: bool,
) -> None:
    """Crash after the n-th step that leaves a trace, for every n, and run both jobs again from the start.

    With *stored_failures* Stripe also fails once, under the key, in each of the two jobs.
    """
    whole = payment_parts(store, gateway)
    method = await card(whole)
    crashes = 0
    for n in range(1, 100):
        rescue_id = f"res_qc_01jtwn000000000000000{n:05d}"
        request = requested(method, rescue_id=rescue_id)
        end = ENDS[name](rescue_id)
        injector = CrashInjector(n)
        crashing = payment_parts(injector.store(store), injector.gateway(gateway))
        try:
            for work in (lambda: crashing.payments.hold(request), lambda: crashing.payments.settle(end)):  # noqa: B023 - run at once
                if stored_failures:
                    await emulator.set_behaviour(fail_next={"count": 1, "status": 500})
                await until_done(work)
        except Crash:
            crashes += 1
        await emulator.set_behaviour(fail_next={"count": 0})
        for work in (lambda: whole.payments.hold(request), lambda: whole.payments.settle(end)):  # noqa: B023 - run at once
            await until_done(work)
        lines = [line for line in await emulator.intents() if line["rescue_id"] == rescue_id]
        assert [line["captured_minor"] for line in lines] == [end.owed.rider_minor], f"crash after {n}"
        assert [line["capturable_minor"] for line in lines] == [0]
        kinds = [f.kind for f in published if f.rescue_id == rescue_id]
        assert kinds == ["hold", name], f"crash after {n}"
        booked = [t.id async for t in store.collection(LEDGER).scan() if t.rescue_id == rescue_id]
        assert len(booked) == (0 if name == "release" else 2)
        record = await store.collection(RECORDS).get(f"pay_{rescue_id.rpartition('_')[2]}")
        assert record is not None
        assert record.status == ("released" if name == "release" else "captured")
        if injector.survived:
            break
    assert crashes == n - 1 >= 7
    books = msgspec.convert(await emulator.intents(), list[StripeLine])
    booked_all = [t async for t in store.collection(LEDGER).scan()]
    dues = {
        str(line.rescue_id): Due(rider_id=RIDER, driver_id=end.driver_id, owed=end.owed) for line in books
    }
    assert differences(books, booked_all, dues) == []
