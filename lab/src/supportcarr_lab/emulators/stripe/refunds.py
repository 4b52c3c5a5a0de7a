"""Refunds."""

from __future__ import annotations

from supportcarr_lab.emulators.stripe import objects
from supportcarr_lab.emulators.stripe.database import Object
from supportcarr_lab.emulators.stripe.errors import Fault, invalid
from supportcarr_lab.emulators.stripe.params import Params
from supportcarr_lab.emulators.stripe.request_session import Desk


def create(desk: Desk, params: Params) -> Object:
    intent_id, charge_id = params.text("payment_intent"), params.text("charge")
    wanted = params.integer("amount")
    reason = params.choice("reason", ["duplicate", "fraudulent", "requested_by_customer"])
    metadata = params.metadata()
    params.done()
    if (intent_id is None) == (charge_id is None):
        raise invalid("One of `charge` or `payment_intent` must be given.", code="parameter_missing")
    if intent_id is not None:
        charge_id = desk.find("payment_intent", intent_id, "payment_intent")["latest_charge"]
    paid = desk.find("charge", charge_id or "", "charge")
    if not paid["captured"] or paid["status"] != "succeeded":
        raise invalid(f"Charge {paid['id']} has not been captured.", code="charge_not_refundable")
    left = paid["amount"] - paid["amount_refunded"]
    if left == 0:
        raise Fault(
            400,
            "invalid_request_error",
            f"Charge {paid['id']} has already been refunded.",
            code="charge_already_refunded",
            executed=True,
        )
    amount = left if wanted is None else wanted
    if not 1 <= amount <= left:
        raise invalid(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
        )
    made = objects.refund(desk.now, paid, amount, reason, metadata)
    paid["amount_refunded"] += amount
    paid["refunded"] = paid["amount_refunded"] == paid["amount"]
    desk.books.put(made)
    desk.books.put(paid)
    desk.tell("refund.created", made)
    desk.tell("charge.refunded", paid)
    return made


def retrieve(desk: Desk, params: Params, id: str) -> Object:
    params.done()
    return desk.find("refund", id, "refund")


def list_all(desk: Desk, params: Params) -> Object:
    intent = params.text("payment_intent")
    page = desk.listing("refund", "/v1/refunds", params, intent=intent)
    params.done()
    return page
