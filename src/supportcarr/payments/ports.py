"""What payments needs from others: somebody who moves money, and somebody who does work later."""

from __future__ import annotations

from typing import Protocol

import msgspec

from supportcarr.payments.model import Intent


class GatewayError(Exception):
    """A call to the payment gateway did not end in an outcome.

    GatewayError
    ├── OutcomeUnknown   timed out, cut off or failed over there: it may have happened; repeat the
    │                    same call under the same key, which asks
    ├── CachedFailure    that key will answer with this failure for ever: ask, then use a new key
    ├── Throttled        not done; try again after ``retry_after`` seconds
    ├── InvalidStateError  the thing's state, or its absence, forbids this: ask what it is
    └── CardRefused      the card cannot be used; ``code`` says why
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


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A verified webhook: which event, and whose payment it may concern."""

    event_id: str
    type: str
    intent_id: str | None = None
    payment_id: str | None = None


class PaymentGateway(Protocol):
    """Moves money.  Every call may raise ``GatewayError``; a declined hold is an outcome, no error."""

    async def create_customer(self, user_id: str, *, key: str | None) -> str:
        """A new customer's id."""

    async def attach(self, method: str, customer: str) -> Card:
        """Attach a card to a customer.  Raises ``CardRefused``, ``InvalidStateError``."""

    async def detach(self, method: str) -> None:
        """Take a card from its customer; harmless if it is taken already."""

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
        """Take up to what is held; the rest is let go."""

    async def cancel(self, intent_id: str, *, key: str) -> Intent:
        """Let go of what is held."""

    async def retrieve(self, intent_id: str) -> Intent:
        """The truth of one payment."""

    async def find(self, customer: str, payment_id: str) -> Intent | None:
        """The customer's intent that was made for that payment, if there is one."""

    def read_webhook(self, body: bytes, signature: str | None) -> WebhookEvent | None:
        """The event in a webhook's body; ``None`` if the signature does not prove who sent it."""

    async def close(self) -> None:
        """Close the connections."""


class JobQueue(Protocol):
    """Work for later, by name (``kit.jobs.declarations.JobHandler``)."""

    async def add(self, name: str, key: str, payload: bytes) -> None:
        """Ask for the work once: the same name and key again asks for nothing new."""

    async def revive(self, name: str, key: str) -> bool:
        """Have work that failed too often tried again from the beginning; False if it is not such."""
