"""A platform without Redis, with a slow or unresponsive one, and after its recovery."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.faults import wait_until
from support.http.server import Client, Reply
from support.platform.in_process import Platform, running_platform
from support.rescues.fixtures import PICKUP, VISA, RescueFactory, expect, quote_body
from supportcarr.kit.events.stream_types import StreamEvent
from supportcarr.realtime.event_mapping import user_stream

COVERAGE = f"/coverage?lat={PICKUP['lat']}&lng={PICKUP['lng']}"


async def report(platform: Platform, driver: Client, *, later_s: float = 1) -> Reply:
    """Report the driver's position *later_s* seconds later."""
    platform.clock.advance(later_s)
    position = {"lat": PICKUP["lat"], "lng": PICKUP["lng"], "at": platform.clock.city().isoformat()}
    return await driver.post("/me/positions", position)


async def wait_for_status(rider: Client, rescue_id: str, *statuses: str) -> Any:
    """Wait until the rescue has one of those statuses; return the rescue."""
    now: Any = None

    async def is_there() -> bool:
        nonlocal now
        now = expect(await rider.get(f"/rescues/{rescue_id}"), 200)
        return now["status"] in statuses

    await wait_until(is_there)
    return now


async def stream_events(platform: Platform, user_id: str) -> list[StreamEvent]:
    """All events on that user's stream."""
    stream = user_stream(user_id)
    epoch = (await platform.container.streams.current_positions([stream]))[stream].partition(":")[0]
    return await platform.container.streams.read(stream, f"{epoch}:0", 1000)


def statuses(items: Sequence[StreamEvent], rescue_id: str) -> list[str]:
    """The statuses of that rescue in the order of the stream."""
    updates = [msgspec.json.decode(item.data) for item in items if item.name == "rescue:status_update"]
    return [one["status"] for one in updates if one["rescue_id"] == rescue_id]


async def wait_until_redis_is_missed(platform: Platform) -> None:
    await wait_until(platform.container.tokens.stale)


def is_unavailable(reply: Reply) -> bool:
    return (
        reply.status == 503 and reply.code in ("overloaded", "unavailable") and "retry-after" in reply.headers
    )


async def test_without_redis_everything_works_except_data_kept_only_in_redis(
    platform: Platform, factory: RescueFactory
) -> None:
    riding = await factory.in_transit()
    waiting, card = await factory.rider()
    platform.faults.redis.refuse_connections()
    await wait_until_redis_is_missed(platform)

    # reads
    assert (await waiting.get("/me")).status == 200
    assert (await riding.rider.get(riding.path)).body["status"] == "in_transit"
    assert (await riding.rider.get("/rescues")).status == 200
    assert (await waiting.get(COVERAGE)).body["covered"] is True
    assert (await platform.anonymous().get("//readyz")).status == 200

    # positions are stored in Redis only
    assert is_unavailable(await report(platform, riding.assigned_driver))

    # a rescue can be requested, without an arrival time, and the amount is held on the card
    quote = expect(await waiting.post("/quotes", quote_body()), 201)
    assert quote.get("eta_seconds") is None
    body = {"quote_id": quote["id"], "payment_method_id": card}
    rescue = expect(await waiting.create("/rescues", body), 201)
    await wait_for_status(waiting, rescue["id"], "matching")

    # a rescue in progress is completed and paid
    expect(await riding.driver_posts("completion", {"outcome": "delivered"}), 200)
    paid = await wait_for_status(riding.rider, riding.rescue_id, "completed")

    async def is_captured() -> bool:
        now = expect(await riding.rider.get(riding.path), 200)
        return bool(now["payment"]["captured_minor"] == paid["price_minor"])

    await wait_until(is_captured)

    # the other is cancelled and its hold released
    expect(await waiting.post(f"/rescues/{rescue['id']}/cancellation", {"reason": "fixed_it"}), 200)

    async def is_released() -> bool:
        return {i["status"] for i in await platform.emulator.intents()} == {"succeeded", "canceled"}

    await wait_until(is_released)

    # a signed-out user is rejected
    expect(await waiting.post("/auth/sign-out"), 204)
    assert (await waiting.get("/me")).status == 401

    # Redis is back: events since then are published, once and in order
    platform.faults.restore()
    await wait_until(lambda: not platform.relay.stats()["retrying"])
    await platform.settle()
    for scene_id, person, states in (
        (rescue["id"], waiting, ["requested", "matching", "cancelled"]),
        (riding.rescue_id, riding.rider, ["in_transit", "completed"]),
    ):
        items = await stream_events(platform, person.user_id)
        assert len({item.id for item in items}) == len(items)
        assert statuses(items, scene_id)[-len(states) :] == states
    assert (await report(platform, riding.assigned_driver)).status == 200
    await wait_until(lambda: not platform.container.tokens.stale())


async def test_without_redis_and_store_no_token_is_accepted(platform: Platform) -> None:
    rider = await platform.person("rider")
    platform.faults.redis.refuse_connections()
    await wait_until_redis_is_missed(platform)
    assert (await rider.get("/me")).status == 200
    platform.faults.store.fails = True
    refused = await rider.get("/me/offers")
    assert is_unavailable(refused)
    assert refused.body["detail"] == "Sessions cannot be checked at the moment"
    assert (await platform.anonymous().get("/clock")).status == 200
    platform.faults.restore()
    assert (await rider.get("/me")).status == 200


@pytest.mark.parametrize("fault", ["stall", "slow"])
async def test_a_slow_redis_does_not_slow_other_requests(
    platform: Platform, factory: RescueFactory, fault: str
) -> None:
    prepared = await factory.in_transit()
    people = [prepared.rider, prepared.assigned_driver] + [await platform.person("rider") for _ in range(4)]
    if fault == "stall":
        platform.faults.redis.stall()
    else:
        platform.faults.redis.delay_responses(1.0)
    await wait_until_redis_is_missed(platform)
    many = 10 * len(people)  # in 2.5 s; two or three each if they waited for Redis
    for _ in range(8):  # a machine that is busy with something else is no fault
        reads, positions = await _use(platform, people, prepared.assigned_driver, 2.5)
        assert {reply.status for reply in reads} == {200}
        if fault == "stall":
            assert all(map(is_unavailable, positions))
        if len(reads) > many:
            break
    assert len(reads) > many
    assert "http_requests_in_flight 0.0" in platform.api.metrics.render().decode()

    platform.faults.restore()
    await wait_until(lambda: not platform.container.tokens.stale())

    async def takes_positions() -> bool:
        return (await report(platform, prepared.assigned_driver)).status == 200

    await wait_until(takes_positions)


async def _use(
    platform: Platform, people: Sequence[Client], driver: Client, seconds: float
) -> tuple[list[Reply], list[Reply]]:
    """Replies to what the people read, and to the driver's positions, meanwhile."""
    reads: list[Reply] = []
    positions: list[Reply] = []
    ends = time.monotonic() + seconds

    async def read(person: Client) -> None:
        while time.monotonic() < ends:
            reads.append(await person.get("/me"))

    async def drive() -> None:
        while time.monotonic() < ends:
            positions.append(await report(platform, driver, later_s=0.01))

    async with asyncio.timeout(60):
        await asyncio.gather(*map(read, people), *(drive() for _ in range(5)))
    return reads, positions


def rejected_requests(platform: Platform) -> float:
    lines = platform.api.metrics.render().decode().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("http_requests_rejected_total")))


async def test_requests_waiting_for_an_unresponsive_redis_are_bounded(tmp_path: Path) -> None:
    async with running_platform(tmp_path, redis_timeout_s=3.0, REQUESTS_AT_ONCE="20") as platform:
        platform.contract.under_faults = True
        driver = await RescueFactory(platform).driver()
        platform.faults.redis.stall()
        await wait_until_redis_is_missed(platform)
        sending = [asyncio.create_task(report(platform, driver, later_s=0)) for _ in range(200)]
        await wait_until(lambda: rejected_requests(platform) > 100)
        assert (await driver.get("/me")).status == 200
        replies = [await task for task in sending]
        assert all(map(is_unavailable, replies))
        assert "http_requests_in_flight 0.0" in platform.api.metrics.render().decode()


async def test_a_flapping_connection_loses_no_response(platform: Platform, factory: RescueFactory) -> None:
    driver = await factory.driver()
    flapping = True
    taken = 0

    async def flap() -> None:
        """Close connections ten times a second; on a busy machine not before one was of use."""
        while flapping:
            await asyncio.to_thread(platform.faults.redis.close_connections)
            before = taken
            await asyncio.sleep(0.1)
            while flapping and taken == before:
                await asyncio.sleep(0.01)

    flaps = asyncio.create_task(flap())
    try:
        for _ in range(100):
            assert (await driver.get("/me")).status == 200
            reply = await report(platform, driver)
            assert reply.status == 200 or is_unavailable(reply)
            taken += reply.status == 200
    finally:
        flapping = False
        await flaps
    assert taken > 10
    await wait_until(lambda: not platform.container.tokens.stale())


async def test_a_full_redis_counts_as_unavailable_for_writes(
    platform: Platform, factory: RescueFactory
) -> None:
    driver = await factory.driver()
    rider, card = await factory.rider()
    redis = platform.container.redis.durable

    async def is_rejected() -> bool:
        return is_unavailable(await report(platform, driver))

    await redis.call("CONFIG", "SET", "maxmemory", 1)
    await wait_until(is_rejected)  # a script just after the setting may still be accepted by Redis
    rescue_id = await _request_rescue(platform, rider, card)
    await wait_for_status(rider, rescue_id, "matching")
    await wait_until(lambda: not platform.container.tokens.stale())  # reads still work
    await redis.call("CONFIG", "SET", "maxmemory", 0)
    await wait_until(lambda: not platform.relay.stats()["retrying"])
    await platform.settle()
    assert statuses(await stream_events(platform, rider.user_id), rescue_id)[:2] == ["requested", "matching"]
    assert (await report(platform, driver)).status == 200


async def test_a_rescue_requested_while_redis_is_slow_is_not_lost(
    platform: Platform, factory: RescueFactory
) -> None:
    rider, card = await factory.rider(VISA)
    platform.faults.redis.delay_responses(0.4)
    rescue_id = await _request_rescue(platform, rider, card)
    await wait_for_status(rider, rescue_id, "matching")
    platform.faults.restore()
    await wait_until(lambda: not platform.relay.stats()["retrying"])
    await platform.settle()
    assert statuses(await stream_events(platform, rider.user_id), rescue_id) == ["requested", "matching"]


async def _request_rescue(platform: Platform, rider: Client, card: str) -> str:
    quote = expect(await rider.post("/quotes", quote_body()), 201)
    body = {"quote_id": quote["id"], "payment_method_id": card}
    return str(expect(await rider.create("/rescues", body), 201)["id"])


async def test_unpublished_events_reach_a_wiped_redis(platform: Platform, factory: RescueFactory) -> None:
    rider, card = await factory.rider()
    platform.faults.redis.refuse_connections()
    await wait_until_redis_is_missed(platform)
    rescue_id = await _request_rescue(platform, rider, card)
    await wait_for_status(rider, rescue_id, "matching")
    platform.redis_server.kill()
    platform.redis_server.start()
    platform.faults.restore()
    await wait_until(lambda: not platform.relay.stats()["retrying"])
    await platform.settle()
    assert statuses(await stream_events(platform, rider.user_id), rescue_id) == ["requested", "matching"]
