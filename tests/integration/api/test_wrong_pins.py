"""The limit of start PINs counts wrong ones only, of all of a driver's rescues and routes together."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from support.platform.in_process import running_platform
from support.rescues.fixtures import RescueFactory, expect

FIX = {"outcome": "fixed_on_spot", "price_minor": 500}


@pytest.mark.parametrize("redis_runs", [True, False])
async def test_a_driver_without_a_wrong_pin_is_never_at_the_limit(tmp_path: Path, redis_runs: bool) -> None:
    async with running_platform(tmp_path, LIMITS_PINS_PER_MINUTE="2") as platform:
        prepared = await RescueFactory(platform).arrived()
        pin = (await prepared.view())["pin"]
        if not redis_runs:
            platform.redis_server.stop()
        for _ in range(4):
            asked = await prepared.driver_posts("completion", FIX)
            assert (asked.status, asked.code) == (409, "rider_confirmation_required")
            assert (await prepared.driver_posts("start", {"pin": "12"})).status == 422
            assert (await prepared.rider.post(f"{prepared.path}/start", {"pin": pin})).status == 403
        for _ in range(4):
            reply = await prepared.driver_posts("start", {"pin": pin})
            assert (reply.status, reply.headers["ratelimit"]) == (200, '"pins";r=2')
        for _ in range(4):
            expect(await prepared.driver_posts("completion", {"outcome": "delivered"}), 200)


async def test_wrong_pins_are_limited_over_all_routes_also_many_at_once(tmp_path: Path) -> None:
    async with running_platform(tmp_path, LIMITS_PINS_PER_MINUTE="3", RESCUES_PIN_TRIES="50") as platform:
        factory = RescueFactory(platform)
        one, other = await factory.arrived(), await factory.arrived()
        wrong = "0000" if (await one.view())["pin"] != "0000" else "0001"
        bodies = {"start": {"pin": wrong}, "completion": FIX | {"pin": wrong}}
        codes = [(await one.driver_posts(step, bodies[step])).code for step in (*bodies, *bodies)]
        assert codes == ["pin_wrong"] * 3 + ["rate_limited"]
        assert (await one.driver_posts("start", {"pin": (await one.view())["pin"]})).status == 429
        wrong = "0000" if (await other.view())["pin"] != "0000" else "0001"
        replies = await asyncio.gather(*(other.driver_posts("start", {"pin": wrong}) for _ in range(12)))
        judged = Counter(reply.code for reply in replies)
        assert set(judged) <= {"pin_wrong", "rate_limited", "conflict"}
        assert judged["pin_wrong"] == 3
