"""Every status of a payment with every status of its intent: what the record becomes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest
from msgspec.structs import replace

from support.payments.world import completed, ended, requested
from supportcarr.contracts.events import RescueCancelled, RescueEnded, RescueUnserved
from supportcarr.payments import model
from supportcarr.payments.model import Intent, IntentStatus, PaymentRecord, Status

NOW = datetime(2026, 11, 25, tzinfo=UTC)
RECORD = model.new_record(requested("pmt_1"), customer="cus_1", stripe_payment_method="pm_1", now=NOW)
FARE, FEE = completed(), ended(RescueCancelled, "cancelled", rider_minor=700)
NOTHING_OWED = ended(RescueUnserved, "unserved")

# What a hold becomes; a dot: nothing changes, because nothing is new or the hold is not open.
HOLDS = """
                holding         requires_action held failed capturing releasing captured released
no_method       failed          failed          .    .      .         .         .        .
confirmation    .               .               .    .      .         .         .        .
action          requires_action .               .    .      .         .         .        .
processing      .               .               .    .      .         .         .        .
capture         held            held            .    .      .         .         .        .
succeeded       held            held            .    .      .         .         .        .
canceled        failed          failed          .    .      .         .         .        .
"""
# What a capture or a release becomes; a dot: it has not happened yet, or the record does neither.
SETTLEMENTS = """
                holding requires_action held failed capturing releasing captured released
no_method       .       .               .    .      .         .         .        .
confirmation    .       .               .    .      .         .         .        .
action          .       .               .    .      .         .         .        .
processing      .       .               .    .      .         .         .        .
capture         .       .               .    .      .         .         .        .
succeeded       .       .               .    .      captured  .         .        .
canceled        .       .               .    .      failed    released  .        .
"""
INTENTS: dict[str, IntentStatus] = {
    "no_method": "requires_payment_method",
    "confirmation": "requires_confirmation",
    "action": "requires_action",
    "processing": "processing",
    "capture": "requires_capture",
    "succeeded": "succeeded",
    "canceled": "canceled",
}


def cells(table: str) -> list[tuple[Status, IntentStatus, str]]:
    """(status of the record, status of the intent, status after it or a dot) of each cell."""
    statuses, *rows = [line.split() for line in table.strip().splitlines()]
    assert set(statuses) == set(get_args(Status))
    assert {INTENTS[name] for name, *_ in rows} == set(get_args(IntentStatus))
    return [
        (status, INTENTS[name], after)  # type: ignore[misc]  # a status, as asserted above
        for name, *row in rows
        for status, after in zip(statuses, row, strict=True)
    ]


def record_in(status: Status, end: RescueEnded = FARE) -> PaymentRecord:
    with_end = model.with_ending(RECORD, end)
    assert with_end is not None
    return replace(with_end, status=status, intent_id="pi_1")


def intent(status: IntentStatus) -> Intent:
    return Intent(id="pi_1", status=status, amount_minor=2500, received_minor=2500, currency="CAD")


@pytest.mark.parametrize(("status", "at_stripe", "after"), cells(HOLDS))
def test_a_hold_follows_its_intent(status: Status, at_stripe: IntentStatus, after: str) -> None:
    change = model.apply_hold(record_in(status), intent(at_stripe))
    assert (change[0].status if change else ".") == after


@pytest.mark.parametrize(("status", "at_stripe", "after"), cells(SETTLEMENTS))
def test_a_settlement_follows_its_intent(status: Status, at_stripe: IntentStatus, after: str) -> None:
    change = model.apply_settlement(record_in(status), intent(at_stripe))
    assert (change[0].status if change else ".") == after


@pytest.mark.parametrize(
    ("status", "end", "after"),
    [
        ("held", FARE, "capturing"),
        ("held", FEE, "capturing"),
        ("held", NOTHING_OWED, "releasing"),
        ("requires_action", FARE, "releasing"),  # nothing is held that could be captured
        ("requires_action", NOTHING_OWED, "releasing"),
        *((status, FARE, None) for status in ("holding", "failed", "capturing", "releasing")),
        *((status, FARE, None) for status in ("captured", "released")),
    ],
)
def test_end_of_a_rescue_starts_the_settlement_of_its_hold(
    status: Status, end: RescueEnded, after: str | None
) -> None:
    settling = model.start_settlement(record_in(status, end))
    assert (settling.status if settling else None) == after


@pytest.mark.parametrize(
    ("end", "kind"), [(FARE, "fare"), (FEE, "fee"), (NOTHING_OWED, "fee")], ids=["fare", "fee", "nothing"]
)
def test_only_a_completed_rescue_owes_a_fare(end: RescueEnded, kind: str) -> None:
    assert model.ending_of(end).kind == kind
