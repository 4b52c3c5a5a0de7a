"""Customers and their payment methods."""

from __future__ import annotations

from typing import Any

from supportcarr_lab.emulators.stripe import objects
from supportcarr_lab.emulators.stripe.database import Object
from supportcarr_lab.emulators.stripe.errors import declined, invalid, missing
from supportcarr_lab.emulators.stripe.params import Params
from supportcarr_lab.emulators.stripe.request_session import RequestSession
from supportcarr_lab.emulators.stripe.test_cards import CARDS, card_for_token

DETACHED = "detached"  # replaces the card's name: Stripe does not allow a detached method to be used again
_CUSTOMER_TEXTS = ("description", "email", "name", "phone")


def create_customer(session: RequestSession, params: Params) -> Object:
    fields: dict[str, Any] = {name: params.text(name) for name in _CUSTOMER_TEXTS}
    fields["metadata"] = params.metadata()
    params.reject_unknown()
    created = objects.customer(session.now, fields)
    session.database.put(created)
    session.record_event("customer.created", created)
    return created


def update_customer(session: RequestSession, params: Params, id: str) -> Object:
    customer = session.find("customer", id, "customer")
    for name in _CUSTOMER_TEXTS:
        if value := params.text(name):
            customer[name] = value
    customer["metadata"] = params.metadata(customer["metadata"])
    params.reject_unknown()
    session.database.put(customer)
    session.record_event("customer.updated", customer)
    return customer


def retrieve_customer(session: RequestSession, params: Params, id: str) -> Object:
    params.reject_unknown()
    return session.find("customer", id, "customer")


def list_customers(session: RequestSession, params: Params) -> Object:
    page = session.list_page("customer", "/v1/customers", params)
    params.reject_unknown()
    return page


def create_method(session: RequestSession, params: Params) -> Object:
    """Create a card from a test token.  Card numbers are rejected, as Stripe's API does by default."""
    params.choice("type", ["card"])
    card = params.group("card")
    if card is None:
        raise invalid("Missing required param: card.", code="parameter_missing", param="card")
    if card.text("number"):
        raise invalid("Sending credit card numbers directly to the Stripe API is generally unsafe.")
    token = card.required("token")
    card.reject_unknown()
    name = card_for_token(token)
    if name is None:
        raise missing("token", token, "card[token]")
    metadata = params.metadata()
    params.reject_unknown()
    return new_method(session, name, metadata)


def usable_payment_method(session: RequestSession, id: str, param: str) -> Object:
    """The payment method with that id, if it may be used; a test token creates a new one each time."""
    name = card_for_token(id)
    if name is not None:
        return new_method(session, name, {})
    method = session.find("payment_method", id, param)
    if session.database.card_of(id) == DETACHED:
        raise invalid(
            "The provided PaymentMethod was detached from a Customer. It may not be used again.", param=param
        )
    return method


def retrieve_method(session: RequestSession, params: Params, id: str) -> Object:
    params.reject_unknown()
    if name := card_for_token(id):
        return new_method(session, name, {})
    return session.find("payment_method", id, "payment_method")


def attach_method(session: RequestSession, params: Params, id: str) -> Object:
    customer = session.find("customer", params.required("customer"), "customer")
    params.reject_unknown()
    return attach_to(session, id, customer["id"])


def attach_to(session: RequestSession, id: str, customer: str) -> Object:
    """Attach a payment method to a customer; repeated: the same.  Raises ``StripeApiError``."""
    method = usable_payment_method(session, id, "payment_method")
    card = CARDS[session.database.card_of(method["id"])]
    if method["customer"] == customer:
        return method
    if method["customer"] is not None:
        raise invalid("The payment method you provided has already been attached to a customer.")
    if card.decline and not card.attachable:
        raise declined(card.decline.code, card.decline.decline_code, card.decline.message)
    method["customer"] = customer
    session.database.put(method)
    session.record_event("payment_method.attached", method)
    return method


def detach_method(session: RequestSession, params: Params, id: str) -> Object:
    params.reject_unknown()
    method = session.find("payment_method", id, "payment_method")
    if method["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    method["customer"] = None
    session.database.put(method, card=DETACHED)
    session.record_event("payment_method.detached", method)
    return method


def list_methods(session: RequestSession, params: Params) -> Object:
    customer = params.text("customer")
    return _methods_of(session, params, customer, "/v1/payment_methods")


def list_customer_methods(session: RequestSession, params: Params, id: str) -> Object:
    return _methods_of(session, params, id, f"/v1/customers/{id}/payment_methods")


def _methods_of(session: RequestSession, params: Params, customer: str | None, url: str) -> Object:
    params.choice("type", ["card"])
    if customer is None:
        return {"object": "list", "data": [], "has_more": False, "url": url}
    session.find("customer", customer, "customer")
    page = session.list_page("payment_method", url, params, customer=customer)
    params.reject_unknown()
    return page


def new_method(session: RequestSession, card: str, metadata: dict[str, str]) -> Object:
    """Create a payment method of a test card."""
    created = objects.payment_method(session.now, card) | {"metadata": metadata}
    session.database.put(created, card=card)
    return created
