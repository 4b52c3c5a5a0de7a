"""The Stripe emulator follows Stripe's public rules, tested with the unmodified Stripe SDK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import stripe
from stripe import AIOHTTPClient, StripeClient

from support.payments.world import API_KEY, Emulator, running_emulator


def client_of(emulator: Emulator, *, key: str = API_KEY, timeout: float = 60.0) -> StripeClient:
    http = AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=timeout))
    return StripeClient(key, http_client=http, max_network_retries=0, base_addresses={"api": emulator.base})


async def closed(client: StripeClient) -> None:
    await client._requestor._client.close_async()  # type: ignore[union-attr]  # as the SDK has it


@pytest.fixture
async def sdk(emulator: Emulator) -> AsyncIterator[StripeClient]:
    client = client_of(emulator)
    yield client
    await closed(client)


async def customer_with(sdk: StripeClient, token: str) -> tuple[str, str]:
    customer = await sdk.v1.customers.create_async({"metadata": {"user_id": "usr_1"}})
    method = await sdk.v1.payment_methods.attach_async(token, {"customer": customer.id})
    return customer.id, method.id


async def held(
    sdk: StripeClient, token: str = "pm_card_visa", *, key: str | None = None
) -> stripe.PaymentIntent:
    customer, method = await customer_with(sdk, token)
    return await sdk.v1.payment_intents.create_async(
        {
            "amount": 2500,
            "currency": "cad",
            "customer": customer,
            "payment_method": method,
            "capture_method": "manual",
            "confirm": True,
            "allowed_payment_method_types": ["card"],
            "metadata": {"rescue_id": "res_1"},
        },
        {"idempotency_key": key} if key else {},
    )


async def test_a_hold_is_captured_in_part_and_the_rest_released(sdk: StripeClient) -> None:
    intent = await held(sdk)
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 2500, 0)
    captured = await sdk.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 700})
    assert (captured.status, captured.amount_capturable, captured.amount_received) == ("succeeded", 0, 700)
    charge = await sdk.v1.charges.retrieve_async(str(captured.latest_charge))
    assert (charge.amount_captured, charge.amount_refunded, charge.refunded) == (700, 1800, False)


async def test_no_more_than_the_hold_can_be_captured(sdk: StripeClient) -> None:
    intent = await held(sdk)
    with pytest.raises(stripe.InvalidRequestError) as error:
        await sdk.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 2501})
    assert error.value.code == "amount_too_large"


async def test_a_captured_intent_is_neither_captured_again_nor_canceled(sdk: StripeClient) -> None:
    intent = await held(sdk)
    await sdk.v1.payment_intents.capture_async(intent.id)
    for again in (sdk.v1.payment_intents.capture_async, sdk.v1.payment_intents.cancel_async):
        with pytest.raises(stripe.InvalidRequestError) as error:
            await again(intent.id)
        assert error.value.code == "payment_intent_unexpected_state"


async def test_a_canceled_hold_is_released(sdk: StripeClient) -> None:
    intent = await held(sdk)
    canceled = await sdk.v1.payment_intents.cancel_async(intent.id)
    charge = await sdk.v1.charges.retrieve_async(str(canceled.latest_charge))
    assert (canceled.status, canceled.amount_capturable) == ("canceled", 0)
    assert (charge.captured, charge.refunded, charge.amount_refunded) == (False, True, 2500)


async def test_a_captured_payment_is_refunded_up_to_what_was_captured(
    sdk: StripeClient, emulator: Emulator
) -> None:
    intent = await held(sdk)
    await sdk.v1.payment_intents.capture_async(intent.id, {"amount_to_capture": 2000})
    refund = await sdk.v1.refunds.create_async({"payment_intent": intent.id, "amount": 500})
    assert (refund.status, refund.amount) == ("succeeded", 500)
    rest = await sdk.v1.refunds.create_async({"payment_intent": intent.id})
    assert rest.amount == 1500
    with pytest.raises(stripe.InvalidRequestError) as error:
        await sdk.v1.refunds.create_async({"payment_intent": intent.id})
    assert error.value.code == "charge_already_refunded"
    [line] = await emulator.intents()
    assert (line["captured_minor"], line["refunded_minor"]) == (2000, 2000)


@pytest.mark.parametrize(
    ("token", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ],
)
async def test_a_card_that_always_declines_cannot_be_attached(
    sdk: StripeClient, token: str, code: str, decline_code: str | None
) -> None:
    with pytest.raises(stripe.CardError) as error:
        await customer_with(sdk, token)
    assert error.value.code == code
    assert error.value.error is not None
    assert getattr(error.value.error, "decline_code", None) == decline_code


async def test_a_declined_intent_requires_another_payment_method(sdk: StripeClient) -> None:
    with pytest.raises(stripe.CardError) as error:
        await held(sdk, "pm_card_chargeCustomerFail")
    assert error.value.error is not None and error.value.error.payment_intent is not None
    intent = await sdk.v1.payment_intents.retrieve_async(error.value.error.payment_intent.id)
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.decline_code == "generic_decline"
    paid = await sdk.v1.payment_intents.confirm_async(intent.id, {"payment_method": "pm_card_mastercard"})
    assert paid.status == "requires_capture"


async def test_a_card_may_require_authentication(sdk: StripeClient, emulator: Emulator) -> None:
    intent = await held(sdk, "pm_card_authenticationRequired")
    assert intent.status == "requires_action"
    assert intent.next_action is not None and intent.next_action.type == "use_stripe_sdk"
    await emulator.authenticate(intent.id, succeeds=True)
    assert (await sdk.v1.payment_intents.retrieve_async(intent.id)).status == "requires_capture"


async def test_a_failed_authentication_charges_nothing(sdk: StripeClient, emulator: Emulator) -> None:
    intent = await held(sdk, "pm_card_authenticationRequired")
    await emulator.authenticate(intent.id, succeeds=False)
    after = await sdk.v1.payment_intents.retrieve_async(intent.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error is not None
    assert after.last_payment_error.code == "payment_intent_authentication_failure"


async def test_off_session_a_card_that_requires_authentication_is_declined(sdk: StripeClient) -> None:
    customer, method = await customer_with(sdk, "pm_card_authenticationRequired")
    with pytest.raises(stripe.CardError) as error:
        await sdk.v1.payment_intents.create_async(
            {
                "amount": 2500,
                "currency": "cad",
                "customer": customer,
                "payment_method": method,
                "confirm": True,
                "off_session": True,
            }
        )
    assert error.value.code == "authentication_required"


async def test_a_repeated_key_returns_the_same_response_and_does_nothing(
    sdk: StripeClient, emulator: Emulator
) -> None:
    customer, method = await customer_with(sdk, "pm_card_visa")
    params: Any = {"amount": 2500, "currency": "cad", "customer": customer, "payment_method": method}
    first = await sdk.v1.payment_intents.create_async(params, {"idempotency_key": "k1"})
    again = await sdk.v1.payment_intents.create_async(params, {"idempotency_key": "k1"})
    assert again.id == first.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(await emulator.intents()) == 1
    with pytest.raises(stripe.IdempotencyError):
        await sdk.v1.payment_intents.create_async(params | {"amount": 2600}, {"idempotency_key": "k1"})


async def test_a_decline_is_stored_under_its_key(sdk: StripeClient, emulator: Emulator) -> None:
    customer, method = await customer_with(sdk, "pm_card_chargeCustomerFail")
    params: Any = {
        "amount": 2500,
        "currency": "cad",
        "customer": customer,
        "payment_method": method,
        "confirm": True,
    }
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            await sdk.v1.payment_intents.create_async(params, {"idempotency_key": "k2"})
    assert len(await emulator.intents()) == 1


async def test_a_validation_error_leaves_its_key_unused(sdk: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await sdk.v1.payment_intents.create_async({"amount": 1, "currency": "cad"}, {"idempotency_key": "k3"})
    created = await sdk.v1.payment_intents.create_async(
        {"amount": 100, "currency": "cad"}, {"idempotency_key": "k3"}
    )
    assert created.status == "requires_payment_method"


async def test_a_500_is_stored_under_its_key_but_an_earlier_error_is_not(
    sdk: StripeClient, emulator: Emulator
) -> None:
    await emulator.set_behaviour(fail_next={"count": 1, "status": 500})
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            await sdk.v1.payment_intents.create_async(
                {"amount": 100, "currency": "cad"}, {"idempotency_key": "k4"}
            )
    await emulator.set_behaviour(fail_next={"count": 1, "status": 429})
    with pytest.raises(stripe.RateLimitError):
        await sdk.v1.payment_intents.create_async(
            {"amount": 100, "currency": "cad"}, {"idempotency_key": "k5"}
        )
    await sdk.v1.payment_intents.create_async({"amount": 100, "currency": "cad"}, {"idempotency_key": "k5"})


async def test_a_key_of_a_request_in_progress_is_a_conflict(sdk: StripeClient, emulator: Emulator) -> None:
    await emulator.set_behaviour(delay_ms=1500)
    params: Any = {"amount": 100, "currency": "cad"}
    results = await asyncio.gather(
        *(sdk.v1.payment_intents.create_async(params, {"idempotency_key": "k6"}) for _ in range(2)),
        return_exceptions=True,
    )
    [error] = [r for r in results if isinstance(r, stripe.StripeError)]
    assert error.http_status == 409
    assert len(await emulator.intents()) == 1


async def test_an_unanswered_request_was_carried_out(emulator: Emulator) -> None:
    client = client_of(emulator, timeout=2.0)
    params: Any = {"amount": 100, "currency": "cad"}
    await emulator.set_behaviour(timeout_next=1)
    with pytest.raises(stripe.APIConnectionError):
        await client.v1.payment_intents.create_async(params, {"idempotency_key": "k7"})
    async with asyncio.timeout(90):
        while not (done := await emulator.intents()):  # it is carried out, maybe later than that
            await asyncio.sleep(0.02)
    again = await client.v1.payment_intents.create_async(params, {"idempotency_key": "k7"})
    assert again.id == done[0]["id"]
    await closed(client)


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({"currency": "cad"}, "amount", "parameter_missing"),
        ({"amount": 100}, "currency", "parameter_missing"),
        ({"amount": 10, "currency": "cad"}, "amount", "amount_too_small"),
        ({"amount": 100, "currency": "cad", "tip": 5}, "tip", "parameter_unknown"),
        ({"amount": 100, "currency": "cad", "metadata": {"k" * 41: "v"}}, f"metadata[{'k' * 41}]", None),
        ({"amount": 100, "currency": "cad", "customer": "cus_none"}, "customer", "resource_missing"),
        ({"amount": "lots", "currency": "cad"}, "amount", "parameter_invalid_integer"),
    ],
)
async def test_the_error_names_the_invalid_parameter(
    sdk: StripeClient, params: Any, param: str, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        await sdk.v1.payment_intents.create_async(params)
    assert (error.value.param, error.value.code) == (param, code)


async def test_another_customer_s_card_cannot_be_charged(sdk: StripeClient) -> None:
    _, method = await customer_with(sdk, "pm_card_visa")
    other, _ = await customer_with(sdk, "pm_card_visa")
    for customer in ({}, {"customer": other}):
        params: Any = {"amount": 100, "currency": "cad", "payment_method": method} | customer
        with pytest.raises(stripe.InvalidRequestError) as error:
            await sdk.v1.payment_intents.create_async(params)
        assert error.value.param == "payment_method"


async def test_a_wrong_api_key_is_rejected(emulator: Emulator) -> None:
    client = client_of(emulator, key="sk_test_other")
    with pytest.raises(stripe.AuthenticationError):
        await client.v1.customers.list_async()
    await closed(client)


async def test_the_api_key_may_be_the_user_name_of_basic_authentication(emulator: Emulator) -> None:
    async with emulator.session.get(
        f"{emulator.base}/v1/customers",
        headers={"Authorization": aiohttp.encode_basic_auth(API_KEY, "")},
    ) as answer:
        assert answer.status == 200


async def test_pages_of_a_list_have_no_gap_or_repeat(sdk: StripeClient) -> None:
    created = [(await sdk.v1.customers.create_async()).id for _ in range(5)]
    first = await sdk.v1.customers.list_async({"limit": 2})
    assert [c.id for c in first.data] == created[:2:-1]
    assert first.has_more
    seen = [c.id async for c in first.auto_paging_iter()]
    assert seen == created[::-1]
    newer = await sdk.v1.customers.list_async({"limit": 2, "ending_before": created[1]})
    assert [c.id for c in newer.data] == [created[3], created[2]]


async def test_a_field_can_be_expanded(sdk: StripeClient) -> None:
    intent = await held(sdk)
    wide = await sdk.v1.payment_intents.retrieve_async(intent.id, {"expand": ["latest_charge"]})
    assert isinstance(wide.latest_charge, stripe.Charge)


async def test_a_detached_card_has_no_customer_and_cannot_be_used(sdk: StripeClient) -> None:
    customer, method = await customer_with(sdk, "pm_card_mastercard")
    listed = await sdk.v1.customers.payment_methods.list_async(customer)
    assert [m.id for m in listed.data] == [method]
    await sdk.v1.payment_methods.detach_async(method)
    assert (await sdk.v1.customers.payment_methods.list_async(customer)).data == []
    with pytest.raises(stripe.InvalidRequestError):
        await sdk.v1.payment_methods.detach_async(method)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        await sdk.v1.payment_methods.attach_async(method, {"customer": customer})


async def test_events_are_recorded_in_order(sdk: StripeClient) -> None:
    intent = await held(sdk)
    await sdk.v1.payment_intents.capture_async(intent.id)
    events = await sdk.v1.events.list_async({"limit": 100})
    assert [e.type for e in reversed(events.data)] == [
        "customer.created",
        "payment_method.attached",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
    ]


async def test_the_data_survives_a_restart(tmp_path: Path) -> None:
    params: Any = {"amount": 100, "currency": "cad"}
    ids = []
    for _ in range(2):
        async with running_emulator(tmp_path) as emulator:
            client = client_of(emulator)
            created = await client.v1.payment_intents.create_async(params, {"idempotency_key": "k8"})
            ids.append(created.id)
            await closed(client)
            assert len(await emulator.intents()) == 1
    assert ids[0] == ids[1]


async def test_the_page_escapes_its_data(sdk: StripeClient, emulator: Emulator) -> None:
    await sdk.v1.payment_intents.create_async(
        {"amount": 100, "currency": "cad", "metadata": {"rescue_id": "<script>alert(1)</script>"}}
    )
    async with emulator.session.get(f"{emulator.base}/sandbox") as answer:
        text = await answer.text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>" not in text


async def test_an_invalid_behaviour_changes_nothing(emulator: Emulator) -> None:
    url = f"{emulator.base}/sandbox/stripe/behaviour"
    async with emulator.session.post(url, json={"decline_rate": 2}) as answer:
        assert answer.status == 400
    async with emulator.session.get(url) as answer:
        assert (await answer.json())["decline_rate"] == 0
