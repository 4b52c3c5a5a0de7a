"""The money of a rescue: held, captured, let go, and what happens when Stripe does not answer."""

from __future__ import annotations

import json
import time
from typing import Any

import aiohttp

from support.crash.life import cancel, completed, matching, requested
from support.crash.scenario import (
    Act,
    Findings,
    Scenario,
    all_of,
    intents,
    jobs,
    later,
    relay,
    wrong,
)
from support.crash.world import Answered, World
from support.payments.world import WEBHOOK_SECRET
from supportcarr.payments.collections import RECORDS
from supportcarr_lab.emulators.stripe.webhooks import signature

SILENT_ONCE = {"timeout_next": 1}
FAILS_ONCE = {"fail_next": {"count": 1, "status": 500}}


async def _status(world: World, *statuses: str) -> bool:
    records = await all_of(world, RECORDS)
    return [record.status in statuses for record in records] == [True]


def _held_as(record: str, intent: str, *rescue: str) -> Any:
    """One payment, in that state here and at Stripe, and the rescue moved on by it."""

    async def effect(world: World) -> Findings:
        async def done() -> bool:
            return await _status(world, record) and (await world.rescue()).status in rescue

        came = await world.until(done, 90)
        at_stripe = [line["status"] for line in await intents(world)]
        status = (await world.rescue()).status
        return wrong(
            (came, f"payments: {[r.status for r in await all_of(world, RECORDS)]}; the rescue is {status}"),
            (at_stripe == [intent], f"at Stripe: {at_stripe}"),
        )

    return effect


def _settled(record: str, captured: int | None) -> Any:
    """The payment came to its end: that much captured (``None``: the quote)."""

    async def effect(world: World) -> Findings:
        came = await world.until(lambda: _status(world, record), 90)
        wanted = (await world.rescue()).quote.total_minor if captured is None else captured
        lines = [line["captured_minor"] for line in await intents(world)]
        return wrong(
            (came, "the payment did not come to its end"),
            (lines == [wanted], f"captured {lines}, not {wanted}"),
        )

    return effect


# --- 3-D Secure, told by a webhook ------------------------------------------------------------------


async def _rider_has_authenticated(world: World) -> None:
    """The card asked for 3-D Secure and the rider answered it; Stripe's webhook is on its way."""
    await requested(world)
    await world.do_jobs()
    await world.relay()
    [intent] = await intents(world)
    assert intent["status"] == "requires_action"
    url = f"{world.place.stripe_url}/sandbox/stripe/payment_intents/{intent['id']}/authentication"
    async with aiohttp.ClientSession() as http, http.post(url, json={"succeeds": True}) as answer:
        assert answer.status == 200, await answer.text()


async def _webhook(world: World) -> Answered:
    [record] = await all_of(world, RECORDS)
    event = {
        "id": "evt_crash",
        "object": "event",
        "type": "payment_intent.amount_capturable_updated",
        "data": {
            "object": {
                "id": record.intent_id,
                "object": "payment_intent",
                "metadata": {"payment_id": record.id, "rescue_id": record.rescue_id},
            }
        },
    }
    body = json.dumps(event).encode()
    signed = {"stripe-signature": signature(WEBHOOK_SECRET, body, int(time.time()))}
    return await world.request(None, "POST", "/webhooks/stripe", body, headers=signed)


# --- ends -----------------------------------------------------------------------------------------


async def _cancelled_freely(world: World) -> None:
    await matching(world)
    await cancel(world)


async def _cancelled_late(world: World) -> None:
    await matching(world)
    [offer] = await world.open_offers()
    await world.container.dispatch.accept_offer(offer.driver_id, offer.id)
    await world.relay()
    await later(121)(world)
    await cancel(world)


_twice: tuple[Act, ...] = (jobs, later(3), jobs)

MONEY_SCENARIOS = (
    Scenario(
        name="holding the card",
        prepare=requested,
        behind=(jobs,),
        effect=_held_as("held", "requires_capture", "matching"),
    ),
    Scenario(
        name="holding a card that is declined",
        prepare=requested,
        card="pm_card_chargeCustomerFail",
        behind=(jobs, relay),
        effect=_held_as("failed", "requires_payment_method", "rejected"),
    ),
    Scenario(
        name="holding the card while Stripe does not answer",
        prepare=requested,
        emulator=SILENT_ONCE,
        behind=_twice,
        effect=_held_as("held", "requires_capture", "matching"),
    ),
    Scenario(
        name="holding the card while Stripe fails",
        prepare=requested,
        emulator=FAILS_ONCE,
        behind=(*_twice, later(3), jobs),
        effect=_held_as("held", "requires_capture", "matching"),
    ),
    Scenario(
        name="3-D Secure is answered",
        prepare=_rider_has_authenticated,
        card="pm_card_authenticationRequired",
        ask=_webhook,
        behind=(jobs, relay),
        effect=_held_as("held", "requires_capture", "matching"),
    ),
    Scenario(
        name="capturing the fare",
        prepare=completed,
        behind=(jobs, relay),
        effect=_settled("captured", None),
    ),
    Scenario(
        name="capturing the fare while Stripe does not answer",
        prepare=completed,
        emulator=SILENT_ONCE,
        behind=_twice,
        effect=_settled("captured", None),
    ),
    Scenario(
        name="capturing a fee", prepare=_cancelled_late, behind=(jobs,), effect=_settled("captured", 700)
    ),
    Scenario(
        name="releasing the hold",
        prepare=_cancelled_freely,
        behind=(jobs, relay),
        effect=_settled("released", 0),
    ),
)
