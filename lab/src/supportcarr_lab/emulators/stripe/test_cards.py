"""Stripe's test cards (https://docs.stripe.com/testing), by the name of their payment method."""

from __future__ import annotations

from typing import NamedTuple


class Decline(NamedTuple):
    """The reason for which a card is declined."""

    code: str
    decline_code: str | None
    message: str


class TestCard(NamedTuple):
    """A test card: its public details, and what happens when it is charged."""

    brand: str
    last4: str
    funding: str = "credit"
    decline: Decline | None = None
    attachable: bool = True  # False: declined already when attached to a customer
    requires_authentication: bool = False  # every payment needs 3-D Secure


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
_LOST = Decline("card_declined", "lost_card", "Your card was declined.")
_STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.")
_EXPIRED = Decline("expired_card", None, "Your card has expired.")
_CVC = Decline("incorrect_cvc", None, "Your card's security code is incorrect.")
_PROCESSING = Decline(
    "processing_error",
    None,
    "An error occurred while processing your card. Try again in a little bit.",
)
AUTHENTICATION = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)

CARDS: dict[str, TestCard] = {
    "visa": TestCard("visa", "4242"),
    "visa_debit": TestCard("visa", "5556", "debit"),
    "mastercard": TestCard("mastercard", "4444"),
    "amex": TestCard("amex", "8431"),
    "chargeDeclined": TestCard("visa", "0002", decline=GENERIC, attachable=False),
    "chargeDeclinedInsufficientFunds": TestCard("visa", "9995", decline=_FUNDS, attachable=False),
    "chargeDeclinedLostCard": TestCard("visa", "9987", decline=_LOST, attachable=False),
    "chargeDeclinedStolenCard": TestCard("visa", "9979", decline=_STOLEN, attachable=False),
    "chargeDeclinedExpiredCard": TestCard("visa", "0069", decline=_EXPIRED, attachable=False),
    "chargeDeclinedIncorrectCvc": TestCard("visa", "0127", decline=_CVC, attachable=False),
    "chargeDeclinedProcessingError": TestCard("visa", "0119", decline=_PROCESSING, attachable=False),
    "chargeCustomerFail": TestCard("visa", "0341", decline=GENERIC),
    "authenticationRequired": TestCard("visa", "3184", requires_authentication=True),
}


def card_for_token(token: str) -> str | None:
    """The name of the card behind a test token (``pm_card_visa``, ``tok_visa``), or ``None``."""
    for prefix in ("pm_card_visa_", "pm_card_", "tok_visa_", "tok_"):
        name = token.removeprefix(prefix)
        if name != token and name in CARDS:
            return name
    return None


# The numbers that Stripe publishes for typing into a form; it lists them beside the names.
NUMBERS = {
    "4242424242424242": "visa",
    "4000056655665556": "visa_debit",
    "5555555555554444": "mastercard",
    "371449635398431": "amex",
    "4000000000000002": "chargeDeclined",
    "4000000000009995": "chargeDeclinedInsufficientFunds",
    "4000000000009987": "chargeDeclinedLostCard",
    "4000000000009979": "chargeDeclinedStolenCard",
    "4000000000000069": "chargeDeclinedExpiredCard",
    "4000000000000127": "chargeDeclinedIncorrectCvc",
    "4000000000000119": "chargeDeclinedProcessingError",
    "4000000000000341": "chargeCustomerFail",
    "4000002760003184": "authenticationRequired",
}


def card_of_number(number: str) -> str | None:
    """The name of the test card with that number, spaces ignored; ``None`` for any other number."""
    return NUMBERS.get("".join(number.split()))
