"""Business figures are counted from the events of commits."""

from __future__ import annotations

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.events import (
    AnyEvent,
    OfferClosed,
    PaymentProcessed,
    RescueCompleted,
    UserSignedUp,
)
from supportcarr.contracts.money import Charge
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.runtime.clock import Clock
from supportcarr.operations.business_metrics import BusinessMetrics


def envelopes(*events: AnyEvent) -> list[EventEnvelope]:
    return PendingEvents(events, SYSTEM, Clock().city()).envelopes("any", "one", 1)


def payment(kind: str, status: str, amount_minor: int, currency: str = "CAD") -> PaymentProcessed:
    return PaymentProcessed(
        payment_id="pay", rescue_id="rsc", rider_id="usr", area_id="mtl", kind=kind, status=status,
        amount_minor=amount_minor, currency=currency, payment_status="captured",
    )  # fmt: skip


def test_money_is_summed_by_kind_and_currency_and_only_if_it_moved() -> None:
    metrics, business = Metrics(), BusinessMetrics(["CAD"])
    business.register(metrics)
    read = metrics.registry.get_sample_value
    metrics.render()
    amount, cad = "payments_minor_units_total", {"kind": "capture", "currency": "CAD"}
    assert read(amount, cad) == 0, "known currencies begin at 0"
    business.committed("payments", "pay", envelopes(payment("capture", "succeeded", 2_500)))
    business.committed(
        "payments",
        "pay",
        envelopes(payment("capture", "failed", 900), payment("capture", "succeeded", 100, "EUR")),
    )
    metrics.render()
    assert (read(amount, cad), read(amount, cad | {"currency": "EUR"})) == (2_500, 100)
    assert read("payments_total", {"kind": "capture", "status": "succeeded"}) == 2
    assert read("payments_total", {"kind": "capture", "status": "failed"}) == 1


def test_ends_offers_and_sign_ups_are_counted_by_what_they_are() -> None:
    metrics, business = Metrics(), BusinessMetrics()
    business.register(metrics)
    ended = RescueCompleted(
        rescue_id="rsc", rider_id="usr", area_id="mtl", status="completed", outcome="delivered",
        owed=Charge(2_500, 2_000, "CAD"),
    )  # fmt: skip
    offer = OfferClosed(offer_id="off", rescue_id="rsc", driver_id="drv", area_id="mtl", outcome="expired")
    business.committed("any", "one", envelopes(ended, offer, UserSignedUp(user_id="usr", role="driver")))
    metrics.render()
    read = metrics.registry.get_sample_value
    assert read("rescues_ended_total", {"status": "completed"}) == 1
    assert read("rescues_ended_total", {"status": "unserved"}) == 0
    assert read("offers_total", {"outcome": "expired"}) == 1
    assert read("sign_ups_total", {"person": "driver"}) == 1
