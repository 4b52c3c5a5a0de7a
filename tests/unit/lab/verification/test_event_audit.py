"""The event audit: each client receives its events once and in order, or has them in a reloaded state."""

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
from supportcarr_lab.verification.records import CityRecords, Notification, Payment, payment_operations_of

STREAM = f"user:{case.RIDER}"


def audit(journals: list[JournalRecord], records: CityRecords | None = None) -> EventAuditResult:
    return audit_events(journals, expected_events(records or case.records()))


def with_rider_events(received: list[ReceivedEvent]) -> list[JournalRecord]:
    """Both journals, the rider's with these events."""
    rider, driver = case.journals()
    rider.received = received
    return [rider, driver]


def renumbered(received: list[ReceivedEvent]) -> list[ReceivedEvent]:
    """The events with consecutive offsets."""
    return [replace(event, position=StreamPosition("e1", n)) for n, event in enumerate(received, start=1)]


def test_a_journal_with_every_event_once_is_exact() -> None:
    result = audit(case.journals())
    assert result.exact
    assert result.findings == []
    assert result.counts.expected == result.counts.received == 10 + 8


@pytest.mark.parametrize("n", range(10))
def test_any_dropped_event_is_lost(n: int) -> None:
    received = case.journals()[0].received
    result = audit(with_rider_events(renumbered(received[:n] + received[n + 1 :])))
    assert (result.counts.lost, result.exact) == (1, False)
    assert result.counts.expected == result.counts.received + 1


def test_a_gap_in_the_offsets_is_a_loss_even_of_an_event_that_is_not_audited() -> None:
    received = case.journals()[0].received
    later = [
        replace(event, position=StreamPosition("e1", event.position.offset + 1)) for event in received[4:]
    ]
    result = audit(with_rider_events(received[:4] + later))
    assert (result.counts.lost, result.exact) == (1, False)


def test_an_event_received_twice_is_duplicated() -> None:
    received = case.journals()[0].received
    again = replace(received[-1], id="another id", position=StreamPosition("e1", 11))
    result = audit(with_rider_events([*received, again]))
    assert (result.counts.duplicated, result.exact) == (1, False)


def test_a_repeat_that_the_client_dropped_is_not_a_duplicate() -> None:
    received = case.journals()[0].received
    dropped = replace(received[-1], key=REPEAT, position=StreamPosition("e1", 11))
    assert audit(with_rider_events([*received, dropped])).exact


def test_an_event_that_does_not_follow_from_the_store_is_not_exact() -> None:
    received = case.journals()[0].received
    phantom = replace(
        received[-1], key=("notification:new", "ntf_phantom"), position=StreamPosition("e1", 11)
    )
    result = audit(with_rider_events([*received, phantom]))
    assert (result.unexpected, result.exact) == (1, False)


def test_versions_in_the_wrong_order_are_reordered() -> None:
    received = case.journals()[0].received
    swapped = [*received[:5], received[6], received[5], *received[7:]]
    result = audit(with_rider_events(renumbered(swapped)))
    assert (result.counts.reordered, result.counts.lost, result.exact) == (1, 0, False)


def test_decreasing_offsets_are_reordered() -> None:
    received = case.journals()[0].received
    result = audit(
        with_rider_events([*received[:-1], replace(received[-1], position=StreamPosition("e1", 3))])
    )
    assert result.counts.reordered == 1


def test_an_offer_closed_before_it_was_made_is_reordered() -> None:
    rider, driver = case.journals()
    driver.received = renumbered([driver.received[2], *driver.received[:2], *driver.received[3:]])
    assert audit([rider, driver]).counts.reordered == 1


# --- before and after the subscription ----------------------------------------------------------


def test_events_before_the_subscription_are_not_expected() -> None:
    rider, driver = case.journals()
    rider.received, late = [], 1_371.0
    rider.subscriptions = [Subscription(STREAM, StreamPosition("e1", 10), late, True)]
    result = audit([rider, driver])
    assert result.exact
    assert result.counts.expected == 8


def test_an_older_event_after_the_subscription_is_not_unexpected() -> None:
    rider, driver = case.journals()
    rider.subscriptions = [Subscription(STREAM, StreamPosition("e1", 9), 1_371.0, True)]
    rider.received = rider.received[-1:]
    result = audit([rider, driver])
    assert result.exact
    assert result.counts.expected == 1 + 8


def test_a_client_that_never_connected_expects_nothing() -> None:
    stranger = JournalRecord(user_id="usr_stranger", role="rider")
    records = replace(case.records(), notifications=(Notification(id="n", user_id="usr_stranger", at=9e9),))
    assert audit([stranger], records).counts.expected == 0


# --- the end of an epoch ------------------------------------------------------------------------


def interrupted(state: LoadedState | None, reset_at: float = 9_000.0) -> list[JournalRecord]:
    """The rider received the first four events; then the epoch ended, and *state* was loaded."""
    rider, driver = case.journals()
    rider.received = rider.received[:4]
    rider.subscriptions.append(Subscription(STREAM, StreamPosition("e2", 0), reset_at, False))
    rider.loaded_states = [state] if state else []
    return [rider, driver]


def test_events_lost_with_an_epoch_may_be_in_the_reloaded_state() -> None:
    result = audit(interrupted(case.loaded_state(9_000.0)))
    assert result.exact
    assert (result.counts.received, result.counts.reloaded) == (4 + 8, 6)


def test_events_lost_with_an_epoch_and_no_reload_are_lost() -> None:
    assert audit(interrupted(None)).counts.lost == 6


def test_a_reload_before_the_reset_does_not_count() -> None:
    assert audit(interrupted(case.loaded_state(8_999.0))).counts.lost == 6


def test_missing_events_after_a_reset_are_lost() -> None:
    result = audit(interrupted(case.loaded_state(1_300.0), reset_at=1_300.0))
    # Reloaded: arrived (at 1,250) and the two before.  Later: in_transit, completed and the capture.
    assert (result.counts.reloaded, result.counts.lost) == (3, 3)


def test_events_missing_from_the_reloaded_state_are_lost() -> None:
    full = case.loaded_state(9_000.0)
    assert audit(interrupted(replace(full, versions={case.RESCUE: 6}))).counts.lost == 1
    unpaid = replace(full, payments={case.RESCUE: ("held", 0, 0)})
    assert audit(interrupted(unpaid)).counts.lost == 1
    assert audit(interrupted(replace(full, notifications=()))).counts.lost == 1


def test_offers_are_compared_with_the_list_of_open_offers() -> None:
    rider, driver = case.journals()
    driver.received = []
    driver.subscriptions.append(Subscription(f"user:{case.DRIVER}", StreamPosition("e2", 0), 9_000.0, False))
    driver.loaded_states = [replace(case.loaded_state(9_000.0), offers=(case.OFFER,))]
    assert audit([rider, driver]).counts.lost == 1, "the offer is closed, but listed as open"
    driver.loaded_states = [case.loaded_state(9_000.0)]
    assert audit([rider, driver]).exact


RELEASED = case.rescue(
    *case.LIFE[:3], ("matching", case.AS_DRIVER), *case.LIFE[2:], drivers=("usr_first", case.DRIVER)
)


def audit_first_driver(**versions: int) -> EventAuditResult:
    """The audit of a driver whose epoch ended before the events of the assignment and the release."""
    records = replace(case.records(), rescues=(RELEASED,), offers=(), payments=(), notifications=())
    journal = case.journal("usr_first", "driver", [])
    journal.subscriptions.append(Subscription("user:usr_first", StreamPosition("e2", 0), 9_000.0, False))
    journal.loaded_states = [replace(case.loaded_state(9_000.0), versions=versions)]
    return audit([journal], records)


def test_a_released_rescue_is_not_in_the_driver_s_reloaded_state() -> None:
    result = audit_first_driver()
    assert result.exact
    assert result.counts.reloaded == 2


def test_a_reloaded_state_older_than_the_release_is_a_loss() -> None:
    assert audit_first_driver(**{case.RESCUE: 3}).counts.lost == 1


def test_a_rescue_missing_from_the_reloaded_state_is_a_loss() -> None:
    full = case.loaded_state(9_000.0)
    assert audit(interrupted(replace(full, versions={}))).counts.lost == 4
    rider, driver = case.journals()
    driver.received = []
    driver.subscriptions.append(Subscription(f"user:{case.DRIVER}", StreamPosition("e2", 0), 9_000.0, False))
    driver.loaded_states = [replace(full, versions={})]
    assert audit([rider, driver]).counts.lost == 5


# --- who expects which events -------------------------------------------------------------------


def test_a_driver_who_released_a_rescue_expects_no_later_events() -> None:
    life = (*case.LIFE[:3], ("matching", case.AS_DRIVER), *case.LIFE[2:])
    released = case.rescue(*life, drivers=("usr_first", case.DRIVER))
    expected = expected_events(replace(case.records(), rescues=(released,)))
    versions = [event.version for event in expected["usr_first"] if event.version]
    assert versions == [3, 4]


def test_only_the_rider_expects_the_end_of_a_rescue_without_a_driver() -> None:
    cancelled = case.rescue(*case.LIFE[:2], ("cancelled", case.AS_RIDER), drivers=())
    expected = expected_events(replace(case.records(), rescues=(cancelled,), offers=(), payments=()))
    assert set(expected) == {case.RIDER}


def operations(status: str, captured: int = 0, failure: str | None = None) -> list[tuple[str, str]]:
    result = payment_operations_of(
        status=status, hold=100, captured=captured, owed=70, charge="fee", failure=failure
    )
    return [(operation.kind, operation.status) for operation in result]


def test_operations_follow_from_the_payment() -> None:
    held = ("hold", "succeeded")
    assert operations("holding") == []
    assert operations("held") == [held]
    assert operations("failed", failure="card_declined") == [("hold", "failed")]
    assert operations("captured", captured=70) == [held, ("fee", "succeeded")]
    assert operations("released") == [held, ("release", "succeeded")]
    assert operations("failed", failure="hold_expired") == [held, ("fee", "failed")]


def test_a_driver_expects_the_capture_but_not_the_hold() -> None:
    expected = expected_events(case.records())
    payments = [event.key[2] for event in expected[case.DRIVER] if event.key[0] == "payment:processed"]
    assert payments == ["capture"]


def test_only_the_rider_expects_a_payment_without_a_driver() -> None:
    alone: Payment = replace(case.payment(), driver_id=None)
    expected = expected_events(replace(case.records(), rescues=(), offers=(), payments=(alone,)))
    assert set(expected) == {case.RIDER}
