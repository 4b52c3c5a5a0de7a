"""The two ratings of a rescue, and the rules for them.  Pure.

Both are one document, so that they are shown in one save, and each is counted once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.events import RatingShown
from supportcarr.contracts.ids import RATING
from supportcarr.contracts.personal import Personal
from supportcarr.contracts.value_objects import RescuePeople
from supportcarr.ratings.commands import REASONS, Rate, Review, Side
from supportcarr.ratings.errors import AlreadyRated, RatingClosed, RatingNotPossible
from supportcarr.ratings.settings import RatingSettings

RATABLE = frozenset({"completed", "aborted"})  # in other final states rider and driver have not met
SIDES: tuple[Side, Side] = ("rider", "driver")

ReviewState = Literal["open", "kept", "hidden"]


class RatingRules(msgspec.Struct, frozen=True, kw_only=True):
    """How long a rescue can be rated, when ratings are shown, and which are reviewed."""

    open_days: float = 30
    shown_after_days: float = 7
    low_stars: int = 2

    @classmethod
    def from_settings(cls, settings: RatingSettings) -> RatingRules:
        """The rules that the settings declare."""
        return msgspec.convert(settings, cls, from_attributes=True)


class Rating(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one side gave; its words are fields of the document, because they are sealed."""

    stars: int
    reasons: tuple[str, ...] = ()
    at: datetime  # city time
    review: ReviewState | None = None  # low or reported ratings only

    @property
    def hidden(self) -> bool:
        return self.review == "hidden"


class RescueRatings(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The ratings of one rescue.  Times are city time.

    ``due_at``: when the one rating that was given is shown; without any: when the document is of no use.
    """

    rescue_id: str
    rider_id: str
    driver_id: str
    ended_at: datetime
    by_rider: Rating | None = None
    by_driver: Rating | None = None
    rider_comment: Annotated[str | None, Personal("rider_id")] = None
    driver_comment: Annotated[str | None, Personal("driver_id")] = None
    # Why the rider says that the driver's rating is abusive, and the other way round.
    rider_report: Annotated[str | None, Personal("rider_id")] = None
    driver_report: Annotated[str | None, Personal("driver_id")] = None
    shown_at: datetime | None = None
    review_since: datetime | None = None  # since when a rating of it waits for an operator
    erased: tuple[str, ...] = ()  # who of the two has no account any more
    due_at: datetime | None = None

    def rating(self, by: Side) -> Rating | None:
        """The rating that this side gave."""
        return self.by_rider if by == "rider" else self.by_driver

    def comment(self, by: Side) -> str | None:
        return self.rider_comment if by == "rider" else self.driver_comment

    def report(self, by: Side) -> str | None:
        """What the other side says against this side's rating."""
        return self.driver_report if by == "rider" else self.rider_report

    def person(self, side: Side) -> str:
        return self.rider_id if side == "rider" else self.driver_id

    def side_of(self, user_id: str) -> Side | None:
        """The side that the person is on; ``None`` for anybody else."""
        if user_id == self.rider_id:
            return "rider"
        return "driver" if user_id == self.driver_id else None


def other(side: Side) -> Side:
    return "driver" if side == "rider" else "rider"


# --- ids ----------------------------------------------------------------------------------------


def document_id(rescue_id: str) -> str:
    """The id of the document of a rescue's ratings: the same each time."""
    return f"{RATING}_{rescue_id.rpartition('_')[2]}"


def rating_id(document: str, by: Side) -> str:
    """The id of one rating: that of its document, with the side that gave it."""
    return f"{RATING}_{by}_{document.rpartition('_')[2]}"


def read_rating_id(text: str) -> tuple[str, Side]:
    """The id of the document, and the side that gave the rating.  Raises ``NotFound``."""
    parts = text.split("_")
    if len(parts) == 3 and parts[0] == RATING:
        for side in SIDES:
            if parts[1] == side:
                return f"{RATING}_{parts[2]}", side
    raise NotFound


# --- changes ------------------------------------------------------------------------------------


def empty_ratings(people: RescuePeople, rules: RatingRules) -> RescueRatings:
    """The document in which a rescue's people rate, before anybody has.  Raises ``RatingNotPossible``."""
    if people.driver_id is None or people.ended_at is None or people.status not in RATABLE:
        raise RatingNotPossible
    return RescueRatings(
        id=document_id(people.rescue_id),
        rescue_id=people.rescue_id,
        rider_id=people.rider_id,
        driver_id=people.driver_id,
        ended_at=people.ended_at,
        due_at=people.ended_at + timedelta(days=rules.open_days),
    )


def closes_at(ratings: RescueRatings, rules: RatingRules) -> datetime:
    """Until when (city time) the rescue can be rated."""
    return ratings.ended_at + timedelta(days=rules.open_days)


def may_rate(ratings: RescueRatings, by: Side, rules: RatingRules, now: datetime) -> bool:
    """True if that side has not rated and still can.

    Not after the other rating was shown: who has read it would answer it.  Nor once the other is erased.
    """
    if ratings.rating(by) is not None or ratings.shown_at is not None or ratings.erased:
        return False
    return now < closes_at(ratings, rules)


def rate(ratings: RescueRatings, by: Side, given: Rate, rules: RatingRules, now: datetime) -> RescueRatings:
    """The document with that rating; with both they are shown.  The same rating again changes nothing.

    Raises ``ValidationFailed``, ``AlreadyRated``, ``RatingClosed``.
    """
    for number, reason in enumerate(given.reasons):
        if reason not in REASONS[by]:
            detail = f"A {by} can choose from: {', '.join(REASONS[by])}"
            raise ValidationFailed.of(f"reasons[{number}]", "unknown", detail)
    reasons = tuple(dict.fromkeys(given.reasons))
    comment = (given.comment or "").strip() or None
    before = ratings.rating(by)
    if before is not None:
        same = before.stars == given.stars and before.reasons == reasons and ratings.comment(by) == comment
        if same:
            return ratings
        raise AlreadyRated
    if not may_rate(ratings, by, rules, now):
        raise RatingClosed
    low = given.stars <= rules.low_stars
    new = Rating(stars=given.stars, reasons=reasons, at=now, review="open" if low else None)
    changed = (
        replace(ratings, by_rider=new, rider_comment=comment)
        if by == "rider"
        else replace(ratings, by_driver=new, driver_comment=comment)
    )
    if changed.rating(other(by)) is None:
        changed = replace(changed, due_at=now + timedelta(days=rules.shown_after_days))
    else:
        changed = replace(changed, shown_at=now, due_at=None)
    return _with_queue(changed, now)


def show(ratings: RescueRatings, now: datetime) -> RescueRatings | None:
    """The document with its only rating shown, once it is due; ``None``: nothing to do."""
    if ratings.due_at is None or now < ratings.due_at or (ratings.by_rider or ratings.by_driver) is None:
        return None
    return replace(ratings, shown_at=now, due_at=None)


def useless(ratings: RescueRatings, now: datetime) -> bool:
    """True if nobody has rated and nobody can any more."""
    nothing = ratings.by_rider is None and ratings.by_driver is None
    return nothing and ratings.due_at is not None and now >= ratings.due_at


def visible(ratings: RescueRatings, by: Side) -> Rating | None:
    """The rating that this side gave, as the other side may see it."""
    rating = ratings.rating(by)
    return rating if rating is not None and ratings.shown_at is not None and not rating.hidden else None


def report(ratings: RescueRatings, by: Side, reason: str, now: datetime) -> RescueRatings | None:
    """The document with a report about the rating that *by* gave; ``None`` if there was one before.

    A rating that an operator has decided on is reviewed again, once.  Raises ``NotFound`` if the other side
    cannot see that rating.
    """
    rating = visible(ratings, by)
    if rating is None:
        raise NotFound
    if ratings.report(by) is not None:
        return None
    changed = _with_review(ratings, by, "open")
    changed = (
        replace(changed, driver_report=reason) if by == "rider" else replace(changed, rider_report=reason)
    )
    return _with_queue(changed, now)


def review(ratings: RescueRatings, by: Side, decision: Review, now: datetime) -> RescueRatings | None:
    """The document with an operator's decision; ``None`` if that is what it says.  Raises ``NotFound``."""
    rating = ratings.rating(by)
    if rating is None:
        raise NotFound
    state: ReviewState = "hidden" if decision.decision == "hide" else "kept"
    if rating.review == state:
        return None
    return _with_queue(_with_review(ratings, by, state), now)


def in_review(ratings: RescueRatings) -> list[Side]:
    """The sides whose ratings wait for an operator."""
    return [side for side in SIDES if (given := ratings.rating(side)) is not None and given.review == "open"]


def shown_events(before: RescueRatings, after: RescueRatings) -> tuple[RatingShown, ...]:
    """An event for each rating that is shown from now on, hidden, or shown again."""
    if after.shown_at is None:
        return ()
    events = []
    for side in SIDES:
        now, then = after.rating(side), before.rating(side)
        if now is None or after.person(other(side)) in after.erased:
            continue
        was_shown = before.shown_at is not None and then is not None
        if was_shown and then is not None and then.hidden == now.hidden:
            continue
        events.append(
            RatingShown(
                rating_id=rating_id(after.id, side),
                rescue_id=after.rescue_id,
                person_id=after.person(other(side)),
                role=other(side),
                stars=now.stars,
                hidden=now.hidden,
                shown_at=after.shown_at,
                first=not was_shown,
            )
        )
    return tuple(events)


def without_person(ratings: RescueRatings, person_id: str) -> RescueRatings | None:
    """The document without the words of that person and those about them; ``None`` if it is that already.

    The stars stay: they count for the other side.
    """
    if ratings.side_of(person_id) is None or person_id in ratings.erased:
        return None
    return replace(
        ratings,
        rider_comment=None,
        driver_comment=None,
        rider_report=None,
        driver_report=None,
        erased=(*ratings.erased, person_id),
    )


def _with_review(ratings: RescueRatings, by: Side, state: ReviewState) -> RescueRatings:
    rating = ratings.rating(by)
    assert rating is not None, "the caller has checked it"
    changed = replace(rating, review=state)
    return replace(ratings, by_rider=changed) if by == "rider" else replace(ratings, by_driver=changed)


def _with_queue(ratings: RescueRatings, now: datetime) -> RescueRatings:
    """The document in the operators' queue, or not."""
    return replace(ratings, review_since=(ratings.review_since or now) if in_review(ratings) else None)
