"""The rules by which a position is accepted, as tables over ``judge_position``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from supportcarr.tracking.model import Position, PositionRules, Track, judge_position

NOW = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
RULES = PositionRules()
METRE = 1 / 111_195  # degrees of latitude


def position(age: float = 0.0, metres: float = 0.0, **more: Any) -> Position:
    """A position *age* seconds old, *metres* north of the reference point."""
    return Position(lat=45.5 + metres * METRE, lng=-73.6, at=NOW - timedelta(seconds=age), **more)


def judge(last: Position | None, next_: Position, rules: PositionRules = RULES) -> str:
    """The verdict on *next_* after *last* was accepted, at the time of the newer of the two."""
    track = judge_position(None, last, last.at, rules).track if last else None
    return judge_position(track, next_, NOW, rules).verdict


def test_the_first_position_is_live() -> None:
    assert judge(None, position()) == "live"


@pytest.mark.parametrize(("age", "verdict"), [(29.9, "live"), (30, "live"), (30.1, "stale")])
def test_a_position_is_stale_after_thirty_seconds(age: float, verdict: str) -> None:
    assert judge(None, position(age)) == verdict


@pytest.mark.parametrize(("accuracy", "verdict"), [(None, "live"), (200, "live"), (200.1, "inaccurate")])
def test_a_position_with_an_error_above_200_m_is_inaccurate(accuracy: float | None, verdict: str) -> None:
    assert judge(None, position(accuracy=accuracy)) == verdict


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
    assert judge(last, next_) == verdict


@pytest.mark.parametrize(("ahead", "verdict"), [(30, "live"), (31, "out_of_order")])
def test_a_position_from_the_future_is_rejected_because_it_would_block_later_ones(
    ahead: float, verdict: str
) -> None:
    assert judge(None, position(-ahead)) == verdict


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
    assert judge(position(elapsed), position(0, metres)) == verdict


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
    assert judge(last, next_) == verdict


def test_the_script_limits_match_the_rules() -> None:
    strict = PositionRules(fresh_seconds=5, max_accuracy_m=10, max_speed_ms=1)
    assert judge(None, position(6), strict) == "stale"
    assert judge(None, position(accuracy=11), strict) == "inaccurate"
    assert judge(position(2), position(0, 3), strict) == "impossible"


FAR = 4_000.0  # metres from the other place: an impossible distance for half a minute and more
Report = tuple[float, float]  # seconds, metres


@pytest.mark.parametrize(
    ("reports", "verdicts"),
    [
        # Three that agree over five seconds outvote a lone one.
        ([(0, FAR), (2, 0), (4, 10), (6, 20), (8, 30)], "live no no no live"),
        ([(0, FAR), (3, 0), (8, 0), (9, 0)], "live no no live"),
        # Too few, or within too short a time.
        ([(0, FAR), (1, 0), (20, 0)], "live no no"),
        ([(0, FAR), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0)], "live no no no no no live"),
        # Those that do not agree with each other do not count together.
        ([(0, FAR), (2, 0), (4, 9_000), (6, 0), (8, 9_000), (10, 0)], "live no no no no no"),
        # One that agrees with the believed one discards the others.
        ([(0, FAR), (2, 0), (4, 0), (6, FAR), (8, 0), (10, 0), (12, 0)], "live no no live no no no"),
        # What was reported for long is not outvoted by a few, ...
        (
            [(0, 0), (10, 0), (20, 0), (22, FAR), (28, FAR), (34, FAR), (42, FAR)],
            "live live live no no no live",
        ),
        # ... unless there is a gap before the last: then that one stands alone.
        ([(0, 0), (20, 0), (80, FAR), (82, 0), (84, 0), (87, 0)], "live live live no no live"),
        # However long it was reported, it is outvoted once it is not live any more.
        (
            [
                *((float(t), 0.0) for t in range(0, 200, 20)),
                *((180.0 + t, 40_000.0) for t in (2, 20, 31, 32)),
            ],
            "live " * 10 + "no no no live",
        ),
    ],
)
def test_rejected_positions_that_agree_outvote_the_believed_one(reports: list[Report], verdicts: str) -> None:
    track: Track | None = None
    given = []
    for seconds, metres in reports:
        now = NOW + timedelta(seconds=seconds)
        verdict, track = judge_position(track, position(-seconds, metres), now, RULES)
        given.append("no" if verdict == "impossible" else verdict)
    assert given == verdicts.split()


def test_outside_every_area_a_position_is_no_reason_to_reject_others() -> None:
    lost = judge_position(None, position(2), NOW, RULES, in_area=False).track
    verdict, track = judge_position(lost, position(0, FAR), NOW, RULES)
    assert (verdict, track and track.jumped_at) == ("live", NOW)
    back = judge_position(track, position(-2), NOW + timedelta(seconds=2), RULES, in_area=False)
    assert back.verdict == "impossible"


def test_it_is_remembered_when_an_impossible_speed_was_believed() -> None:
    """Otherwise a driver could claim to be at any pickup within seconds."""
    track = judge_position(None, position(20), NOW, RULES).track
    for age in (10, 7, 4):
        assert track is not None and track.jumped_at is None
        track = judge_position(track, position(age, FAR), NOW, RULES).track
    assert track is not None and track.jumped_at == NOW - timedelta(seconds=4)
    track = judge_position(track, position(2, FAR), NOW, RULES).track
    assert track is not None and track.jumped_at == NOW - timedelta(seconds=4)


@pytest.mark.parametrize(
    ("ahead", "next_ahead", "verdict"),
    [
        (30, 0, "live"),
        (30, 0.3, "live"),  # no clock is exact
        (30, 29, "live"),
        (0, 0, "live"),
        (0, -3, "out_of_order"),
        (30, -3, "out_of_order"),
    ],
)
def test_a_time_ahead_of_ours_counts_as_the_time_of_receipt(
    ahead: float, next_ahead: float, verdict: str
) -> None:
    track = judge_position(None, position(-ahead), NOW, RULES).track
    later = NOW + timedelta(seconds=2)
    assert judge_position(track, position(-2 - next_ahead), later, RULES).verdict == verdict


def test_a_clock_that_is_ahead_gains_no_distance() -> None:
    track = judge_position(None, position(2), NOW, RULES).track
    assert judge_position(track, position(-25, 150), NOW, RULES).verdict == "impossible"
