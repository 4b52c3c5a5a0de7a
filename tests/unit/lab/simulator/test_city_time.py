"""The city clock as an app extrapolates it."""

from __future__ import annotations

import pytest

from supportcarr_lab.simulator.city_time import CityTime, format_time, parse_time


def test_city_time_is_extrapolated_at_its_speed() -> None:
    wall = [1_000.0]
    time = CityTime(50_000.0, 990.0, 30.0, read=lambda: wall[0])
    assert time.now() == 50_300.0
    wall[0] += 2
    assert time.now() == 50_360.0


def test_a_new_reading_replaces_the_old_one() -> None:
    wall = [1_000.0]
    time = CityTime(50_000.0, 1_000.0, 30.0, read=lambda: wall[0])
    time.set(50_900.0, 1_000.0, 10.0)
    assert time.now() == 50_900.0
    wall[0] += 2
    assert time.now() == 50_920.0


def test_city_time_stands_still_instead_of_running_backwards() -> None:
    wall = [1_000.0]
    time = CityTime(50_000.0, 1_000.0, 30.0, read=lambda: wall[0])
    wall[0] += 10
    assert time.now() == 50_300.0
    time.set(50_270.0, 1_010.0, 30.0)
    assert time.now() == 50_300.0
    wall[0] += 2
    assert time.now() == 50_330.0


def test_times_have_the_format_of_the_api() -> None:
    assert format_time(0.5) == "1970-01-01T00:00:00.500000Z"
    assert parse_time("1970-01-01T01:00:00.5+01:00") == 0.5


def test_a_time_without_a_time_zone_is_rejected() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        parse_time("2026-11-23T16:00:00")
