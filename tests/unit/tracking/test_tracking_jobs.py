"""What is known of a driver's job, whatever the order in which the events come."""

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
    """The job of a rescue as its event of that version tells it."""
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
def test_the_last_job_stands_in_whatever_order_its_events_come_and_however_often(
    order: tuple[int, ...],
) -> None:
    known = HISTORY[order[0]]
    for i in (*order[1:], *order):
        known = HISTORY[i].applied_to(known) or known
    assert (known.rescue_id, known.ended_at) == ("b", None)


def test_an_end_closes_the_job_and_keeps_its_beginning() -> None:
    ended = HISTORY[1].applied_to(replace(HISTORY[0], version=4))
    assert ended is not None
    assert (ended.version, ended.since, ended.ended_at) == (4, T0, T0 + timedelta(minutes=10))


def test_a_beginning_that_comes_after_its_end_does_not_open_the_job_again() -> None:
    assert HISTORY[0].applied_to(HISTORY[1]) is None


def test_the_driver_heads_for_the_pickup_until_the_bike_is_loaded() -> None:
    assert HISTORY[0].destination == PICKUP
    assert replace(HISTORY[0], loaded=True).destination == DROPOFF


def test_a_job_covers_the_time_from_its_assignment_to_its_end() -> None:
    whole = HISTORY[1].applied_to(HISTORY[0])
    assert whole is not None
    assert [whole.covers(T0 + timedelta(minutes=m)) for m in (-1, 0, 5, 10, 11)] == [
        False,
        True,
        True,
        True,
        False,
    ]
