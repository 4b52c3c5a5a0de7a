"""One answer names every field that is not valid, also what only a part's rules find."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.http.server import Reply
from support.platform.in_process import Platform
from support.rescues.fixtures import APPLICATION, PICKUP, RescueFactory, expect, quote_body

pytestmark = pytest.mark.asyncio(loop_scope="module")


def wrong(reply: Reply) -> dict[str, str]:
    """The fields with their codes."""
    assert (reply.status, reply.code) == (422, "validation_failed"), reply
    return {error["field"]: error["code"] for error in reply.body["errors"]}


@pytest.mark.parametrize(
    ("phone", "password", "expected"),
    [
        ("12", "short", {"phone": "phone", "password": "length"}),
        ("12", "SupportCarr1!", {"phone": "phone", "password": "guessable"}),
        ("12", "three good words", {"phone": "phone"}),
        ("+15145550142", "5145550142!", {"password": "guessable"}),
    ],
)
async def test_a_phone_and_a_password(
    platform: Platform, phone: str, password: str, expected: dict[str, str]
) -> None:
    nobody = platform.anonymous()
    person = {"phone": phone, "password": password, "name": "Ana Roy", "role": "rider"}
    assert wrong(await nobody.create("/auth/sign-up", person)) == expected
    reset = {"phone": phone, "password": password, "code": "042137"}
    assert wrong(await nobody.post("/auth/password-resets/confirmation", reset)) == expected


async def test_terms_with_what_else_is_wrong(platform: Platform) -> None:
    person = {"phone": "12", "password": "supportcarr", "name": "Ana Roy", "role": "rider"}
    reply = await platform.anonymous().create("/auth/sign-up", person | {"accepted_terms": "of 1999"})
    assert wrong(reply) == {"phone": "phone", "password": "guessable", "accepted_terms": "outdated"}
    sentences = [f"{error['detail'].rstrip('.')}." for error in reply.body["errors"]]
    assert reply.body["detail"] == " ".join(sentences)


async def test_rules_of_fields_beside_what_does_not_fit_its_type(platform: Platform) -> None:
    person = {"phone": "12", "password": "password123", "name": "", "role": "queen"}
    assert wrong(await platform.anonymous().create("/auth/sign-up", person)) == {
        "phone": "phone",
        "password": "leaked",
        "name": "length",
        "role": "choice",
    }


async def test_a_quote(platform: Platform) -> None:
    rider = await platform.person("rider")
    body = quote_body(
        problem=None, scheduled_for="2026-01-01T00:00:00Z", promo_code="NONE", bike_id="bik_unknown"
    )
    assert wrong(await rider.post("/quotes", body)) == {
        "problem": "required",
        "scheduled_for": "out_of_range",
        "promo_code": "unknown",
        "bike_id": "not_found",
    }


async def test_a_document_of_a_driver(platform: Platform) -> None:
    driver = await platform.person("driver")
    expect(await driver.put("/me/driver-application", APPLICATION), 200)
    body = {"file_ids": ["fil_a", "fil_a"], "expires_on": "2020-01-01", "vehicle_id": "veh_unknown"}
    assert wrong(await driver.put("/me/driver-documents/insurance", body)) == {
        "file_ids": "duplicate",
        "expires_on": "expired",
        "vehicle_id": "unknown",
    }


async def test_what_a_delivery_does_not_take(factory: RescueFactory) -> None:
    delivering = await factory.in_transit()
    body = {"outcome": "delivered", "price_minor": 100, "pin": "1234"}
    reply = await delivering.driver_posts("completion", body)
    assert wrong(reply) == {"price_minor": "not_allowed", "pin": "not_allowed"}


async def test_a_subscription_to_notifications(platform: Platform) -> None:
    rider = await platform.person("rider")
    body = {
        "endpoint": "http://127.0.0.1/",
        "keys": {"p256dh": "A" * 87, "auth": "A" * 22},
        "expirationTime": 1,
    }
    assert wrong(await rider.post("/me/push-subscriptions", body)) == {
        "endpoint": "not_allowed",
        "expirationTime": "expired",
    }


async def test_rules_over_several_fields_and_numbers_that_are_none(platform: Platform) -> None:
    driver = await platform.person("driver")
    reply = await driver.put("/me/availability", {"online": False, "on_break": True})
    assert wrong(reply) == {"on_break": "not_allowed"}
    for path in ("/coverage", "/geocoding/reverse", "/geocoding"):
        for lat in ("nan", "inf", "-inf"):
            assert list(wrong(await driver.get(f"{path}?lat={lat}&lng=-73.5"))) == ["lat"]
    assert list(wrong(await driver.get("/coverage?lat=45.5&lng=-73.5&bike_weight_kg=nan"))) == [
        "bike_weight_kg"
    ]


async def test_a_refused_position_names_what_speaks_against_it(factory: RescueFactory) -> None:
    platform = factory.platform
    driver = await factory.driver()
    now = platform.clock.city()
    here = {"lat": PICKUP["lat"], "lng": PICKUP["lng"], "at": now.isoformat()}
    for changed, code, fields in (
        ({"at": (now - timedelta(hours=1)).isoformat()}, "position_stale", ["at"]),
        ({"at": (now + timedelta(hours=1)).isoformat()}, "position_out_of_order", ["at"]),
        ({"accuracy": 5000}, "position_inaccurate", ["accuracy"]),
        (
            {"lat": -45.0, "at": (now + timedelta(seconds=1)).isoformat()},
            "position_impossible",
            ["lat", "lng"],
        ),
    ):
        reply = await driver.post("/me/positions", here | changed)
        assert (reply.status, reply.code) == (422, code)
        assert [(error["field"], error["code"]) for error in reply.body["errors"]] == [
            (f, code) for f in fields
        ]
