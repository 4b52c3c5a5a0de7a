"""The payment gateway on Stripe's SDK.  The emulator in ``supportcarr_lab`` is called by the same code."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import aiohttp
import msgspec

from supportcarr.contracts.errors import SignatureNotValid
from supportcarr.kit.observability import tracing
from supportcarr.kit.runtime.imports import without
from supportcarr.payments.model import Intent, IntentStatus
from supportcarr.payments.ports import (
    CachedFailure,
    Card,
    CardRefused,
    CardSetup,
    GatewayError,
    InvalidStateError,
    OutcomeUnknown,
    Throttled,
    WebhookEvent,
)
from supportcarr.providers.settings import StripeSettings

with without("anyio", "httpx", "requests"):  # for its other HTTP clients: 6 MB
    import stripe
    from stripe import AIOHTTPClient, StripeClient

T = TypeVar("T")

MISCONFIGURED_RETRY_S = 30.0  # a wrong API key is fixed by a person, so retry slowly


def load_sdk() -> None:
    """Import the parts of the SDK that it would import at a first request."""
    from stripe import (  # noqa: F401
        Customer,
        CustomerService,
        PaymentIntent,
        PaymentIntentService,
        PaymentMethod,
        PaymentMethodService,
        SetupIntent,
        SetupIntentService,
    )


class StripePaymentGateway:
    """Implements ``payments.ports.PaymentGateway``.

    The SDK's own retries are off: the caller retries as a job, with the same idempotency key.
    """

    def __init__(self, settings: StripeSettings) -> None:
        self._settings = settings
        self._http = AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=settings.timeout_seconds))
        self._client = StripeClient(
            settings.api_key,
            http_client=self._http,
            max_network_retries=0,
            base_addresses={"api": settings.api_base} if settings.api_base else {},
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]  # the SDK has no types there

    async def create_customer(self, user_id: str, *, key: str | None) -> str:
        customer = await _call(
            self._client.v1.customers.create_async(
                {"metadata": {"user_id": user_id}}, {"idempotency_key": key} if key else {}
            )
        )
        return customer.id

    async def begin_setup(self, customer: str) -> CardSetup:
        setup = await _call(
            self._client.v1.setup_intents.create_async(
                params={
                    "customer": customer,
                    "usage": "off_session",
                    "allowed_payment_method_types": ["card"],
                }
            )
        )
        return _setup(setup)

    async def retrieve_setup(self, id: str) -> CardSetup:
        return _setup(await _call(self._client.v1.setup_intents.retrieve_async(id)))

    async def client_secret(self, intent_id: str) -> str:
        intent = await _call(self._client.v1.payment_intents.retrieve_async(intent_id))
        return intent.client_secret or ""

    def card_page(self, page: str) -> str | None:
        base = self._settings.api_base
        return f"{base.rstrip('/')}/sandbox/{page}" if base else None

    async def attach(self, method: str, customer: str) -> Card:
        attached = await _call(self._client.v1.payment_methods.attach_async(method, {"customer": customer}))
        card = attached.card
        if card is None:
            raise InvalidStateError(f"{method} is not a card")
        return Card(
            id=attached.id,
            brand=card.brand,
            last4=card.last4 or "",
            exp_month=card.exp_month,
            exp_year=card.exp_year,
        )

    async def detach(self, method: str) -> None:
        try:
            await _call(self._client.v1.payment_methods.detach_async(method))
        except InvalidStateError:
            return  # it is not attached to a customer

    async def hold(
        self,
        *,
        key: str,
        amount_minor: int,
        currency: str,
        customer: str,
        method: str,
        payment_id: str,
        rescue_id: str,
    ) -> Intent:
        try:
            intent = await _call(
                self._client.v1.payment_intents.create_async(
                    {
                        "amount": amount_minor,
                        "currency": currency.lower(),
                        "customer": customer,
                        "payment_method": method,
                        "allowed_payment_method_types": ["card"],
                        "capture_method": "manual",
                        "confirm": True,
                        "metadata": {"payment_id": payment_id, "rescue_id": rescue_id},
                    },
                    {"idempotency_key": key},
                )
            )
        except CardRefused as refused:
            declined = _intent_of_error(refused.__cause__)
            if declined is None:
                raise
            return declined
        return _intent(intent)

    async def capture(self, intent_id: str, amount_minor: int, *, key: str) -> Intent:
        return _intent(
            await _call(
                self._client.v1.payment_intents.capture_async(
                    intent_id, {"amount_to_capture": amount_minor}, {"idempotency_key": key}
                )
            )
        )

    async def cancel(self, intent_id: str, *, key: str) -> Intent:
        return _intent(
            await _call(self._client.v1.payment_intents.cancel_async(intent_id, {}, {"idempotency_key": key}))
        )

    async def retrieve(self, intent_id: str) -> Intent:
        return _intent(await _call(self._client.v1.payment_intents.retrieve_async(intent_id)))

    async def find(self, customer: str, payment_id: str) -> Intent | None:
        """Searches the customer's latest 100 intents, more than a rider creates in a day."""
        page = await _call(self._client.v1.payment_intents.list_async({"customer": customer, "limit": 100}))
        for intent in page.data:
            if intent.to_dict()["metadata"].get("payment_id") == payment_id:
                return _intent(intent)
        return None

    def read_webhook(self, body: bytes, signature: str | None) -> WebhookEvent | None:
        try:
            stripe.WebhookSignature.verify_header(
                body, signature, self._settings.webhook_secret, self._settings.tolerance_seconds
            )
        except (stripe.SignatureVerificationError, ValueError):
            raise SignatureNotValid from None  # ValueError: the header is malformed, or the body not UTF-8
        try:
            event = msgspec.json.decode(body, type=_WebhookEvent)
        except msgspec.DecodeError:
            return None  # for example a thin event of Stripe's API v2
        subject = event.data.object
        return WebhookEvent(
            event_id=event.id,
            type=event.type,
            intent_id=subject.id if subject.object == "payment_intent" else subject.payment_intent,
            payment_id=(subject.metadata or {}).get("payment_id"),
        )


def _setup(setup: stripe.SetupIntent) -> CardSetup:
    customer, method = setup.customer, setup.payment_method
    return CardSetup(
        id=setup.id,
        client_secret=setup.client_secret or "",
        customer=customer if isinstance(customer, str) or customer is None else customer.id,
        done=setup.status == "succeeded",
        method=method if isinstance(method, str) or method is None else method.id,
    )


class _StripeObject(msgspec.Struct, frozen=True):
    """The fields of an event's object that are used; current values are retrieved from Stripe."""

    object: str
    id: str | None = None
    payment_intent: str | None = None
    metadata: dict[str, str] | None = None


class _Data(msgspec.Struct, frozen=True):
    object: _StripeObject


class _WebhookEvent(msgspec.Struct, frozen=True):
    id: str
    type: str
    data: _Data


async def _call(request: Awaitable[T]) -> T:
    """The response, with the SDK's errors mapped by what the caller can do about them.

    An idempotency key used with other parameters (``stripe.IdempotencyError``) is not mapped: it is a bug
    of ours that no retry fixes.  A key whose first request is still running is an ``APIError`` (409).
    """
    try:
        with tracing.spanning("stripe"):
            return await request
    except stripe.CardError as error:
        raise CardRefused(str(error), code=error.code or "card_declined") from error
    except stripe.RateLimitError as error:
        raise Throttled(str(error), retry_after=2.0) from error
    except stripe.InvalidRequestError as error:
        raise InvalidStateError(str(error), code=error.code or "invalid_request") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise GatewayError(str(error), retry_after=MISCONFIGURED_RETRY_S) from error
    except stripe.APIError as error:
        replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
        raise (CachedFailure if replayed else OutcomeUnknown)(str(error)) from error
    except (stripe.APIConnectionError, aiohttp.ClientError, TimeoutError) as error:
        # The last two: the SDK does not wrap errors that occur while it reads the body.
        raise OutcomeUnknown(f"Stripe did not answer: {error}") from error


def _intent(intent: stripe.PaymentIntent) -> Intent:
    failure = intent.to_dict().get("last_payment_error") or {}
    return Intent(
        id=intent.id,
        status=msgspec.convert(intent.status, IntentStatus),
        amount_minor=intent.amount,
        received_minor=intent.amount_received,
        currency=intent.currency.upper(),
        failure=failure.get("decline_code") or failure.get("code"),
    )


def _intent_of_error(error: BaseException | None) -> Intent | None:
    """The intent of a declined confirmation, which Stripe returns inside the error."""
    if isinstance(error, stripe.CardError) and error.error and error.error.payment_intent:
        return _intent(error.error.payment_intent)
    return None
