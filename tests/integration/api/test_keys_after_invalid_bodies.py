"""An invalid body does not use up its idempotency key, whether the gateway or a part rejects it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from support.http.route_calls import name_of, sign_up_body
from support.http.server import Client
from support.platform.in_process import Platform
from support.rescues.fixtures import RescueFactory, expect, quote_body

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def cases(
    factory: RescueFactory,
) -> AsyncIterator[tuple[str, Client, dict[str, Any], list[dict[str, Any]]]]:
    """For each creating route: a client, a valid body, and bodies that only the part can reject."""
    body = sign_up_body()
    wrong = [{**body, "phone": "+1 514 CALL ME"}, {**body, "password": "é" * 40}]
    yield "POST /auth/sign-up", factory.platform.anonymous(), body, wrong
    rider, card = await factory.rider()
    quote = expect(await rider.post("/quotes", quote_body()), 201)
    body = {"quote_id": quote["id"], "payment_method_id": card}
    yield "POST /rescues", rider, body, [{**body, "payment_method_id": "pmt_of_nobody"}]


async def test_a_body_that_a_part_rejects_does_not_use_up_its_key(
    platform: Platform, factory: RescueFactory
) -> None:
    tested = set()
    async for route, who, body, wrong in cases(factory):
        path, key = route.partition(" ")[2], uuid.uuid4().hex
        for bad in wrong:
            replies = [await who.post(path, bad, key=key)]
            replies += await asyncio.gather(*(who.post(path, bad, key=key) for _ in range(5)))
            assert {(reply.status, reply.code) for reply in replies} == {(422, "validation_failed")}, route
        made = [await who.post(path, body, key=key)]
        made += await asyncio.gather(*(who.post(path, body, key=key) for _ in range(5)))
        assert {reply.status for reply in made} == {201}, (route, made[0])
        assert (
            len({reply.body["user"]["id"] if "user" in reply.body else reply.body["id"] for reply in made})
            == 1
        )
        late = await who.post(path, wrong[0], key=key)  # the key belongs to the created resource
        assert (late.status, late.code) == (422, "idempotency_key_reused"), route
        tested.add(route)
    required = [r for r in platform.container.routes() if r.idempotent and not r.key_optional]
    assert tested == {name_of(route) for route in required}
