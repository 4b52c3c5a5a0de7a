"""``events_exact``: every event once, in order, to each who was owed it; or in the reloaded state."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from support.simulator import city_case as case
from supportcarr_lab.simulator.journal import (
    REPEAT,
    JournalRecord,
    LoadedState,
    ReceivedEvent,
    StreamPosition,
    Subscription,
)
from supportcarr_lab.verification.event_audit import EventAuditResult, audit_events
from supportcarr_lab.verification.expected_events import expected_events
from supportcarr_lab.verification.records import CityRecords, Notification, Payment, movements_of

STREAM = f"user:{case.RIDER}"


def verdict(journals: list[JournalRecord], facts: CityRecords | None = None) -> EventAuditResult:
    return audit_events(journals, expected_events(facts or case.facts()))


def the_riders(seen: list[ReceivedEvent]) -> list[JournalRecord]:
    """Both journals, the rider's with these events."""
    rider, driver = case.journals()
    rider.received = seen
    return [rider, driver]


def renumbered(seen: list[ReceivedEvent]) -> list[ReceivedEvent]:
    """As a stream would number them that never had more."""
    return [replace(event, position=StreamPosition("e1", n)) for n, event in enumerate(seen, start=1)]


def test_a_city_in_which_all_was_told_once_is_exact() -> None:
    told = verdict(case.journals())
    assert told.exact
    assert told.findings == []
    assert told.counts.expected == told.counts.received == 10 + 8


@pytest.mark.parametrize("n", range(10))
def test_an_event_that_was_dropped_is_lost_whichever_it_is(n: int) -> None:
    seen = case.journals()[0].received
    told = verdict(the_riders(renumbered(seen[:n] + seen[n + 1 :])))
    assert (told.counts.lost, told.exact) == (1, False)
    assert told.counts.expected == told.counts.received + 1


def test_a_gap_in_the_numbers_is_a_loss_even_of_an_event_that_nobody_judges() -> None:
    seen = case.journals()[0].received
    later = [replace(event, position=StreamPosition("e1", event.position.offset + 1)) for event in seen[4:]]
    told = verdict(the_riders(seen[:4] + later))
    assert (told.counts.lost, told.exact) == (1, False)


def test_an_event_that_was_told_twice_is_duplicated() -> None:
    seen = case.journals()[0].received
    again = replace(seen[-1], id="another id", position=StreamPosition("e1", 11))
    told = verdict(the_riders([*seen, again]))
    assert (told.counts.duplicated, told.exact) == (1, False)


def test_a_repeat_that_the_clients_own_rule_dropped_is_none() -> None:
    seen = case.journals()[0].received
    dropped = replace(seen[-1], key=REPEAT, position=StreamPosition("e1", 11))
    assert verdict(the_riders([*seen, dropped])).exact


def test_an_event_of_which_the_store_knows_nothing_is_not_exact() -> None:
    seen = case.journals()[0].received
    phantom = replace(seen[-1], key=("notification:new", "ntf_phantom"), position=StreamPosition("e1", 11))
    told = verdict(the_riders([*seen, phantom]))
    assert (told.unexpected, told.exact) == (1, False)


def test_versions_that_come_in_the_wrong_order_are_reordered() -> None:
    seen = case.journals()[0].received
    swapped = [*seen[:5], seen[6], seen[5], *seen[7:]]
    told = verdict(the_riders(renumbered(swapped)))
    assert (told.counts.reordered, told.counts.lost, told.exact) == (1, 0, False)


def test_numbers_that_run_back_are_reordered() -> None:
    seen = case.journals()[0].received
    told = verdict(the_riders([*seen[:-1], replace(seen[-1], position=StreamPosition("e1", 3))]))
    assert told.counts.reordered == 1


def test_an_offer_that_closes_before_it_was_made_is_reordered() -> None:
    rider, driver = case.journals()
    driver.received = renumbered([driver.received[2], *driver.received[:2], *driver.received[3:]])
    assert verdict([rider, driver]).counts.reordered == 1


# --- from the first heads on --------------------------------------------------------------------


def test_what_happened_before_the_first_heads_is_not_owed() -> None:
    rider, driver = case.journals()
    rider.received, late = [], 1_371.0
    rider.subscriptions = [Subscription(STREAM, StreamPosition("e1", 10), late, True)]
    told = verdict([rider, driver])
    assert told.exact
    assert told.counts.expected == 8


def test_an_older_event_that_comes_after_the_heads_is_no_surprise() -> None:
    rider, driver = case.journals()
    rider.subscriptions = [Subscription(STREAM, StreamPosition("e1", 9), 1_371.0, True)]
    rider.received = rider.received[-1:]
    told = verdict([rider, driver])
    assert told.exact
    assert told.counts.expected == 1 + 8


def test_a_client_that_was_never_let_in_is_owed_nothing() -> None:
    stranger = JournalRecord(user_id="usr_stranger", role="rider")
    facts = replace(case.facts(), notifications=(Notification(id="n", user_id="usr_stranger", at=9e9),))
    assert verdict([stranger], facts).counts.expected == 0


# --- what an epoch's end took -------------------------------------------------------------------


def interrupted(state: LoadedState | None, reset_at: float = 9_000.0) -> list[JournalRecord]:
    """The rider saw the first four; then the epoch ended, and *state* was loaded."""
    rider, driver = case.journals()
    rider.received = rider.received[:4]
    rider.subscriptions.append(Subscription(STREAM, StreamPosition("e2", 0), reset_at, False))
    rider.loaded_states = [state] if state else []
    return [rider, driver]


def test_what_an_epochs_end_took_may_be_in_the_reloaded_state() -> None:
    told = verdict(interrupted(case.loaded(9_000.0)))
    assert told.exact
    assert (told.counts.received, told.counts.reloaded) == (4 + 8, 6)


def test_without_a_reload_it_is_lost() -> None:
    assert verdict(interrupted(None)).counts.lost == 6


def test_a_reload_from_before_the_reset_excuses_nothing() -> None:
    assert verdict(interrupted(case.loaded(8_999.0))).counts.lost == 6


def test_a_reset_does_not_excuse_what_happened_after_it() -> None:
    told = verdict(interrupted(case.loaded(1_300.0), reset_at=1_300.0))
    # arrived (1,250) and what came before it; in_transit and completed came later, and the capture
    assert (told.counts.reloaded, told.counts.lost) == (3, 3)


def test_a_reloaded_state_that_does_not_show_it_excuses_nothing() -> None:
    full = case.loaded(9_000.0)
    assert verdict(interrupted(replace(full, versions={case.RESCUE: 6}))).counts.lost == 1
    unpaid = replace(full, payments={case.RESCUE: ("held", 0, 0)})
    assert verdict(interrupted(unpaid)).counts.lost == 1
    assert verdict(interrupted(replace(full, notifications=()))).counts.lost == 1


def test_an_offer_is_shown_by_the_list_of_open_ones() -> None:
    rider, driver = case.journals()
    driver.received = []
    driver.subscriptions.append(Subscription(f"user:{case.DRIVER}", StreamPosition("e2", 0), 9_000.0, False))
    driver.loaded_states = [replace(case.loaded(9_000.0), offers=(case.OFFER,))]
    assert verdict([rider, driver]).counts.lost == 1, "it is closed, and the list says open"
    driver.loaded_states = [case.loaded(9_000.0)]
    assert verdict([rider, driver]).exact


RELEASED = case.rescue(
    *case.LIFE[:3], ("matching", case.AS_DRIVER), *case.LIFE[2:], drivers=("usr_first", case.DRIVER)
)


def heard_by_the_first_driver(**versions: int) -> EventAuditResult:
    """What comes of it that their epoch ended before they heard of the assignment and the release."""
    facts = replace(case.facts(), rescues=(RELEASED,), offers=(), payments=(), notifications=())
    journal = case.journal("usr_first", "driver", [])
    journal.subscriptions.append(Subscription("user:usr_first", StreamPosition("e2", 0), 9_000.0, False))
    journal.loaded_states = [replace(case.loaded(9_000.0), versions=versions)]
    return verdict([journal], facts)


def test_a_driver_who_gave_the_job_up_does_not_find_it_in_the_reloaded_state() -> None:
    told = heard_by_the_first_driver()
    assert told.exact
    assert told.counts.reloaded == 2


def test_a_driver_who_still_finds_it_as_it_was_has_lost_the_word_of_its_end() -> None:
    assert heard_by_the_first_driver(**{case.RESCUE: 3}).counts.lost == 1


def test_a_rescue_that_is_not_in_the_reloaded_state_of_its_people_is_lost() -> None:
    full = case.loaded(9_000.0)
    assert verdict(interrupted(replace(full, versions={}))).counts.lost == 4
    rider, driver = case.journals()
    driver.received = []
    driver.subscriptions.append(Subscription(f"user:{case.DRIVER}", StreamPosition("e2", 0), 9_000.0, False))
    driver.loaded_states = [replace(full, versions={})]
    assert verdict([rider, driver]).counts.lost == 5


# --- who is owed what ---------------------------------------------------------------------------


def test_a_driver_who_gave_the_job_up_sees_that_and_no_more() -> None:
    life = (*case.LIFE[:3], ("matching", case.AS_DRIVER), *case.LIFE[2:])
    released = case.rescue(*life, drivers=("usr_first", case.DRIVER))
    owed = expected_events(replace(case.facts(), rescues=(released,)))
    versions = [event.version for event in owed["usr_first"] if event.version]
    assert versions == [3, 4]


def test_an_end_that_nobody_drove_is_the_riders_alone() -> None:
    cancelled = case.rescue(*case.LIFE[:2], ("cancelled", case.AS_RIDER), drivers=())
    owed = expected_events(replace(case.facts(), rescues=(cancelled,), offers=(), payments=()))
    assert set(owed) == {case.RIDER}


def movements(status: str, captured: int = 0, failure: str | None = None) -> list[tuple[str, str]]:
    told = movements_of(status=status, hold=100, captured=captured, owed=70, charge="fee", failure=failure)
    return [(movement.kind, movement.status) for movement in told]


def test_the_movements_of_a_payment_follow_from_its_record() -> None:
    held = ("hold", "succeeded")
    assert movements("holding") == []
    assert movements("held") == [held]
    assert movements("failed", failure="card_declined") == [("hold", "failed")]
    assert movements("captured", captured=70) == [held, ("fee", "succeeded")]
    assert movements("released") == [held, ("release", "succeeded")]
    assert movements("failed", failure="hold_expired") == [held, ("fee", "failed")]


def test_a_driver_shares_in_the_end_of_a_payment_not_in_its_hold() -> None:
    owed = expected_events(case.facts())
    payments = [event.key[2] for event in owed[case.DRIVER] if event.key[0] == "payment:processed"]
    assert payments == ["capture"]


def test_a_payment_without_a_driver_is_the_riders_alone() -> None:
    alone: Payment = replace(case.payment(), driver_id=None)
    owed = expected_events(replace(case.facts(), rescues=(), offers=(), payments=(alone,)))
    assert set(owed) == {case.RIDER}
