"""Invalid paths and queries get a 4xx problem document and change nothing."""

from __future__ import annotations

import uuid

import pytest

from support.http.invalid_inputs import invalid_queries, unknown_ids
from support.http.route_calls import OF_EVERYBODY, PARAMETER, REQUIRED_QUERY, ExampleCalls, body_of, name_of
from support.http.server import Reply
from supportcarr.contracts.routing import Route

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def call(calls: ExampleCalls, route: Route, url: str) -> Reply:
    key = uuid.uuid4().hex if route.idempotent else None
    return await calls.client(route).send(route.method, url, body_of(route), key=key)


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
async def test_invalid_query_parameters_are_rejected_and_named(calls: ExampleCalls, every: int) -> None:
    document = calls.platform.contract.document
    components = document["components"]["schemas"]
    before = await calls.platform.digest()
    wrong, tried = [], 0
    for route in calls.platform.container.routes():
        parameters = document["paths"][route.path][route.method.lower()]["parameters"]
        needed = REQUIRED_QUERY.get((route.method, route.path), "")
        for number, invalid in enumerate(invalid_queries(parameters, components, needed)):
            if number % every:
                continue
            tried += 1
            reply = await call(calls, route, f"{calls.path(route)}?{invalid.query}")
            at = f"{name_of(route)}?{invalid.query[:80]}: {reply.status} {reply.body}"
            if (reply.status, reply.code) != (422, "validation_failed"):
                wrong.append(at)
            elif invalid.field is not None and invalid.field not in [
                e["field"] for e in reply.body["errors"]
            ]:
                wrong.append(f"{at}: it does not name {invalid.field}")
    assert not wrong, "\n".join(wrong)
    assert tried > 250 / every
    assert await calls.platform.digest() == before


async def test_a_cursor_is_valid_only_for_its_own_list(calls: ExampleCalls) -> None:
    """Every list rejects cursors of other lists, and its own cursors with another sort."""
    lists = [
        "/me/notifications?limit=1",
        f"{calls.arrived.path}/messages?limit=1",
        f"{calls.arrived.path}/messages?limit=1&sort=-at",
    ]
    rider = calls.arrived.rider
    for text in ("one", "two"):
        assert (await rider.post(f"{calls.arrived.path}/messages", {"text": text})).status == 201
    await calls.platform.settle()
    cursors = {url: (await rider.get(url)).body["next_cursor"] for url in lists}
    assert all(cursors.values())
    for url in lists:
        for origin, cursor in cursors.items():
            reply = await rider.get(f"{url}&cursor={cursor}")
            if origin == url:
                assert reply.status == 200
            else:
                assert (reply.status, reply.body["errors"][0]["field"]) == (422, "cursor"), (url, origin)


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.long)])
async def test_unknown_ids_in_paths_are_not_found(calls: ExampleCalls, every: int) -> None:
    """Try every *every*-th unknown id for each path parameter, starting at another one for each route."""
    before = await calls.platform.digest()
    ids = [named for name, named in calls.ids.items() if name not in OF_EVERYBODY]
    wrong, tried, turn = [], 0, 0
    for route in calls.platform.container.routes():
        for name in PARAMETER.findall(route.path):
            if name in OF_EVERYBODY:
                continue
            kind = calls.ids[name].partition("_")[0]
            others = [named for named in ids if named.partition("_")[0] != kind]
            for bad in [*unknown_ids(calls.ids[name]), *others]:
                turn += 1
                if turn % every:
                    continue
                tried += 1
                reply = await call(calls, route, calls.url(route, **{name: bad}))
                if (reply.status, reply.code) not in ((404, "not_found"), (422, "validation_failed")):
                    wrong.append(f"{name_of(route)} of {bad[:60]}: {reply.status} {reply.body}")
                if bad in others and reply.status != 404:
                    wrong.append(f"{name_of(route)} took the id of something else, {bad}")
    assert not wrong, "\n".join(wrong)
    assert tried > 500 / every
    assert await calls.platform.digest() == before
