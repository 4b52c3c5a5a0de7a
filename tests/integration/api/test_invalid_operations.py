"""Operations on offers, quotes, cards, vehicles and positions in the wrong state: 4xx, and no change."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from typing import Any

import pytest

from support.http.route_calls import REASON, sign_up_body
from support.http.server import PASSWORD, Reply
from support.payments.world import WEBHOOK_SECRET
from support.platform.in_process import Platform
from support.rescues.fixtures import (
    APPLICATION,
    VEHICLE,
    PreparedRescue,
    RescueFactory,
    expect,
    quote_body,
)
from supportcarr_lab.emulators.stripe.webhooks import signature

pytestmark = pytest.mark.asyncio(loop_scope="module")


def expect_error(reply: Reply, status: int, code: str) -> None:
    assert (reply.status, reply.code) == (status, code), reply


# --- offers ------------------------------------------------------------------------------------


async def answer_offer(prepared: PreparedRescue, answer: str) -> Reply:
    return await prepared.assigned_driver.post(f"/offers/{prepared.offer_id}/{answer}")


async def test_accepting_an_offer_twice_has_the_effect_of_once(factory: RescueFactory) -> None:
    platform, prepared = factory.platform, await factory.offered()
    first = expect(await answer_offer(prepared, "acceptance"), 200)
    await platform.settle()
    before = await platform.digest()
    assert expect(await answer_offer(prepared, "acceptance"), 200) == first
    expect_error(await answer_offer(prepared, "decline"), 409, "offer_closed")
    assert await platform.digest() == before


async def test_concurrent_acceptances_assign_once(factory: RescueFactory) -> None:
    prepared = await factory.offered()
    replies = await asyncio.gather(*(answer_offer(prepared, "acceptance") for _ in range(20)))
    assert {reply.status for reply in replies} == {200}
    await factory.platform.settle()
    timeline = expect(await prepared.rider.get(f"{prepared.path}/timeline"), 200)["items"]
    assert [entry["to"] for entry in timeline].count("assigned") == 1


async def test_declining_twice_has_the_effect_of_once_and_is_final(factory: RescueFactory) -> None:
    platform, prepared = factory.platform, await factory.offered()
    first = expect(await answer_offer(prepared, "decline"), 200)
    assert first["state"] == "declined"
    await platform.settle()
    before = await platform.digest()
    assert expect(await answer_offer(prepared, "decline"), 200)["state"] == "declined"
    expect_error(await answer_offer(prepared, "acceptance"), 409, "offer_closed")
    assert await platform.digest() == before
    assert (await prepared.view())["status"] == "matching"


async def test_an_offer_expires_at_its_expires_at(factory: RescueFactory) -> None:
    """``expires_at`` decides; no timer fires in this test."""
    platform, prepared = factory.platform, await factory.offered()
    platform.clock.advance(15)
    before = await platform.digest()
    for answer in ("acceptance", "decline"):
        expect_error(await answer_offer(prepared, answer), 409, "offer_closed")
    assert expect(await prepared.assigned_driver.get("/me/offers"), 200)["items"] == []
    assert await platform.digest() == before
    await platform.fire_deadline("offers", prepared.offer_id or "")
    expect_error(await answer_offer(prepared, "acceptance"), 409, "offer_closed")
    assert (await prepared.view())["status"] == "matching"


async def test_an_offer_of_a_cancelled_rescue_is_closed(factory: RescueFactory) -> None:
    platform, prepared = factory.platform, await factory.offered()
    expect(await prepared.rider.post(f"{prepared.path}/cancellation", REASON), 200)
    await platform.settle()
    before = await platform.digest()
    expect_error(await answer_offer(prepared, "acceptance"), 409, "offer_closed")
    assert await platform.digest() == before
    assert (await prepared.view())["status"] == "cancelled"


async def test_a_concurrent_acceptance_and_cancellation_leave_a_consistent_state(
    factory: RescueFactory,
) -> None:
    platform, prepared = factory.platform, await factory.offered()
    accepted, cancelled = await asyncio.gather(
        answer_offer(prepared, "acceptance"), prepared.rider.post(f"{prepared.path}/cancellation", REASON)
    )
    assert accepted.status in (200, 409)
    assert cancelled.status == 200
    rescue = await prepared.view()
    assert (rescue["status"], rescue["price_minor"]) == ("cancelled", 0)
    assert expect(await prepared.assigned_driver.get("/me/offers"), 200)["items"] == []
    await platform.settle()
    again = await factory.without_driver()  # the driver can get another offer
    platform.clock.advance(20)
    await factory.report(prepared.assigned_driver)
    await platform.fire_deadline("dispatchcases", again.rescue_id)
    [offer] = expect(await prepared.assigned_driver.get("/me/offers"), 200)["items"]
    assert offer["rescue_id"] == again.rescue_id


# --- quotes and rescues ------------------------------------------------------------------------


async def rider_with_quote(factory: RescueFactory) -> tuple[Any, dict[str, str]]:
    """A rider, and a valid body that requests a rescue."""
    rider, card = await factory.rider()
    quote = expect(await rider.post("/quotes", quote_body()), 201)
    return rider, {"quote_id": quote["id"], "payment_method_id": card}


async def test_a_quote_is_used_once(factory: RescueFactory) -> None:
    platform = factory.platform
    rider, body = await rider_with_quote(factory)
    rescue = expect(await rider.create("/rescues", body), 201)
    await platform.settle()
    expect(await rider.post(f"/rescues/{rescue['id']}/cancellation", REASON), 200)
    await platform.settle()
    before = await platform.digest()
    expect_error(await rider.create("/rescues", body), 409, "quote_used")
    after = await platform.digest()
    # the saga claimed the rider and released the claim
    assert {name for name in after if after[name] != before[name]} <= {"riderprofiles"}
    expect(await rider.post("/quotes", quote_body()), 201)


async def test_a_quote_expires_after_ten_minutes(factory: RescueFactory) -> None:
    platform = factory.platform
    rider, body = await rider_with_quote(factory)
    platform.clock.advance(600)
    expect_error(await rider.create("/rescues", body), 409, "quote_expired")
    fresh = expect(await rider.post("/quotes", quote_body()), 201)["id"]
    expect(await rider.create("/rescues", {**body, "quote_id": fresh}), 201)  # the rider's claim was released


async def test_concurrent_requests_of_a_rider_create_one_live_rescue(factory: RescueFactory) -> None:
    rider, body = await rider_with_quote(factory)
    other = {**body, "quote_id": expect(await rider.post("/quotes", quote_body()), 201)["id"]}
    replies = await asyncio.gather(rider.create("/rescues", body), rider.create("/rescues", other))
    assert sorted(reply.status for reply in replies) == [201, 409]
    [late] = [reply for reply in replies if reply.status == 409]
    assert late.code in ("rider_has_live_rescue", "conflict")
    await factory.platform.settle()
    expect_error(await rider.create("/rescues", other), 409, "rider_has_live_rescue")
    assert len(expect(await rider.get("/rescues"), 200)["items"]) == 1


async def test_locations_outside_the_service_areas_get_no_quote(
    factory: RescueFactory, platform: Platform
) -> None:
    rider, _ = await factory.rider()
    battery = {"smoking": True, "swollen": False, "hot": False}
    away = {"lat": 46.8, "lng": -71.2}
    before = await platform.digest()
    unsafe = await rider.post("/quotes", quote_body(problem="damaged_battery", battery=battery))
    expect_error(unsafe, 422, "unsafe_battery")
    assert "fire service" in unsafe.body["detail"]
    outside = await rider.post("/quotes", quote_body(dropoff=away))
    expect_error(outside, 422, "outside_area")
    assert outside.body["errors"][0]["field"] == "dropoff"
    for field, changes in (
        ("problem", {"problem": None}),
        ("battery", {"problem": "damaged_battery"}),
        ("promo_code", {"promo_code": "FREE"}),
        ("scheduled_for", {"scheduled_for": platform.clock.city().isoformat()}),
        ("scheduled_for", {"scheduled_for": (platform.clock.city() + timedelta(days=31)).isoformat()}),
    ):
        reply = await rider.post("/quotes", quote_body(**changes))
        expect_error(reply, 422, "validation_failed")
        assert reply.body["errors"][0]["field"] == field
    assert await platform.digest() == before


# --- accounts and cards ------------------------------------------------------------------------


async def test_more_texts_to_a_number_than_its_owner_needs_are_refused(platform: Platform) -> None:
    body = sign_up_body()
    replies = await asyncio.gather(
        *(platform.anonymous().create("/auth/sign-up", body) for _ in range(5)),
    )
    assert sorted(reply.status for reply in replies) == [201, 429, 429, 429, 429]
    before = await platform.digest()
    for phone in (body["phone"], f"  {body['phone'][:5]}-{body['phone'][5:]} "):
        reply = await platform.anonymous().create("/auth/sign-up", {**body, "phone": phone})
        expect_error(reply, 429, "rate_limited")
    assert await platform.digest() == before


@pytest.mark.parametrize(
    "phone", ["5145550142", "+1", "+1514555", "hello", "+1 514 555 0142 ext 5", "+" * 30]
)
async def test_an_invalid_phone_number_is_rejected(platform: Platform, phone: str) -> None:
    reply = await platform.anonymous().create("/auth/sign-up", sign_up_body(phone=phone))
    expect_error(reply, 422, "validation_failed")
    assert reply.body["errors"][0]["field"] == "phone"


async def test_a_password_that_bcrypt_would_truncate_is_rejected(platform: Platform) -> None:
    reply = await platform.anonymous().create("/auth/sign-up", sign_up_body(password="é" * 40))
    expect_error(reply, 422, "validation_failed")
    assert reply.body["errors"][0]["field"] == "password"


async def test_reusing_a_refresh_token_ends_its_session(platform: Platform) -> None:
    person, anybody = await platform.person("rider"), platform.anonymous()
    assert person.grant is not None
    first = {"refresh_token": person.grant.refresh_token}
    second = expect(await anybody.post("/auth/refresh", first), 200)
    expect_error(await anybody.post("/auth/refresh", first), 401, "unauthenticated")
    last = await anybody.post("/auth/refresh", {"refresh_token": second["refresh_token"]})
    expect_error(last, 401, "unauthenticated")
    signed_in = {"phone": person.grant.user.phone, "password": PASSWORD}
    expect(await anybody.post("/auth/sign-in", signed_in), 200)


async def test_unusable_cards_are_rejected(factory: RescueFactory, platform: Platform) -> None:
    rider, other = await platform.person("rider"), await platform.person("rider")
    expect(await rider.post("/me/payment-methods", {"stripe_payment_method": "pm_card_visa"}), 201)
    before = await platform.digest()
    declined = await rider.post("/me/payment-methods", {"stripe_payment_method": "pm_card_chargeDeclined"})
    expect_error(declined, 402, "card_declined")
    unknown = await rider.post("/me/payment-methods", {"stripe_payment_method": "pm_doesnotexist"})
    expect_error(unknown, 422, "validation_failed")
    assert await platform.digest() == before
    assert expect(await other.get("/me/payment-methods"), 200)["items"] == []


def event(**changes: Any) -> bytes:
    charge = {"object": "charge", "id": "ch_1", "payment_intent": "pi_1", "metadata": {}}
    return json.dumps(
        {"id": "evt_api_1", "type": "charge.updated", "data": {"object": charge}} | changes
    ).encode()


async def test_a_webhook_needs_a_recent_signature_of_stripe(platform: Platform) -> None:
    anybody, body, now = platform.anonymous(), event(), int(time.time())
    before = await platform.digest()
    for header in (
        None,
        "",
        "nonsense",
        "t=1,v1=",
        "t=x,v1=y",
        signature("whsec_another", body, now),
        signature(WEBHOOK_SECRET, body + b" ", now),
        signature(WEBHOOK_SECRET, body, now - 400),
        signature(WEBHOOK_SECRET, body, now).replace("v1=", "v0="),
    ):
        headers = {} if header is None else {"stripe-signature": header}
        reply = await anybody.post("/webhooks/stripe", raw=body, headers=headers)
        expect_error(reply, 400, "signature_not_valid")
    # signed, but not an event of a shape that is used: acknowledged, or Stripe would repeat it
    for raw in (b"", b"not json", b"[]", b"{}", b"null", b"\0", event(data=[]), event(id=None)):
        headers = {"stripe-signature": signature(WEBHOOK_SECRET, raw, now)}
        assert (await anybody.post("/webhooks/stripe", raw=raw, headers=headers)).status == 202, raw
    headers = {"stripe-signature": signature(WEBHOOK_SECRET, b"\xff\xfe", now)}
    reply = await anybody.post("/webhooks/stripe", raw=b"\xff\xfe", headers=headers)
    expect_error(reply, 400, "signature_not_valid")
    huge = b" " * (platform.container.settings.http.max_body_bytes + 1)
    expect_error(await anybody.post("/webhooks/stripe", raw=huge), 413, "body_too_large")
    assert await platform.digest() == before
    good = {"stripe-signature": signature(WEBHOOK_SECRET, body, now)}
    expect(await anybody.post("/webhooks/stripe", raw=body, headers=good), 202)


# --- drivers -----------------------------------------------------------------------------------


async def test_a_driver_without_approval_cannot_go_online(platform: Platform) -> None:
    driver, admin = await platform.person("driver"), await platform.person("admin")
    truck = expect(await driver.post("/me/vehicles", VEHICLE), 201)["id"]
    expect(await driver.put("/me/driver-application", APPLICATION), 200)
    online = {"online": True, "vehicle_id": truck}
    before = await platform.digest()
    expect_error(await driver.put("/me/availability", online), 409, "driver_not_approved")
    # The end of a suspension approves: who was never approved cannot get there.
    expect_error(await admin.post(f"/admin/drivers/{driver.user_id}/suspension"), 409, "illegal_transition")
    assert await platform.digest() == before
    expect(await admin.post(f"/admin/drivers/{driver.user_id}/approval"), 200)
    assert expect(await driver.put("/me/availability", online), 200)["online"]
    expect_error(await driver.delete(f"/me/vehicles/{truck}"), 409, "vehicle_in_use")
    suspended = expect(await admin.post(f"/admin/drivers/{driver.user_id}/suspension"), 200)
    assert (suspended["state"], suspended["online"]) == ("suspended", False)
    expect_error(await driver.put("/me/availability", online), 409, "driver_not_approved")


async def test_a_driver_whose_papers_have_expired_gets_no_offer(
    platform: Platform, factory: RescueFactory
) -> None:
    driver = await factory.driver()
    expired = APPLICATION | {"licence_expires_on": "2020-01-31", "insurance_expires_on": "2020-01-31"}
    stated = expect(await driver.put("/me/driver-application", expired), 200)
    assert (stated["state"], stated["in_review"], stated["missing"]) == (
        "approved",
        True,
        ["licence", "insurance"],
    )
    await platform.settle()
    waiting = await factory.without_driver()
    await platform.settle()
    expect_error(await driver.put("/me/availability", {"online": True}), 409, "documents_not_valid")
    assert expect(await driver.get("/me/offers"), 200)["items"] == []
    expect(await waiting.rider.post(f"{waiting.path}/cancellation", {"reason": "found_help"}), 200)


async def test_a_driver_has_at_most_ten_vehicles(platform: Platform) -> None:
    driver = await platform.person("driver")
    for _ in range(10):
        expect(await driver.post("/me/vehicles", VEHICLE), 201)
    before = await platform.digest()
    expect_error(await driver.post("/me/vehicles", VEHICLE), 409, "too_many_vehicles")
    assert await platform.digest() == before


async def test_a_removed_vehicle_or_card_cannot_be_used(factory: RescueFactory, platform: Platform) -> None:
    driver = await platform.person("driver")
    truck = expect(await driver.post("/me/vehicles", VEHICLE), 201)["id"]
    expect(await driver.delete(f"/me/vehicles/{truck}"), 204)
    assert expect(await driver.get("/me/vehicles"), 200)["items"] == []
    rider, card = await factory.rider()
    expect(await rider.delete(f"/me/payment-methods/{card}"), 204)
    expect_error(await rider.delete(f"/me/payment-methods/{card}"), 404, "not_found")
    quote = expect(await rider.post("/quotes", quote_body()), 201)["id"]
    reply = await rider.create("/rescues", {"quote_id": quote, "payment_method_id": card})
    expect_error(reply, 422, "validation_failed")


async def test_implausible_positions_are_rejected(factory: RescueFactory, platform: Platform) -> None:
    driver, fresh = await factory.driver(), await platform.person("driver")
    now = platform.clock.city()

    def at(seconds: float, **changes: Any) -> dict[str, Any]:
        moment = (now + timedelta(seconds=seconds)).isoformat()
        return {"lat": 45.523, "lng": -73.582, "at": moment} | changes

    before = await platform.digest()
    expect_error(await driver.post("/me/positions", at(-10)), 422, "position_out_of_order")
    expect_error(await driver.post("/me/positions", at(31)), 422, "position_out_of_order")
    expect_error(await driver.post("/me/positions", at(1, accuracy=201)), 422, "position_inaccurate")
    expect_error(await driver.post("/me/positions", at(1, lat=45.6)), 422, "position_impossible")
    expect_error(await fresh.post("/me/positions", at(-31)), 422, "position_stale")
    response = expect(await driver.post("/me/positions", [at(-10), at(1), at(2, lat=45.6)]), 200)
    assert response == {
        "accepted": 1,
        "refused": [
            {"index": 0, "code": "position_out_of_order"},
            {"index": 2, "code": "position_impossible"},
        ],
    }
    for batch in ([], [at(1)] * 101, [at(1), None], [[at(1)]]):
        expect_error(await driver.post("/me/positions", batch), 422, "validation_failed")
    assert await platform.digest() == before
