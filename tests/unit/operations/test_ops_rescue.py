"""The console's row of a rescue is built from events in any order."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from support.rescues import events
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import UserSignedUp
from supportcarr.operations.model import OpsRescue, apply_event


def row_of(events: list[EventEnvelope]) -> OpsRescue:
    row: OpsRescue | None = None
    for event in events:
        row = apply_event(row, event)
    assert row is not None
    return row


def minute(n: int) -> object:
    return events.START + timedelta(minutes=n)


def test_the_row_has_the_data_of_all_events() -> None:
    row = row_of(events.whole_life())
    assert row.id == events.RESCUE
    assert (row.status, row.source_version) == ("completed", 7)
    assert (row.rider_id, row.driver_id, row.area_id) == (events.RIDER, events.DRIVER, events.AREA)
    assert (row.requested_at, row.waiting_since) == (minute(1), minute(2))
    assert (row.assigned_at, row.arrived_at, row.ended_at) == (minute(3), minute(5), minute(7))
    assert (row.total_minor, row.owed_minor, row.currency) == (3150, 3150, "CAD")
    assert (row.payment_status, row.captured_minor, row.refunded_minor) == ("captured", 3150, 0)
    assert (row.pickup, row.dropoff, row.problem) == (events.PICKUP, events.DROPOFF, "flat_tire")


def test_the_row_has_the_request_before_matching_begins() -> None:
    row = row_of([events.envelope(events.requested(), 1)])
    assert (row.kind, row.problem) == ("rescue", "flat_tire")
    assert (row.pickup, row.dropoff) == (events.PICKUP, events.DROPOFF)


def test_an_old_request_event_without_details_leaves_them_empty() -> None:
    untold = replace(events.requested(), kind=None, problem=None, pickup=None, dropoff=None)
    row = row_of([events.envelope(untold, 1), events.envelope(events.matching(), 2)])
    assert (row.kind, row.pickup) == ("rescue", events.PICKUP)
    assert row == row_of([events.envelope(events.matching(), 2), events.envelope(untold, 1)])


def test_a_repeated_event_changes_nothing() -> None:
    row = row_of(events.whole_life())
    for event in events.whole_life():
        assert apply_event(row, event) == row


@given(st.randoms(use_true_random=False))
def test_any_order_of_events_gives_the_same_row(chance: random.Random) -> None:
    life = events.whole_life()
    life.append(events.envelope(events.matching(entry=2, given_up_by=events.DRIVER, previous="assigned"), 8))
    life.append(events.envelope(events.assigned(driver=events.OTHER_DRIVER), 9))
    expected = row_of(life)
    chance.shuffle(life)
    assert row_of(life) == expected


def test_a_second_matching_resets_the_wait_and_the_driver() -> None:
    life = [events.envelope(events.requested(), 1), events.envelope(events.matching(), 2)]
    life += [events.envelope(events.assigned(), 3)]
    life += [events.envelope(events.matching(entry=2, given_up_by=events.DRIVER, previous="assigned"), 4)]
    row = row_of(life)
    assert (row.status, row.driver_id, row.waiting_since) == ("matching", None, minute(4))


def test_an_older_payment_event_does_not_undo_a_newer_one() -> None:
    refund = events.paid("refund", payment_status="refunded", refunded_minor=3150)
    row = row_of([events.envelope(events.requested(), 1), events.payment_envelope(refund, 4)])
    row_after = apply_event(row, events.payment_envelope(events.paid(), 3))
    assert row_after == row
    assert row.refunded_minor == 3150


def test_an_event_of_something_else_creates_no_row() -> None:
    assert apply_event(None, events.envelope(UserSignedUp(user_id=events.RIDER, role="rider"))) is None
