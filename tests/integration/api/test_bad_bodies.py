"""Invalid bodies get a 4xx problem document that names the field, and change nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import uuid
from collections.abc import Iterable

import pytest

from support.http.invalid_inputs import InvalidBody, invalid_bodies, invalid_fields
from support.http.route_calls import ExampleCalls, body_of, name_of, sign_up_body
from support.http.server import Reply
from support.platform.in_process import Platform
from supportcarr.contracts.routing import BodyStream, Route
from supportcarr.gateway.decoding import may_be_absent

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSED = {400, 413, 422}


def json_routes(platform: Platform) -> list[Route]:
    undecoded = (None, bytes, BodyStream)
    return [route for route in platform.container.routes() if route.body not in undecoded]


async def send(calls: ExampleCalls, route: Route, raw: bytes, **headers: str) -> Reply:
    key = uuid.uuid4().hex if route.idempotent else None
    return await calls.client(route).send(route.method, calls.url(route), raw=raw, key=key, headers=headers)


async def failures(calls: ExampleCalls, route: Route, bodies: Iterable[InvalidBody]) -> list[str]:
    """Send the bodies; return a sentence for each unexpected response or change in the store."""
    platform, wrong = calls.platform, []
    before = await platform.digest()
    for what, raw, field in bodies:
        reply = await send(calls, route, raw)
        at = f"{name_of(route)}, {what}: {reply.status} {reply.body}"
        if reply.status not in REFUSED:
            wrong.append(at)
            continue
        if field is not None and reply.code == "validation_failed":
            named = [error["field"] for error in reply.body["errors"]]
            if not any(name == field or name.startswith((f"{field}.", f"{field}[")) for name in named):
                wrong.append(f"{at}: it does not point at {field}")
    after = await platform.digest()
    if after != before:
        changed = [name for name in after if after[name] != before[name]]
        wrong.append(f"{name_of(route)}: one of its invalid bodies changed {changed}")
    return wrong


async def test_malformed_json_is_rejected_by_every_route(calls: ExampleCalls) -> None:
    limit = calls.platform.container.settings.http.max_body_bytes
    wrong = []
    for route in json_routes(calls.platform):
        absent = (b"", b"null") if may_be_absent(route.body) else ()
        bodies = [body for body in invalid_bodies(limit) if body.raw not in absent]
        wrong += await failures(calls, route, bodies)
    assert not wrong, "\n".join(wrong)


async def test_every_field_is_validated(calls: ExampleCalls) -> None:
    document = calls.platform.contract.document
    components = document["components"]["schemas"]
    wrong, tried = [], 0
    for route in json_routes(calls.platform):
        operation = document["paths"][route.path][route.method.lower()]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        good = body_of(route)
        bodies = [*invalid_fields(schema, components, good)]
        tried += len(bodies)
        wrong += await failures(calls, route, bodies)
    assert not wrong, "\n".join(wrong)
    assert tried > 500


async def test_a_body_of_another_media_type_is_rejected(calls: ExampleCalls) -> None:
    before = await calls.platform.digest()
    for route in json_routes(calls.platform):
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/",
        ):
            reply = await send(calls, route, b'{"a":1}', **{"content-type": kind})
            assert (reply.status, reply.code) == (415, "unsupported_media_type"), (name_of(route), kind)
    assert await calls.platform.digest() == before


async def test_an_encoded_body_is_rejected_as_what_it_is(calls: ExampleCalls) -> None:
    before = await calls.platform.digest()
    for route in json_routes(calls.platform):
        packed = gzip.compress(json.dumps(body_of(route)).encode())
        reply = await send(calls, route, packed, **{"content-encoding": "gzip"})
        assert (reply.status, reply.code) == (415, "unsupported_media_type"), name_of(route)
        assert "Content-Encoding" in reply.body["detail"]
    assert await calls.platform.digest() == before
    rider = calls.arrived.rider
    assert (await rider.patch("/me", {}, headers={"content-encoding": "identity"})).status == 200


async def test_a_route_of_another_media_type_names_it(calls: ExampleCalls) -> None:
    streamed = [route for route in calls.platform.container.routes() if route.body is BodyStream]
    assert [route.path for route in streamed] == ["/uploads"]
    for kind in ("application/json", "text/plain", "", "multipart/form-dat"):
        reply = await send(calls, streamed[0], b'{"a":1}', **{"content-type": kind})
        assert (reply.status, reply.code) == (415, "unsupported_media_type"), kind
        assert reply.body["detail"] == "Send multipart/form-data"
    without_boundary = await send(calls, streamed[0], b"x", **{"content-type": "multipart/form-data"})
    assert (without_boundary.status, without_boundary.code) == (422, "validation_failed")


async def test_a_route_without_a_body_rejects_one(calls: ExampleCalls) -> None:
    limit = calls.platform.container.settings.http.max_body_bytes
    routes = [r for r in calls.platform.container.routes() if r.body is None and r.method != "GET"]
    bodies = [
        *(body for body in invalid_bodies(limit) if body.raw not in (b"", b"null")),
        InvalidBody("an unknown field", b'{"force":true}', "force"),
    ]
    wrong = []
    for route in routes:
        wrong += await failures(calls, route, bodies)
    assert len(routes) > 10
    assert not wrong, "\n".join(wrong)


async def test_a_body_with_a_too_large_declared_length_is_rejected_unread(calls: ExampleCalls) -> None:
    """The length is declared but no body follows: the response does not wait for it."""
    port = int(calls.platform.api.url.rpartition(":")[2])
    rider = calls.arrived.rider
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /api/v1/quotes HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"content-length: 99999999999\r\nauthorization: Bearer " + (rider.token or "").encode() + b"\r\n\r\n"
    )
    await writer.drain()
    status = await asyncio.wait_for(reader.readline(), 45)
    writer.close()
    await writer.wait_closed()
    assert b" 413 " in status


async def test_an_invalid_request_does_not_use_up_its_idempotency_key(calls: ExampleCalls) -> None:
    """A request rejected before its handler leaves its idempotency key unused."""
    rider = calls.platform.anonymous()
    key = uuid.uuid4().hex
    assert (await rider.post("/auth/sign-up", sign_up_body(role="admin"), key=key)).status == 422
    assert (await rider.post("/auth/sign-up", sign_up_body(), key=key)).status == 201
