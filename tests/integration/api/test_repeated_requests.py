"""A repeated change of state by the same user gets the first response again and changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from support.files.links import without_links
from support.files.uploads import JPEG, uploaded
from support.http.route_calls import A_BIKE, BROWSER, PLACE, REASON, document_of, name_of
from support.http.server import Reply
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import APPLICATION, VEHICLE, RescueFactory, expect

pytestmark = pytest.mark.asyncio(loop_scope="module")

Send = Callable[[], Awaitable[Reply]]

# Routes that create something each time or have other rules, which other tests cover.
NEW_EACH_TIME = {
    "POST /auth/sign-up",
    "POST /auth/phone-verification",  # each try counts
    "POST /auth/phone-verification/codes",  # a new code each time
    "POST /me/phone",  # a new code each time
    "POST /me/phone/confirmation",  # a code is good once
    "PUT /auth/password",  # the old one is wrong by then
    "POST /auth/password-resets",  # a new code each time
    "POST /auth/password-resets/confirmation",  # a code is good once
    "POST /auth/sign-in",
    "POST /auth/refresh",
    "POST /quotes",
    "POST /rescues",
    "POST /me/payment-methods",
    "POST /me/payment-methods/setup",  # a new setup each time
    "POST /me/vehicles",
    "POST /me/places",
    "POST /me/bikes",
    "POST /me/exports",
    "POST /rescues/{rescue_id}/messages",
    "POST /rescues/{rescue_id}/photos",
    "POST /rescues/{rescue_id}/photos/{photo_id}/completion",  # tests/integration/files
    "POST /rescues/{rescue_id}/share-links",  # another link
    "POST /shared-rescues",
    "POST /me/uploads",
    "POST /me/uploads/{file_id}/completion",  # tests/integration/files
    "POST /uploads",  # a form may be used again until it expires
    "POST /rescues/{rescue_id}/pin",  # a new PIN each time
    "POST /admin/rescues/{rescue_id}/pin",
    "POST /me/positions",  # the latest wins
    "POST /me/roles",  # a new token each time
    "POST /admin/partners",
    "POST /admin/partners/{partner_id}/keys",
    "POST /admin/partners/{partner_id}/keys/{key_id}/rotation",  # a new key each time
    "POST /auth/totp",  # a new secret each time
    "POST /auth/totp/confirmation",  # a code is good once
    "POST /auth/step-up",
    "POST /webhooks/stripe",  # deduplicated by Stripe's event ids
    "POST /webhooks/twilio/status",  # a report of before changes nothing
    "POST /webhooks/checks/{check_kind}",
}


class RepeatableRequests:
    """Prepares each change that a user may repeat."""

    def __init__(self, factory: RescueFactory) -> None:
        self._factory = factory
        self._platform: Platform = factory.platform

    async def of(self, route: str) -> list[Send]:
        """The requests that make this change, one for each kind of user, ready to be sent."""
        match route:
            case "POST /auth/sign-out" | "DELETE /me" | "DELETE /auth/totp":
                return []  # cannot be repeated: the session has ended (tested below)
            case "PATCH /me":
                rider = await self._platform.person("rider")
                return [lambda: rider.patch("/me", {"name": "Rika R. Roy"})]
            case "DELETE /rescues/{rescue_id}/share-links/{link_id}":
                prepared = await self._factory.without_driver()
                here = f"{prepared.path}/share-links"
                link = expect(await prepared.rider.create(here, None), 201)["id"]
                return [lambda: prepared.rider.delete(f"{here}/{link}")]
            case "DELETE /me/deletion":
                asked = await self._platform.person("rider")
                expect(await asked.send("DELETE", "/me"), 202)
                await self._platform.settle()
                assert asked.grant is not None
                rider = await self._platform.signed_in_again(asked.grant.user.phone)
                return [lambda: rider.delete("/me/deletion")]
            case "DELETE /auth/sessions":
                rider = await self._platform.person("rider")
                return [lambda: rider.delete("/auth/sessions")]
            case "DELETE /auth/sessions/{session_id}":
                rider = await self._platform.person("rider")
                assert rider.grant is not None
                other = await self._platform.container.auth.sessions.open(rider.grant.user)
                return [lambda: rider.delete(f"/auth/sessions/{other.session_id}")]
            case "PUT /admin/users/{user_id}/roles":
                return await self._of_an_account("put", "roles", {"roles": ["driver"], "reason": "Moved"})
            case "POST /admin/users/{user_id}/ban":
                return await self._of_an_account("post", "ban", {"reason": "Abusive"})
            case "DELETE /admin/users/{user_id}/ban":
                return await self._of_an_account("delete", "ban")
            case "DELETE /admin/users/{user_id}/totp":
                return await self._of_an_account("delete", "totp")
            case "DELETE /admin/partners/{partner_id}/keys/{key_id}":
                admin = await self._platform.person("admin")
                partner = expect(await admin.create("/admin/partners", {"name": "BIXI"}), 201)["id"]
                body = {"mode": "test", "scopes": ["account:read"]}
                made = expect(await admin.create(f"/admin/partners/{partner}/keys", body), 201)
                path = f"/admin/partners/{partner}/keys/{made['details']['id']}"
                return [lambda: admin.delete(path)]
            case "PUT /me/driver-application":
                driver = await self._platform.person("driver")
                return [lambda: driver.put("/me/driver-application", APPLICATION)]
            case "PUT /me/driver-documents/{kind}":
                driver = await self._platform.person("driver")
                file = await uploaded(self._platform, driver, "driver_document", JPEG)
                document = {"file_ids": [file["id"]], "expires_on": "2099-01-31"}
                return [lambda: driver.put("/me/driver-documents/licence", document)]
            case "POST /admin/documents/{document_id}/review":
                driver, operator = (
                    await self._platform.person("driver"),
                    await self._platform.person("support"),
                )
                path = f"/admin/documents/{await document_of(driver, self._platform)}/review"
                return [lambda: operator.post(path, {"decision": "approve"})]
            case "PUT /me/availability":
                return [*await self._availability(True), *await self._availability(False)]
            case "POST /admin/drivers/{driver_id}/approval":
                return await self._standing("approval", None)
            case "POST /admin/drivers/{driver_id}/suspension":
                return await self._standing("suspension", None)
            case (
                "PATCH /me/places/{place_id}"
                | "DELETE /me/places/{place_id}"
                | "PATCH /me/bikes/{bike_id}"
                | "DELETE /me/bikes/{bike_id}"
            ):
                return await self._of_a_possession(route)
            case (
                "POST /me/push-subscriptions"
                | "DELETE /me/push-subscriptions"
                | "DELETE /me/push-subscriptions/{subscription_id}"
            ):
                return await self._of_a_browser(route)
            case "POST /ratings/{rating_id}/report" | "POST /admin/ratings/{rating_id}/review":
                return await self._of_a_rating(route)
            case "DELETE /admin/drivers/{driver_id}/suspension":
                return []  # a repeat is refused: the suspension has ended
            case "POST /admin/drivers/{driver_id}/review":
                return await self._applied("review", None)
            case "POST /admin/drivers/{driver_id}/rejection":
                return await self._applied("rejection", {"reason": "Blurred", "fields": ["insurer"]})
            case "POST /me/driver-application/submission":
                driver = await self._applicant()
                return [lambda: driver.post("/me/driver-application/submission")]
            case "POST /me/notifications/{notification_id}/reading":
                prepared = await self._factory.assigned()
                [notification, *_] = expect(await prepared.rider.get("/me/notifications"), 200)["items"]
                return [lambda: prepared.rider.post(f"/me/notifications/{notification['id']}/reading")]
            case "POST /offers/{offer_id}/acceptance" | "POST /offers/{offer_id}/decline":
                prepared = await self._factory.offered()
                path = route.removeprefix("POST ").replace("{offer_id}", prepared.offer_id or "")
                return [lambda: prepared.assigned_driver.post(path)]
            case "PATCH /me/vehicles/{vehicle_id}":
                driver = await self._factory.driver(online=False)
                vehicle = expect(await driver.get("/me/vehicles"), 200)["items"][0]["id"]
                return [lambda: driver.patch(f"/me/vehicles/{vehicle}", {"ramp": True, "tie_downs": 4})]
            case "DELETE /me/vehicles/{vehicle_id}":
                driver = await self._factory.driver(online=False)
                vehicle = expect(await driver.get("/me/vehicles"), 200)["items"][0]["id"]
                return [lambda: driver.delete(f"/me/vehicles/{vehicle}")]
            case "DELETE /me/payment-methods/{payment_method_id}":
                rider, card = await self._factory.rider()
                return [lambda: rider.delete(f"/me/payment-methods/{card}")]
            case _ if "{rescue_id}" in route:
                return await self._of_a_rescue(route)
        raise AssertionError(f"say in Saying.of() how {route} comes about")

    async def _of_an_account(self, method: str, what: str, *body: Any) -> list[Send]:
        admin, rider = await self._platform.person("admin"), await self._platform.person("rider")
        send = getattr(admin, method)
        return [lambda: send(f"/admin/users/{rider.user_id}/{what}", *body)]

    async def _availability(self, online: bool) -> list[Send]:
        driver = await self._factory.driver(online=not online)
        vehicle = expect(await driver.get("/me/vehicles"), 200)["items"][0]["id"]
        body = {"online": online, "vehicle_id": vehicle} if online else {"online": False}
        return [lambda: driver.put("/me/availability", body)]

    async def _standing(self, what: str, body: Any) -> list[Send]:
        driver = await self._factory.driver()
        admin = await self._platform.person("admin")
        return [lambda: admin.post(f"/admin/drivers/{driver.user_id}/{what}", body)]

    async def _of_a_possession(self, route: str) -> list[Send]:
        rider, (method, path) = await self._platform.person("rider"), route.split()
        collection, body = path.rpartition("/")[0], A_BIKE if "bike" in path else PLACE
        made = expect(await rider.create(collection, body), 201)["id"]
        if method == "DELETE":
            return [lambda: rider.delete(f"{collection}/{made}")]
        return [lambda: rider.patch(f"{collection}/{made}", body | {"name": "Another"})]

    async def _of_a_browser(self, route: str) -> list[Send]:
        rider, path = await self._platform.person("rider"), "/me/push-subscriptions"
        made = expect(await rider.post(path, BROWSER), 200)["id"]
        if route.startswith("POST"):
            return [lambda: rider.post(path, BROWSER)]
        if route.endswith("}"):
            return [lambda: rider.delete(f"{path}/{made}")]
        return [lambda: rider.delete(f"{path}?endpoint={BROWSER['endpoint']}")]

    async def _of_a_rating(self, route: str) -> list[Send]:
        operator, ride = await self._platform.person("support"), await self._factory.in_state("completed")
        for who in (ride.rider, ride.assigned_driver):
            expect(await who.post(f"{ride.path}/rating", {"stars": 2}), 200)
        rating = expect(await ride.rider.get(f"{ride.path}/ratings"), 200)["theirs"]["id"]
        path = route.removeprefix("POST ").replace("{rating_id}", rating)
        if route.endswith("/report"):
            return [self._says(ride.rider, path, {"reason": "Insulting"})]
        return [self._says(operator, path, {"decision": "hide"})]

    async def _applicant(self) -> CheckedClient:
        """A driver whose application is complete."""
        driver = await self._platform.person("driver")
        expect(await driver.put("/me/driver-application", APPLICATION), 200)
        expect(await driver.create("/me/vehicles", VEHICLE), 201)
        return driver

    async def _applied(self, what: str, body: Any) -> list[Send]:
        driver, admin = await self._applicant(), await self._platform.person("admin")
        expect(await driver.post("/me/driver-application/submission"), 200)
        return [lambda: admin.post(f"/admin/drivers/{driver.user_id}/{what}", body)]

    async def _of_a_rescue(self, route: str) -> list[Send]:
        step = route.rpartition("/")[2]
        operator = await self._platform.person("support")
        if route.startswith("POST /admin"):
            prepared = await (self._factory.arrived() if step == "abort" else self._factory.assigned())
            return [self._says(operator, f"/admin{prepared.path}/{step}", REASON)]
        match step:
            case "departure":
                prepared = await self._factory.assigned()
                return [self._says(prepared.assigned_driver, f"{prepared.path}/{step}")]
            case "arrival":
                prepared = await self._factory.en_route()
                return [self._says(prepared.assigned_driver, f"{prepared.path}/{step}")]
            case "start":
                prepared = await self._factory.arrived()
                pin = {"pin": (await prepared.view())["pin"]}
                return [self._says(prepared.assigned_driver, f"{prepared.path}/{step}", pin)]
            case "completion":
                here, there = await self._factory.arrived(), await self._factory.in_transit()
                pin = (await here.view())["pin"]
                fixed = {"outcome": "fixed_on_spot", "price_minor": 900, "pin": pin}
                return [
                    self._says(here.assigned_driver, f"{here.path}/{step}", fixed),
                    self._says(there.assigned_driver, f"{there.path}/{step}", {"outcome": "delivered"}),
                ]
            case "fix-confirmation":
                prepared = await self._factory.arrived()
                return [self._says(prepared.rider, f"{prepared.path}/{step}", {"price_minor": 900})]
            case "rating":
                ride = await self._factory.in_state("completed")
                path, given = f"{ride.path}/{step}", {"stars": 4, "comment": "Kind"}
                return [self._says(ride.rider, path, given), self._says(ride.assigned_driver, path, given)]
            case "no-show":
                prepared = await self._factory.arrived()
                self._platform.clock.advance(600)
                return [self._says(prepared.assigned_driver, f"{prepared.path}/{step}")]
            case "abort" | "release":
                first, second = await self._factory.arrived(), await self._factory.arrived()
                return [
                    self._says(first.assigned_driver, f"{first.path}/{step}", REASON),
                    self._says(operator, f"{second.path}/{step}", REASON),
                ]
            case "cancellation":
                first, second = await self._factory.assigned(), await self._factory.without_driver()
                return [
                    self._says(first.rider, f"{first.path}/{step}", REASON),
                    self._says(operator, f"{second.path}/{step}", REASON),
                ]
        raise AssertionError(f"say in Saying._of_a_rescue() how {route} comes about")

    def _says(self, who: CheckedClient, path: str, body: Any = None) -> Send:
        return lambda: who.post(path, body)


async def test_every_repeated_change_succeeds_and_changes_nothing(factory: RescueFactory) -> None:
    platform, saying = factory.platform, RepeatableRequests(factory)
    routes = {name_of(route) for route in platform.container.routes() if route.method != "GET"}
    assert routes >= NEW_EACH_TIME
    repeated = 0
    for route in sorted(routes - NEW_EACH_TIME):
        for say in await saying.of(route):
            await platform.settle()
            first = await say()
            assert first.status in (200, 204), (route, first)
            before = await platform.digest()
            again = [await say(), *await asyncio.gather(*(say() for _ in range(4)))]
            assert await platform.digest() == before, route
            for reply in again:
                # the resource is deleted already
                gone = route.startswith("DELETE") and reply.status == 404
                assert gone or reply.status == first.status, (route, reply)
                if reply.status == 200 and "version" in reply.body and "payment" not in reply.body:
                    assert without_links(reply.body) == without_links(first.body), route
            repeated += 1
    assert repeated >= 20


async def test_signing_out_twice_is_rejected(platform: Platform) -> None:
    rider = await platform.person("rider")
    expect(await rider.post("/auth/sign-out"), 204)
    before = await platform.digest()
    assert (await rider.post("/auth/sign-out")).status == 401
    assert await platform.digest() == before
