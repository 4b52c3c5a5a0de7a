"""Who may rate when, when ratings are shown, and which are reviewed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.value_objects import RescuePeople
from supportcarr.ratings import model
from supportcarr.ratings.commands import REASONS, Rate, Review, Side
from supportcarr.ratings.errors import AlreadyRated, RatingClosed, RatingNotPossible
from supportcarr.ratings.model import RatingRules, RescueRatings

END = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
RULES = RatingRules()
DAY = timedelta(days=1)
PEOPLE = RescuePeople(
    rescue_id="res_qc_01jdc0000000000000000000r1",
    rider_id="usr_rider",
    driver_id="usr_driver",
    status="completed",
    ended_at=END,
)
EMPTY = model.empty_ratings(PEOPLE, RULES)


def rated(by: Side, stars: int = 5, *, after: timedelta = DAY, of: RescueRatings = EMPTY) -> RescueRatings:
    return model.rate(of, by, Rate(stars), RULES, END + after)


@pytest.mark.parametrize("status", ["completed", "aborted"])
def test_people_who_met_can_rate(status: str) -> None:
    assert model.empty_ratings(replace(PEOPLE, status=status), RULES).rescue_id == PEOPLE.rescue_id


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "no_show"},
        {"status": "cancelled"},
        {"status": "unserved", "driver_id": None},
        {"status": "in_transit", "ended_at": None},
    ],
)
def test_people_who_did_not_meet_or_are_under_way_cannot(changes: dict[str, str | None]) -> None:
    with pytest.raises(RatingNotPossible):
        model.empty_ratings(replace(PEOPLE, **changes), RULES)


def test_one_rating_is_not_shown_before_seven_days() -> None:
    one = rated("rider", 4)
    assert model.visible(one, "rider") is None and one.due_at == END + 8 * DAY
    assert model.show(one, END + 8 * DAY - timedelta(seconds=1)) is None
    shown = model.show(one, END + 8 * DAY)
    assert shown is not None and shown.due_at is None
    seen = model.visible(shown, "rider")
    assert seen is not None and seen.stars == 4


def test_two_ratings_are_shown_together_at_once() -> None:
    both = rated("driver", 3, of=rated("rider", 4), after=2 * DAY)
    assert both.shown_at == END + 2 * DAY and both.due_at is None
    assert [event.person_id for event in model.shown_events(rated("rider", 4), both)] == [
        "usr_driver",
        "usr_rider",
    ]


def test_who_has_read_the_other_rating_cannot_answer_it() -> None:
    shown = model.show(rated("rider", 1), END + 8 * DAY)
    assert shown is not None
    with pytest.raises(RatingClosed):
        rated("driver", 1, of=shown, after=9 * DAY)


def test_a_rescue_can_be_rated_for_thirty_days() -> None:
    assert rated("rider", after=30 * DAY - timedelta(seconds=1)).by_rider is not None
    with pytest.raises(RatingClosed):
        rated("rider", after=30 * DAY)


def test_each_side_rates_once_and_may_repeat_the_same() -> None:
    one = rated("rider", 4)
    assert rated("rider", 4, of=one, after=2 * DAY) is one
    with pytest.raises(AlreadyRated):
        rated("rider", 5, of=one)


@pytest.mark.parametrize("by", ["rider", "driver"])
def test_each_side_has_reasons_of_its_own(by: Side) -> None:
    foreign = sorted(set(REASONS[model.other(by)]) - set(REASONS[by]))[0]
    with pytest.raises(ValidationFailed) as refused:
        model.rate(EMPTY, by, Rate(5, ("friendly", foreign)), RULES, END)
    assert refused.value.errors[0].field == "reasons[1]"
    given = model.rate(EMPTY, by, Rate(5, (*REASONS[by], "other")), RULES, END)
    assert given.rating(by).reasons == REASONS[by]  # type: ignore[union-attr]


@pytest.mark.parametrize(("stars", "reviewed"), [(1, True), (2, True), (3, False), (5, False)])
def test_low_ratings_wait_for_an_operator(stars: int, *, reviewed: bool) -> None:
    one = rated("driver", stars)
    assert model.in_review(one) == (["driver"] if reviewed else [])
    assert (one.review_since is not None) == reviewed


def test_a_hidden_rating_is_neither_seen_nor_counted_and_can_come_back() -> None:
    both = rated("driver", 5, of=rated("rider", 1))
    hidden = model.review(both, "rider", Review("hide"), END + DAY)
    assert hidden is not None and hidden.review_since is None
    assert model.visible(hidden, "rider") is None
    [event] = model.shown_events(both, hidden)
    assert (event.person_id, event.role, event.hidden, event.first) == ("usr_driver", "driver", True, False)
    assert model.review(hidden, "rider", Review("hide"), END + DAY) is None
    back = model.review(hidden, "rider", Review("keep"), END + DAY)
    assert back is not None and model.visible(back, "rider") is not None
    assert [event.hidden for event in model.shown_events(hidden, back)] == [False]


def test_a_rating_that_is_hidden_before_it_is_shown_stays_hidden() -> None:
    hidden = model.review(rated("rider", 1), "rider", Review("hide"), END + DAY)
    assert hidden is not None and model.shown_events(rated("rider", 1), hidden) == ()
    both = rated("driver", 5, of=hidden)
    assert {(event.person_id, event.hidden) for event in model.shown_events(hidden, both)} == {
        ("usr_driver", True),
        ("usr_rider", False),
    }


def test_a_report_opens_a_review_once_and_only_of_what_can_be_seen() -> None:
    with pytest.raises(NotFound):
        model.report(rated("rider", 4), "rider", "Insulting", END + DAY)
    both = rated("driver", of=rated("rider", 4))
    reported = model.report(both, "rider", "Insulting", END + 3 * DAY)
    assert reported is not None and model.in_review(reported) == ["rider"]
    assert (reported.report("rider"), reported.report("driver")) == ("Insulting", None)
    assert model.report(reported, "rider", "Again", END + 4 * DAY) is None
    with pytest.raises(NotFound):
        hidden = model.review(reported, "rider", Review("hide"), END + DAY)
        assert hidden is not None
        model.report(hidden, "rider", "Insulting", END + DAY)


def test_of_an_erased_person_only_the_stars_stay() -> None:
    given = model.rate(EMPTY, "rider", Rate(4, (), "Kind words"), RULES, END)
    left = model.without_person(given, "usr_rider")
    assert left is not None and (left.rider_comment, left.by_rider) == (None, given.by_rider)
    assert model.without_person(left, "usr_rider") is None
    assert not model.may_rate(left, "driver", RULES, END)
    shown = model.show(left, END + 7 * DAY)
    assert shown is not None and [e.person_id for e in model.shown_events(left, shown)] == ["usr_driver"]


def test_the_id_of_a_rating_names_its_document_and_side() -> None:
    for side in model.SIDES:
        assert model.read_rating_id(model.rating_id(EMPTY.id, side)) == (EMPTY.id, side)
    for wrong in ("", "rat_", EMPTY.id, "usr_rider_01", "rat_admin_01"):
        with pytest.raises(NotFound):
            model.read_rating_id(wrong)
