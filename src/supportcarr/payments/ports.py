"""What payments needs of others: a payment gateway, and a job queue."""

from __future__ import annotations

from typing import Protocol

import msgspec

from supportcarr.payments.model import Intent


class GatewayError(Exception):
    """A call to the payment gateway did not end in an outcome.

    GatewayError
    ├── OutcomeUnknown     timed out, disconnected or failed at the gateway: it may have happened;
    │                      repeat the same call under the same key, which returns the outcome
    ├── CachedFailure      this key returns this failure for ever: retrieve the state, use a new key
    ├── Throttled          not done; try again after ``retry_after`` seconds
    ├── InvalidStateError  the object's state, or its absence, forbids this: retrieve its state
    └── CardRefused        the card cannot be used; ``code`` says why
    """

    def __init__(self, message: str, *, code: str = "", retry_after: float = 1.0) -> None:
        self.code = code
        self.retry_after = retry_after
        super().__init__(message)


class OutcomeUnknown(GatewayError):
    pass


class CachedFailure(GatewayError):
    pass


class Throttled(GatewayError):
    pass


class InvalidStateError(GatewayError):
    pass


class CardRefused(GatewayError):
    pass


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A card that was attached to a customer."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class CardSetup(msgspec.Struct, frozen=True, kw_only=True):
    """A rider's entry of a card at the gateway (Stripe's SetupIntent)."""

    id: str
    client_secret: str  # with it the rider's browser, and nobody else's, goes on
    customer: str | None
    done: bool  # the card was entered and confirmed
    method: str | None = None  # the card, once it is entered


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A verified webhook: the event, and the payment that it may concern."""

    event_id: str
    type: str
    intent_id: str | None = None
    payment_id: str | None = None


class PaymentGateway(Protocol):
    """Moves money.  Implemented by ``providers.stripe.StripePaymentGateway``.

    Every call may raise ``GatewayError``; a declined hold is an outcome, not an error.
    """

    async def create_customer(self, user_id: str, *, key: str | None) -> str:
        """Create a customer; returns its id."""

    async def begin_setup(self, customer: str) -> CardSetup:
        """Begin the entry of a card for later payments without the rider's presence."""

    async def retrieve_setup(self, id: str) -> CardSetup:
        """The current state of one setup.  Raises ``InvalidStateError`` if there is none."""

    async def client_secret(self, intent_id: str) -> str:
        """The secret with which the rider's browser can confirm that payment (3-D Secure)."""

    def card_page(self, page: str) -> str | None:
        """The address of a page of the gateway's emulator (``card``, ``authentication``); ``None``: there
        is none, because cards are entered in a form of Stripe's own."""

    async def attach(self, method: str, customer: str) -> Card:
        """Attach a card to a customer.  Raises ``CardRefused``, ``InvalidStateError``."""

    async def detach(self, method: str) -> None:
        """Detach a card from its customer; idempotent."""

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
        """Reserve an amount on a card, to be captured later."""

    async def capture(self, intent_id: str, amount_minor: int, *, key: str) -> Intent:
        """Capture up to the amount held; the rest is released."""

    async def cancel(self, intent_id: str, *, key: str) -> Intent:
        """Release the amount held."""

    async def retrieve(self, intent_id: str) -> Intent:
        """The current state of one intent."""

    async def find(self, customer: str, payment_id: str) -> Intent | None:
        """The customer's intent that was created for that payment, if there is one."""

    def read_webhook(self, body: bytes, signature: str | None) -> WebhookEvent | None:
        """Verify a webhook; ``None`` if it is signed, but not an event of a shape that is used here.

        Raises ``SignatureNotValid``.
        """

    async def close(self) -> None:
        """Close the connections."""


class JobQueue(Protocol):
    """Adds jobs.  Implemented by ``kit.jobs.service.Jobs``; the handlers are ``JobHandler``."""

    async def add(self, name: str, key: str, payload: bytes) -> None:
        """Add a job; the same name and key again adds nothing."""

    async def revive(self, name: str, key: str) -> bool:
        """Retry a job that failed too often, with fresh attempts; False if it is not in that state."""


class RescuesOfRider(Protocol):
    """The rescues of a person.  Implemented by ``rescues.personal_data.RescueData``."""

    async def ids_of_rider(self, person_id: str) -> list[str]:
        """The ids of the rescues that the person asked for."""
