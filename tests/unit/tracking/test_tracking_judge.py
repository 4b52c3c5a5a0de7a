"""When a position is believed, as a pure rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from supportcarr.tracking.model import Position, PositionRules, judge_position

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
RULES = PositionRules()
METRE = 1 / 111_195  # degrees of latitude


def fix(age: float = 0.0, metres: float = 0.0, **more: Any) -> Position:
    """A position *age* seconds old, so far north of the last one."""
    return Position(lat=45.5 + metres * METRE, lng=-73.6, at=NOW - timedelta(seconds=age), **more)


def test_the_first_position_is_live() -> None:
    assert judge_position(None, fix(), NOW, RULES) == "live"


@pytest.mark.parametrize(("age", "verdict"), [(29.9, "live"), (30, "live"), (30.1, "stale")])
def test_a_position_is_stale_after_thirty_seconds(age: float, verdict: str) -> None:
    assert judge_position(None, fix(age), NOW, RULES) == verdict


@pytest.mark.parametrize(("accuracy", "verdict"), [(None, "live"), (200, "live"), (200.1, "inaccurate")])
def test_a_position_that_is_uncertain_by_more_than_200_m_is_inaccurate(
    accuracy: float | None, verdict: str
) -> None:
    assert judge_position(None, fix(accuracy=accuracy), NOW, RULES) == verdict


def test_a_position_older_than_the_last_one_is_out_of_order() -> None:
    assert judge_position(fix(5), fix(6), NOW, RULES) == "out_of_order"


def test_another_place_at_the_same_time_is_out_of_order() -> None:
    assert judge_position(fix(5), fix(5, metres=3), NOW, RULES) == "out_of_order"


def test_the_last_position_once_more_is_a_repeat() -> None:
    assert judge_position(fix(5), fix(5), NOW, RULES) == "repeated"
    assert judge_position(fix(500), fix(500), NOW, RULES) == "repeated"


def test_a_position_from_the_future_would_block_all_others_and_is_not_believed() -> None:
    assert judge_position(None, fix(-30), NOW, RULES) == "live", "clocks differ a little"
    assert judge_position(None, fix(-31), NOW, RULES) == "out_of_order"


@pytest.mark.parametrize(("metres", "verdict"), [(690, "live"), (710, "impossible")])
def test_nobody_drives_faster_than_70_metres_a_second(metres: float, verdict: str) -> None:
    assert judge_position(fix(10), fix(0, metres), NOW, RULES) == verdict


@pytest.mark.parametrize(("metres", "verdict"), [(60, "live"), (80, "impossible")])
def test_positions_a_moment_apart_are_judged_as_a_second_apart(metres: float, verdict: str) -> None:
    assert judge_position(fix(0.2), fix(0, metres), NOW, RULES) == verdict


def test_an_old_position_must_pass_the_other_rules_to_be_merely_stale() -> None:
    assert judge_position(fix(100), fix(90, 100), NOW, RULES) == "stale"
    assert judge_position(fix(100), fix(90, 9_000), NOW, RULES) == "impossible"
    assert judge_position(fix(80), fix(90), NOW, RULES) == "out_of_order"
