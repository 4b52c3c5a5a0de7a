"""A payment only moves forward, following the state at Stripe."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import get_args

import pytest
from msgspec.structs import replace

from support.payments.world import completed, ended, requested
from supportcarr.contracts.events import RescueCancelled, RescueUnserved
from supportcarr.payments import model
from supportcarr.payments.model import Intent, IntentStatus, PaymentMethod, PaymentRecord, Status

NOW = datetime(2026, 11, 25, tzinfo=UTC)
RECORD = model.new_record(requested("pmt_1"), customer="cus_1", stripe_payment_method="pm_1", now=NOW)
FINAL = ("failed", "captured", "released")


def intent(status: IntentStatus, received_minor: int = 0) -> Intent:
    return Intent(id="pi_1", status=status, amount_minor=2500, received_minor=received_minor, currency="CAD")


def in_status(status: Status) -> PaymentRecord:
    with_end = model.with_ending(RECORD, completed())
    assert with_end is not None
    return replace(with_end, status=status, intent_id="pi_1")


def test_one_rescue_has_one_payment() -> None:
    assert RECORD.id == model.payment_id_of(RECORD.rescue_id) == "pay_01jtwn00000000000000000001"


@pytest.mark.parametrize(
    ("intent_status", "status", "published"),
    [
        ("requires_capture", "held", "succeeded"),
        ("requires_action", "requires_action", "requires_action"),
        ("requires_payment_method", "failed", "failed"),
        ("canceled", "failed", "failed"),
    ],
)
def test_hold_takes_the_state_of_its_intent(intent_status: IntentStatus, status: str, published: str) -> None:
    moved = model.apply_hold(RECORD, intent(intent_status))
    assert moved is not None
    record, event = moved
    assert (record.status, record.intent_id) == (status, "pi_1")
    assert (event.kind, event.status, event.payment_status) == ("hold", published, status)
    assert event.amount_minor == 2500


def test_declined_card_is_notified_and_its_reason_stored() -> None:
    moved = model.apply_hold(RECORD, replace(intent("requires_payment_method"), failure="expired_card"))
    assert moved is not None
    record, event = moved
    assert (record.failure, event.reason) == ("expired_card", "card_declined")


def test_polling_while_the_rider_has_not_acted_publishes_no_event() -> None:
    waiting = replace(RECORD, status="requires_action")
    assert model.apply_hold(waiting, intent("requires_action")) is None
    assert model.apply_hold(RECORD, intent("processing")) is None


@pytest.mark.parametrize(("status", "intent_status"), list(product(FINAL, get_args(IntentStatus))))
def test_ended_payment_does_not_change(status: Status, intent_status: IntentStatus) -> None:
    record = in_status(status)
    assert model.apply_hold(record, intent(intent_status)) is None
    assert model.apply_settlement(record, intent(intent_status, 2500)) is None
    assert model.start_settlement(record) is None


@pytest.mark.parametrize("intent_status", get_args(IntentStatus))
def test_a_held_payment_is_moved_by_its_rescue_alone(intent_status: IntentStatus) -> None:
    assert model.apply_hold(in_status("held"), intent(intent_status)) is None


def test_completion_is_captured_as_fare_and_other_ends_as_fee() -> None:
    for event, kind in (
        (completed(), "capture"),
        (ended(RescueCancelled, "cancelled", rider_minor=700), "fee"),
    ):
        with_end = model.with_ending(replace(RECORD, status="held", intent_id="pi_1"), event)
        assert with_end is not None
        settling = model.start_settlement(with_end)
        assert settling is not None and settling.status == "capturing"
        done = model.apply_settlement(settling, intent("succeeded", event.owed.rider_minor))
        assert done is not None
        assert (done[0].status, done[0].captured_minor) == ("captured", event.owed.rider_minor)
        assert (done[1].kind, done[1].status, done[1].captured_minor) == (
            kind,
            "succeeded",
            event.owed.rider_minor,
        )


@pytest.mark.parametrize("status", ["held", "requires_action"])
def test_hold_is_released_without_a_charge(status: Status) -> None:
    with_end = model.with_ending(replace(RECORD, status=status), ended(RescueUnserved, "unserved"))
    assert with_end is not None
    settling = model.start_settlement(with_end)
    assert settling is not None and settling.status == "releasing"
    done = model.apply_settlement(settling, intent("canceled"))
    assert done is not None
    assert (done[0].status, done[1].kind, done[1].payment_status) == ("released", "release", "released")


def test_capture_of_an_expired_hold_fails() -> None:
    done = model.apply_settlement(in_status("capturing"), intent("canceled"))
    assert done is not None
    assert (done[0].status, done[1].kind, done[1].status, done[1].reason) == (
        "failed",
        "capture",
        "failed",
        "hold_expired",
    )


def test_nothing_settles_before_the_end() -> None:
    assert model.start_settlement(replace(RECORD, status="held")) is None


def test_first_end_is_kept() -> None:
    with_end = model.with_ending(RECORD, completed())
    assert with_end is not None
    assert model.with_ending(with_end, ended(RescueCancelled, "cancelled")) is None


def test_charge_never_exceeds_the_hold() -> None:
    with pytest.raises(ValueError, match="more is owed"):
        model.with_ending(RECORD, completed(rider_minor=2501))


@pytest.mark.parametrize(
    ("now", "expired"),
    [
        (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 1, tzinfo=UTC), True),
        (datetime(2027, 1, 1, tzinfo=UTC), True),
    ],
)
def test_card_is_usable_until_the_end_of_its_month(now: datetime, expired: bool) -> None:
    card = PaymentMethod(
        id="pmt_1",
        rider_id="usr_1",
        stripe_payment_method="pm_1",
        brand="visa",
        last4="4242",
        exp_month=11,
        exp_year=2026,
    )
    assert card.expired(now) is expired
