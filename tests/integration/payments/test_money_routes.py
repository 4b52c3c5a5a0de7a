"""The routes of payments: their declarations, and the responses of their handlers."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from support.payments.world import (
    DRIVER,
    RIDER,
    WEBHOOK_SECRET,
    Emulator,
    PaymentParts,
    completed,
    gateway_to,
    payment_parts,
    requested,
)
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.routing import NoQuery, PageQuery, RequestContext, Response, Route
from supportcarr.kit.store.port import Store
from supportcarr.payments.routes import routes
from supportcarr.payments.schemas import NewPaymentMethod
from supportcarr_lab.emulators.stripe.webhooks import signature

INTENT = {"object": "payment_intent", "id": "pi_1", "metadata": {"payment_id": "pay_1"}}


@pytest.fixture
async def shop(store: Store, emulator: Emulator) -> AsyncIterator[PaymentParts]:
    async with gateway_to(emulator) as gateway:
        yield payment_parts(store, gateway)


def route_of(shop: PaymentParts, method: str, path: str) -> Route:
    [found] = [
        r
        for r in routes(shop.methods, shop.payments, shop.ledger, shop.webhooks)
        if (r.method, r.path) == (method, path)
    ]
    return found


async def call(shop: PaymentParts, method: str, path: str, *, user: str = RIDER, **parts: Any) -> Response:
    route = route_of(shop, method, path)
    asked = RequestContext(
        principal=Principal(user, frozenset({"rider", "driver"}), "ses_1"),
        path_params=parts.get("params", {}),
        query=parts.get("query", NoQuery()),
        body=parts.get("body"),
        request_id="req_1",
        client_address="127.0.0.1",
        headers=parts.get("headers", {}),
    )
    return await route.handler(asked)


async def test_cards_are_added_listed_by_page_and_removed(shop: PaymentParts) -> None:
    for token in ("pm_card_visa", "pm_card_mastercard"):
        added = await call(shop, "POST", "/me/payment-methods", body=NewPaymentMethod(token))
        assert added.status == 201
    first = await call(shop, "GET", "/me/payment-methods", query=PageQuery(limit=1))
    assert [(m.brand, m.default) for m in first.body.items] == [("visa", True)]
    rest = await call(
        shop, "GET", "/me/payment-methods", query=PageQuery(limit=1, cursor=first.body.next_cursor)
    )
    assert [(m.brand, m.default) for m in rest.body.items] == [("mastercard", False)]
    gone = await call(
        shop,
        "DELETE",
        "/me/payment-methods/{payment_method_id}",
        params={"payment_method_id": first.body.items[0].id},
    )
    assert gone.status == 204


async def test_a_driver_lists_earnings_per_job_newest_first(shop: PaymentParts) -> None:
    card, _ = await shop.methods.add(RIDER, "pm_card_visa")
    for n in range(3):
        rescue_id = f"res_qc_01jtwn0000000000000000000{n}"
        await shop.payments.hold(requested(card.id, rescue_id=rescue_id))
        await shop.payments.settle(completed(rescue_id=rescue_id, driver_minor=1000 + n))
    first = await call(shop, "GET", "/me/earnings", user=DRIVER, query=PageQuery(limit=2))
    assert [(e.amount_minor, e.kind, e.currency) for e in first.body.items] == [
        (1002, "fare", "CAD"),
        (1001, "fare", "CAD"),
    ]
    rest = await call(
        shop, "GET", "/me/earnings", user=DRIVER, query=PageQuery(limit=2, cursor=first.body.next_cursor)
    )
    assert [e.amount_minor for e in rest.body.items] == [1000]
    others = await call(shop, "GET", "/me/earnings", user=RIDER, query=PageQuery())
    assert others.body.items == []


async def test_webhook_handler_gets_raw_bytes_and_returns_at_once(shop: PaymentParts) -> None:
    route = route_of(shop, "POST", "/webhooks/stripe")
    assert route.body is bytes and route.policy.public
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": INTENT}}
    body = json.dumps(event).encode()
    header = {"stripe-signature": signature(WEBHOOK_SECRET, body, int(time.time()))}
    answer = await call(shop, "POST", "/webhooks/stripe", body=body, headers=header)
    assert (answer.status, answer.body) == (202, None)
    assert len(shop.jobs.added) == 1
