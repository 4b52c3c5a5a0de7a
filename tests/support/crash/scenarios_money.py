"""Scenarios of payments: hold, capture, release, and a Stripe that fails or does not answer."""

from __future__ import annotations

import json
import time
from typing import Any

import aiohttp

from support.crash.life import cancel, completed, matching, requested
from support.crash.scenario import (
    Action,
    Findings,
    Scenario,
    advance,
    find_all,
    intents,
    problems,
    run_jobs,
    run_relay,
)
from support.crash.world import ApiResponse, World
from support.payments.world import WEBHOOK_SECRET
from supportcarr.payments.collections import RECORDS
from supportcarr_lab.emulators.stripe.webhooks import signature

TIMES_OUT_ONCE = {"timeout_next": 1}
FAILS_ONCE = {"fail_next": {"count": 1, "status": 500}}


async def _status(world: World, *statuses: str) -> bool:
    records = await find_all(world, RECORDS)
    return [record.status in statuses for record in records] == [True]


def _held_as(record: str, intent: str, *rescue: str) -> Any:
    """There is one payment in that state, here and at Stripe, and the rescue is in one of those states."""

    async def effect(world: World) -> Findings:
        async def done() -> bool:
            return await _status(world, record) and (await world.rescue()).status in rescue

        came = await world.until(done, 90)
        at_stripe = [line["status"] for line in await intents(world)]
        status = (await world.rescue()).status
        return problems(
            (came, f"payments: {[r.status for r in await find_all(world, RECORDS)]}; the rescue is {status}"),
            (at_stripe == [intent], f"at Stripe: {at_stripe}"),
        )

    return effect


def _settled(record: str, captured: int | None) -> Any:
    """The payment has ended with that amount captured (``None``: the quote's total)."""

    async def effect(world: World) -> Findings:
        came = await world.until(lambda: _status(world, record), 90)
        wanted = (await world.rescue()).quote.total_minor if captured is None else captured
        lines = [line["captured_minor"] for line in await intents(world)]
        return problems(
            (came, "the payment did not end"),
            (lines == [wanted], f"captured {lines}, not {wanted}"),
        )

    return effect


# --- 3-D Secure and its webhook --------------------------------------------------------------------


async def _rider_has_authenticated(world: World) -> None:
    """The card required 3-D Secure and the rider passed it; Stripe's webhook was not received yet."""
    await requested(world)
    await world.run_jobs()
    await world.relay()
    [intent] = await intents(world)
    assert intent["status"] == "requires_action"
    url = f"{world.deployment.stripe_url}/sandbox/stripe/payment_intents/{intent['id']}/authentication"
    async with aiohttp.ClientSession() as http, http.post(url, json={"succeeds": True}) as response:
        assert response.status == 200, await response.text()


async def _webhook(world: World) -> ApiResponse:
    [record] = await find_all(world, RECORDS)
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
    await advance(121)(world)
    await cancel(world)


_with_retry: tuple[Action, ...] = (run_jobs, advance(3), run_jobs)

MONEY_SCENARIOS = (
    Scenario(
        name="holding the card",
        prepare=requested,
        background=(run_jobs,),
        effect=_held_as("held", "requires_capture", "matching"),
    ),
    Scenario(
        name="holding a card that is declined",
        prepare=requested,
        card="pm_card_chargeCustomerFail",
        background=(run_jobs, run_relay),
        effect=_held_as("failed", "requires_payment_method", "rejected"),
    ),
    Scenario(
        name="holding the card while Stripe does not answer",
        prepare=requested,
        emulator=TIMES_OUT_ONCE,
        background=_with_retry,
        effect=_held_as("held", "requires_capture", "matching"),
    ),
    Scenario(
        name="holding the card while Stripe fails",
        prepare=requested,
        emulator=FAILS_ONCE,
        background=(*_with_retry, advance(3), run_jobs),
        effect=_held_as("held", "requires_capture", "matching"),
    ),
    Scenario(
        name="3-D Secure succeeds",
        prepare=_rider_has_authenticated,
        card="pm_card_authenticationRequired",
        request=_webhook,
        background=(run_jobs, run_relay),
        effect=_held_as("held", "requires_capture", "matching"),
    ),
    Scenario(
        name="capturing the fare",
        prepare=completed,
        background=(run_jobs, run_relay),
        effect=_settled("captured", None),
    ),
    Scenario(
        name="capturing the fare while Stripe does not answer",
        prepare=completed,
        emulator=TIMES_OUT_ONCE,
        background=_with_retry,
        effect=_settled("captured", None),
    ),
    Scenario(
        name="capturing a fee",
        prepare=_cancelled_late,
        background=(run_jobs,),
        effect=_settled("captured", 700),
    ),
    Scenario(
        name="releasing the hold",
        prepare=_cancelled_freely,
        background=(run_jobs, run_relay),
        effect=_settled("released", 0),
    ),
)
