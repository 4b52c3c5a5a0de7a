"""Who is told what."""

from __future__ import annotations

import string

import pytest
from msgspec.structs import replace

from support.rescues import events
from supportcarr.contracts.events import (
    AnyEvent,
    DriverStandingChanged,
    PinLocked,
    RescueRejected,
    RescueUnserved,
    RiderNotFound,
)
from supportcarr.contracts.money import Charge
from supportcarr.notifications.texts import TEXTS, NotificationText, money, notification_texts


def told(fact: AnyEvent) -> dict[str, NotificationText]:
    by_person = {notice.user_id: notice for notice in notification_texts(fact)}
    assert len(by_person) == len(list(notification_texts(fact))), "a person is told once"
    return by_person


def test_both_sides_are_told_of_an_assignment() -> None:
    notes = told(events.assigned())
    assert notes[events.RIDER].kind == notes[events.DRIVER].kind == "driver_assigned"
    assert notes[events.RIDER].body != notes[events.DRIVER].body


def test_a_promised_driver_and_the_rider_are_told_that_it_comes_after_another_job() -> None:
    notes = told(events.assigned(queued_behind="res_qc_01jdc0000000000000000000r0"))
    assert {n.kind for n in notes.values()} == {"driver_queued"}


def test_an_exchange_is_told_to_the_rider_and_to_the_driver_who_lost_the_job() -> None:
    notes = told(events.assigned(driver=events.OTHER_DRIVER, previous_driver=events.DRIVER))
    assert {user: n.kind for user, n in notes.items()} == {
        events.RIDER: "driver_exchanged",
        events.OTHER_DRIVER: "driver_assigned",
        events.DRIVER: "driver_exchanged",
    }


def test_the_first_search_is_not_told_but_a_driver_who_gave_up_is() -> None:
    assert told(events.matching()) == {}
    notes = told(events.matching(entry=2, given_up_by=events.DRIVER, previous="assigned"))
    assert {n.kind for n in notes.values()} == {"driver_gave_up"}
    assert set(notes) == {events.RIDER, events.DRIVER}


@pytest.mark.parametrize(
    ("fact", "kind"),
    [
        (events.departed(), "driver_departed"),
        (events.arrived(), "driver_arrived"),
        (events.started(), "job_started"),
    ],
)
def test_the_driver_s_own_doings_are_told_to_the_rider_alone(fact: AnyEvent, kind: str) -> None:
    assert {user: n.kind for user, n in told(fact).items()} == {events.RIDER: kind}


def test_the_end_of_a_job_says_what_is_paid_and_what_is_earned() -> None:
    notes = told(events.completed())
    assert "31.50 CAD" in notes[events.RIDER].body
    assert "23.62 CAD" in notes[events.DRIVER].body


def test_a_bike_fixed_on_the_spot_has_not_arrived_anywhere_and_the_lower_price_is_told() -> None:
    fixed = replace(events.completed(), outcome="fixed_on_spot", owed=Charge(1500, 1125, "CAD"))
    notes = told(fixed)
    assert notes[events.RIDER].kind == "rescue_completed"
    assert notes[events.RIDER].title == "Your bike is fixed"
    assert "15.00 CAD" in notes[events.RIDER].body
    assert "11.25 CAD" in notes[events.DRIVER].body


def test_a_free_cancellation_before_any_driver_is_told_to_the_rider_and_says_that_nothing_is_paid() -> None:
    notes = told(events.cancelled())
    assert set(notes) == {events.RIDER}
    assert "pay nothing" in notes[events.RIDER].body


def test_a_late_cancellation_names_the_fee_to_the_rider_and_its_part_to_the_driver() -> None:
    notes = told(events.cancelled(Charge(700, 560, "CAD"), driver=events.DRIVER))
    assert "7.00 CAD" in notes[events.RIDER].body
    assert "5.60 CAD" in notes[events.DRIVER].body
    assert notes[events.RIDER].kind == "rescue_cancelled"


def test_a_no_show_is_told_to_both() -> None:
    fact = RiderNotFound(
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        status="no_show",
        driver_id=events.DRIVER,
        owed=Charge(1000, 800, "CAD"),
    )
    notes = told(fact)
    assert "10.00 CAD" in notes[events.RIDER].body
    assert "8.00 CAD" in notes[events.DRIVER].body


@pytest.mark.parametrize(
    ("reason", "words"),
    [("card_declined", "card"), ("unsafe_battery", "fire service"), ("something_new", "pay nothing")],
)
def test_a_rejection_says_its_reason_in_words(reason: str, words: str) -> None:
    fact = RescueRejected(
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        status="rejected",
        reason=reason,
        owed=events.NOTHING,
    )
    assert words in told(fact)[events.RIDER].body


def test_a_rescue_without_a_taker_is_told_to_the_rider() -> None:
    fact = RescueUnserved(
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        status="unserved",
        owed=events.NOTHING,
    )
    assert told(fact)[events.RIDER].kind == "rescue_unserved"


def test_a_failed_payment_is_told_unless_the_rejection_tells_it() -> None:
    assert told(events.paid("capture", "failed"))[events.RIDER].kind == "payment_failed"
    assert told(events.paid("hold", "failed")) == {}
    assert told(events.paid("hold", "requires_action"))[events.RIDER].kind == "payment_requires_action"
    assert told(events.paid("capture", "succeeded")) == {}


def test_a_locked_pin_is_told_to_both() -> None:
    fact = PinLocked(
        rescue_id=events.RESCUE, rider_id=events.RIDER, area_id=events.AREA, driver_id=events.DRIVER
    )
    assert {n.kind for n in told(fact).values()} == {"pin_locked"}
    assert set(told(fact)) == {events.RIDER, events.DRIVER}


def test_a_driver_whom_the_system_took_offline_is_told_and_one_who_went_by_themselves_is_not() -> None:
    missed = DriverStandingChanged(
        driver_id=events.DRIVER, approved=True, online=False, reason="missed_offers"
    )
    assert told(missed)[events.DRIVER].kind == "driver_offline"
    assert told(DriverStandingChanged(driver_id=events.DRIVER, approved=True, online=False)) == {}


def test_every_text_is_a_plain_sentence_that_uses_known_figures_only() -> None:
    for title, body in TEXTS.values():
        assert title[0].isupper() and not title.endswith(".")
        assert body[0].isupper() and body.endswith(".")
        names = {name for _, name, _, _ in string.Formatter().parse(body) if name}
        assert names <= {"paid", "earned", "amount"}


def test_money_is_written_with_two_decimals() -> None:
    assert money(5, "CAD") == "0.05 CAD"
    assert money(123456, "CAD") == "1234.56 CAD"
