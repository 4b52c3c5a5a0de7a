"""Where a driver was at some time, by the trail of the job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supportcarr.tracking.model import HistoryPoint, PositionRules, sighting_in

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
RULES = PositionRules()
METRE = 1 / 111_195  # degrees of latitude


def point(seconds: float, metres: float = 0) -> HistoryPoint:
    return HistoryPoint(NOON + timedelta(seconds=seconds), 45.5 + metres * METRE, -73.6)


@pytest.mark.parametrize(
    ("points", "metres"),
    [
        ([], None),
        ([point(-31)], None),
        ([point(31)], None),
        ([point(-30, 7)], 7),
        ([point(30, 7)], 7),
        ([point(-20, 1), point(-5, 2), point(10, 3)], 2),
        ([point(-600, 1), point(-10, 2)], 2),
    ],
)
def test_the_nearest_point_in_time_counts_if_it_is_near(
    points: list[HistoryPoint], metres: float | None
) -> None:
    seen = sighting_in(points, NOON, RULES)
    assert (None if seen is None else round((seen.point.lat - 45.5) / METRE)) == metres


@pytest.mark.parametrize(
    ("points", "jumped"),
    [
        ([point(-60), point(-30, 2_000), point(0, 2_100)], False),
        ([point(-60), point(-50, 2_000), point(0, 2_100)], True),
        ([point(-700), point(-690, 2_000), point(0, 2_100)], False),  # too long ago
        ([point(0), point(20, 5_000)], False),  # later
    ],
)
def test_a_trail_that_jumped_shortly_before_is_doubted(points: list[HistoryPoint], jumped: bool) -> None:
    seen = sighting_in(points, NOON, RULES)
    assert seen is not None
    assert seen.jumped is jumped
