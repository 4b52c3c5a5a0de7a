"""The rules beside the table: PIN, waits, exchanges, prices, reasons, timeline."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from support.rescues.builders import ADMIN, DRIVER, NOW, RESCUE_ID, RIDER, RULES, rescue_in, terms
from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.errors import Forbidden, IllegalTransition, ValidationFailed
from supportcarr.contracts.events import (
    AnyEvent,
    DomainEvent,
    MatchingBegan,
    PinLocked,
    PinRenewed,
    RescueAborted,
    RescueAssigned,
    RescueCancelled,
    RescueRejected,
    RescueRequested,
    RescueScheduled,
)
from supportcarr.rescues.commands import (
    Abort,
    Assign,
    BeginMatching,
    Cancel,
    Command,
    Complete,
    Depart,
    Exchange,
    LeaveUnserved,
    MarkNoShow,
    Release,
    RenewPin,
    RequestRescue,
    Start,
    Wake,
)
from supportcarr.rescues.decide import decide, open_rescue
from supportcarr.rescues.errors import PinIsLocked, TooEarly
from supportcarr.rescues.evolve import evolve_all
from supportcarr.rescues.model import TIMELINE_LIMIT, Rescue, TimelineEntry
from supportcarr.rescues.private_events import PinMistyped, PrivateEvent


def after(rescue: Rescue, command: Command, actor: Actor, seconds: float = 0) -> Rescue:
    """The rescue as it is saved after the command, that many seconds from NOW."""
    at = NOW + timedelta(seconds=seconds)
    changed = evolve_all(rescue, decide(rescue, command, actor, at, RULES), at, actor)
    return msgspec.structs.replace(changed, version=rescue.version + 1)


def events(rescue: Rescue, command: Command, actor: Actor, seconds: float = 0) -> tuple[DomainEvent, ...]:
    return decide(rescue, command, actor, NOW + timedelta(seconds=seconds), RULES)


# --- beginning -------------------------------------------------------------------------------


def test_a_new_rescue_is_requested_on_the_terms_of_its_quote() -> None:
    rescue, (event,) = open_rescue(
        RequestRescue(quote_id="quo_1", payment_method_id="pmt_1", note="by the fountain"),
        terms(),
        rescue_id=RESCUE_ID,
        rider=RIDER,
        pin="4711",
        now=NOW,
        rules=RULES,
    )
    assert isinstance(event, RescueRequested)
    assert (event.status, event.previous, event.total_minor) == ("requested", None, 3140)
    assert rescue.due_at == event.hold_ends_at == NOW + timedelta(minutes=5)
    assert (rescue.region, rescue.area_id, rescue.eta_seconds) == ("qc", "montreal", 540)
    assert rescue.timeline == (TimelineEntry(at=NOW, from_=None, to="requested", actor=RIDER, version=1),)


def test_scheduled_rescue_requests_the_hold_at_its_start() -> None:
    later = NOW + timedelta(hours=3)
    booked, (event,) = open_rescue(
        RequestRescue(quote_id="quo_1", payment_method_id="pmt_1"),
        terms(scheduled_for=later),
        rescue_id=RESCUE_ID,
        rider=RIDER,
        pin="4711",
        now=NOW,
        rules=RULES,
    )
    assert isinstance(event, RescueScheduled)
    assert booked.due_at == booked.scheduled_for == later
    assert not booked.is_live
    (woken,) = events(booked, Wake(rider_is_free=True), SYSTEM, 3 * 3600)
    assert isinstance(woken, RescueRequested)
    assert woken.hold_ends_at == later + timedelta(minutes=5)


def test_scheduled_rescue_of_a_rider_with_a_live_rescue_is_rejected() -> None:
    (event,) = events(rescue_in("scheduled"), Wake(rider_is_free=False), SYSTEM)
    assert isinstance(event, RescueRejected)
    assert (event.reason, event.owed.rider_minor) == ("rider_has_live_rescue", 0)


# --- matching --------------------------------------------------------------------------------


def test_each_entry_to_matching_restarts_the_eight_minutes() -> None:
    first = after(rescue_in("requested"), BeginMatching(), SYSTEM)
    assert (first.matching_entry, first.due_at) == (1, NOW + timedelta(minutes=8))
    taken = after(first, Assign(driver_id="usr_driver", offer_id="off_1"), SYSTEM, 60)
    assert taken.due_at is None
    again = after(taken, Release(reason="breakdown"), DRIVER, 120)
    assert (again.matching_entry, again.due_at) == (2, NOW + timedelta(minutes=10))


def test_matching_began_has_the_pay_and_the_driver_who_gave_up() -> None:
    (event,) = events(rescue_in("en_route"), Release(reason="breakdown"), DRIVER)
    assert isinstance(event, MatchingBegan)
    assert (event.pay_minor, event.given_up_by, event.driver_id) == (2355, "usr_driver", None)


def test_search_continues_until_its_deadline() -> None:
    with pytest.raises(TooEarly):
        events(rescue_in("matching"), LeaveUnserved(), SYSTEM, 479)
    assert after(rescue_in("matching"), LeaveUnserved(), SYSTEM, 480).status == "unserved"


def test_a_rider_cannot_be_assigned_to_their_own_rescue() -> None:
    with pytest.raises(IllegalTransition):
        events(rescue_in("matching"), Assign(driver_id="usr_rider", offer_id="off_1"), SYSTEM)


def test_an_accepted_offer_assigns_a_driver_once() -> None:
    released = after(rescue_in("assigned"), Release(reason="breakdown"), DRIVER)
    with pytest.raises(IllegalTransition, match="offer"):
        events(released, Assign(driver_id="usr_driver", offer_id="off_1"), SYSTEM)


def test_the_system_exchanges_a_driver_once_and_an_operator_again() -> None:
    once = after(rescue_in("en_route"), Exchange(driver_id="usr_b", offer_id="off_2"), SYSTEM)
    assert (once.status, once.driver_id, once.exchanged) == ("assigned", "usr_b", True)
    with pytest.raises(IllegalTransition, match="once"):
        events(once, Exchange(driver_id="usr_c", offer_id="off_3"), SYSTEM)
    assert after(once, Exchange(driver_id="usr_c"), ADMIN).driver_id == "usr_c"


def test_an_exchange_names_both_drivers_and_needs_a_different_one() -> None:
    rescue = rescue_in("assigned")
    (event,) = events(rescue, Exchange(driver_id="usr_b", offer_id="off_2", eta_seconds=90), SYSTEM)
    assert isinstance(event, RescueAssigned)
    assert (event.driver_id, event.previous_driver_id, event.eta_seconds) == ("usr_b", "usr_driver", 90)
    with pytest.raises(IllegalTransition):
        events(rescue, Exchange(driver_id="usr_driver", offer_id="off_2"), SYSTEM)


def test_a_queued_assignment_ends_when_the_driver_departs() -> None:
    promised = after(
        rescue_in("matching"), Assign(driver_id="usr_driver", queued_behind="res_qc_other"), SYSTEM
    )
    assert promised.queued_behind == "res_qc_other"
    assert after(promised, Depart(), DRIVER).queued_behind is None


# --- the PIN ---------------------------------------------------------------------------------


def test_the_fifth_wrong_pin_locks_and_then_even_the_right_one_is_refused() -> None:
    rescue = rescue_in("arrived")
    for tried in range(1, 5):
        assert events(rescue, Start(pin="0000"), DRIVER) == (PinMistyped(),)
        rescue = after(rescue, Start(pin="0000"), DRIVER)
        assert (rescue.pin_tries, rescue.pin_locked, rescue.status) == (tried, False, "arrived")
    fifth = events(rescue, Start(pin="0000"), DRIVER)
    assert [type(f) for f in fifth] == [PinMistyped, PinLocked]
    locked = after(rescue, Start(pin="0000"), DRIVER)
    assert (locked.pin_tries, locked.pin_locked) == (5, True)
    with pytest.raises(PinIsLocked):
        events(locked, Start(pin="4711"), DRIVER)


@pytest.mark.parametrize("actor", [RIDER, ADMIN])
def test_a_renewed_pin_unlocks_and_only_the_new_one_starts_the_job(actor: Actor) -> None:
    locked = rescue_in("arrived", pin_tries=5, pin_locked=True)
    assert any(isinstance(f, PinRenewed) for f in events(locked, RenewPin(pin="0815"), actor))
    renewed = after(locked, RenewPin(pin="0815"), actor)
    assert (renewed.pin_tries, renewed.pin_locked) == (0, False)
    assert events(renewed, Start(pin="4711"), DRIVER) == (PinMistyped(),)
    assert after(renewed, Start(pin="0815"), DRIVER).status == "in_transit"


def test_the_right_pin_after_wrong_ones_starts_the_job() -> None:
    assert after(rescue_in("arrived", pin_tries=4), Start(pin="4711"), DRIVER).status == "in_transit"


def test_no_published_event_contains_the_pin_or_free_text() -> None:
    reason = "the rider Jo Roe smells of smoke"
    published = [
        *events(rescue_in("arrived", pin_locked=True), RenewPin(pin="0815"), RIDER),
        *events(rescue_in("arrived"), Start(pin="0000"), DRIVER),
        *events(rescue_in("arrived"), Abort(reason=reason), DRIVER),
        *events(rescue_in("assigned"), Cancel(reason=reason), RIDER),
        *events(rescue_in("assigned"), Release(reason=reason), DRIVER),
    ]
    wire = b"".join(msgspec.json.encode(f) for f in published if not isinstance(f, PrivateEvent))
    assert b"0815" not in wire
    assert b"0000" not in wire
    assert b"Jo Roe" not in wire
    known = {type(f) for f in published if not isinstance(f, PrivateEvent)}
    assert known <= set(AnyEvent.__args__)


# --- ends ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["marie", "5145550188", "blue_house_at_12_elm", "changed_my_mind "])
def test_single_word_is_not_a_reason_code(reason: str) -> None:
    for rescue, command, actor in (
        (rescue_in("assigned"), Cancel(reason=reason), RIDER),
        (rescue_in("assigned"), Release(reason=reason), DRIVER),
        (rescue_in("arrived"), Abort(reason=reason), DRIVER),
    ):
        event, kept = events(rescue, command, actor)
        assert (getattr(event, "reason", None), getattr(kept, "words", None)) == ("other", reason)


def test_reason_code_of_another_command_is_refused() -> None:
    (event, _) = events(rescue_in("assigned"), Cancel(reason="breakdown"), RIDER)
    assert isinstance(event, RescueCancelled)
    assert event.reason == "other"


def test_free_text_reasons_are_stored_with_the_rescue_only() -> None:
    rescue = after(rescue_in("assigned"), Cancel(reason="My friend came by"), RIDER)
    assert rescue.reason == rescue.timeline[-1].reason == "My friend came by"
    (event, _) = events(rescue_in("assigned"), Cancel(reason="My friend came by"), RIDER)
    assert isinstance(event, RescueCancelled)
    assert event.reason == "other"


def test_a_no_show_needs_the_ten_minutes_wait() -> None:
    rescue = rescue_in("arrived", arrived_at=NOW)
    with pytest.raises(TooEarly):
        events(rescue, MarkNoShow(), DRIVER, 599)
    assert after(rescue, MarkNoShow(), DRIVER, 600).status == "no_show"


@pytest.mark.parametrize(
    ("status", "command", "field"),
    [
        ("arrived", Complete(outcome="fixed_on_spot"), "price_minor"),
        ("arrived", Complete(outcome="fixed_on_spot", price_minor=-1), "price_minor"),
        ("arrived", Complete(outcome="fixed_on_spot", price_minor=3141), "price_minor"),
        ("in_transit", Complete(outcome="delivered", price_minor=3000), "price_minor"),
        ("in_transit", Complete(outcome="delivered", pin="4711"), "pin"),
        ("arrived", Complete(outcome="fixed_on_spot", pin="4711"), "price_minor"),
    ],
)
def test_a_completion_with_a_wrong_price_names_the_field(status: str, command: Complete, field: str) -> None:
    rescue = rescue_in("arrived" if status == "arrived" else "in_transit")
    with pytest.raises(ValidationFailed) as refused:
        events(rescue, command, DRIVER)
    assert [e.field for e in refused.value.errors] == [field]


def test_outcomes_are_consistent_with_the_states() -> None:
    with pytest.raises(IllegalTransition, match="PIN"):
        events(rescue_in("arrived"), Complete(outcome="delivered"), DRIVER)
    with pytest.raises(IllegalTransition, match="loaded"):
        events(rescue_in("in_transit"), Complete(outcome="fixed_on_spot", price_minor=1), DRIVER)


def test_only_an_operator_sets_what_an_aborted_rescue_costs_and_at_most_the_quote() -> None:
    rescue = rescue_in("in_transit")
    with pytest.raises(Forbidden):
        events(rescue, Abort(reason="unsafe", amount_minor=500), DRIVER)
    with pytest.raises(ValidationFailed):
        events(rescue, Abort(reason="unsafe", amount_minor=3141), ADMIN)
    (event,) = events(rescue, Abort(reason="unsafe", amount_minor=3140), ADMIN)
    assert isinstance(event, RescueAborted)
    assert (event.owed.rider_minor, event.owed.driver_minor) == (3140, 2355)


def test_a_final_rescue_keeps_its_driver_but_has_no_current_one() -> None:
    ended = after(rescue_in("in_transit"), Complete(outcome="delivered"), DRIVER)
    assert (ended.driver_id, ended.current_driver, ended.is_live) == ("usr_driver", None, False)
    assert (ended.outcome, ended.ended_at, ended.due_at) == ("delivered", NOW, None)


def test_long_timeline_keeps_its_first_and_latest_entries() -> None:
    rescue = after(rescue_in("requested", version=1), BeginMatching(), SYSTEM)
    start = rescue.timeline
    for n in range(TIMELINE_LIMIT):
        rescue = after(rescue, Assign(driver_id="usr_driver", offer_id=f"off_{n}"), SYSTEM)
        rescue = after(rescue, Release(reason="breakdown"), DRIVER)
    assert len(rescue.timeline) == TIMELINE_LIMIT
    assert rescue.timeline[:2] == start
    assert rescue.timeline[-1].version == rescue.version
    assert len(rescue.offers) == 50
