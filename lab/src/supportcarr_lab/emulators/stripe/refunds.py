"""Refunds: create, retrieve, list."""

from __future__ import annotations

from supportcarr_lab.emulators.stripe import objects
from supportcarr_lab.emulators.stripe.database import Object
from supportcarr_lab.emulators.stripe.errors import StripeApiError, invalid
from supportcarr_lab.emulators.stripe.params import Params
from supportcarr_lab.emulators.stripe.request_session import RequestSession


def create(session: RequestSession, params: Params) -> Object:
    intent_id, charge_id = params.text("payment_intent"), params.text("charge")
    requested = params.integer("amount")
    reason = params.choice("reason", ["duplicate", "fraudulent", "requested_by_customer"])
    metadata = params.metadata()
    params.reject_unknown()
    if (intent_id is None) == (charge_id is None):
        raise invalid("One of `charge` or `payment_intent` must be given.", code="parameter_missing")
    if intent_id is not None:
        charge_id = session.find("payment_intent", intent_id, "payment_intent")["latest_charge"]
    charge = session.find("charge", charge_id or "", "charge")
    if not charge["captured"] or charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} has not been captured.", code="charge_not_refundable")
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise StripeApiError(
            400,
            "invalid_request_error",
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
            executed=True,
        )
    amount = left if requested is None else requested
    if not 1 <= amount <= left:
        raise invalid(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
        )
    refund = objects.refund(session.now, charge, amount, reason, metadata)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    session.database.put(refund)
    session.database.put(charge)
    session.record_event("refund.created", refund)
    session.record_event("charge.refunded", charge)
    return refund


def retrieve(session: RequestSession, params: Params, id: str) -> Object:
    params.reject_unknown()
    return session.find("refund", id, "refund")


def list_all(session: RequestSession, params: Params) -> Object:
    intent = params.text("payment_intent")
    page = session.list_page("refund", "/v1/refunds", params, intent=intent)
    params.reject_unknown()
    return page
