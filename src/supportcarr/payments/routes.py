"""Payments' routes."""

from __future__ import annotations

from supportcarr.kit.http.routing import (
    ANYONE,
    DRIVER,
    RIDER,
    Answer,
    Call,
    Listing,
    NoQuery,
    PageQuery,
    Route,
)
from supportcarr.payments.cards import PaymentMethods
from supportcarr.payments.ledger_service import Ledger
from supportcarr.payments.schemas import Earning, NewPaymentMethod, PaymentMethodAnswer
from supportcarr.payments.webhooks import Webhooks

SIGNATURE_HEADER = "stripe-signature"


def routes(methods: PaymentMethods, ledger: Ledger, webhooks: Webhooks) -> list[Route]:
    """What payments answers over HTTP."""

    async def list_methods(call: Call[None, PageQuery]) -> Answer:
        page, default = await methods.list(call.who.user_id, limit=call.query.limit, cursor=call.query.cursor)
        items = [PaymentMethodAnswer.of(m, default=m.id == default) for m in page.items]
        return Answer(Listing(items, page.next_cursor))

    async def add_method(call: Call[NewPaymentMethod, NoQuery]) -> Answer:
        method, default = await methods.add(call.who.user_id, call.body.stripe_payment_method)
        return Answer(PaymentMethodAnswer.of(method, default=default), status=201)

    async def remove_method(call: Call[None, NoQuery]) -> Answer:
        await methods.remove(call.who.user_id, call.path["payment_method_id"])
        return Answer(status=204)

    async def list_earnings(call: Call[None, PageQuery]) -> Answer:
        driver_id = call.who.user_id
        page = await ledger.earnings(driver_id, limit=call.query.limit, cursor=call.query.cursor)
        return Answer(Listing([Earning.of(t, driver_id) for t in page.items], page.next_cursor))

    async def receive_stripe(call: Call[bytes, NoQuery]) -> Answer:
        await webhooks.receive(call.body, call.headers.get(SIGNATURE_HEADER))
        return Answer(status=202)

    return [
        Route(
            method="GET",
            path="/me/payment-methods",
            handle=list_methods,
            summary="Your cards, oldest first",
            policy=RIDER,
            tag="payments",
            query=PageQuery,
            answer=Listing[PaymentMethodAnswer],
        ),
        Route(
            method="POST",
            path="/me/payment-methods",
            handle=add_method,
            summary="Add a card that Stripe's form has made",
            policy=RIDER,
            tag="payments",
            body=NewPaymentMethod,
            answer=PaymentMethodAnswer,
            status=201,
            codes=("card_declined", "overloaded"),
        ),
        Route(
            method="DELETE",
            path="/me/payment-methods/{payment_method_id}",
            handle=remove_method,
            summary="Remove a card",
            policy=RIDER,
            tag="payments",
            status=204,
            codes=("overloaded",),
        ),
        Route(
            method="GET",
            path="/me/earnings",
            handle=list_earnings,
            summary="What you earned, job by job, newest first",
            policy=DRIVER,
            tag="payments",
            query=PageQuery,
            answer=Listing[Earning],
        ),
        Route(
            method="POST",
            path="/webhooks/stripe",
            handle=receive_stripe,
            summary="Where Stripe tells what happened",
            policy=ANYONE,
            tag="webhooks",
            body=bytes,
            status=202,
            codes=("signature_not_valid",),
        ),
    ]
