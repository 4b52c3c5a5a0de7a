"""Responses over HTTP: fields, versions, idempotency keys, pages, methods, and overload."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.files.links import without_links
from support.http.route_calls import (
    A_BIKE,
    OF_EVERYBODY,
    PARAMETER,
    PLACE,
    ExampleCalls,
    body_of,
    name_of,
    sign_up_body,
)
from support.http.server import PASSWORD, Client, Reply, new_address, new_phone
from support.platform.in_process import Platform, running_platform
from support.rescues.fixtures import DECLINES, PICKUP, VEHICLE, VISA, RescueFactory, expect, quote_body
from supportcarr.auth.passwords import MAX_QUEUED_OF_CLIENT
from supportcarr.contracts.routing import PageResponse, Route

pytestmark = pytest.mark.asyncio(loop_scope="module")

ID = re.compile(r"[a-z]{3}_(?:[a-z0-9]{1,8}_)?[0-9a-hjkmnp-tv-z]{26}")


def expect_fields(thing: Mapping[str, Any], required: str, optional: str = "") -> None:
    """Check that the object has these fields and no others."""
    assert set(required.split()) <= set(thing), set(required.split()) - set(thing)
    assert set(thing) <= set(f"{required} {optional}".split()), set(thing)


# --- fields ------------------------------------------------------------------------------------


async def test_signing_up_returns_the_user_and_tokens(platform: Platform) -> None:
    reply = await platform.anonymous().create("/auth/sign-up", sign_up_body())
    body = expect(reply, 201)
    expect_fields(body, "user access_token refresh_token token_type expires_in")
    expect_fields(body["user"], "id phone name roles created_at phone_verified")
    assert body["user"]["roles"] == ["rider"]
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)


async def test_the_items_of_a_quote_add_up_to_its_total(platform: Platform, factory: RescueFactory) -> None:
    rider, _ = await factory.rider()
    quote = expect(await rider.post("/quotes", quote_body()), 201)
    promised = "id items total_minor currency eta_seconds distance_m duration_s demand_multiplier expires_at"
    expect_fields(quote, promised + " kind pickup dropoff area_id fees", "problem scheduled_for unavailable")
    assert sum(item["amount_minor"] for item in quote["items"]) == quote["total_minor"]
    assert quote["currency"] == "CAD"


RESCUE = "id status version kind problem pickup dropoff quote area_id created_at rider payment"
RESCUE_SOMETIMES = "price_minor scheduled_for reason driver eta_seconds queued_behind note"


async def test_a_rescue_has_the_documented_fields_for_each_role(calls: ExampleCalls) -> None:
    for who in (calls.arrived.rider, calls.arrived.assigned_driver, calls.operator):
        rescue = expect(await who.get(calls.arrived.path), 200)
        mine = who is calls.arrived.rider
        expect_fields(rescue, RESCUE + (" pin" if mine else ""), RESCUE_SOMETIMES)
        expect_fields(rescue["quote"], "id items total_minor currency")
        expect_fields(rescue["rider"], "id name phone_masked")
        expect_fields(rescue["driver"], "id name rating vehicle", "photo_url")
        expect_fields(rescue["driver"]["vehicle"], "make model colour plate")
        expect_fields(rescue["payment"], "status captured_minor refunded_minor")


async def test_the_timeline_lists_every_step_in_order(calls: ExampleCalls) -> None:
    entries = expect(await calls.arrived.rider.get(f"{calls.arrived.path}/timeline"), 200)["items"]
    for entry in entries:
        expect_fields(entry, "at from to actor version", "reason")
        expect_fields(entry["actor"], "role", "id")
    assert [entry["to"] for entry in entries] == ["requested", "matching", "assigned", "en_route", "arrived"]
    assert [entry["from"] for entry in entries[1:]] == [entry["to"] for entry in entries[:-1]]
    versions = [entry["version"] for entry in entries]
    assert versions == sorted(set(versions))


async def test_offers_cards_vehicles_notifications_and_messages_have_the_documented_fields(
    calls: ExampleCalls, factory: RescueFactory
) -> None:
    rider, prepared = calls.arrived.rider, calls.arrived
    driver = (await factory.offered()).assigned_driver
    [offer] = expect(await driver.get("/me/offers"), 200)["items"]
    promised = "id rescue_id kind problem pickup dropoff distance_m pay_minor currency made_at expires_at"
    expect_fields(offer, promised + " queued eta_seconds state")
    [card] = expect(await rider.get("/me/payment-methods"), 200)["items"]
    expect_fields(card, "id brand last4 exp_month exp_year default")
    [truck] = expect(await driver.get("/me/vehicles"), 200)["items"]
    expect_fields(
        truck,
        "id type make model colour plate bed_length_cm capacity ramp tie_downs seats photos"
        " in_use cannot_carry",
    )
    for notification in expect(await rider.get("/me/notifications"), 200)["items"]:
        expect_fields(notification, "id kind title body at", "text rescue_id read_at")
    message = expect(await rider.post(f"{prepared.path}/messages", {"text": "By the gate"}), 201)
    expect_fields(message, "id rescue_id sender text at")


async def test_responses_to_the_console_have_the_documented_fields(calls: ExampleCalls) -> None:
    overview = expect(await calls.operator.get("/admin/overview"), 200)
    expect_fields(overview, "drivers rescues waiting_seconds_max today")
    expect_fields(overview["drivers"], "online busy")
    expect_fields(overview["today"], "completed revenue_minor")
    whole = expect(await calls.operator.get(f"/admin/rescues/{calls.arrived.rescue_id}"), 200)
    expect_fields(whole, "rescue timeline offers payment messages")
    page = expect(await calls.operator.get("/admin/rescues?limit=1"), 200)
    assert {"id", "status", "version", "rider_id", "requested_at"} <= set(page["items"][0])


async def test_the_clock_and_coverage_are_public(platform: Platform) -> None:
    anybody = platform.anonymous()
    expect_fields(expect(await anybody.get("/clock"), 200), "city_time wall_time speed")
    inside = expect(await anybody.get(f"/coverage?lat={PICKUP['lat']}&lng={PICKUP['lng']}"), 200)
    expect_fields(inside, "covered drivers_available", "area_id eta_seconds unavailable")
    assert inside["covered"]
    assert not expect(await anybody.get("/coverage?lat=0&lng=0"), 200)["covered"]


async def test_ids_are_prefixed_and_time_ordered(calls: ExampleCalls) -> None:
    for parameter, named in calls.ids.items():
        assert parameter in OF_EVERYBODY or ID.fullmatch(named), named


# --- versions ----------------------------------------------------------------------------------


async def test_a_stale_version_is_rejected_wherever_an_etag_is_returned(calls: ExampleCalls) -> None:
    """A client that sends an old version never overwrites changes that it has not seen."""
    driver, operator, rider = calls.arrived.assigned_driver, calls.operator, calls.arrived.rider
    its_driver = f"/admin/drivers/{driver.user_id}"
    guarded: list[tuple[Client, str, str, Any]] = [
        (rider, "PATCH", "/me", {"name": "Rika Roy-Other"}),
        (driver, "PUT", "/me/driver-application", body_of_path(calls, "PUT", "/me/driver-application")),
        (operator, "POST", f"{its_driver}/approval", None),
        (operator, "POST", f"{its_driver}/suspension", None),
        (operator, "DELETE", f"{its_driver}/suspension", None),
        (operator, "POST", f"{its_driver}/review", None),
        (operator, "POST", f"{its_driver}/rejection", {"reason": "The insurer does not know you"}),
        (
            driver,
            "POST",
            f"{calls.arrived.path}/completion",
            {"outcome": "fixed_on_spot", "price_minor": 100},
        ),
        (driver, "POST", f"{calls.arrived.path}/start", {"pin": "0000"}),
        (driver, "POST", f"{calls.arrived.path}/abort", {"reason": "unsafe"}),
        (driver, "POST", f"{calls.arrived.path}/release", {"reason": "flat"}),
        (driver, "POST", f"{calls.arrived.path}/no-show", None),
        (rider, "POST", f"{calls.arrived.path}/cancellation", {"reason": "no"}),
        (rider, "POST", f"{calls.arrived.path}/pin", None),
        (rider, "POST", f"{calls.arrived.path}/fix-confirmation", {"price_minor": 100}),
        (operator, "POST", f"/admin{calls.arrived.path}/cancellation", {"reason": "no"}),
        (operator, "POST", f"/admin{calls.arrived.path}/abort", {"reason": "no"}),
        (operator, "POST", f"/admin{calls.arrived.path}/pin", None),
    ]
    before = await calls.platform.digest()
    for who, method, path, body in guarded:
        for version in (0, 999):
            reply = await who.send(method, path, body, if_match=version)
            assert (reply.status, reply.code) == (412, "stale_version"), (method, path, reply)
        reply = await who.send(method, path, body, if_match="7")
        assert (reply.status, reply.code) == (400, "invalid_header"), (method, path)
    assert await calls.platform.digest() == before


def body_of_path(calls: ExampleCalls, method: str, path: str) -> Any:
    [route] = [r for r in calls.platform.container.routes() if (r.method, r.path) == (method, path)]
    return body_of(route)


async def test_the_current_version_is_accepted_and_the_next_one_returned(factory: RescueFactory) -> None:
    prepared = await factory.assigned()
    etag = (await prepared.assigned_driver.get(prepared.path)).headers["etag"]
    reply = await prepared.assigned_driver.post(f"{prepared.path}/departure", if_match=etag)
    assert expect(reply, 200)["status"] == "en_route"
    assert reply.headers["etag"] == f'"{reply.body["version"]}"' != etag
    stale = await prepared.assigned_driver.post(f"{prepared.path}/arrival", if_match=etag)
    assert (stale.status, stale.code) == (412, "stale_version")
    unchanged = await prepared.rider.get(prepared.path, headers={"if-none-match": reply.headers["etag"]})
    assert unchanged.status == 304


# --- idempotency keys --------------------------------------------------------------------------


@dataclass(frozen=True)
class Creation:
    """A call of a creating route that succeeds, and a different body for it."""

    client: Client
    path: str
    body: dict[str, Any] | None
    other: dict[str, Any] | None


async def creation_by(factory: RescueFactory, route: Route) -> Creation:
    path = route.path
    match name_of(route):
        case "POST /auth/sign-up":
            return Creation(factory.platform.anonymous(), path, sign_up_body(), sign_up_body())
        case "POST /rescues":
            rider, card = await factory.rider()
            quote = expect(await rider.post("/quotes", quote_body()), 201)
            body = {"quote_id": quote["id"], "payment_method_id": card}
            return Creation(rider, path, body, {**body, "note": "By the gate"})
        case "POST /quotes":
            rider, _ = await factory.rider()
            return Creation(rider, path, quote_body(), quote_body(problem="dead_battery"))
        case "POST /me/payment-methods":
            rider, _ = await factory.rider()
            body = {"stripe_payment_method": VISA}
            return Creation(rider, path, body, {"stripe_payment_method": DECLINES})
        case "POST /me/vehicles":
            driver = await factory.driver(online=False)
            return Creation(driver, path, {**VEHICLE}, {**VEHICLE, "plate": "OTHER 1"})
        case "POST /me/places" | "POST /me/bikes":
            rider, body = await factory.platform.person("rider"), A_BIKE if "bikes" in path else PLACE
            return Creation(rider, path, body, {**body, "name": "Another"})
        case "POST /rescues/{rescue_id}/messages":
            prepared = await factory.without_driver()
            here = f"{prepared.path}/messages"
            return Creation(prepared.rider, here, {"text": "By the bakery"}, {"text": "By the gate"})
        case "POST /me/uploads":
            rider, _ = await factory.rider()
            body = {"purpose": "bike_photo", "content_type": "image/jpeg", "size": 1000}
            return Creation(rider, path, body, {**body, "size": 2000})
        case "POST /rescues/{rescue_id}/photos":
            prepared = await factory.arrived()
            here, photo = (
                f"{prepared.path}/photos",
                {"stage": "before", "content_type": "image/jpeg", "size": 9},
            )
            return Creation(prepared.rider, here, photo, {**photo, "size": 10})
        case "POST /rescues/{rescue_id}/share-links":
            prepared = await factory.without_driver()
            return Creation(prepared.rider, f"{prepared.path}/share-links", None, None)
        case "POST /me/exports":
            rider, _ = await factory.rider()
            return Creation(rider, path, None, None)
        case "POST /admin/partners":
            admin = await factory.platform.person("admin")
            return Creation(admin, path, {"name": "BIXI"}, {"name": "Communauto"})
        case (
            "POST /admin/partners/{partner_id}/keys"
            | "POST /admin/partners/{partner_id}/keys/{key_id}/rotation"
        ):
            admin = await factory.platform.person("admin")
            partner = expect(await admin.create("/admin/partners", {"name": "BIXI"}), 201)["id"]
            here, body = f"/admin/partners/{partner}/keys", {"mode": "test", "scopes": ["account:read"]}
            if not path.endswith("/rotation"):
                return Creation(admin, here, body, {**body, "mode": "live"})
            key = expect(await admin.create(here, body), 201)["details"]["id"]
            return Creation(admin, f"{here}/{key}/rotation", {"overlap_seconds": 60}, {"overlap_seconds": 90})
        case other:
            raise AssertionError(f"say in creation_by() how {other} succeeds")


def creating_routes(platform: Platform, *, key_required: bool = False) -> list[Route]:
    return [
        route
        for route in platform.container.routes()
        if route.idempotent and not (key_required and route.key_optional)
    ]


def created_id(reply: Reply) -> str:
    body = expect(reply, 201)
    return str(next((body[one]["id"] for one in ("user", "details") if one in body), None) or body["id"])


async def test_creating_routes_require_an_idempotency_key(platform: Platform, factory: RescueFactory) -> None:
    for route in creating_routes(platform, key_required=True):
        creation = await creation_by(factory, route)
        before = await platform.digest()
        for key in (None, "", "k" * 256, "tab\tin it"):
            reply = await creation.client.post(creation.path, creation.body, key=key)
            assert (reply.status, reply.code) == (400, "idempotency_key_required"), (name_of(route), key)
        assert await platform.digest() == before


async def test_a_key_with_another_body_is_rejected_and_changes_nothing(
    platform: Platform, factory: RescueFactory
) -> None:
    for route in creating_routes(platform):
        if route.body is None:
            continue  # there is no other body
        creation = await creation_by(factory, route)
        key = uuid.uuid4().hex
        assert (await creation.client.post(creation.path, creation.body, key=key)).status == 201
        await platform.settle()
        before = await platform.digest()
        reply = await creation.client.post(creation.path, creation.other, key=key)
        assert (reply.status, reply.code) == (422, "idempotency_key_reused"), name_of(route)
        assert await platform.digest() == before


CREATED_IN = (
    "rescuerequests",
    "users",
    "sharelinks",
    "messages",
    "vehicles",
    "quotes",
    "paymentmethods",
    "partners",
    "apikeys",
    "exports",
    "savedplaces",
    "bikes",
    "files",  # also for a photo of a rescue
)


async def test_concurrent_repeats_have_one_effect(platform: Platform, factory: RescueFactory) -> None:
    async def created() -> int:
        store = platform.container.store
        return sum([await store.get_collection(name).count() for name in CREATED_IN])

    for route in creating_routes(platform):
        creation = await creation_by(factory, route)
        await platform.settle()
        held, before = len(await platform.emulator.intents()), await created()
        key = uuid.uuid4().hex
        at_once = MAX_QUEUED_OF_CLIENT if route.sensitive else 20  # passwords of one address at once
        repeats = (creation.client.post(creation.path, creation.body, key=key) for _ in range(at_once))
        replies = await asyncio.gather(*repeats)
        replies.append(await creation.client.post(creation.path, creation.body, key=key))
        assert len({created_id(reply) for reply in replies}) == 1, name_of(route)
        assert await created() == before + 1, name_of(route)
        await platform.settle()
        assert len(await platform.emulator.intents()) == held + (route.path == "/rescues")


async def test_a_removed_vehicle_does_not_come_back_by_a_repeat(
    platform: Platform, factory: RescueFactory
) -> None:
    driver, key = await factory.driver(online=False), uuid.uuid4().hex
    second = expect(await driver.post("/me/vehicles", VEHICLE, key=key), 201)
    expect(await driver.delete(f"/me/vehicles/{second['id']}"), 204)
    assert expect(await driver.post("/me/vehicles", VEHICLE, key=key), 201) == second
    listed = expect(await driver.get("/me/vehicles"), 200)["items"]
    assert second["id"] not in {vehicle["id"] for vehicle in listed}


async def test_a_key_on_a_route_that_does_not_honour_it_is_rejected_and_changes_nothing(
    platform: Platform, calls: ExampleCalls
) -> None:
    before = await platform.digest()
    for method, path, body in (
        ("POST", f"{calls.arrived.path}/cancellation", {"reason": "found_help"}),
        ("PUT", "/me/availability", {"online": False}),
        ("GET", calls.arrived.path, None),
    ):
        who = calls.arrived.assigned_driver if path == "/me/availability" else calls.arrived.rider
        reply = await who.send(method, path, body, key="k")
        assert (reply.status, reply.code) == (400, "invalid_header"), path
        assert "Idempotency-Key" in reply.body["detail"]
    assert await platform.digest() == before


async def test_a_repeat_returns_the_first_status_and_the_current_resource(
    platform: Platform, factory: RescueFactory
) -> None:
    rider, card = await factory.rider()
    quote = expect(await rider.post("/quotes", quote_body()), 201)
    body, key = {"quote_id": quote["id"], "payment_method_id": card}, uuid.uuid4().hex
    first = expect(await rider.post("/rescues", body, key=key), 201)
    assert first["status"] == "requested"
    path = f"/rescues/{first['id']}"
    await platform.settle()
    expect(await rider.post(f"{path}/cancellation", {"reason": "found_help"}), 200)
    again = await rider.post("/rescues", body, key=key)
    assert expect(again, 201)["status"] == "cancelled"
    assert again.headers["etag"] == f'"{again.body["version"]}"'
    assert again.body["id"] == first["id"]


async def test_a_repeated_sign_up_opens_a_session_only_with_the_password(
    platform: Platform,
) -> None:
    anybody, body, key = platform.anonymous(), sign_up_body(), uuid.uuid4().hex
    first = expect(await anybody.post("/auth/sign-up", body, key=key), 201)
    again = expect(await anybody.post("/auth/sign-up", body, key=key), 201)
    assert again["user"] == first["user"]
    assert again["refresh_token"] != first["refresh_token"]
    other = await anybody.post("/auth/sign-up", {**body, "password": "another password"}, key=key)
    assert (other.status, other.code) == (422, "idempotency_key_reused")


async def test_keys_of_different_users_are_independent(platform: Platform, factory: RescueFactory) -> None:
    key, made = uuid.uuid4().hex, set()
    for _ in range(2):
        rider, card = await factory.rider()
        quote = expect(await rider.post("/quotes", quote_body()), 201)
        body = {"quote_id": quote["id"], "payment_method_id": card}
        made.add(created_id(await rider.post("/rescues", body, key=key)))
    assert len(made) == 2


# --- lists -------------------------------------------------------------------------------------


async def test_every_list_can_be_paged_through_completely(calls: ExampleCalls) -> None:
    for text in ("one", "two", "three"):
        expect(await calls.arrived.rider.post(f"{calls.arrived.path}/messages", {"text": text}), 201)
    await calls.platform.settle()
    paged = 0
    for route in calls.platform.container.routes():
        if getattr(route.response, "__origin__", None) is not PageResponse:
            continue
        who, url = calls.client(route), calls.path(route)
        whole = expect(await who.get(url), 200)
        assert set(whole) == {"items", "next_cursor"}, name_of(route)
        if "limit" not in {field.name for field in msgspec.structs.fields(route.query)}:
            assert whole["next_cursor"] is None
            continue
        assert len(expect(await who.get(f"{url}?limit=200"), 200)["items"]) <= 200
        items, cursor = [], ""
        while True:
            page = expect(await who.get(f"{url}?limit=1{cursor}"), 200)
            assert len(page["items"]) <= 1
            items += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        if whole["next_cursor"] is None:
            assert without_links(items) == without_links(whole["items"]), name_of(route)
            paged += len(items) > 1
    assert paged >= 3


# --- methods, paths, media types ---------------------------------------------------------------

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


async def test_options_lists_the_methods_and_other_methods_are_rejected(calls: ExampleCalls) -> None:
    paths = calls.platform.contract.document["paths"]
    for path, operations in paths.items():
        url = PARAMETER.sub("x", path)
        known = {method.upper() for method in operations}
        allowed = ", ".join(sorted(known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())))
        options = await calls.operator.send("OPTIONS", url)
        assert (options.status, options.headers["allow"], options.body) == (204, allowed, b""), path
        for method in METHODS:
            if method not in known:
                reply = await calls.operator.send(method, url)
                assert (reply.status, reply.code) == (405, "method_not_allowed"), (method, path)
                assert reply.headers["allow"] == allowed, (method, path)


async def test_head_returns_the_headers_of_get_without_a_body(calls: ExampleCalls) -> None:
    for route in calls.platform.container.routes():
        if route.method != "GET":
            continue
        who, url = calls.client(route), calls.url(route)
        get, head = await who.get(url), await who.send("HEAD", url)
        assert (head.status, head.body) == (get.status, b""), url
        for name in ("content-type", "etag", "content-length"):
            assert head.headers.get(name) == get.headers.get(name), (url, name)


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/rescues/x/y/z", "/auth", "/admin", "//api/v2/me", "//.env", "//metrics", "//server"],
)
async def test_an_unknown_path_returns_a_problem_document(platform: Platform, path: str) -> None:
    for method in METHODS:
        reply = await platform.anonymous().send(method, path)
        assert (reply.status, reply.code) == (404, "not_found"), (method, path)


async def test_paths_outside_the_api_respond_as_documented(platform: Platform) -> None:
    anybody = platform.anonymous()
    assert expect(await anybody.get("//healthz"), 200) == {"status": "alive"}
    assert expect(await anybody.get("//readyz"), 200) == {"status": "ready", "not_ready": []}
    assert expect(await anybody.get("//openapi.json"), 200)["openapi"].startswith("3.1")
    config = expect(await anybody.get("//config.json"), 200)
    expected = "realtime_url map payments legal waits pricing support languages speed areas push"
    expect_fields(config, expected, "demo")


# --- overload ----------------------------------------------------------------------------------


async def test_rate_limited_clients_are_told_when_to_retry(tmp_path: Path) -> None:
    async with running_platform(
        tmp_path, LIMITS_USER_PER_MINUTE="5", LIMITS_SENSITIVE_PER_MINUTE="3", LIMITS_LEASE="1"
    ) as platform:
        rider = await platform.person("rider")
        refused = await until_refused(lambda: rider.get("/me"), 200, per_minute=5)
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        anybody = platform.anonymous()
        wrong = {"phone": new_phone(), "password": PASSWORD}
        refused = await until_refused(lambda: anybody.post("/auth/sign-in", wrong), 401, per_minute=3)
        assert refused.code == "rate_limited"


async def until_refused(send: Callable[[], Awaitable[Reply]], usual: int, *, per_minute: int) -> Reply:
    """The refusal, after as many requests as a minute has, and those whose turn has come meanwhile."""
    began, admitted = time.monotonic(), 0
    while (reply := await send()).status == usual:
        admitted += 1
    assert reply.status == 429
    assert per_minute <= admitted <= per_minute * (1 + (time.monotonic() - began) / 60)
    return reply


async def test_unavailable_responses_say_when_to_retry(tmp_path: Path) -> None:
    """Without Stripe, then without Redis: 503 with Retry-After, and nothing is lost."""
    async with running_platform(tmp_path, redis_timeout_s=3.0) as platform:
        factory = RescueFactory(platform)
        rider, driver = await platform.person("rider"), await factory.driver()
        plain_rider = Client(platform.api, new_address(), rider.grant)
        plain_driver = Client(platform.api, new_address(), driver.grant)
        await platform.emulator.set_behaviour(fail_next={"count": 20})
        reply = await plain_rider.post("/me/payment-methods", {"stripe_payment_method": "pm_card_visa"})
        assert (reply.status, reply.code) == (503, "overloaded")
        assert int(reply.headers["retry-after"]) >= 1
        platform.redis_server.stop()
        position = {"lat": 45.5, "lng": -73.6, "at": platform.clock.city().isoformat()}
        reply = await plain_driver.post("/me/positions", position)
        assert (reply.status, reply.code) == (503, "overloaded")
        assert int(reply.headers["retry-after"]) >= 1
        assert (await plain_rider.get("/me")).status in (200, 503)
        platform.redis_server.start()
