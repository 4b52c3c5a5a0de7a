"""HTTP routes of payments."""

from __future__ import annotations

from supportcarr.contracts.errors import ValidationFailed
from supportcarr.contracts.ids import PAYMENT_METHOD
from supportcarr.contracts.policies import ANYONE, DRIVER, RIDER
from supportcarr.contracts.routing import NoQuery, PageQuery, PageResponse, RequestContext, Response, Route
from supportcarr.payments.cards import PaymentMethodService
from supportcarr.payments.ledger_service import LedgerService
from supportcarr.payments.schemas import (
    CardSetupView,
    Earning,
    NewPaymentMethod,
    PaymentAuthentication,
    PaymentMethodView,
)
from supportcarr.payments.service import PaymentService
from supportcarr.payments.webhooks import StripeWebhooks

SIGNATURE_HEADER = "stripe-signature"


def routes(
    methods: PaymentMethodService,
    payments: PaymentService,
    ledger: LedgerService,
    webhooks: StripeWebhooks,
) -> list[Route]:
    """Payment methods, the confirmation of a payment, earnings, and Stripe's webhook."""

    async def list_methods(request: RequestContext[None, PageQuery]) -> Response:
        page, default = await methods.list(
            request.caller.user_id, limit=request.query.limit, cursor=request.query.cursor
        )
        items = [PaymentMethodView.of(m, default=m.id == default) for m in page.items]
        return Response(PageResponse(items, page.next_cursor))

    async def add_method(request: RequestContext[NewPaymentMethod, NoQuery]) -> Response:
        body, rider_id = request.body, request.caller.user_id
        if body.stripe_payment_method is not None and body.stripe_setup_intent is None:
            method, default = await methods.add(
                rider_id, body.stripe_payment_method, method_id=request.new_id
            )
        elif body.stripe_setup_intent is not None and body.stripe_payment_method is None:
            method, default = await methods.add_entered(
                rider_id, body.stripe_setup_intent, method_id=request.new_id
            )
        else:
            raise ValidationFailed.of(
                "stripe_payment_method",
                "required",
                "Give one: stripe_payment_method or stripe_setup_intent",
            )
        return Response(PaymentMethodView.of(method, default=default), status=201)

    async def begin_setup(request: RequestContext[None, NoQuery]) -> Response:
        setup, page = await methods.begin_setup(request.caller.user_id)
        url = page and f"{page}#{setup.client_secret}"
        view = CardSetupView(id=setup.id, client_secret=setup.client_secret, entry_url=url)
        return Response(view)

    async def get_authentication(request: RequestContext[None, NoQuery]) -> Response:
        needed = await payments.authentication(request.caller.user_id, request.path_params["rescue_id"])
        if needed is None:
            return Response(PaymentAuthentication(required=False))
        secret, page = needed
        url = page and f"{page}#{secret}"
        return Response(PaymentAuthentication(required=True, client_secret=secret, url=url))

    async def remove_method(request: RequestContext[None, NoQuery]) -> Response:
        await methods.remove(request.caller.user_id, request.path_params["payment_method_id"])
        return Response(status=204)

    async def list_earnings(request: RequestContext[None, PageQuery]) -> Response:
        driver_id = request.caller.user_id
        page = await ledger.earnings(driver_id, limit=request.query.limit, cursor=request.query.cursor)
        return Response(PageResponse([Earning.of(t, driver_id) for t in page.items], page.next_cursor))

    async def receive_stripe(request: RequestContext[bytes, NoQuery]) -> Response:
        await webhooks.receive(request.body, request.headers.get(SIGNATURE_HEADER))
        return Response(status=202)

    return [
        Route(
            method="GET",
            path="/me/payment-methods",
            handler=list_methods,
            summary="List the rider's cards, oldest first",
            policy=RIDER,
            tag="payments",
            query=PageQuery,
            response=PageResponse[PaymentMethodView],
        ),
        Route(
            method="POST",
            path="/me/payment-methods",
            handler=add_method,
            summary="Add a card that Stripe's form has created",
            policy=RIDER.when_verified(),
            tag="payments",
            body=NewPaymentMethod,
            response=PaymentMethodView,
            status=201,
            codes=("card_declined", "overloaded"),
            idempotent=True,
            key_optional=True,
            new_id=PAYMENT_METHOD,
        ),
        Route(
            method="POST",
            path="/me/payment-methods/setup",
            handler=begin_setup,
            summary="Begin the entry of a card",
            policy=RIDER.when_verified(),
            tag="payments",
            response=CardSetupView,
            codes=("overloaded",),
        ),
        Route(
            method="GET",
            path="/rescues/{rescue_id}/payment-authentication",
            handler=get_authentication,
            summary="Get what the rider's browser needs to confirm the payment (3-D Secure)",
            policy=RIDER.of("caller").when_verified(),
            tag="payments",
            response=PaymentAuthentication,
            codes=("overloaded",),
        ),
        Route(
            method="DELETE",
            path="/me/payment-methods/{payment_method_id}",
            handler=remove_method,
            summary="Remove a card",
            policy=RIDER.of("caller").when_verified(),
            tag="payments",
            status=204,
            codes=("overloaded",),
        ),
        Route(
            method="GET",
            path="/me/earnings",
            handler=list_earnings,
            summary="List the driver's earnings by job, newest first",
            policy=DRIVER,
            tag="payments",
            query=PageQuery,
            response=PageResponse[Earning],
        ),
        Route(
            method="POST",
            path="/webhooks/stripe",
            handler=receive_stripe,
            summary="Receive a Stripe webhook",
            policy=ANYONE,
            tag="webhooks",
            body=bytes,
            status=202,
            codes=("signature_not_valid",),
        ),
    ]
