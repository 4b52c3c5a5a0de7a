"""Payments while Stripe (its emulator) is unreachable, slow, or returns errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.faults import until
from support.platform.in_process import Platform
from support.rescues.fixtures import VISA, PreparedRescue, RescueFactory, expect, quote_body

RETRIES = 3.0  # seconds: a job retries after one


async def asked_for(stage: RescueFactory) -> PreparedRescue:
    """A rescue that was just requested."""
    rider, card = await stage.rider()
    return await ask(stage, rider, card)


async def ask(stage: RescueFactory, rider: Any, card: str) -> PreparedRescue:
    quote = expect(await rider.post("/quotes", quote_body()), 201)
    body = {"quote_id": quote["id"], "payment_method_id": card}
    return PreparedRescue(stage.platform, rider, expect(await rider.create("/rescues", body), 201)["id"])


async def status(scene: PreparedRescue) -> str:
    return str(expect(await scene.rider.get(scene.path), 200)["status"])


async def time_runs_out(platform: Platform, scene: PreparedRescue) -> None:
    """Run the rescue's deadline as a worker would."""
    [deadline] = [d for d in platform.container.deadlines() if d.spec.name == "rescuerequests"]
    await deadline.fire(scene.rescue_id)


async def becomes(scene: PreparedRescue, wanted: str) -> None:
    async def is_there() -> bool:
        return await status(scene) == wanted

    await until(is_there)


async def test_a_rescue_waits_for_stripe_and_continues_when_it_returns(
    platform: Platform, stage: RescueFactory
) -> None:
    rider, card = await stage.rider()
    platform.faults.emulator.shut()
    scene = await ask(stage, rider, card)
    refused = await rider.post("/me/payment-methods", {"stripe_payment_method": VISA})
    assert (refused.status, refused.code) == (503, "overloaded")
    assert refused.headers["retry-after"]
    platform.clock.advance(290)  # not yet five minutes
    await asyncio.sleep(RETRIES)
    await time_runs_out(platform, scene)
    assert await status(scene) == "requested"
    platform.faults.heal()
    await becomes(scene, "matching")
    assert [intent["status"] for intent in await platform.emulator.intents()] == ["requires_capture"]


async def test_after_five_minutes_without_stripe_the_rescue_is_rejected_without_a_hold(
    platform: Platform, stage: RescueFactory
) -> None:
    rider, card = await stage.rider()
    platform.faults.emulator.shut()
    scene = await ask(stage, rider, card)
    platform.clock.advance(301)
    await time_runs_out(platform, scene)
    rescue = expect(await rider.get(scene.path), 200)
    assert (rescue["status"], rescue["reason"]) == ("rejected", "payment_timeout")
    platform.faults.heal()
    await nothing_is_held(platform, scene)
    again = await ask(stage, rider, card)  # the rider may request another
    await becomes(again, "matching")


async def test_a_hold_whose_response_was_lost_is_found_and_released(
    platform: Platform, stage: RescueFactory
) -> None:
    rider, card = await stage.rider()
    await platform.emulator.set_behaviour(timeout_next=1)  # it holds the amount but does not respond
    scene = await ask(stage, rider, card)

    async def is_held() -> bool:
        return [intent["status"] for intent in await platform.emulator.intents()] == ["requires_capture"]

    await until(is_held)
    platform.faults.emulator.shut()
    platform.clock.advance(301)
    await time_runs_out(platform, scene)
    assert await status(scene) == "rejected"
    platform.faults.heal()
    await nothing_is_held(platform, scene)
    assert len(await platform.emulator.intents()) == 1


async def nothing_is_held(platform: Platform, scene: PreparedRescue) -> None:
    async def is_over() -> bool:
        intents = {intent["status"] for intent in await platform.emulator.intents()}
        payment = await platform.container.payments.of_rescue(scene.rescue_id)
        return intents <= {"canceled"} and payment is not None and payment.status in ("released", "failed")

    await until(is_over)


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
    platform: Platform, stage: RescueFactory, behaviour: dict[str, Any]
) -> None:
    rider, card = await stage.rider()
    await platform.emulator.set_behaviour(**behaviour)
    scene = await ask(stage, rider, card)
    await becomes(scene, "matching")
    assert [intent["status"] for intent in await platform.emulator.intents()] == ["requires_capture"]


async def test_a_slow_stripe_delays_only_payments(
    platform: Platform, stage: RescueFactory
) -> None:
    others = await platform.person("rider")
    scene = await asked_for(stage)
    await becomes(scene, "matching")
    platform.faults.emulator.slow(5.0)  # longer than our time-out
    cards = [
        asyncio.create_task(scene.rider.post("/me/payment-methods", {"stripe_payment_method": VISA}))
        for _ in range(10)
    ]
    while not all(task.done() for task in cards):
        assert (await others.get("/me")).status == 200
    for task in cards:
        refused = await task
        assert (refused.status, refused.code) == (503, "overloaded")
    expect(await scene.rider.post(f"{scene.path}/cancellation", {"reason": "fixed_it"}), 200)
    platform.faults.heal()
    await nothing_is_held(platform, scene)
