"""A driver's current job, built from events in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace

from supportcarr.contracts.geo import GeoPoint
from supportcarr.tracking.model import CurrentJob

T0 = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
PICKUP, DROPOFF = GeoPoint(45.5, -73.6), GeoPoint(45.6, -73.6)


def job(rescue: str, version: int, minute: float, *, ended: bool = False) -> CurrentJob:
    """The job as the rescue's event of that version describes it."""
    at = T0 + timedelta(minutes=minute)
    return CurrentJob(
        id="usr_d",
        rescue_id=rescue,
        rescue_version=version,
        rider_id="usr_r",
        area_id="montreal",
        since=at,
        pickup=PICKUP,
        dropoff=DROPOFF,
        ended_at=at if ended else None,
    )


HISTORY = [job("a", 3, 0), job("a", 7, 10, ended=True), job("b", 3, 11)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_events_in_any_order_and_repeated_give_the_last_job(
    order: tuple[int, ...],
) -> None:
    known = HISTORY[order[0]]
    for i in (*order[1:], *order):
        known = HISTORY[i].applied_to(known) or known
    assert (known.rescue_id, known.ended_at) == ("b", None)


def test_an_end_event_keeps_the_start_time() -> None:
    ended = HISTORY[1].applied_to(replace(HISTORY[0], version=4))
    assert ended is not None
    assert (ended.version, ended.since, ended.ended_at) == (4, T0, T0 + timedelta(minutes=10))


def test_a_start_event_that_arrives_after_the_end_changes_nothing() -> None:
    assert HISTORY[0].applied_to(HISTORY[1]) is None


def test_the_destination_is_the_pickup_until_the_bike_is_loaded() -> None:
    assert HISTORY[0].destination == PICKUP
    assert replace(HISTORY[0], loaded=True).destination == DROPOFF


def test_a_job_covers_the_time_from_assignment_to_end() -> None:
    whole = HISTORY[1].applied_to(HISTORY[0])
    assert whole is not None
    assert [whole.covers(T0 + timedelta(minutes=m)) for m in (-1, 0, 5, 10, 11)] == [
        False,
        True,
        True,
        True,
        False,
    ]
