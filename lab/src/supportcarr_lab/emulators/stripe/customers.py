"""Customers and their payment methods."""

from __future__ import annotations

from typing import Any

from supportcarr_lab.emulators.stripe import objects
from supportcarr_lab.emulators.stripe.database import Object
from supportcarr_lab.emulators.stripe.errors import declined, invalid, missing
from supportcarr_lab.emulators.stripe.params import Params
from supportcarr_lab.emulators.stripe.request_session import Desk
from supportcarr_lab.emulators.stripe.test_cards import CARDS, card_named

DETACHED = "detached"  # in place of the card's name: Stripe lets such a method be used no more
_CUSTOMER_TEXTS = ("description", "email", "name", "phone")


def create_customer(desk: Desk, params: Params) -> Object:
    fields: dict[str, Any] = {name: params.text(name) for name in _CUSTOMER_TEXTS}
    fields["metadata"] = params.metadata()
    params.done()
    made = objects.customer(desk.now, fields)
    desk.books.put(made)
    desk.tell("customer.created", made)
    return made


def update_customer(desk: Desk, params: Params, id: str) -> Object:
    customer = desk.find("customer", id, "customer")
    for name in _CUSTOMER_TEXTS:
        if value := params.text(name):
            customer[name] = value
    customer["metadata"] = params.metadata(customer["metadata"])
    params.done()
    desk.books.put(customer)
    desk.tell("customer.updated", customer)
    return customer


def retrieve_customer(desk: Desk, params: Params, id: str) -> Object:
    params.done()
    return desk.find("customer", id, "customer")


def list_customers(desk: Desk, params: Params) -> Object:
    page = desk.listing("customer", "/v1/customers", params)
    params.done()
    return page


def create_method(desk: Desk, params: Params) -> Object:
    """A card, from a test token: the emulator sees no numbers, as Stripe's API by default does not."""
    params.choice("type", ["card"])
    card = params.group("card")
    if card is None:
        raise invalid("Missing required param: card.", code="parameter_missing", param="card")
    if card.text("number"):
        raise invalid("Sending credit card numbers directly to the Stripe API is generally unsafe.")
    token = card.required("token")
    card.done()
    name = card_named(token)
    if name is None:
        raise missing("token", token, "card[token]")
    metadata = params.metadata()
    params.done()
    return _new_method(desk, name, metadata)


def method_of(desk: Desk, id: str, param: str) -> Object:
    """The usable payment method of that id; a test token makes a new one each time."""
    name = card_named(id)
    if name is not None:
        return _new_method(desk, name, {})
    method = desk.find("payment_method", id, param)
    if desk.books.card_of(id) == DETACHED:
        raise invalid(
            "The provided PaymentMethod was detached from a Customer. It may not be used again.", param=param
        )
    return method


def retrieve_method(desk: Desk, params: Params, id: str) -> Object:
    params.done()
    if name := card_named(id):
        return _new_method(desk, name, {})
    return desk.find("payment_method", id, "payment_method")


def attach_method(desk: Desk, params: Params, id: str) -> Object:
    customer = desk.find("customer", params.required("customer"), "customer")
    params.done()
    method = method_of(desk, id, "payment_method")
    card = CARDS[desk.books.card_of(method["id"])]
    if method["customer"] == customer["id"]:
        return method
    if method["customer"] is not None:
        raise invalid("The payment method you provided has already been attached to a customer.")
    if card.decline and not card.attachable:
        raise declined(card.decline.code, card.decline.decline_code, card.decline.message)
    method["customer"] = customer["id"]
    desk.books.put(method)
    desk.tell("payment_method.attached", method)
    return method


def detach_method(desk: Desk, params: Params, id: str) -> Object:
    params.done()
    method = desk.find("payment_method", id, "payment_method")
    if method["customer"] is None:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    method["customer"] = None
    desk.books.put(method, card=DETACHED)
    desk.tell("payment_method.detached", method)
    return method


def list_methods(desk: Desk, params: Params) -> Object:
    customer = params.text("customer")
    return _methods_of(desk, params, customer, "/v1/payment_methods")


def list_customers_methods(desk: Desk, params: Params, id: str) -> Object:
    return _methods_of(desk, params, id, f"/v1/customers/{id}/payment_methods")


def _methods_of(desk: Desk, params: Params, customer: str | None, url: str) -> Object:
    params.choice("type", ["card"])
    if customer is None:
        return {"object": "list", "data": [], "has_more": False, "url": url}
    desk.find("customer", customer, "customer")
    page = desk.listing("payment_method", url, params, customer=customer)
    params.done()
    return page


def _new_method(desk: Desk, card: str, metadata: dict[str, str]) -> Object:
    made = objects.payment_method(desk.now, card) | {"metadata": metadata}
    desk.books.put(made, card=card)
    return made
