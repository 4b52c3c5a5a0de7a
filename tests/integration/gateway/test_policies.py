"""Requests without a token or with the wrong role are rejected."""

from __future__ import annotations

import re

import pytest

from support.http.example_part import WIDGETS
from support.http.server import Api
from supportcarr.contracts.routing import Route
from supportcarr.kit.store.sqlite.engine import SqliteStore


def path_of(route: Route) -> str:
    return re.sub(r"{\w+}", "x", route.path)


async def test_every_route_that_is_not_public_requires_a_token(api: Api, store: SqliteStore) -> None:
    anybody = api.anonymous()
    guarded = [route for route in api.routes if not route.policy.public]
    assert len(guarded) >= 10
    for route in guarded:
        for headers in ({}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic dXNlcjpwYXNz"}):
            reply = await anybody.send(route.method, path_of(route), key="k", headers=headers)
            assert (reply.status, reply.code) == (401, "unauthenticated"), (route.path, headers)
            assert reply.headers["www-authenticate"] == "Bearer"
    assert await store.collection(WIDGETS).count() == 0


@pytest.mark.parametrize(
    ("roles", "allowed"),
    [
        (("rider",), set()),
        (("driver",), {"/for/drivers"}),
        (("driver", "rider"), {"/for/drivers"}),
        (("support",), {"/for/operators"}),
        (("admin",), {"/for/operators", "/for/admins"}),
    ],
)
async def test_a_route_accepts_only_the_roles_that_it_names(
    api: Api, roles: tuple[str, ...], allowed: set[str]
) -> None:
    person = await api.person(*roles)
    for path in ("/for/drivers", "/for/operators", "/for/admins"):
        reply = await person.get(path)
        if path in allowed:
            assert (reply.status, reply.body["user"]) == (200, person.user_id)
        else:
            assert (reply.status, reply.code) == (403, "forbidden")


async def test_a_forbidden_request_is_rejected_before_its_body_is_read(api: Api) -> None:
    driver = await api.person("driver")
    assert (await driver.create("/widgets", raw=b"{")).status == 403
    assert (await api.anonymous().create("/widgets", raw=b"{")).status == 401


async def test_a_public_route_knows_its_caller_and_accepts_an_expired_token(api: Api) -> None:
    rider = await api.person("rider")
    assert (await rider.get("/who")).body == {"user": rider.user_id, "address": rider.address}
    stale = await rider.get("/who", headers={"authorization": "Bearer nonsense"})
    assert (stale.status, stale.body["user"]) == (200, None)


async def test_the_scheme_of_the_token_is_not_case_sensitive(api: Api) -> None:
    rider = await api.person("rider")
    assert (await rider.get("/me", headers={"authorization": f"bearer {rider.token}"})).status == 200
