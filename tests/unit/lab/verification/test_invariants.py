"""Each invariant holds for a correct city, and fails when that city's records are corrupted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from support.simulator import city_case as case
from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr_lab.verification import invariants
from supportcarr_lab.verification.records import Offer, PendingWork, Rating, RatingSummary, Rescue

ADMIN = Actor("admin", "usr_admin")
MATCHED = case.LIFE[:3]


def money(rescue: Rescue, rider: int, driver: int) -> list[str]:
    """Check a rescue for which payment, ledger and processor all have these amounts."""
    payment = case.payment(rider, "captured" if rider else "released")
    processor_payment = case.processor_payment(rider, "succeeded" if rider else "canceled")
    recorded = replace(rescue, owed_rider=rider, owed_driver=driver)
    return invariants.money_matches([recorded], [payment], case.ledger(rider, driver), [processor_payment])


# --- states_sum -------------------------------------------------------------------------------


def test_states_sum_holds() -> None:
    counts = {"requested": 1, "completed": 1, "live": 0}
    assert invariants.states_sum([case.rescue()], [case.RESCUE], counts) == []


def test_a_state_that_is_not_counted_breaks_states_sum() -> None:
    assert invariants.states_sum([case.rescue()], [], {"requested": 1, "completed": 0, "live": 0})


def test_a_missing_accepted_rescue_breaks_states_sum() -> None:
    assert invariants.states_sum([], [case.RESCUE], {"requested": 0})


# --- ledger_zero ------------------------------------------------------------------------------


def test_ledger_zero_holds() -> None:
    assert invariants.ledger_zero(case.ledger()) == []


def test_a_missing_entry_breaks_ledger_zero() -> None:
    charge, paid = case.ledger()
    assert invariants.ledger_zero([replace(charge, entries=charge.entries[1:]), paid])


def test_two_unbalanced_transactions_do_not_balance_each_other() -> None:
    charge, _ = case.ledger()
    more = replace(charge, id="a", entries=(("x", 5),))
    less = replace(charge, id="b", entries=(("x", -5),))
    assert len(invariants.ledger_zero([more, less])) == 2


# --- money_matches ----------------------------------------------------------------------------


def test_another_currency_at_the_processor_breaks_money_matches() -> None:
    processor_payment = replace(case.processor_payment(case.TOTAL), currency="USD")
    assert invariants.money_matches([case.rescue()], [case.payment()], case.ledger(), [processor_payment])


def test_money_matches_holds() -> None:
    records = case.records()
    assert (
        invariants.money_matches(
            records.rescues, records.payments, records.ledger, records.processor_payments
        )
        == []
    )


def test_a_doubled_capture_at_the_processor_breaks_money_matches() -> None:
    records = case.records()
    processor_payments = [case.processor_payment(2 * case.TOTAL)]
    assert invariants.money_matches(records.rescues, records.payments, records.ledger, processor_payments)


def test_a_second_payment_at_the_processor_breaks_money_matches() -> None:
    records = case.records()
    processor_payments = [case.processor_payment(), case.processor_payment(intent="pi_again")]
    assert invariants.money_matches(records.rescues, records.payments, records.ledger, processor_payments)


def test_a_capture_booked_twice_breaks_money_matches() -> None:
    records = case.records()
    twice = [*records.ledger, replace(records.ledger[1], id="again")]
    assert invariants.money_matches(records.rescues, records.payments, twice, records.processor_payments)


def test_a_capture_without_a_ledger_entry_breaks_money_matches() -> None:
    records = case.records()
    assert invariants.money_matches(
        records.rescues, records.payments, records.ledger[:1], records.processor_payments
    )


def test_a_share_booked_to_another_driver_breaks_money_matches() -> None:
    records = case.records()
    charge, paid = records.ledger
    entries = tuple(
        ("driver_payable:usr_other", amount) if account.startswith("driver_payable") else (account, amount)
        for account, amount in charge.entries
    )
    wrong = [replace(charge, entries=entries), paid]
    assert invariants.money_matches(records.rescues, records.payments, wrong, records.processor_payments)


def test_a_hold_after_the_end_breaks_money_matches() -> None:
    cancelled = case.rescue(*case.LIFE[:2], ("cancelled", case.AS_RIDER), drivers=(), owed=(0, 0))
    held = [case.processor_payment(0, "requires_capture")]
    assert invariants.money_matches([cancelled], [case.payment(0, "held")], [], held)


def test_an_entry_for_a_rescue_without_a_payment_breaks_money_matches() -> None:
    assert invariants.money_matches([], [], case.ledger(), [])


def test_a_completed_rescue_costs_its_quote() -> None:
    assert money(case.rescue(), case.TOTAL, case.DRIVER_PART) == []
    assert money(case.rescue(), case.TOTAL - 1, case.DRIVER_PART)
    assert money(case.rescue(), case.TOTAL, case.DRIVER_PART - 1)


def test_a_bike_fixed_on_the_spot_costs_the_agreed_price() -> None:
    spot = case.rescue(*case.LIFE[:5], ("completed", case.AS_DRIVER), outcome="fixed_on_spot")
    assert money(spot, 1000, 750) == []
    assert money(spot, case.TOTAL + 1, 1801), "never more than the quote"


@pytest.mark.parametrize(
    ("after_s", "owes"), [(119.0, (0, 0)), (120.0, (0, 0)), (121.0, (700, 560))], ids=str
)
def test_a_cancellation_is_free_for_two_minutes_after_the_acceptance(
    after_s: float, owes: tuple[int, int]
) -> None:
    cancelled = case.rescue(*MATCHED, ("cancelled", case.AS_RIDER), outcome=None)
    accepted, end = cancelled.timeline[-2:]
    late = replace(end, at=accepted.at + after_s)
    cancelled = replace(cancelled, timeline=(*cancelled.timeline[:-1], late))
    assert money(cancelled, *owes) == []


def test_a_new_search_restarts_the_free_minutes_but_an_exchange_does_not() -> None:
    again = (("assigned", SYSTEM), ("cancelled", case.AS_RIDER))
    exchanged = case.rescue(*MATCHED, *again, drivers=("usr_first", case.DRIVER), every=100)
    released = case.rescue(
        *MATCHED, ("matching", case.AS_DRIVER), *again, drivers=("usr_first", case.DRIVER), every=100
    )
    assert money(exchanged, 700, 560) == []
    assert money(released, 0, 0) == []


def test_an_operators_cancellation_is_free() -> None:
    cancelled = case.rescue(*case.LIFE[:5], ("cancelled", ADMIN), outcome=None)
    assert money(cancelled, 0, 0) == []


def test_a_no_show_costs_its_fee() -> None:
    absent = case.rescue(*case.LIFE[:5], ("no_show", case.AS_DRIVER), outcome=None)
    assert money(absent, 1000, 800) == []
    assert money(absent, 0, 0)


def test_an_aborted_rescue_costs_nothing_unless_an_operator_sets_a_price() -> None:
    by_driver = case.rescue(*case.LIFE[:5], ("aborted", case.AS_DRIVER), outcome=None)
    by_admin = case.rescue(*case.LIFE[:5], ("aborted", ADMIN), outcome=None)
    assert money(by_driver, 0, 0) == []
    assert money(by_driver, 500, 375)
    assert money(by_admin, 500, 375) == []


# --- one job a driver, one live rescue a rider --------------------------------------------------


def two_rescues(second_start: float, **other: str) -> list[Rescue]:
    """The first is assigned at 1,130 and over at 1,370 (city time)."""
    return [case.rescue(), replace(case.rescue(start=second_start), id="res_qc_2", **other)]


def test_one_job_per_driver_holds_for_jobs_in_sequence() -> None:
    assert invariants.one_job_per_driver(two_rescues(1_260.0, rider_id="usr_2")) == []


def test_two_jobs_at_the_same_time_break_one_job_per_driver() -> None:
    assert invariants.one_job_per_driver(two_rescues(1_200.0, rider_id="usr_2"))


def test_a_job_without_an_end_overlaps_later_ones() -> None:
    live = replace(case.rescue(*MATCHED), id="res_qc_2")
    later = replace(case.rescue(start=90_000.0), id="res_qc_3")
    assert invariants.one_job_per_driver([live, later])


def test_a_driver_may_take_another_job_after_a_release() -> None:
    released = case.rescue(*MATCHED, ("matching", case.AS_DRIVER), ("unserved", SYSTEM))
    assert invariants.one_job_per_driver([released, *two_rescues(1_080.0)[1:]]) == []


def test_one_live_per_rider_holds_for_rescues_in_sequence() -> None:
    assert invariants.one_live_per_rider(two_rescues(1_371.0)) == []


def test_two_live_rescues_break_one_live_per_rider() -> None:
    assert invariants.one_live_per_rider(two_rescues(1_369.0))


def test_a_scheduled_rescue_is_not_live() -> None:
    booked = case.rescue(("scheduled", case.AS_RIDER), start=1_100.0)
    assert invariants.one_live_per_rider([case.rescue(), replace(booked, id="res_qc_2")]) == []


# --- legal_transitions ------------------------------------------------------------------------


def test_legal_transitions_holds() -> None:
    assert invariants.legal_transitions([case.rescue()]) == []


ILLEGAL: Sequence[tuple[tuple[str, Actor], ...]] = [
    (*case.LIFE[:2], ("in_transit", case.AS_DRIVER)),
    (*case.LIFE, ("cancelled", case.AS_RIDER)),
    (*case.LIFE[:6], ("cancelled", case.AS_RIDER)),
    (*case.LIFE[:3], ("en_route", case.AS_RIDER)),
    (*case.LIFE[:2], ("unserved", case.AS_DRIVER)),
    (("matching", SYSTEM),),
]


@pytest.mark.parametrize("steps", ILLEGAL, ids=lambda steps: f"{steps[-1][0]} by {steps[-1][1].role}")
def test_an_illegal_transition_breaks_legal_transitions(steps: tuple[tuple[str, Actor], ...]) -> None:
    assert invariants.legal_transitions([case.rescue(*steps)])


def test_a_gap_in_the_timeline_breaks_legal_transitions() -> None:
    whole = case.rescue()
    assert invariants.legal_transitions([replace(whole, timeline=whole.timeline[:2] + whole.timeline[3:])])


def test_a_repeated_version_breaks_legal_transitions() -> None:
    whole = case.rescue()
    twice = replace(whole.timeline[-1], version=6)
    assert invariants.legal_transitions([replace(whole, timeline=(*whole.timeline[:-1], twice))])


def test_a_status_without_a_timeline_entry_breaks_legal_transitions() -> None:
    assert invariants.legal_transitions([replace(case.rescue(), status="aborted")])


# --- averages_match ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratings", "stars", "holds"),
    [
        ((), (), True),
        ((case.rating(1, 5), case.rating(2, 1)), (5, 1), True),
        ((case.rating(2, 1), case.rating(1, 5, hidden=True)), (1,), True),
        ((case.rating(1, 5), case.rating(2, 1)), (5,), False),
        ((case.rating(1, 5),), (5, 5), False),
        ((case.rating(1, 5, hidden=True),), (5,), False),
        ((case.rating(1, 5), case.rating(2, 1), case.rating(3, 3), case.rating(4, 2)), (1, 3, 2), True),
    ],
)
def test_an_average_is_made_of_the_latest_shown_ratings(
    ratings: tuple[Rating, ...], stars: tuple[int, ...], *, holds: bool
) -> None:
    summary = RatingSummary(person_id=case.DRIVER, role="driver", stars=stars)
    broken = invariants.averages_match(ratings, [summary] if stars else [], counted=3)
    assert (broken == []) == holds


# --- no_5xx, drained --------------------------------------------------------------------------


def test_a_5xx_breaks_no_5xx() -> None:
    assert invariants.no_5xx(0) == []
    assert invariants.no_5xx(1)


DONE = PendingWork(outbox=0, jobs=0)


def drained(
    pending_work: PendingWork = DONE,
    rescue: Rescue | None = None,
    offer: str | None = "accepted",
    payment: str = "captured",
    caught_up: bool = True,
) -> list[str]:
    offers = [Offer(id=case.OFFER, rescue_id=case.RESCUE, driver_id=case.DRIVER, made_at=0, outcome=offer)]
    return invariants.drained(
        pending_work, [rescue or case.rescue()], offers, [case.payment(status=payment)], caught_up
    )


def test_drained_holds_without_pending_work() -> None:
    assert drained() == []


def test_pending_work_breaks_drained() -> None:
    assert drained(pending_work=PendingWork(outbox=1, jobs=0))
    assert drained(pending_work=PendingWork(outbox=0, jobs=1))
    assert drained(rescue=case.rescue(*MATCHED))
    assert drained(offer=None)
    assert drained(payment="capturing")
    assert drained(caught_up=False)
    assert drained(pending_work=PendingWork(outbox=0, jobs=0, claims=1))
    assert drained(pending_work=PendingWork(outbox=0, jobs=0, stale_rows=1))
