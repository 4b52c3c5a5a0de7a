"""The routes that clients rely on: method and path, who may call them, status, idempotency."""

from __future__ import annotations

import re

import pytest

from support.http.route_calls import name_of
from support.platform.in_process import Platform
from supportcarr.contracts.errors import ApiError
from supportcarr.contracts.routing import PageResponse, Route
from supportcarr.gateway.app import build as _gateway  # noqa: F401 - its refusals belong to the interface

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Every route of this version, written down by hand.  * an Idempotency-Key is required, + it is optional.
ROUTES = """
anyone        POST   /auth/sign-up*                           201
anyone        POST   /auth/sign-in                            200
anyone        POST   /auth/refresh                            200
anyone        POST   /auth/password-resets                    202
anyone        POST   /auth/password-resets/confirmation       204
signed_in     PUT    /auth/password                           200
anyone        GET    /legal-documents/{document}              200
anyone        GET    /coverage                                200
anyone        GET    /clock                                   200
anyone        POST   /webhooks/stripe                         202
anyone        POST   /webhooks/twilio/status                  204
anyone        POST   /webhooks/checks/{check_kind}                  204
signed_in     POST   /auth/phone-verification                 200
signed_in     POST   /auth/phone-verification/codes           202
signed_in     POST   /auth/sign-out                           204
signed_in     GET    /auth/sessions                           200
signed_in     DELETE /auth/sessions                           204
signed_in     DELETE /auth/sessions/{session_id}              204
signed_in     POST   /auth/totp                               200
signed_in     POST   /auth/totp/confirmation                  200
signed_in     DELETE /auth/totp                               204
signed_in     POST   /auth/step-up                            200
signed_in     POST   /me/roles                                200
signed_in     POST   /me/phone                                202
signed_in     POST   /me/phone/confirmation                   200
signed_in     GET    /me                                      200
signed_in     PATCH  /me                                      200
signed_in     GET    /geocoding                               200
signed_in     GET    /geocoding/reverse                       200
signed_in     GET    /me/notifications                        200
signed_in     GET    /me/push-subscriptions                   200
signed_in     POST   /me/push-subscriptions                   200
signed_in     DELETE /me/push-subscriptions                   204
signed_in     DELETE /me/push-subscriptions/{subscription_id}  204
signed_in     POST   /me/notifications/{notification_id}/reading  200
rider         GET    /me/places                               200
rider         POST   /me/places+                              201
rider         PATCH  /me/places/{place_id}                    200
rider         DELETE /me/places/{place_id}                    204
rider         GET    /me/bikes                                200
rider         POST   /me/bikes+                               201
rider         PATCH  /me/bikes/{bike_id}                      200
rider         DELETE /me/bikes/{bike_id}                      204
rider         GET    /me/payment-methods                      200
rider         POST   /me/payment-methods+                     201
rider         POST   /me/payment-methods/setup                200
rider         GET    /rescues/{rescue_id}/payment-authentication  200
rider         DELETE /me/payment-methods/{payment_method_id}  204
rider         POST   /quotes+                                 201
rider         POST   /rescues*                                201
riders_drivers GET   /rescues                                 200
people        GET    /rescues/{rescue_id}                     200
people        GET    /rescues/{rescue_id}/timeline            200
people        GET    /rescues/{rescue_id}/cancellation        200
people        POST   /rescues/{rescue_id}/cancellation        200
people        GET    /rescues/{rescue_id}/messages            200
people        POST   /rescues/{rescue_id}/messages+           201
riders_drivers POST  /rescues/{rescue_id}/rating              200
people        GET    /rescues/{rescue_id}/ratings             200
riders_drivers GET   /me/ratings                              200
signed_in     POST   /ratings/{rating_id}/report              204
operators     GET    /admin/ratings                           200
operators     POST   /admin/ratings/{rating_id}/review        200
rider         GET    /rescues/{rescue_id}/share-links         200
rider         POST   /rescues/{rescue_id}/share-links+        201
rider         DELETE /rescues/{rescue_id}/share-links/{link_id}  204
anyone        POST   /shared-rescues                          200
people        GET    /rescues/{rescue_id}/photos              200
riders_drivers POST  /rescues/{rescue_id}/photos+             201
riders_drivers POST  /rescues/{rescue_id}/photos/{photo_id}/completion  200
rider_or_ops  POST   /rescues/{rescue_id}/pin                 200
rider         POST   /rescues/{rescue_id}/fix-confirmation    200
driver        GET    /me/driver-application                   200
driver        PUT    /me/driver-application                   200
driver        POST   /me/driver-application/submission        200
driver        GET    /me/driver-documents                     200
driver        PUT    /me/driver-documents/{kind}              200
driver        GET    /me/vehicles                             200
driver        POST   /me/vehicles+                            201
driver        PATCH  /me/vehicles/{vehicle_id}                200
driver        DELETE /me/vehicles/{vehicle_id}                204
driver        PUT    /me/availability                         200
driver        GET    /me/shifts                               200
driver        GET    /me/shifts/today                         200
driver        POST   /me/positions                            200
driver        GET    /me/offers                               200
driver        GET    /me/earnings                             200
driver        POST   /offers/{offer_id}/acceptance            200
driver        POST   /offers/{offer_id}/decline               200
driver        POST   /rescues/{rescue_id}/departure           200
driver        POST   /rescues/{rescue_id}/arrival             200
driver        POST   /rescues/{rescue_id}/start               200
driver        POST   /rescues/{rescue_id}/completion          200
driver        POST   /rescues/{rescue_id}/no-show             200
driver_or_ops POST   /rescues/{rescue_id}/abort               200
driver_or_ops POST   /rescues/{rescue_id}/release             200
signed_in     POST   /me/exports+                             201
signed_in     GET    /me/exports/{export_id}                  200
signed_in     GET    /me/exports/{export_id}/archive          200
signed_in     POST   /me/uploads+                             201
signed_in     GET    /me/uploads/{file_id}                    200
signed_in     POST   /me/uploads/{file_id}/completion         200
anyone        POST   /uploads                                 204
anyone        GET    /files                                   200
signed_in     DELETE /me                                      202
signed_in     GET    /me/deletion                             200
signed_in     DELETE /me/deletion                             204
admins        GET    /admin/audit-log                         200
operators     GET    /admin/deletions                         200
operators     GET    /admin/overview                          200
operators     GET    /admin/map                               200
operators     GET    /admin/rescues                           200
operators     GET    /admin/rescues/{rescue_id}               200
operators     POST   /admin/rescues/{rescue_id}/cancellation  200
operators     POST   /admin/rescues/{rescue_id}/abort         200
operators     POST   /admin/rescues/{rescue_id}/pin           200
operators     GET    /admin/drivers                           200
operators     GET    /admin/users                             200
operators     GET    /admin/users/{user_id}                   200
admins        PUT    /admin/users/{user_id}/roles             200
admins        DELETE /admin/users/{user_id}/totp              204
admins        POST   /admin/partners+                         201
admins        GET    /admin/partners                          200
admins        GET    /admin/partners/{partner_id}/keys        200
admins        POST   /admin/partners/{partner_id}/keys+       201
admins        POST   /admin/partners/{partner_id}/keys/{key_id}/rotation  200
admins        DELETE /admin/partners/{partner_id}/keys/{key_id}  204
partner       GET    /partner/me                              200
operators     POST   /admin/users/{user_id}/ban               200
operators     DELETE /admin/users/{user_id}/ban               200
operators     POST   /admin/drivers/{driver_id}/approval      200
operators     POST   /admin/drivers/{driver_id}/suspension    200
operators     DELETE /admin/drivers/{driver_id}/suspension    200
operators     POST   /admin/drivers/{driver_id}/review        200
operators     POST   /admin/drivers/{driver_id}/rejection     200
operators     GET    /admin/drivers/{driver_id}               200
operators     GET    /admin/drivers/{driver_id}/vehicles      200
operators     GET    /admin/drivers/{driver_id}/shifts        200
operators     GET    /admin/drivers/{driver_id}/ratings       200
operators     GET    /admin/driver-applications               200
operators     GET    /admin/driver-applications/waiting       200
operators     POST   /admin/documents/{document_id}/review    200
"""
OPERATORS = {"support", "admin"}
AUDIENCES: dict[str, set[str] | None] = {
    "anyone": set(),
    "signed_in": None,
    "rider": {"rider"},
    "driver": {"driver"},
    "riders_drivers": {"rider", "driver"},
    "people": {"rider", "driver"} | OPERATORS,
    "rider_or_ops": {"rider"} | OPERATORS,
    "driver_or_ops": {"driver"} | OPERATORS,
    "operators": OPERATORS,
    "admins": {"admin"},
    "partner": {"partner"},
}
CREATING = {"POST /auth/sign-up", "POST /rescues"}


def audience(route: Route) -> set[str] | None:
    """The roles that may call it; the empty set: everyone; ``None``: every signed-in user."""
    if route.policy.public:
        return set()
    return None if route.policy.roles is None else set(route.policy.roles)


async def test_every_documented_route_exists_with_its_policy(platform: Platform) -> None:
    routes = {name_of(route): route for route in platform.container.routes()}
    answers = platform.contract.document["paths"]
    for line in ROUTES.split("\n")[1:-1]:
        who, method, path, status = line.split()
        key, path = path[-1:].strip("abcdefghijklmnopqrstuvwxyz-}"), path.rstrip("*+")
        operation = answers[path][method.lower()]
        done = [code for code in operation["responses"] if code < "400"]
        assert done == [status], line
        if path == "/clock":  # served by the gateway
            continue
        route = routes[f"{method} {path}"]
        assert audience(route) == AUDIENCES[who], line
        assert (route.idempotent, route.key_optional) == (key != "", key == "+"), line


async def test_every_route_is_in_the_table(platform: Platform) -> None:
    """Add a new route to the table above: clients rely on it from then on."""
    listed = {(line.split()[1], line.split()[2].rstrip("*+")) for line in ROUTES.split("\n")[1:-1]}
    documented = {
        (method.upper(), path)
        for path, operations in platform.contract.document["paths"].items()
        for method in operations
    }
    assert documented - listed == set()


async def test_routes_that_must_not_create_twice_require_an_idempotency_key(platform: Platform) -> None:
    required = [r for r in platform.container.routes() if r.idempotent and not r.key_optional]
    assert {name_of(route) for route in required} == CREATING


async def test_every_route_that_answers_created_takes_an_idempotency_key(platform: Platform) -> None:
    for route in platform.container.routes():
        assert route.idempotent == (route.status == 201), name_of(route)


async def test_every_code_that_a_route_declares_belongs_to_an_error(platform: Platform) -> None:
    def kinds(of: type[ApiError]) -> set[str]:
        return {of.code}.union(*(kinds(kind) for kind in of.__subclasses__()))

    known = kinds(ApiError)
    assert {code for route in platform.container.routes() for code in route.codes} - known == set()


async def test_every_declared_code_is_documented_and_in_snake_case(platform: Platform) -> None:
    for route in platform.container.routes():
        operation = platform.contract.document["paths"][route.path][route.method.lower()]
        for code in route.codes:
            assert code == code.lower().replace("-", "_")
            assert f"`{code}`" in operation["description"], name_of(route)


async def test_every_list_is_declared_as_items_and_next_cursor(platform: Platform) -> None:
    document = platform.contract.document
    lists = [
        r for r in platform.container.routes() if getattr(r.response, "__origin__", None) is PageResponse
    ]
    assert len(lists) >= 9
    for route in lists:
        operation = document["paths"][route.path]["get"]
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        name = schema["$ref"].rpartition("/")[2]
        assert set(document["components"]["schemas"][name]["properties"]) == {"items", "next_cursor"}
        limits = [p["schema"] for p in operation["parameters"] if p.get("name") == "limit"]
        for limit in limits:
            assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 200, 50), route.path


async def test_every_operation_has_a_summary_a_tag_and_a_unique_id(platform: Platform) -> None:
    operations = [op for path in platform.contract.document["paths"].values() for op in path.values()]
    assert all(op["summary"] and op["tags"] and op["operationId"] for op in operations)
    assert len({op["operationId"] for op in operations}) == len(operations)
    assert len({op["summary"] for op in operations}) >= len(operations) - 4


GUARDED = {
    ("patch", "/me"),
    ("put", "/me/driver-application"),
    ("post", "/admin/drivers/{driver_id}/approval"),
    ("post", "/admin/drivers/{driver_id}/suspension"),
    ("delete", "/admin/drivers/{driver_id}/suspension"),
    ("post", "/admin/drivers/{driver_id}/review"),
    ("post", "/admin/drivers/{driver_id}/rejection"),
    ("post", "/admin/documents/{document_id}/review"),
}
RESCUE_CHANGE = re.compile(r"/rescues/{rescue_id}/(?!messages|photos|rating|share-links)")


async def test_rescue_routes_declare_if_match_and_etag(
    platform: Platform,
) -> None:
    paths = platform.contract.document["paths"]
    if_match = {"$ref": "#/components/parameters/IfMatch"}
    for path, operations in paths.items():
        for method, operation in operations.items():
            guarded = (method, path) in GUARDED or bool(method == "post" and RESCUE_CHANGE.search(path))
            assert (if_match in operation["parameters"]) == guarded, path
            assert ("412" in operation["responses"]) == guarded, path
