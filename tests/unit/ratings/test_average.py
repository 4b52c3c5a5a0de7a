"""The average of a person: drawn to what is usual, and the same in whatever order its events come."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from supportcarr.contracts.events import RatingShown
from supportcarr.ratings.average import RatingSummary, bayesian_average, counted, distribution

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
NOBODY = RatingSummary(id="driver:usr_1", person_id="usr_1", role="driver")


@pytest.mark.parametrize(
    ("stars", "average"),
    [
        ((), None),
        ((5,), 4.64),
        ((1,), 4.2),
        ((1, 1, 1), 3.62),
        ((5,) * 100 + (1,) * 3, 4.86),
        ((3,) * 192, 3.06),
    ],
)
def test_the_average_counts_eight_usual_ratings_besides(stars: tuple[int, ...], average: float) -> None:
    assert bayesian_average(stars, mean=4.6, weight=8) == average


def test_without_weight_it_is_the_plain_average() -> None:
    assert bayesian_average((1, 2, 5), mean=4.6, weight=0) == 2.67


def test_the_distribution_names_every_number_of_stars() -> None:
    assert distribution((5, 5, 1)) == {1: 1, 2: 0, 3: 0, 4: 0, 5: 2}


def shown(number: int, stars: int, *, hidden: bool = False) -> RatingShown:
    return RatingShown(
        rating_id=f"rat_rider_{number}",
        rescue_id=f"res_{number}",
        person_id="usr_1",
        role="driver",
        stars=stars,
        hidden=hidden,
        shown_at=NOON + timedelta(minutes=number),
        first=not hidden,
    )


def after(*events: tuple[RatingShown, int], most: int = 200) -> RatingSummary:
    summary = NOBODY
    for event, version in events:
        summary = counted(summary, event, version, most) or summary
    return summary


def test_each_rating_counts_once_however_often_its_event_comes() -> None:
    events = [(shown(1, 5), 3), (shown(2, 4), 2), (shown(1, 5, hidden=True), 4), (shown(1, 5), 5)]
    expected = after(*events)
    assert sorted(expected.stars) == [4, 5]
    for order in itertools.permutations(events):
        assert after(*order, *events) == expected


def test_an_older_event_does_not_bring_a_hidden_rating_back() -> None:
    assert after((shown(1, 1), 2), (shown(1, 1, hidden=True), 3), (shown(1, 1), 2)).stars == ()


def test_only_the_latest_ratings_are_kept_and_a_hidden_one_keeps_its_place() -> None:
    events = [(shown(n, n % 5 + 1), 1) for n in range(6)]
    latest = after(*events, most=3)
    assert [rating.id for rating in latest.ratings] == ["rat_rider_3", "rat_rider_4", "rat_rider_5"]
    assert counted(latest, shown(0, 1), 9, 3) is None, "too old to count"
    hidden = counted(latest, shown(5, 1, hidden=True), 2, 3)
    assert hidden is not None and hidden.stars == (4, 5)
