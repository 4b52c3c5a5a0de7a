"""A driver without signal: steps that arrive later are judged by the trail of their own time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from support.rescues.fixtures import PreparedRescue, RescueFactory, expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

AWAY = 0.012  # degrees of latitude: 1.3 km, which a truck can drive in 20 seconds by the rules


class PhoneWithoutSignal:
    """Positions and steps of a driver, with their times; nothing is sent until ``send``."""

    def __init__(self, factory: RescueFactory, prepared: PreparedRescue) -> None:
        self.factory, self.prepared = factory, prepared
        self.positions: list[dict[str, Any]] = []

    @property
    def now(self) -> datetime:
        return self.factory.platform.clock.city()

    def drive(self, at: Mapping[str, Any], seconds: float, step: float = 20) -> datetime:
        """Be at that place for a while; the time at the end of it."""
        for _ in range(round(seconds / step)):
            self.factory.platform.clock.advance(step)
            self.positions.append({"lat": at["lat"], "lng": at["lng"], "at": self.now.isoformat()})
        return self.now

    async def send_positions(self) -> None:
        while self.positions:
            batch, self.positions = self.positions[:100], self.positions[100:]
            reply = await self.prepared.assigned_driver.post("/me/positions", batch)
            assert expect(reply, 200)["refused"] == []


async def pickup_of(prepared: PreparedRescue) -> dict[str, Any]:
    pickup = (await prepared.view())["pickup"]
    return {"lat": pickup["lat"], "lng": pickup["lng"]}


def late(at: datetime, **more: Any) -> dict[str, Any]:
    return {"happened_at": at.isoformat(), **more}


async def test_a_job_without_signal_is_stored_with_its_own_times(factory: RescueFactory) -> None:
    prepared = await factory.assigned()
    pickup = await pickup_of(prepared)
    phone = PhoneWithoutSignal(factory, prepared)
    left = phone.drive(pickup, 60)
    arrived = phone.drive(pickup, 120)
    loaded = phone.drive(pickup, 240)
    delivered = phone.drive(pickup, 60)
    phone.drive(pickup, 900)
    await phone.send_positions()
    pin = (await prepared.view())["pin"]
    for step, body in (
        ("departure", late(left)),
        ("arrival", late(arrived)),
        ("start", late(loaded, pin=pin)),
        ("completion", late(delivered, outcome="delivered")),
    ):
        expect(await prepared.driver_posts(step, body), 200)
        expect(await prepared.driver_posts(step, body), 200)  # the answer was lost
    await factory.platform.settle()
    timeline = expect(await prepared.rider.get(f"{prepared.path}/timeline"), 200)["items"][-4:]
    assert [datetime.fromisoformat(entry["at"]) for entry in timeline] == [left, arrived, loaded, delivered]
    assert all(datetime.fromisoformat(entry["received_at"]) >= phone.now for entry in timeline)
    operator = await factory.platform.person("support")
    seen = expect(await operator.get(f"{prepared.path}/timeline"), 200)["items"]
    assert "unverified" not in seen[-3]  # the trail says that the driver was there


async def test_an_arrival_is_judged_by_where_the_driver_was_then(factory: RescueFactory) -> None:
    prepared = await factory.en_route()
    pickup = await pickup_of(prepared)
    far = {"lat": pickup["lat"] + AWAY, "lng": pickup["lng"]}
    phone = PhoneWithoutSignal(factory, prepared)
    elsewhere = phone.drive(far, 400)
    there = phone.drive(pickup, 400)
    phone.drive(far, 400)
    await phone.send_positions()
    reply = await prepared.driver_posts("arrival", late(elsewhere))
    assert (reply.status, reply.code) == (409, "too_far_from_pickup")
    assert (await prepared.driver_posts("arrival")).code == "too_far_from_pickup"  # they are far away now
    expect(await prepared.driver_posts("arrival", late(there)), 200)


async def test_a_no_show_needs_the_wait_of_that_time(factory: RescueFactory) -> None:
    prepared = await factory.en_route()
    pickup = await pickup_of(prepared)
    far = {"lat": pickup["lat"] + AWAY, "lng": pickup["lng"]}
    phone = PhoneWithoutSignal(factory, prepared)
    arrived = phone.drive(pickup, 60)
    too_soon = phone.drive(pickup, 300)
    phone.drive(far, 400)
    back = phone.drive(pickup, 400)
    waited = phone.drive(pickup, 300)
    phone.drive(far, 1_000)
    await phone.send_positions()
    expect(await prepared.driver_posts("arrival", late(arrived)), 200)
    assert (await prepared.driver_posts("no-show", late(too_soon))).code == "too_early"
    reply = await prepared.driver_posts("no-show", late(back))
    assert (reply.status, reply.code) == (409, "too_far_from_pickup")
    assert "during the wait" in reply.body["detail"]
    expect(await prepared.driver_posts("no-show", late(waited)), 200)


async def test_a_no_show_needs_the_wait_too_if_only_the_arrival_was_reported_late(
    factory: RescueFactory,
) -> None:
    prepared = await factory.en_route()
    pickup = await pickup_of(prepared)
    far = {"lat": pickup["lat"] + AWAY, "lng": pickup["lng"]}
    phone = PhoneWithoutSignal(factory, prepared)
    arrived = phone.drive(pickup, 60)
    phone.drive(far, 400)
    back = phone.drive(pickup, 400)
    await phone.send_positions()
    expect(await prepared.driver_posts("arrival", late(arrived)), 200)
    for body in (None, late(back)):
        reply = await prepared.driver_posts("no-show", body)
        assert (reply.status, reply.code) == (409, "too_far_from_pickup"), reply.body
        assert "during the wait" in reply.body["detail"]
    phone.drive(pickup, 300)
    await phone.send_positions()
    expect(await prepared.driver_posts("no-show"), 200)


@pytest.mark.parametrize(
    ("seconds", "code"), [(-3_600, "before_previous_step"), (31, "in_the_future"), (-100_000, "too_old")]
)
async def test_a_time_that_cannot_be_is_refused_and_changes_nothing(
    factory: RescueFactory, seconds: float, code: str
) -> None:
    prepared = await factory.assigned()
    await factory.platform.settle()
    before = await factory.platform.digest()
    at = factory.platform.clock.city() + timedelta(seconds=seconds)
    reply = await prepared.driver_posts("departure", late(at))
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert [(error["field"], error["code"]) for error in reply.body["errors"]] == [("happened_at", code)]
    assert await factory.platform.digest() == before


@pytest.mark.parametrize(
    ("at", "code"), [("0001-01-01T00:00:00Z", "too_old"), ("9999-12-31T23:59:59Z", "in_the_future")]
)
async def test_the_ends_of_the_calendar_are_refused(factory: RescueFactory, at: str, code: str) -> None:
    prepared = await factory.arrived()
    for step in ("no-show", "photos"):
        photo = {"stage": "before", "content_type": "image/jpeg", "size": 1000} if step == "photos" else {}
        reply = await prepared.driver_posts(step, {"happened_at": at, **photo})
        assert (reply.status, [error["code"] for error in reply.body["errors"]]) == (422, [code])


async def test_what_became_impossible_meanwhile_says_so_rather_than_that_the_time_is_wrong(
    factory: RescueFactory,
) -> None:
    prepared = await factory.en_route()
    arrived = factory.platform.clock.city()
    factory.platform.clock.advance(60)
    expect(await prepared.rider.post(f"{prepared.path}/cancellation", {"reason": "fixed_it"}), 200)
    reply = await prepared.driver_posts("arrival", late(arrived))
    assert (reply.status, reply.code) == (409, "illegal_transition")


async def test_a_photo_that_comes_after_the_loading_may_still_be_one_of_before(
    factory: RescueFactory,
) -> None:
    prepared = await factory.arrived()
    taken = factory.platform.clock.city()
    factory.platform.clock.advance(60)
    expect(await prepared.driver_posts("start", {"pin": (await prepared.view())["pin"]}), 200)
    expect(await prepared.driver_posts("completion", {"outcome": "delivered"}), 200)
    photo = {"stage": "before", "content_type": "image/jpeg", "size": 1000}
    reply = await prepared.driver_posts("photos", photo)
    assert (reply.status, reply.code) == (409, "photos_closed")
    begun = expect(await prepared.driver_posts("photos", late(taken, **photo)), 201)
    assert datetime.fromisoformat(begun["at"]) == taken
    too_early = late(taken - timedelta(days=1), **photo)
    assert (await prepared.driver_posts("photos", too_early)).status == 422
