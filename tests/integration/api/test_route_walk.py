"""Every route of the OpenAPI document, called by every kind of actor, answers as its policy declares.

A route that the walk cannot call fails it: add its example to ``support.http.route_calls``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from support.http.actors import Actor, every_kind_of_actor, promised_refusal
from support.http.route_calls import OF_EVERYBODY, PARAMETER, UNKNOWN_IDS, ExampleCalls, body_of, name_of
from support.http.server import Reply
from support.rescues.fixtures import RescueFactory
from supportcarr.contracts.routing import Route

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = (
    "a partner's key",
    "a partner's key without the scope",
    "nobody",
    "signed out",
    "banned",
    "a person without a role",
    "the rider",
    "the driver",
    "the driver with the offer",
    "another rider",
    "another driver",
    "another rider who drives",
    "an unverified rider",
    "support without TOTP",
    "support with TOTP",
    "support after a step-up",
    "an admin without TOTP",
    "an admin with TOTP",
    "an admin after a step-up",
    "a rider who is an operator",
)


# A driver gives a rescue up, and does not cancel it (``rescues.state_machine``).
REFUSED_BY_RULE = {("the driver", "GET /rescues/{rescue_id}/cancellation")}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def actors(calls: ExampleCalls, factory: RescueFactory) -> dict[str, Actor]:
    return await every_kind_of_actor(calls, factory)


def walked(calls: ExampleCalls) -> Iterator[tuple[Route, Mapping[str, Any]]]:
    """Every operation of the document, with its policy there."""
    routes = {name_of(route): route for route in calls.platform.api.routes}
    for path, operations in calls.platform.contract.document["paths"].items():
        for method, operation in operations.items():
            if path != "/clock":  # the gateway adds it; it is public
                yield routes[f"{method.upper()} {path}"], operation["x-policy"]


async def call(actor: Actor, route: Route, url: str, body: Any = None, raw: bytes | None = None) -> Reply:
    key = uuid.uuid4().hex if route.idempotent else None
    return await actor.client.send(route.method, url, body, raw=raw, key=key)


def unknown(route: Route) -> str:
    """The path with ids that no resource has."""
    return PARAMETER.sub(lambda match: UNKNOWN_IDS[match[1]], route.path)


async def test_the_document_has_every_route_and_the_walk_every_actor(
    calls: ExampleCalls, actors: Mapping[str, Actor]
) -> None:
    document = calls.platform.contract.document["paths"]
    documented = {f"{method.upper()} {path}" for path, ops in document.items() for method in ops}
    assert documented == {name_of(route) for route in calls.platform.api.routes} | {"GET /clock"}
    assert {name_of(route) for route, _ in walked(calls)} == documented - {"GET /clock"}
    assert set(actors) == set(NAMES)
    for route, policy in walked(calls):
        assert ("owner" in policy) == ("{" in route.path and policy["access"] != "anyone"), name_of(route)
        calls.path(route)  # raises if it names a resource that there is no example of
        body_of(route)
        assert set(PARAMETER.findall(route.path)) <= set(UNKNOWN_IDS), name_of(route)


@pytest.mark.parametrize("name", NAMES)
async def test_a_route_refuses_those_whom_its_policy_does_not_allow(
    calls: ExampleCalls, actors: Mapping[str, Actor], name: str
) -> None:
    """The requests are invalid: an actor who is allowed gets 400 or 422, and nothing changes."""
    actor, wrong = actors[name], []
    before = await calls.platform.digest()
    for route, policy in walked(calls):
        reply = await call(actor, route, f"{unknown(route)}?nonsense=1", raw=b"{")
        promised = promised_refusal(policy, actor)
        if promised is not None and (reply.status, reply.code) != promised:
            wrong.append(f"{name_of(route)}: {reply.status} {reply.code} instead of {promised}")
        if promised is None and reply.status not in (400, 422):
            wrong.append(f"{name_of(route)}: {reply.status} {reply.code}, though the policy allows it")
    assert not wrong, "\n".join(wrong)
    assert await calls.platform.digest() == before


@pytest.mark.parametrize("name", NAMES)
async def test_a_resource_of_somebody_else_does_not_exist(
    calls: ExampleCalls, actors: Mapping[str, Actor], name: str
) -> None:
    """It is 404 for whom the declaration leaves out, as an unknown id is for everyone."""
    actor, wrong = actors[name], []
    before = await calls.platform.digest()
    for route, policy in walked(calls):
        if "owner" not in policy or promised_refusal(policy, actor) is not None:
            continue
        nothing = await call(actor, route, unknown(route), body_of(route))
        if nothing.status != 404:
            wrong.append(f"{name_of(route)} of an unknown id: {nothing.status} {nothing.code}")
        if may_name(policy, actor, route):
            continue
        reply = await call(actor, route, calls.url(route), body_of(route))
        if (reply.status, reply.code) != (404, "not_found"):
            wrong.append(f"{name_of(route)} of somebody else: {reply.status} {reply.code}")
    assert not wrong, "\n".join(wrong)
    assert await calls.platform.digest() == before


@pytest.mark.parametrize("name", NAMES)
async def test_the_owner_of_a_resource_can_read_it(
    calls: ExampleCalls, actors: Mapping[str, Actor], name: str
) -> None:
    actor, wrong = actors[name], []
    for route, policy in walked(calls):
        if route.method != "GET" or "owner" not in policy or promised_refusal(policy, actor) is not None:
            continue
        if may_name(policy, actor, route):
            reply = await call(actor, route, calls.url(route))
            refused_by_rule = (name, name_of(route)) in REFUSED_BY_RULE
            if (reply.status, reply.code) != ((403, "forbidden") if refused_by_rule else (200, None)):
                wrong.append(f"{name_of(route)}: {reply.status} {reply.code}")
    assert not wrong, "\n".join(wrong)


def may_name(policy: Mapping[str, Any], actor: Actor, route: Route) -> bool:
    """Whether the declaration lets the actor name the example resource in the path."""
    if policy["owner"] == "staff":
        return True
    if policy["owner"] == "participant" and actor.roles & {"support", "admin"}:
        return True
    return set(PARAMETER.findall(route.path)) <= actor.owns | OF_EVERYBODY
