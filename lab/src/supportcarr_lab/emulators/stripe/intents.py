"""Payment intents (create, confirm, capture, cancel) and their charges."""

from __future__ import annotations

import re
from typing import Any

from supportcarr_lab.emulators.stripe import objects
from supportcarr_lab.emulators.stripe.customers import usable_payment_method
from supportcarr_lab.emulators.stripe.database import Object, new_id
from supportcarr_lab.emulators.stripe.errors import StripeApiError, declined, invalid, unexpected_state
from supportcarr_lab.emulators.stripe.params import Params
from supportcarr_lab.emulators.stripe.request_session import RequestSession
from supportcarr_lab.emulators.stripe.test_cards import AUTHENTICATION, CARDS, GENERIC, Decline

MIN_AMOUNT, MAX_AMOUNT = 50, 99_999_999  # minor units; Stripe's minimum charge in CAD and USD is 0.50
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = (
    "requires_payment_method",
    "requires_capture",
    "requires_confirmation",
    "requires_action",
    "processing",
)


def create(session: RequestSession, params: Params) -> Object:
    confirm = params.boolean("confirm")
    fields: dict[str, Any] = {
        "amount": _amount(params, "amount"),
        "currency": _currency(params),
        "capture_method": params.choice("capture_method", ["automatic", "automatic_async", "manual"])
        or "automatic_async",
        "confirmation_method": params.choice("confirmation_method", ["automatic", "manual"]) or "automatic",
        "description": params.text("description"),
        "receipt_email": params.text("receipt_email"),
        "setup_future_usage": params.choice("setup_future_usage", ["off_session", "on_session"]),
        "statement_descriptor_suffix": params.text("statement_descriptor_suffix"),
        "metadata": params.metadata(),
        "allowed_payment_method_types": _allowed_types(params),
        "automatic_payment_methods": _automatic(params),
    }
    customer = params.text("customer")
    fields["customer"] = session.find("customer", customer, "customer")["id"] if customer else None
    method = _method(session, params, fields["customer"])
    off_session = params.boolean("off_session")
    params.text("return_url")
    params.reject_unknown()
    if off_session and not confirm:
        raise invalid("`off_session` can only be used with `confirm=true`.", param="off_session")
    if method:
        fields |= {"payment_method": method["id"], "status": "requires_confirmation"}
    intent = objects.payment_intent(session.now, fields)
    session.database.put(intent)
    session.record_event("payment_intent.created", intent)
    return _attempt_payment(session, intent, off_session=off_session) if confirm else intent


def update(session: RequestSession, params: Params, id: str) -> Object:
    intent = session.find("payment_intent", id, "intent")
    intent["metadata"] = params.metadata(intent["metadata"])
    if description := params.text("description"):
        intent["description"] = description
    params.reject_unknown()
    session.database.put(intent)
    return intent


def retrieve(session: RequestSession, params: Params, id: str) -> Object:
    params.text("client_secret")
    params.reject_unknown()
    return session.find("payment_intent", id, "intent")


def list_all(session: RequestSession, params: Params) -> Object:
    page = session.list_page(
        "payment_intent", "/v1/payment_intents", params, customer=params.text("customer")
    )
    params.reject_unknown()
    return page


def confirm(session: RequestSession, params: Params, id: str) -> Object:
    intent = session.find("payment_intent", id, "intent")
    off_session = params.boolean("off_session")
    method = _method(session, params, intent["customer"])
    params.text("return_url")
    params.reject_unknown()
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.", intent
        )
    if method:
        intent["payment_method"] = method["id"]
    return _attempt_payment(session, intent, off_session=off_session)


def capture(session: RequestSession, params: Params, id: str) -> Object:
    intent = session.find("payment_intent", id, "intent")
    requested = params.integer("amount_to_capture")
    params.reject_unknown()
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            "This PaymentIntent could not be captured because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be "
            "captured: requires_capture.",
            intent,
        )
    amount = intent["amount_capturable"] if requested is None else requested
    if not 1 <= amount <= intent["amount_capturable"]:
        raise StripeApiError(
            400,
            "invalid_request_error",
            "The amount to capture must be positive and at most the amount capturable "
            f"({intent['amount_capturable']}).",
            code="amount_too_large" if amount > 0 else "parameter_invalid_integer",
            param="amount_to_capture",
        )
    charge = session.find("charge", intent["latest_charge"], "charge")
    # The amount that is not captured is released at once and counts as refunded on the charge.
    charge |= {"captured": True, "amount_captured": amount, "amount_refunded": charge["amount"] - amount}
    session.database.put(charge)
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    session.database.put(intent)
    session.record_event("charge.captured", charge)
    session.record_event("payment_intent.succeeded", intent)
    return intent


def cancel(session: RequestSession, params: Params, id: str) -> Object:
    intent = session.find("payment_intent", id, "intent")
    reason = params.choice(
        "cancellation_reason", ["duplicate", "fraudulent", "requested_by_customer", "abandoned"]
    )
    params.reject_unknown()
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be canceled: "
            f"{', '.join(CANCELABLE)}.",
            intent,
        )
    if intent["status"] == "requires_capture":
        held = session.find("charge", intent["latest_charge"], "charge")
        held |= {"refunded": True, "amount_refunded": held["amount"]}
        session.database.put(held)
        session.record_event("charge.refunded", held)
    intent |= {
        "status": "canceled",
        "canceled_at": session.now,
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    session.database.put(intent)
    session.record_event("payment_intent.canceled", intent)
    return intent


def authenticate(session: RequestSession, id: str, *, succeeds: bool) -> Object:
    """Apply the result of the rider's 3-D Secure authentication, which happens outside Stripe's API."""
    intent = session.find("payment_intent", id, "intent")
    if intent["status"] != "requires_action":
        raise unexpected_state(f"The intent has a status of {intent['status']}.", intent)
    intent["next_action"] = None
    method = session.find("payment_method", intent["payment_method"], "payment_method")
    if succeeds:
        return _charge_succeeded(session, intent, method)
    failure = Decline(
        "payment_intent_authentication_failure", None, "The provided PaymentMethod has failed authentication."
    )
    intent |= {"status": "requires_payment_method", "payment_method": None}
    intent["last_payment_error"] = _payment_error(failure, method)
    session.database.put(intent)
    session.record_event("payment_intent.payment_failed", intent)
    return intent


def _attempt_payment(session: RequestSession, intent: Object, *, off_session: bool) -> Object:
    """Try to charge the intent.  A decline raises ``StripeApiError``, but its changes are kept."""
    if intent["payment_method"] is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            intent,
        )
    method = session.find("payment_method", intent["payment_method"], "payment_method")
    card = CARDS[session.database.card_of(method["id"])]
    if card.requires_authentication and not off_session:
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "source": new_id("src")},
        }
        session.database.put(intent)
        session.record_event("payment_intent.requires_action", intent)
        return intent
    decline = AUTHENTICATION if card.requires_authentication else card.decline
    if decline is None and session.behaviour.should_decline():
        decline = GENERIC
    if decline is None:
        return _charge_succeeded(session, intent, method)
    failed = objects.charge(session.now, intent, method, captured=False, decline=decline)
    session.database.put(failed)
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "latest_charge": failed["id"],
        "last_payment_error": _payment_error(decline, method, charge=failed["id"]),
    }
    session.database.put(intent)
    session.record_event("charge.failed", failed)
    session.record_event("payment_intent.payment_failed", intent)
    raise declined(
        decline.code,
        decline.decline_code,
        decline.message,
        charge=failed["id"],
        payment_intent=intent,
        payment_method=method,
    )


def _charge_succeeded(session: RequestSession, intent: Object, method: Object) -> Object:
    manual = intent["capture_method"] == "manual"
    charge = objects.charge(session.now, intent, method, captured=not manual, decline=None)
    session.database.put(charge)
    intent |= {"latest_charge": charge["id"], "last_payment_error": None}
    session.record_event("charge.succeeded", charge)
    if manual:
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        session.record_event("payment_intent.amount_capturable_updated", intent)
    else:
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        session.record_event("payment_intent.succeeded", intent)
    session.database.put(intent)
    return intent


def _payment_error(decline: Decline, method: Object, **fields: str) -> Object:
    error = declined(decline.code, decline.decline_code, decline.message, payment_method=method, **fields)
    return error.error


def _amount(params: Params, name: str) -> int:
    amount = params.integer(name)
    if amount is None:
        raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if amount < MIN_AMOUNT:
        raise invalid("Amount must be at least 50 cents", code="amount_too_small", param=name)
    if amount > MAX_AMOUNT:
        raise invalid("Amount must be no more than $999,999.99", code="amount_too_large", param=name)
    return amount


def _currency(params: Params) -> str:
    currency = params.required("currency").lower()
    if not re.fullmatch("[a-z]{3}", currency):
        raise invalid(f"Invalid currency: {currency}.", param="currency")
    return currency


def _allowed_types(params: Params) -> list[str] | None:
    types = params.items("allowed_payment_method_types")
    if any(t != "card" for t in types):
        raise invalid("The emulator supports cards only.", param="allowed_payment_method_types")
    return types or None


def _automatic(params: Params) -> Object | None:
    group = params.group("automatic_payment_methods")
    if group is None:
        return None
    enabled = group.boolean("enabled")
    redirects = group.choice("allow_redirects", ["always", "never"]) or "always"
    group.reject_unknown()
    return {"allow_redirects": redirects, "enabled": enabled}


def _method(session: RequestSession, params: Params, customer: str | None) -> Object | None:
    method_id = params.text("payment_method")
    if method_id is None:
        return None
    method = usable_payment_method(session, method_id, "payment_method")
    owner = method["customer"]
    if owner and customer is None:
        raise invalid(
            f"The PaymentMethod `{method_id}` belongs to a Customer `{owner}`. Please include the Customer "
            "in the `customer` parameter on the PaymentIntent.",
            param="payment_method",
        )
    if owner and owner != customer:
        raise invalid(
            f"The provided PaymentMethod `{method_id}` does not belong to the Customer `{customer}`.",
            param="payment_method",
        )
    return method
