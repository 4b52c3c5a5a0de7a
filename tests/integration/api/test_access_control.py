"""Access control: no route is public by mistake, and resources of other users are not found."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest

from support.http.forged_tokens import correctly_signed, forged_headers
from support.http.route_calls import (
    OF_EVERYBODY,
    PARAMETER,
    REASON,
    UNKNOWN,
    UNKNOWN_IDS,
    ExampleCalls,
    body_of,
    name_of,
    sign_up_body,
)
from support.http.server import Client, Reply, new_phone
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import (
    DROPOFF,
    PICKUP,
    VEHICLE,
    PreparedRescue,
    RescueFactory,
    expect,
    quote_body,
)
from supportcarr.contracts.routing import Route

pytestmark = pytest.mark.asyncio(loop_scope="module")

PUBLIC = {
    "/auth/sign-up",
    "/auth/sign-in",
    "/auth/refresh",
    "/auth/password-resets",
    "/auth/password-resets/confirmation",
    "/coverage",
    "/shared-rescues",
    "/legal-documents/{document}",
    "/clock",
    "/webhooks/stripe",
    "/webhooks/twilio/status",
    "/webhooks/checks/{check_kind}",
    "/uploads",  # with a signed form
    "/files",  # with a signed link
}


def protected_routes(platform: Platform) -> list[Route]:
    return [route for route in platform.container.routes() if not route.policy.public]


async def call(
    client: Client, route: Route, url: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Reply:
    key = uuid.uuid4().hex if route.idempotent else None
    return await client.send(route.method, url, body, key=key, headers=headers)


def distinguishable(reply: Reply) -> tuple[int, Mapping[str, Any], Mapping[str, str]]:
    """Everything that could distinguish two responses, except the request id and its length."""
    body = {name: value for name, value in reply.body.items() if name != "request_id"}
    own = ("date", "x-request-id", "content-length", "ratelimit")  # what is left goes down
    headers = {name.lower(): value for name, value in reply.headers.items() if name.lower() not in own}
    return reply.status, body, headers


# --- tokens ------------------------------------------------------------------------------------


async def test_only_the_listed_routes_are_public(platform: Platform) -> None:
    public = {r.path for r in platform.container.routes() if r.policy.public} | {"/clock"}
    assert public == PUBLIC


@pytest.mark.parametrize("tokens_per_route", [3, pytest.param(99, marks=pytest.mark.long)])
async def test_protected_routes_reject_missing_and_forged_tokens(
    calls: ExampleCalls, tokens_per_route: int
) -> None:
    """Every route rejects a request without a token, and several forged tokens in turn."""
    rider, anybody = calls.arrived.rider, calls.platform.anonymous()
    believed = {"authorization": f"Bearer {correctly_signed(rider)}"}
    assert (
        await anybody.get("/me", headers=believed)
    ).status == 200  # so a correctly signed token of this helper is accepted
    before = await calls.platform.digest()
    wrong = []
    tokens = list(forged_headers(rider))
    for number, route in enumerate(protected_routes(calls.platform)):
        url, body = calls.url(route), body_of(route)
        first = number * tokens_per_route % len(tokens)
        tries = [("no token at all", ""), *[*tokens[first:], *tokens[:first]][:tokens_per_route]]
        for what, authorization in tries:
            headers = {"authorization": authorization} if authorization else {}
            reply = await call(anybody, route, url, body, headers)
            if (reply.status, reply.code) != (401, "unauthenticated"):
                wrong.append(f"{name_of(route)} with {what}: {reply.status} {reply.body}")
            elif reply.headers["www-authenticate"] != "Bearer":
                wrong.append(f"{name_of(route)} with {what} does not say how to sign in")
        in_query = await call(anybody, route, f"{url}{'&' if '?' in url else '?'}access_token={rider.token}")
        if in_query.status != 401:
            wrong.append(f"{name_of(route)} takes a token in its query")
    assert not wrong, "\n".join(wrong)
    assert await calls.platform.digest() == before


async def test_tokens_of_an_ended_session_are_rejected(platform: Platform) -> None:
    rider = await platform.person("rider", "driver")
    expect(await rider.post("/auth/sign-out"), 204)
    for route in protected_routes(platform):
        url = PARAMETER.sub("x", route.path)
        assert (await call(rider, route, url)).status == 401, name_of(route)
    assert rider.grant is not None
    reply = await platform.anonymous().post("/auth/refresh", {"refresh_token": rider.grant.refresh_token})
    assert (reply.status, reply.code) == (401, "unauthenticated")


async def test_a_wrong_password_and_an_unknown_number_get_the_same_response(platform: Platform) -> None:
    rider, anybody = await platform.person("rider"), platform.anonymous()
    assert rider.grant is not None
    known = await anybody.post("/auth/sign-in", {"phone": rider.grant.user.phone, "password": "not this one"})
    unknown = await anybody.post("/auth/sign-in", {"phone": new_phone(), "password": "not this one"})
    assert distinguishable(known) == distinguishable(unknown)
    assert known.status == 401


# --- roles -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "roles", [(), ("rider",), ("driver",), ("driver", "rider"), ("support",), ("admin",)], ids=str
)
async def test_a_route_accepts_only_the_roles_of_its_policy(
    calls: ExampleCalls, roles: tuple[str, ...]
) -> None:
    """Users without any of them are rejected before the request is validated; others are not."""
    platform = calls.platform
    person = await platform.person(*roles)
    before = await platform.digest()
    for route in protected_routes(platform):
        if route.policy.roles is None:
            continue
        url = PARAMETER.sub(lambda match: UNKNOWN_IDS[match[1]], route.path) + "?nonsense=1"
        reply = await person.send(route.method, url, raw=b"{")
        if route.policy.roles.isdisjoint(roles):
            assert (reply.status, reply.code) == (403, "forbidden"), name_of(route)
        else:
            assert reply.status in (400, 422), name_of(route)
    assert await platform.digest() == before


async def test_users_cannot_give_themselves_an_operator_role(platform: Platform) -> None:
    anybody = platform.anonymous()
    for changes in (
        {"role": "admin"},
        {"role": "support"},
        {"role": "system"},
        {"role": ["rider", "admin"]},
        {"role": "rider,admin"},
        {"roles": ["admin"]},
        {"id": "usr_x", "version": 9},
    ):
        reply = await anybody.create("/auth/sign-up", sign_up_body(**changes))
        assert (reply.status, reply.code) == (422, "validation_failed"), changes
    rider = await platform.person("rider")
    for body in ({"name": "A", "roles": ["admin"]}, {"name": "A", "role": "admin"}, {"roles": ["admin"]}):
        assert (await rider.patch("/me", body)).status == 422
    assert expect(await rider.get("/me"), 200)["roles"] == ["rider"]


# --- resources of other users ------------------------------------------------------------------


CONDITIONS: tuple[dict[str, str], ...] = (
    {},
    {"if-match": '"1"'},
    {"if-match": '"999"'},
    {"if-none-match": '"1"'},
)


async def other_users(factory: RescueFactory) -> list[CheckedClient]:
    """Users with rescues of their own, and one who is both rider and driver."""
    other = await factory.assigned()
    both = await factory.driver("rider")
    return [other.rider, other.assigned_driver, both]


async def test_resources_of_other_users_are_not_found(calls: ExampleCalls, factory: RescueFactory) -> None:
    """The response is the same as for an unknown id, and nothing changes."""
    people = await other_users(factory)
    before = await calls.platform.digest()
    compared, wrong = 0, []
    for route in protected_routes(calls.platform):
        names = [name for name in PARAMETER.findall(route.path) if name not in OF_EVERYBODY]
        if not names:
            continue
        nothing = calls.url(route, **{name: UNKNOWN_IDS[name] for name in names})
        for stranger in people:
            roles = stranger.grant.user.roles if stranger.grant else ()
            if route.policy.roles is not None and route.policy.roles.isdisjoint(roles):
                continue
            for headers in CONDITIONS:
                if "if-match" in headers and not route.if_match:
                    continue  # rejected before the resource is looked up
                theirs = await call(stranger, route, calls.url(route), body_of(route), headers)
                none = await call(stranger, route, nothing, body_of(route), headers)
                compared += 1
                if theirs.status != 404 or distinguishable(theirs) != distinguishable(none):
                    wrong.append(f"{name_of(route)} {headers} for {roles}: {theirs} instead of {none}")
    assert not wrong, "\n".join(wrong)
    assert compared > 100
    assert await calls.platform.digest() == before


async def test_a_driver_sees_a_rescue_only_while_assigned(factory: RescueFactory) -> None:
    platform = factory.platform
    prepared = await factory.offered()
    driver, unknown = prepared.assigned_driver, f"/rescues/{UNKNOWN_IDS['rescue_id']}"

    async def sees() -> bool:
        reply, none = await driver.get(prepared.path), await driver.get(unknown)
        assert reply.status == 200 or distinguishable(reply) == distinguishable(none)
        return reply.status == 200

    assert not await sees()  # an offer does not give access yet
    expect(await driver.post(f"/offers/{prepared.offer_id}/acceptance"), 200)
    await platform.settle()
    assert await sees()
    expect(await driver.post(f"{prepared.path}/release", {"reason": "flat"}), 200)
    await platform.settle()
    assert not await sees()
    assert (await driver.get(f"{prepared.path}/messages")).status == 404
    assert expect(await driver.get("/rescues"), 200)["items"] == []


async def test_quotes_cards_and_vehicles_of_other_users_cannot_be_used(
    calls: ExampleCalls, factory: RescueFactory
) -> None:
    platform, (rider, card) = calls.platform, await factory.rider()
    mine = expect(await rider.post("/quotes", quote_body()), 201)["id"]
    theirs = expect(await calls.arrived.rider.post("/quotes", quote_body()), 201)["id"]
    before = await platform.digest()

    async def request_with(quote_id: str, card_id: str) -> Reply:
        return await rider.create("/rescues", {"quote_id": quote_id, "payment_method_id": card_id})

    foreign = await request_with(theirs, card)
    assert (foreign.status, foreign.code) == (404, "not_found")
    assert distinguishable(foreign) == distinguishable(await request_with(f"quo_{UNKNOWN}", card))
    foreign = await request_with(mine, calls.ids["payment_method_id"])
    assert (foreign.status, foreign.body["errors"][0]["field"]) == (422, "payment_method_id")
    assert distinguishable(foreign) == distinguishable(
        await request_with(mine, UNKNOWN_IDS["payment_method_id"])
    )

    driver = calls.offered.assigned_driver
    availabilities = [
        {"online": True, "vehicle_id": v} for v in (calls.ids["vehicle_id"], UNKNOWN_IDS["vehicle_id"])
    ]
    foreign, unknown = [await driver.put("/me/availability", availability) for availability in availabilities]
    assert (foreign.status, foreign.body["errors"][0]["field"]) == (422, "vehicle_id")
    assert distinguishable(foreign) == distinguishable(unknown)
    assert await platform.digest() == before


async def test_lists_contain_only_the_users_own_resources(
    calls: ExampleCalls, factory: RescueFactory
) -> None:
    people = [*(await other_users(factory)), calls.arrived.rider, calls.arrived.assigned_driver]
    owners: dict[str, str] = {}
    for person in people:
        roles = person.grant.user.roles if person.grant else ()
        lists = ["/me/notifications"]
        lists += ["/me/payment-methods"] if "rider" in roles else []
        lists += ["/me/vehicles", "/me/offers"] if "driver" in roles else []
        for path in lists:
            for item in expect(await person.get(path), 200)["items"]:
                assert owners.setdefault(item["id"], person.user_id) == person.user_id, path
        for rescue in expect(await person.get("/rescues"), 200)["items"]:
            assert person.user_id in (rescue["rider"]["id"], rescue.get("driver", {}).get("id"))
    assert len(set(owners.values())) == len(people)
    for query in ("rider_id=", "driver_id=", "rider=", "user_id="):
        reply = await people[0].get(f"/rescues?{query}{calls.arrived.rider.user_id}")
        assert reply.status == 422, query
    assert (await people[0].get("/rescues?role=operator")).status == 422


async def test_a_cursor_of_another_user_reveals_nothing(calls: ExampleCalls, factory: RescueFactory) -> None:
    other = await factory.assigned()
    first = expect(await calls.arrived.rider.get("/me/notifications?limit=1"), 200)
    page = expect(await other.rider.get(f"/me/notifications?limit=200&cursor={first['next_cursor']}"), 200)
    mine = {n["id"] for n in expect(await other.rider.get("/me/notifications?limit=200"), 200)["items"]}
    assert {item["id"] for item in page["items"]} <= mine


# --- users with several roles, operators -------------------------------------------------------


async def test_a_rider_who_also_drives_has_only_the_rights_of_the_role_in_use(factory: RescueFactory) -> None:
    """As the rider of one rescue they see its PIN; as the driver of another they do not."""
    platform = factory.platform
    platform.clock.advance(60)
    both = await factory.driver("rider")
    card = expect(await both.post("/me/payment-methods", {"stripe_payment_method": "pm_card_visa"}), 201)[
        "id"
    ]
    own = PreparedRescue(platform, both, await factory.request(both, card))
    assert (
        expect(await both.get("/me/offers"), 200)["items"] == []
    )  # riders are not offered their own rescues
    other_rider, other_card = await factory.rider()
    driven = PreparedRescue(platform, other_rider, await factory.request(other_rider, other_card), both)
    [offer] = expect(await both.get("/me/offers"), 200)["items"]
    assert offer["rescue_id"] == driven.rescue_id
    expect(await both.post(f"/offers/{offer['id']}/acceptance"), 200)
    await platform.settle()
    assert "pin" in await own.view(both)
    assert "pin" not in await driven.view(both)
    assert (await both.post(f"{driven.path}/cancellation", REASON)).code == "forbidden"
    assert (await both.post(f"{driven.path}/pin")).code == "forbidden"
    assert (await both.post(f"{own.path}/departure")).code in ("forbidden", "illegal_transition")
    as_rider = expect(await both.get("/rescues?role=rider"), 200)["items"]
    as_driver = expect(await both.get("/rescues?role=driver"), 200)["items"]
    assert [r["id"] for r in as_rider] == [own.rescue_id]
    assert [r["id"] for r in as_driver] == [driven.rescue_id]
    assert "pin" in as_rider[0]
    assert "pin" not in as_driver[0]


async def test_operators_see_every_rescue_without_its_secrets(calls: ExampleCalls) -> None:
    for role in ("support", "admin"):
        operator = await calls.platform.person(role)
        for path in (calls.arrived.path, f"/admin{calls.arrived.path}", f"{calls.arrived.path}/timeline"):
            reply = await operator.get(path)
            assert reply.status == 200
            assert '"pin"' not in json.dumps(reply.body)
        assert (await operator.get(f"{calls.arrived.path}/messages")).status == 200
        for path in ("departure", "arrival", "no-show"):
            assert (await operator.post(f"{calls.arrived.path}/{path}")).code == "forbidden"


# --- data that users see of each other ---------------------------------------------------------


async def readable_text(client: CheckedClient, prepared: PreparedRescue) -> str:
    """The text of everything that a user can read about a rescue."""
    paths = [
        prepared.path,
        f"{prepared.path}/timeline",
        f"{prepared.path}/messages",
        "/me/notifications",
    ]
    if "support" not in (client.grant.user.roles if client.grant else ()):
        paths.append("/rescues")
    if "driver" in (client.grant.user.roles if client.grant else ()):
        paths += ["/me/offers", "/me/earnings", "/me/vehicles", "/me/driver-application"]
    if "support" in (client.grant.user.roles if client.grant else ()):
        paths += ["/admin/overview", "/admin/map?area=montreal", "/admin/drivers"]
        paths += [f"/admin/rescues?q={prepared.rescue_id}", f"/admin{prepared.path}"]
    return "\n".join([json.dumps(expect(await client.get(path), 200)) for path in paths])


async def test_phone_numbers_and_pins_are_not_disclosed(calls: ExampleCalls, factory: RescueFactory) -> None:
    prepared = await factory.arrived()
    expect(await prepared.rider.post(f"{prepared.path}/messages", {"text": "By the gate"}), 201)
    await calls.platform.settle()
    rider, driver = prepared.rider.grant, prepared.assigned_driver.grant
    assert rider is not None
    assert driver is not None
    as_rider = await readable_text(prepared.rider, prepared)
    as_driver = await readable_text(prepared.assigned_driver, prepared)
    as_operator = await readable_text(calls.operator, prepared)
    for phone in (rider.user.phone, driver.user.phone):
        for text in (as_rider, as_driver, as_operator):
            assert phone not in text
            assert phone.removeprefix("+1") not in text
    for text in (as_driver, as_operator):
        assert '"pin"' not in text
        for hash_ in (rider.user.password_hash, rider.user.phone_key or "no key"):
            assert hash_ not in text
    assert '"pin"' in as_rider
    assert "card" not in as_driver
    assert "pmt_" not in as_driver
    streams = await redis_text(calls.platform)
    assert prepared.rescue_id in streams  # so the streams do contain the rescue
    assert '"pin"' not in streams
    assert rider.user.phone not in streams


async def redis_text(platform: Platform) -> str:
    """The text of all streams in Redis, which hold everything that sockets receive."""
    redis, text = platform.container.redis.durable, []
    for key in await redis.call("KEYS", "*", decode=True):
        if await redis.call("TYPE", key, decode=True) == "stream":
            text.append(str(await redis.call("XRANGE", key, "-", "+", decode=True)))
    return "\n".join(text)


async def test_an_offer_shows_the_places_but_not_the_rider(factory: RescueFactory) -> None:
    prepared = await factory.offered()
    [offer] = expect(await prepared.assigned_driver.get("/me/offers"), 200)["items"]
    text = json.dumps(offer)
    assert prepared.rider.user_id not in text
    assert "Rika" not in text
    assert str(PICKUP["address"]) not in text
    assert offer["pickup"] == {"lat": PICKUP["lat"], "lng": PICKUP["lng"]}
    assert offer["dropoff"] == {"lat": DROPOFF["lat"], "lng": DROPOFF["lng"]}
    assert VEHICLE["plate"] not in text
