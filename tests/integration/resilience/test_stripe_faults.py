"""Payments while Stripe (its emulator) is unreachable, slow, or returns errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.faults import wait_until
from support.platform.in_process import Platform
from support.rescues.fixtures import VISA, PreparedRescue, RescueFactory, expect, quote_body

RETRIES = 3.0  # seconds: a job retries after one


async def requested_rescue(factory: RescueFactory) -> PreparedRescue:
    """A rescue that was just requested."""
    rider, card = await factory.rider()
    return await request_rescue(factory, rider, card)


async def request_rescue(factory: RescueFactory, rider: Any, card: str) -> PreparedRescue:
    quote = expect(await rider.post("/quotes", quote_body()), 201)
    body = {"quote_id": quote["id"], "payment_method_id": card}
    return PreparedRescue(factory.platform, rider, expect(await rider.create("/rescues", body), 201)["id"])


async def status(prepared: PreparedRescue) -> str:
    return str(expect(await prepared.rider.get(prepared.path), 200)["status"])


async def run_deadline(platform: Platform, prepared: PreparedRescue) -> None:
    """Run the rescue's deadline as a worker would."""
    [deadline] = [d for d in platform.container.deadlines() if d.spec.name == "rescuerequests"]
    await deadline.fire(prepared.rescue_id)


async def wait_for_status(prepared: PreparedRescue, wanted: str) -> None:
    async def is_there() -> bool:
        return await status(prepared) == wanted

    await wait_until(is_there)


async def test_a_rescue_waits_for_stripe_and_continues_when_it_returns(
    platform: Platform, factory: RescueFactory
) -> None:
    rider, card = await factory.rider()
    platform.faults.emulator.refuse_connections()
    prepared = await request_rescue(factory, rider, card)
    refused = await rider.post("/me/payment-methods", {"stripe_payment_method": VISA})
    assert (refused.status, refused.code) == (503, "overloaded")
    assert refused.headers["retry-after"]
    platform.clock.advance(290)  # not yet five minutes
    await asyncio.sleep(RETRIES)
    await run_deadline(platform, prepared)
    assert await status(prepared) == "requested"
    platform.faults.restore()
    await wait_for_status(prepared, "matching")
    assert [intent["status"] for intent in await platform.emulator.intents()] == ["requires_capture"]


async def test_a_rescue_is_rejected_after_five_minutes_without_stripe_and_leaves_no_hold(
    platform: Platform, factory: RescueFactory
) -> None:
    rider, card = await factory.rider()
    platform.faults.emulator.refuse_connections()
    prepared = await request_rescue(factory, rider, card)
    platform.clock.advance(301)
    await run_deadline(platform, prepared)
    rescue = expect(await rider.get(prepared.path), 200)
    assert (rescue["status"], rescue["reason"]) == ("rejected", "payment_timeout")
    platform.faults.restore()
    await wait_until_nothing_is_held(platform, prepared)
    again = await request_rescue(factory, rider, card)  # the rider may request another
    await wait_for_status(again, "matching")


async def test_a_hold_whose_response_was_lost_is_found_and_released(
    platform: Platform, factory: RescueFactory
) -> None:
    rider, card = await factory.rider()
    await platform.emulator.set_behaviour(timeout_next=1000)  # it holds the amount but does not respond
    prepared = await request_rescue(factory, rider, card)

    async def is_held() -> bool:
        return [intent["status"] for intent in await platform.emulator.intents()] == ["requires_capture"]

    await wait_until(is_held)
    platform.faults.emulator.refuse_connections()
    platform.clock.advance(301)
    await run_deadline(platform, prepared)
    assert await status(prepared) == "rejected"
    await platform.emulator.set_behaviour(timeout_next=0)
    platform.faults.restore()
    await wait_until_nothing_is_held(platform, prepared)
    assert len(await platform.emulator.intents()) == 1


async def wait_until_nothing_is_held(platform: Platform, prepared: PreparedRescue) -> None:
    async def is_over() -> bool:
        intents = {intent["status"] for intent in await platform.emulator.intents()}
        payment = await platform.container.payments.of_rescue(prepared.rescue_id)
        return intents <= {"canceled"} and payment is not None and payment.status in ("released", "failed")

    await wait_until(is_over)


@pytest.mark.parametrize(
    "behaviour",
    [
        {"fail_next": {"count": 3, "status": 500}},
        {"fail_next": {"count": 3, "status": 503}},
        {"fail_next": {"count": 2, "status": 429}},
        {"timeout_next": 2},
    ],
    ids=["500", "503", "429", "silent"],
)
async def test_a_failed_call_of_stripe_is_retried_and_takes_effect_once(
    platform: Platform, factory: RescueFactory, behaviour: dict[str, Any]
) -> None:
    rider, card = await factory.rider()
    await platform.emulator.set_behaviour(**behaviour)
    prepared = await request_rescue(factory, rider, card)
    await wait_for_status(prepared, "matching")
    assert [intent["status"] for intent in await platform.emulator.intents()] == ["requires_capture"]


async def test_a_slow_stripe_delays_only_payments(platform: Platform, factory: RescueFactory) -> None:
    others = await platform.person("rider")
    prepared = await requested_rescue(factory)
    await wait_for_status(prepared, "matching")
    platform.faults.emulator.delay_responses(30.0)  # longer than our time-out
    cards = [
        asyncio.create_task(prepared.rider.post("/me/payment-methods", {"stripe_payment_method": VISA}))
        for _ in range(10)
    ]
    while not all(task.done() for task in cards):
        assert (await others.get("/me")).status == 200
    for task in cards:
        refused = await task
        assert (refused.status, refused.code) == (503, "overloaded")
    expect(await prepared.rider.post(f"{prepared.path}/cancellation", {"reason": "fixed_it"}), 200)
    platform.faults.restore()
    await wait_until_nothing_is_held(platform, prepared)
