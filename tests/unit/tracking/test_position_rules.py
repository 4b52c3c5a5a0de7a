"""The rules by which a position is accepted, as tables over ``judge_position``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from supportcarr.tracking.model import Position, PositionRules, judge_position

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
RULES = PositionRules()
METRE = 1 / 111_195  # degrees of latitude


def position(age: float = 0.0, metres: float = 0.0, **more: Any) -> Position:
    """A position *age* seconds old, *metres* north of the reference point."""
    return Position(lat=45.5 + metres * METRE, lng=-73.6, at=NOW - timedelta(seconds=age), **more)


def test_the_first_position_is_live() -> None:
    assert judge_position(None, position(), NOW, RULES) == "live"


@pytest.mark.parametrize(("age", "verdict"), [(29.9, "live"), (30, "live"), (30.1, "stale")])
def test_a_position_is_stale_after_thirty_seconds(age: float, verdict: str) -> None:
    assert judge_position(None, position(age), NOW, RULES) == verdict


@pytest.mark.parametrize(("accuracy", "verdict"), [(None, "live"), (200, "live"), (200.1, "inaccurate")])
def test_a_position_with_an_error_above_200_m_is_inaccurate(accuracy: float | None, verdict: str) -> None:
    assert judge_position(None, position(accuracy=accuracy), NOW, RULES) == verdict


@pytest.mark.parametrize(
    ("last", "next_", "verdict"),
    [
        (position(5), position(6), "out_of_order"),
        (position(5), position(5, metres=3), "out_of_order"),
        (position(5), position(5), "repeated"),
        (position(500), position(500), "repeated"),
        (position(5), position(4), "live"),
    ],
    ids=[
        "older than the last",
        "another place at the same time",
        "the last again",
        "a stale one again",
        "newer",
    ],
)
def test_a_position_must_be_newer_than_the_last(last: Position, next_: Position, verdict: str) -> None:
    assert judge_position(last, next_, NOW, RULES) == verdict


@pytest.mark.parametrize(("ahead", "verdict"), [(30, "live"), (31, "out_of_order")])
def test_a_position_from_the_future_is_rejected_because_it_would_block_later_ones(
    ahead: float, verdict: str
) -> None:
    assert judge_position(None, position(-ahead), NOW, RULES) == verdict


@pytest.mark.parametrize(
    ("elapsed", "metres", "verdict"),
    [
        (10, 690, "live"),
        (10, 710, "impossible"),
        (0.2, 60, "live"),  # less than a second apart is treated as a second apart
        (0.2, 80, "impossible"),
    ],
)
def test_a_speed_above_70_metres_per_second_is_impossible(
    elapsed: float, metres: float, verdict: str
) -> None:
    assert judge_position(position(elapsed), position(0, metres), NOW, RULES) == verdict


@pytest.mark.parametrize(
    ("last", "next_", "verdict"),
    [
        (position(100), position(90, 100), "stale"),
        (position(100), position(90, 9_000), "impossible"),
        (position(80), position(90), "out_of_order"),
        (None, position(90, accuracy=201), "inaccurate"),
    ],
)
def test_an_old_position_is_stale_only_if_it_passes_the_other_rules(
    last: Position | None, next_: Position, verdict: str
) -> None:
    assert judge_position(last, next_, NOW, RULES) == verdict


def test_the_limits_are_those_of_the_rules() -> None:
    strict = PositionRules(fresh_seconds=5, max_accuracy_m=10, max_speed_ms=1)
    assert judge_position(None, position(6), NOW, strict) == "stale"
    assert judge_position(None, position(accuracy=11), NOW, strict) == "inaccurate"
    assert judge_position(position(2), position(0, 3), NOW, strict) == "impossible"
