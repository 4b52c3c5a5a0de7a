"""Demand and behaviour: determined by the seed, with plausible shares, or replayed from a file."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from supportcarr.contracts.geo import GeoPoint
from supportcarr_lab.simulator.demand import (
    MAX_ABSENCE_S,
    MEAN_WAIT_S,
    DemandError,
    demand_factor,
    drift_target,
    home_point,
    job_plan,
    offer_plan,
    read_recorded_demand,
    recorded_plan,
    rider_plan,
    wait_seconds,
)


def montreal(hour: int) -> float:
    """City time of that hour on a November working day (UTC-5)."""
    return datetime(2026, 11, 23, (hour + 5) % 24, 30, tzinfo=UTC).timestamp()


def test_a_seed_repeats_every_plan_in_any_order() -> None:
    forward = [rider_plan(7, rider, cycle) for rider in range(3) for cycle in range(5)]
    backward = [rider_plan(7, rider, cycle) for rider in (2, 1, 0) for cycle in (4, 3, 2, 1, 0)]
    assert forward == backward[::-1]
    assert offer_plan(7, 1, 2) == offer_plan(7, 1, 2)
    assert job_plan(7, 1, 2) == job_plan(7, 1, 2)
    assert home_point(7, 3) == home_point(7, 3)
    assert drift_target(7, 3, 1) == drift_target(7, 3, 1)


def test_plans_differ_by_seed_rider_and_cycle() -> None:
    plans = {rider_plan(seed, rider, n).pickup for seed in (1, 2) for rider in (0, 1) for n in (0, 1)}
    assert len(plans) == 8


def test_about_one_rider_in_ten_cancels_goes_silent_or_has_a_failing_card() -> None:
    habits = Counter(rider_plan(1, rider, cycle).behaviour for rider in range(100) for cycle in range(40))
    for behaviour in ("cancels", "goes_silent", "card_fails"):
        assert 0.08 < habits[behaviour] / 4000 < 0.12, behaviour


def test_about_one_driver_in_ten_declines_or_goes_silent() -> None:
    habits = Counter(offer_plan(1, driver, n).behaviour for driver in range(100) for n in range(40))
    for behaviour in ("declines", "goes_silent"):
        assert 0.08 < habits[behaviour] / 4000 < 0.12, behaviour


def test_a_silent_phone_is_back_within_five_minutes() -> None:
    assert MAX_ABSENCE_S < 300
    assert all(rider_plan(1, n, 0).silent_for_s <= MAX_ABSENCE_S for n in range(200))
    assert all(offer_plan(1, n, 0).silent_for_s <= MAX_ABSENCE_S for n in range(200))
    assert all(job_plan(1, n, 0).silent_for_s <= MAX_ABSENCE_S for n in range(200))


def test_riders_wait_ten_minutes_on_average_at_four_in_the_afternoon() -> None:
    four = montreal(16)
    waits = [wait_seconds(rider_plan(1, n, 0), four) for n in range(4000)]
    assert sum(waits) / len(waits) == pytest.approx(MEAN_WAIT_S, rel=0.06)


def test_the_hours_follow_the_bike_share_profile() -> None:
    assert demand_factor(montreal(16)) == pytest.approx(1.0)
    assert demand_factor(montreal(17)) == pytest.approx(394.9 / 215.0)
    assert demand_factor(montreal(3)) < 0.05


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "demand.csv"
    file.write_text(text)
    return file


def test_recorded_demand_is_sorted_by_time(tmp_path: Path) -> None:
    rows = read_recorded_demand(write(tmp_path, "at,lat,lng\n60,45.5,-73.6\n0.5,45.6,-73.5\n"))
    assert [row.after for row in rows] == [0.5, 60.0]
    assert rows[0].pickup == GeoPoint(45.6, -73.5)


def test_recorded_dates_are_counted_from_the_earliest(tmp_path: Path) -> None:
    text = "at,lat,lng\n2026-05-04T16:10:00-04:00,45.5,-73.6\n2026-05-04T20:00:00Z,45.5,-73.6\n"
    assert [row.after for row in read_recorded_demand(write(tmp_path, text))] == [0.0, 600.0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lat,lng\n45.5,-73.6\n",
        "at,lat,lng\n60,north,-73.6\n",
        "at,lat,lng\n60,nan,-73.6\n",
        "at,lat,lng\n60,45.5,-190\n",
        "at,lat,lng\n-1,45.5,-73.6\n",
        "at,lat,lng\ninf,45.5,-73.6\n",
        "at,lat,lng\n2026-05-04T16:10:00,45.5,-73.6\n",
        "at,lat,lng\n60,45.5\n",
        "at,lat,lng,lat\n60,45.5,-73.6,45.6\n",
        "at,lat,lng\n60,45.5,-73.6\n2026-05-04T20:00:00Z,45.5,-73.6\n",
    ],
    ids=[
        "empty",
        "no at",
        "words",
        "nan",
        "off the globe",
        "before the start",
        "never",
        "no zone",
        "short",
        "a column twice",
        "mixed",
    ],
)
def test_an_invalid_demand_file_is_rejected_with_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(DemandError, match=r"demand\.csv.*\.$"):
        read_recorded_demand(write(tmp_path, text))


def test_a_missing_demand_file_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(DemandError, match="cannot be read"):
        read_recorded_demand(tmp_path / "none.csv")


def test_a_recorded_request_has_the_pickup_of_the_file(tmp_path: Path) -> None:
    (row,) = read_recorded_demand(write(tmp_path, "at,lat,lng\n60,45.5,-73.6\n"))
    plan = recorded_plan(3, 0, row)
    assert plan.pickup == GeoPoint(45.5, -73.6)
    assert plan == recorded_plan(3, 0, row)
    assert plan.dropoff != recorded_plan(4, 0, row).dropoff
