"""Who is notified of which event, with which text."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from support.rescues import events
from supportcarr.contracts.events import (
    AnyEvent,
    DriverDocumentsExpired,
    DriverDocumentsExpiring,
    DriverStandingChanged,
    PinLocked,
    RescueRejected,
    RescueUnserved,
    RiderNotFound,
)
from supportcarr.contracts.money import Charge
from supportcarr.notifications.model import Notification
from supportcarr.notifications.texts import notification_texts

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def texts_by_person(event: AnyEvent) -> dict[str, Notification]:
    """What each person is told, with the English words."""
    told = [text.notification("ntf_1", NOW) for text in notification_texts(event)]
    by_person = {one.user_id: one for one in told}
    assert len(by_person) == len(told), "each person gets one text"
    return by_person


def test_an_assignment_notifies_both_sides() -> None:
    texts = texts_by_person(events.assigned())
    assert texts[events.RIDER].kind == texts[events.DRIVER].kind == "driver_assigned"
    assert texts[events.RIDER].body != texts[events.DRIVER].body


def test_a_queued_assignment_notifies_both_sides() -> None:
    texts = texts_by_person(events.assigned(queued_behind="res_qc_01jdc0000000000000000000r0"))
    assert {n.kind for n in texts.values()} == {"driver_queued"}


def test_an_exchange_notifies_the_rider_and_both_drivers() -> None:
    texts = texts_by_person(events.assigned(driver=events.OTHER_DRIVER, previous_driver=events.DRIVER))
    assert {user: n.kind for user, n in texts.items()} == {
        events.RIDER: "driver_exchanged",
        events.OTHER_DRIVER: "driver_assigned",
        events.DRIVER: "driver_exchanged",
    }


def test_a_search_notifies_only_after_a_driver_gave_up() -> None:
    assert texts_by_person(events.matching()) == {}
    texts = texts_by_person(events.matching(entry=2, given_up_by=events.DRIVER, previous="assigned"))
    assert {n.kind for n in texts.values()} == {"driver_gave_up"}
    assert set(texts) == {events.RIDER, events.DRIVER}


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (events.departed(), "driver_departed"),
        (events.arrived(), "driver_arrived"),
        (events.started(), "job_started"),
    ],
)
def test_the_driver_s_progress_notifies_the_rider_only(event: AnyEvent, kind: str) -> None:
    assert {user: n.kind for user, n in texts_by_person(event).items()} == {events.RIDER: kind}


def test_a_completed_rescue_names_the_price_and_the_earnings() -> None:
    texts = texts_by_person(events.completed())
    assert "$31.50" in texts[events.RIDER].body
    assert "$23.62" in texts[events.DRIVER].body


def test_a_bike_fixed_on_the_spot_has_its_own_text() -> None:
    fixed = replace(events.completed(), outcome="fixed_on_spot", owed=Charge(1500, 1125, "CAD"))
    texts = texts_by_person(fixed)
    assert texts[events.RIDER].kind == "rescue_completed"
    assert texts[events.RIDER].title == "Your bike is fixed"
    assert "$15.00" in texts[events.RIDER].body
    assert "$11.25" in texts[events.DRIVER].body


def test_a_free_cancellation_notifies_the_rider_only() -> None:
    texts = texts_by_person(events.cancelled())
    assert set(texts) == {events.RIDER}
    assert "pay nothing" in texts[events.RIDER].body


def test_a_late_cancellation_names_the_fee_and_the_driver_s_share() -> None:
    texts = texts_by_person(events.cancelled(Charge(700, 560, "CAD"), driver=events.DRIVER))
    assert "$7.00" in texts[events.RIDER].body
    assert "$5.60" in texts[events.DRIVER].body
    assert texts[events.RIDER].kind == "rescue_cancelled"


def test_a_no_show_notifies_both_sides() -> None:
    event = RiderNotFound(
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        status="no_show",
        driver_id=events.DRIVER,
        owed=Charge(1000, 800, "CAD"),
    )
    texts = texts_by_person(event)
    assert "$10.00" in texts[events.RIDER].body
    assert "$8.00" in texts[events.DRIVER].body


@pytest.mark.parametrize(
    ("reason", "words"),
    [("card_declined", "card"), ("unsafe_battery", "fire service"), ("something_new", "pay nothing")],
)
def test_a_rejection_explains_its_reason(reason: str, words: str) -> None:
    event = RescueRejected(
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        status="rejected",
        reason=reason,
        owed=events.NOTHING,
    )
    assert words in texts_by_person(event)[events.RIDER].body


def test_an_unserved_rescue_notifies_the_rider() -> None:
    event = RescueUnserved(
        rescue_id=events.RESCUE,
        rider_id=events.RIDER,
        area_id=events.AREA,
        status="unserved",
        owed=events.NOTHING,
    )
    assert texts_by_person(event)[events.RIDER].kind == "rescue_unserved"


def test_a_failed_payment_notifies_unless_the_rejection_does() -> None:
    assert texts_by_person(events.paid("capture", "failed"))[events.RIDER].kind == "payment_failed"
    assert texts_by_person(events.paid("hold", "failed")) == {}
    assert (
        texts_by_person(events.paid("hold", "requires_action"))[events.RIDER].kind
        == "payment_requires_action"
    )
    assert texts_by_person(events.paid("capture", "succeeded")) == {}


def test_a_locked_pin_notifies_both_sides() -> None:
    event = PinLocked(
        rescue_id=events.RESCUE, rider_id=events.RIDER, area_id=events.AREA, driver_id=events.DRIVER
    )
    assert {n.kind for n in texts_by_person(event).values()} == {"pin_locked"}
    assert set(texts_by_person(event)) == {events.RIDER, events.DRIVER}


def test_going_offline_notifies_only_if_the_system_caused_it() -> None:
    missed = DriverStandingChanged(
        driver_id=events.DRIVER, approved=True, online=False, reason="missed_offers"
    )
    assert texts_by_person(missed)[events.DRIVER].kind == "driver_offline"
    assert texts_by_person(DriverStandingChanged(driver_id=events.DRIVER, approved=True, online=False)) == {}


def test_papers_that_end_are_named_with_their_last_day() -> None:
    papers, last_day = ("licence", "insurance"), date(2026, 6, 30)
    expiring = DriverDocumentsExpiring(driver_id=events.DRIVER, documents=papers, last_day=last_day)
    warning = texts_by_person(expiring)[events.DRIVER]
    assert (warning.kind, warning.title) == ("documents_expiring", "Renew your licence and insurance")
    assert "is June 30, 2026." in warning.body
    expired = DriverDocumentsExpired(driver_id=events.DRIVER, documents=papers[:1], last_day=last_day)
    end = texts_by_person(expired)[events.DRIVER]
    assert (end.kind, end.title) == ("documents_expired", "Expired: your licence")
