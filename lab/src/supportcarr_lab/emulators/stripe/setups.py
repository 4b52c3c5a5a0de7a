"""Setup intents: the entry of a card for later payments.

A browser confirms them with the client secret, by Stripe's form or, here, by the emulator's page.
"""

from __future__ import annotations

import hmac
from typing import Any

from supportcarr_lab.emulators.stripe import objects
from supportcarr_lab.emulators.stripe.customers import attach_to, new_method
from supportcarr_lab.emulators.stripe.database import Object
from supportcarr_lab.emulators.stripe.errors import StripeApiError, declined, invalid
from supportcarr_lab.emulators.stripe.params import Params
from supportcarr_lab.emulators.stripe.request_session import RequestSession
from supportcarr_lab.emulators.stripe.test_cards import CARDS, card_of_number


def create(session: RequestSession, params: Params) -> Object:
    fields: dict[str, Any] = {
        "usage": params.choice("usage", ["off_session", "on_session"]) or "off_session",
        "description": params.text("description"),
        "metadata": params.metadata(),
    }
    if any(kind != "card" for kind in params.items("allowed_payment_method_types")):
        raise invalid("The emulator supports cards only.", param="allowed_payment_method_types")
    customer = params.text("customer")
    fields["customer"] = session.find("customer", customer, "customer")["id"] if customer else None
    params.reject_unknown()
    created = objects.setup_intent(session.now, fields)
    session.database.put(created)
    session.record_event("setup_intent.created", created)
    return created


def retrieve(session: RequestSession, params: Params, id: str) -> Object:
    params.text("client_secret")
    params.reject_unknown()
    return session.find("setup_intent", id, "intent")


def confirm(session: RequestSession, secret: str, number: str) -> Object:
    """The card that a person has entered on the page.  One that wants 3-D Secure waits for the answer.

    Raises ``StripeApiError`` for an unknown secret or number, or a card that is declined.
    """
    setup = _with_secret(session, secret)
    if setup["status"] == "succeeded":
        return setup
    name = card_of_number(number)
    if name is None:
        raise StripeApiError(
            402, "card_error", "Your card number is invalid.", code="invalid_number", param="number"
        )
    card = CARDS[name]
    if card.decline and not card.attachable:
        setup["last_setup_error"] = {"code": card.decline.code, "type": "card_error"}
        session.database.put(setup)
        session.record_event("setup_intent.setup_failed", setup)
        raise declined(card.decline.code, card.decline.decline_code, card.decline.message)
    setup["payment_method"] = new_method(session, name, {})["id"]
    if card.requires_authentication:
        setup |= {"status": "requires_action", "next_action": {"type": "use_stripe_sdk"}}
        session.database.put(setup)
        session.record_event("setup_intent.requires_action", setup)
        return setup
    return _succeed(session, setup)


def authenticate(session: RequestSession, secret: str, *, succeeds: bool) -> Object:
    """The person's answer to 3-D Secure.  Raises ``StripeApiError``."""
    setup = _with_secret(session, secret)
    if setup["status"] != "requires_action":
        return setup
    setup["next_action"] = None
    if succeeds:
        return _succeed(session, setup)
    setup |= {"status": "requires_payment_method", "payment_method": None}
    setup["last_setup_error"] = {
        "code": "setup_intent_authentication_failure",
        "type": "invalid_request_error",
    }
    session.database.put(setup)
    session.record_event("setup_intent.setup_failed", setup)
    return setup


def _succeed(session: RequestSession, setup: Object) -> Object:
    if setup["customer"]:
        attach_to(session, setup["payment_method"], setup["customer"])
    setup |= {"status": "succeeded", "last_setup_error": None}
    session.database.put(setup)
    session.record_event("setup_intent.succeeded", setup)
    return setup


def _with_secret(session: RequestSession, secret: str) -> Object:
    setup = session.find("setup_intent", secret.partition("_secret_")[0], "client_secret")
    if not hmac.compare_digest(secret.encode(), setup["client_secret"].encode()):
        raise invalid("The client_secret provided does not match.", param="client_secret")
    return setup
