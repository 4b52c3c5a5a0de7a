"""An example call of every route: its client, its path and its body.

A route with a body or with a new kind of path parameter needs an entry here; without one the tests of the
whole API fail and name it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from support import rfc8291
from support.files.uploads import JPEG, photographed, uploaded
from support.http.server import PASSWORD, new_phone
from support.platform.in_process import CheckedClient, Platform
from support.rescues.fixtures import (
    APPLICATION,
    DROPOFF,
    PICKUP,
    VEHICLE,
    VISA,
    PreparedRescue,
    RescueFactory,
    expect,
)
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.routing import Route
from supportcarr.contracts.value_objects import RescuePeople
from supportcarr.ratings import model
from supportcarr.ratings.collections import RATINGS
from supportcarr.ratings.commands import Rate

UNKNOWN = "01jdc0000000000000000000r0"
PARAMETER = re.compile(r"{(\w+)}")
OF_EVERYBODY = frozenset(
    {"kind", "check_kind", "document"}
)  # parameters of paths that name no resource of one person
REASON = {"reason": "changed_my_mind"}
PLACE = {"name": "Home", "lat": 45.53, "lng": -73.6, "address": "1234 rue Rachel"}
# A browser whose push service is Mozilla's; nobody sends to it here.
BROWSER = {
    "endpoint": "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABn",
    "expirationTime": None,
    "keys": rfc8291.BROWSER_KEYS,
}
A_BIKE = {
    "name": "Cargo",
    "type": "cargo",
    "make": "Urban Arrow",
    "model": "Family",
    "weight_kg": 51.5,
    "battery_wh": 545,
    "battery_removable": True,
    "photo_id": None,
}
DECISION = {"reason": "The insurer does not know you"}

# Each body has every field, so that tests can make one after another invalid.
BODIES: Mapping[tuple[str, str], Any] = {
    ("POST", "/auth/sign-up"): {
        "phone": "+15145550199",
        "password": PASSWORD,
        "name": "Ana Roy",
        "role": "rider",
        "language": "en",
    },
    ("POST", "/auth/phone-verification"): {"code": "042137"},
    ("POST", "/me/roles"): {"role": "driver"},
    ("PUT", "/auth/password"): {"current_password": PASSWORD, "new_password": "another good one"},
    ("POST", "/auth/password-resets"): {"phone": "+15145550199"},
    ("POST", "/auth/password-resets/confirmation"): {
        "phone": "+15145550199",
        "code": "042137",
        "password": "another good one",
    },
    ("POST", "/auth/sign-in"): {"phone": "+15145550199", "password": PASSWORD, "totp_code": "123456"},
    ("POST", "/auth/refresh"): {"refresh_token": "ses_x.1.x.x", "nonce": "n-0123456789"},
    ("POST", "/auth/totp/confirmation"): {"code": "123456"},
    ("POST", "/auth/step-up"): {"totp_code": "123456"},
    ("PUT", "/admin/users/{user_id}/roles"): {"roles": ["rider"], "reason": "By mistake"},
    ("POST", "/admin/users/{user_id}/ban"): {"reason": "Abusive"},
    ("POST", "/admin/partners"): {"name": "BIXI"},
    ("POST", "/admin/partners/{partner_id}/keys"): {
        "mode": "test",
        "scopes": ["account:read"],
        "expires_at": "2099-01-01T00:00:00Z",
    },
    ("POST", "/admin/partners/{partner_id}/keys/{key_id}/rotation"): {"overlap_seconds": 60},
    ("PATCH", "/me"): {
        "name": "Ana Roy",
        "preferences": {
            "language": "en",
            "units": "metric",
            "notifications": {"push": True, "sms": False, "email": True},
            "accessibility": "I hear badly",
        },
    },
    ("POST", "/me/phone"): {"phone": "+15145550198", "password": PASSWORD},
    ("POST", "/me/phone/confirmation"): {"code": "042137"},
    ("POST", "/me/push-subscriptions"): BROWSER,
    ("POST", "/quotes"): {
        "kind": "rescue",
        "problem": "damaged_battery",
        "battery": {"smoking": False, "swollen": False, "hot": False},
        "pickup": PICKUP,
        "dropoff": {**DROPOFF, "address": "Home"},
        "bike_id": f"bik_{UNKNOWN}",
        "promo_code": "NONE",
        "scheduled_for": "2026-01-01T00:00:00Z",
    },
    ("POST", "/me/places"): PLACE,
    ("PATCH", "/me/places/{place_id}"): PLACE,
    ("POST", "/me/bikes"): A_BIKE,
    ("PATCH", "/me/bikes/{bike_id}"): A_BIKE,
    ("POST", "/me/payment-methods"): {"stripe_payment_method": VISA},
    ("POST", "/webhooks/stripe"): None,  # bytes
    ("POST", "/webhooks/twilio/status"): None,
    ("POST", "/webhooks/checks/{check_kind}"): None,
    ("POST", "/rescues"): {"quote_id": "quo_x", "payment_method_id": "pmt_x", "note": "By the gate"},
    ("POST", "/shared-rescues"): {"token": "x"},
    ("POST", "/rescues/{rescue_id}/departure"): {"happened_at": None},
    ("POST", "/rescues/{rescue_id}/arrival"): {"happened_at": None},
    ("POST", "/rescues/{rescue_id}/no-show"): {"happened_at": None},
    ("POST", "/rescues/{rescue_id}/start"): {"pin": "0000"},
    ("POST", "/rescues/{rescue_id}/fix-confirmation"): {"price_minor": 0},
    ("POST", "/rescues/{rescue_id}/completion"): {"outcome": "delivered", "price_minor": 0},
    ("POST", "/rescues/{rescue_id}/abort"): REASON,
    ("POST", "/rescues/{rescue_id}/release"): REASON,
    ("POST", "/rescues/{rescue_id}/cancellation"): REASON,
    ("POST", "/rescues/{rescue_id}/messages"): {"text": "On my way"},
    ("POST", "/rescues/{rescue_id}/rating"): {"stars": 5, "reasons": ["friendly"], "comment": "Thank you"},
    ("POST", "/ratings/{rating_id}/report"): {"reason": "Insulting"},
    ("POST", "/admin/ratings/{rating_id}/review"): {"decision": "keep", "note": "Fair"},
    ("POST", "/rescues/{rescue_id}/photos"): {
        "stage": "before",
        "content_type": "image/jpeg",
        "size": 1000,
        "damage": True,
        "note": "The rim is bent",
    },
    ("POST", "/admin/rescues/{rescue_id}/cancellation"): REASON,
    ("POST", "/admin/rescues/{rescue_id}/abort"): {**REASON, "amount_minor": 0},
    ("PUT", "/me/driver-application"): APPLICATION,
    ("PUT", "/me/driver-documents/{kind}"): {
        "file_ids": [f"fil_{UNKNOWN}"],
        "expires_on": "2099-01-31",
        "number": "L1234",
        "vehicle_id": None,
    },
    ("POST", "/admin/documents/{document_id}/review"): {"decision": "reject", "reason": "Too dark"},
    ("POST", "/admin/drivers/{driver_id}/approval"): DECISION,
    ("POST", "/admin/drivers/{driver_id}/rejection"): {**DECISION, "fields": ["insurer"]},
    ("POST", "/admin/drivers/{driver_id}/suspension"): DECISION,
    ("DELETE", "/admin/drivers/{driver_id}/suspension"): DECISION,
    ("POST", "/me/vehicles"): {
        **VEHICLE,
        "bed_length_cm": 180,
        "capacity": 1,
        "ramp": False,
        "tie_downs": 0,
        "seats": 1,
        "photo_ids": [],
    },
    ("PATCH", "/me/vehicles/{vehicle_id}"): {
        **VEHICLE,
        "bed_length_cm": 180,
        "capacity": 1,
        "ramp": True,
        "tie_downs": 2,
        "seats": 1,
        "photo_ids": [],
    },
    ("POST", "/me/uploads"): {"purpose": "bike_photo", "content_type": "image/jpeg", "size": 1000},
    ("POST", "/uploads"): None,  # a form
    ("PUT", "/me/availability"): {"online": False, "vehicle_id": "veh_x", "on_break": False},
    ("POST", "/me/positions"): {
        "lat": 45.5,
        "lng": -73.6,
        "at": "2026-01-01T00:00:00Z",
        "accuracy": 5.0,
        "heading": 90.0,
        "speed": 10.0,
    },
}
UNKNOWN_IDS: Mapping[str, str] = {  # by the path's parameter: ids that no resource has
    "rescue_id": f"res_qc_{UNKNOWN}",
    "offer_id": f"off_{UNKNOWN}",
    "driver_id": f"usr_{UNKNOWN}",
    "vehicle_id": f"veh_{UNKNOWN}",
    "payment_method_id": f"pmt_{UNKNOWN}",
    "notification_id": f"ntf_{UNKNOWN}",
    "subscription_id": f"psh_{UNKNOWN}",
    "export_id": f"exp_{UNKNOWN}",
    "user_id": f"usr_{UNKNOWN}",
    "partner_id": f"prt_{UNKNOWN}",
    "key_id": f"apk_{UNKNOWN}",
    "session_id": f"ses_{UNKNOWN}",
    "rating_id": f"rat_rider_{UNKNOWN}",
    "file_id": f"fil_{UNKNOWN}",
    "place_id": f"plc_{UNKNOWN}",
    "bike_id": f"bik_{UNKNOWN}",
    "photo_id": f"pho_{UNKNOWN}",
    "link_id": f"shl_{UNKNOWN}",
    "kind": "passport",
    "check_kind": "credit",
    "document": "manifesto",
    "document_id": f"doc_{UNKNOWN}",
}
REQUIRED_QUERY: Mapping[tuple[str, str], str] = {
    ("GET", "/files"): "link=e30.x",  # refused: a link is signed
    ("GET", "/coverage"): "lat=45.5&lng=-73.6",
    ("DELETE", "/me/push-subscriptions"): f"endpoint={BROWSER['endpoint']}x",
    ("GET", "/geocoding/reverse"): "lat=45.5&lng=-73.6",
    ("GET", "/admin/map"): "area=montreal",
}


def body_of(route: Route) -> Any:
    """An example of the route's body.  Raises ``AssertionError`` if there is none."""
    if route.body is None:
        return None
    key = (route.method, route.path)
    assert key in BODIES, f"write an example of the body of {key} in tests/support/http/route_calls.py"
    return BODIES[key]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


@dataclass(slots=True)
class ExampleCalls:
    """Clients and paths for a call of every route: of an arrived rescue, an offered one, and an operator."""

    platform: Platform
    arrived: PreparedRescue
    offered: PreparedRescue
    operator: CheckedClient
    admin: CheckedClient
    partner: CheckedClient  # with a key
    ids: Mapping[str, str]  # by the path's parameter

    def client(self, route: Route) -> CheckedClient:
        """A client that the route's policy accepts and that owns the resources in its path."""
        roles = route.policy.roles
        if route.policy.step_up:
            return self.admin
        if roles is None or "rider" in roles:
            return self.arrived.rider
        if "partner" in roles:
            return self.partner
        if "driver" in roles:
            return (
                self.offered.assigned_driver if "{offer_id}" in route.path else self.arrived.assigned_driver
            )
        return self.operator if "support" in roles else self.admin

    def path(self, route: Route, **other: str) -> str:
        """The route's path with ids of existing resources, or with *other* ids."""
        ids = {**self.ids, **other}
        names = PARAMETER.findall(route.path)
        unknown = [name for name in names if name not in ids]
        assert not unknown, (
            f"say in tests/support/http/route_calls.py what {unknown[0]} of {name_of(route)} is"
        )
        return PARAMETER.sub(lambda match: ids[match[1]], route.path)

    def url(self, route: Route, **other: str) -> str:
        """The path with the query parameters that the route requires."""
        query = REQUIRED_QUERY.get((route.method, route.path))
        return self.path(route, **other) + (f"?{query}" if query else "")


async def prepare_calls(factory: RescueFactory) -> ExampleCalls:
    """Create users, and one resource of every kind that a path can name."""
    platform = factory.platform
    prepared = await factory.arrived()
    offered = await factory.offered()
    operator, admin = await platform.person("support"), await platform.person("admin")
    await platform.settle()

    async def first(who: CheckedClient, path: str) -> str:
        return str(expect(await who.get(path), 200)["items"][0]["id"])

    assert prepared.rider.grant is not None
    partners, nowhere = platform.container.partners, Origin()
    partner = await partners.create(SYSTEM, "BIXI", nowhere)
    key = await partners.create_key(SYSTEM, partner.id, "test", ["account:read"], None, nowhere)
    another_session = await platform.container.auth.sessions.open(prepared.rider.grant.user)

    ids = {
        "rescue_id": prepared.rescue_id,
        "offer_id": offered.offer_id or "",
        "driver_id": prepared.assigned_driver.user_id,
        "vehicle_id": await first(prepared.assigned_driver, "/me/vehicles"),
        "payment_method_id": await first(prepared.rider, "/me/payment-methods"),
        "notification_id": await first(prepared.rider, "/me/notifications"),
        "subscription_id": expect(await prepared.rider.post("/me/push-subscriptions", BROWSER), 200)["id"],
        "check_kind": "identity",
        "partner_id": partner.id,
        "key_id": key.document.id,
        "user_id": prepared.rider.user_id,
        "session_id": another_session.session_id,
        "export_id": expect(await prepared.rider.post("/me/exports"), 201)["id"],
        "place_id": expect(await prepared.rider.create("/me/places", PLACE), 201)["id"],
        "bike_id": expect(await prepared.rider.create("/me/bikes", A_BIKE), 201)["id"],
        "rating_id": await _rating_of(prepared.rider, prepared.assigned_driver, factory),
    }
    file = await uploaded(platform, prepared.rider, "bike_photo", JPEG)
    ids["file_id"] = file["id"]
    ids["photo_id"] = (await photographed(platform, prepared.rider, prepared.path, JPEG))["id"]
    ids["link_id"] = expect(await prepared.rider.create(f"{prepared.path}/share-links", None), 201)["id"]
    ids["document"] = "terms"
    ids["kind"], ids["document_id"] = "licence", await document_of(prepared.assigned_driver, platform)
    await platform.settle()
    with_key = platform.anonymous()
    with_key.token = key.key
    expect(await with_key.get("/partner/me"), 200)  # notes the first use of the key
    await platform.settle()
    return ExampleCalls(platform, prepared, offered, operator, admin, with_key, ids)


async def _rating_of(rider: CheckedClient, driver: CheckedClient, factory: RescueFactory) -> str:
    """The id of a rating about the rider, which is shown to them."""
    platform = factory.platform
    rescue = RescuePeople(
        rescue_id=f"res_qc_{UNKNOWN[:-1]}1",
        rider_id=rider.user_id,
        driver_id=driver.user_id,
        status="completed",
        ended_at=platform.clock.city(),
    )
    ratings = model.empty_ratings(rescue, model.RatingRules())
    for side in model.SIDES:
        ratings = model.rate(ratings, side, Rate(5), model.RatingRules(), platform.clock.city())
    await platform.container.store.collection(RATINGS).insert(ratings)
    return model.rating_id(ratings.id, "driver")


async def document_of(driver: CheckedClient, platform: Platform) -> str:
    """The id of the driver's licence, which waits for an operator."""
    file = await uploaded(platform, driver, "driver_document", JPEG)
    body = {"file_ids": [file["id"]], "expires_on": "2099-01-31", "number": "L1234"}
    return str(expect(await driver.put("/me/driver-documents/licence", body), 200)["id"])


def sign_up_body(**changes: Any) -> dict[str, Any]:
    """The body that signs up a new user."""
    return {"phone": new_phone(), "password": PASSWORD, "name": "Ana Roy", "role": "rider"} | changes
