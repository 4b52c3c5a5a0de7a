"""Request and response bodies of ratings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from supportcarr.contracts.routing import Cursor
from supportcarr.ratings import model
from supportcarr.ratings.average import distribution
from supportcarr.ratings.commands import REASONS, Decision, DriverReason, RiderReason, Side
from supportcarr.ratings.model import SIDES, RescueRatings, ReviewState
from supportcarr.ratings.service import SeenRatings, Standing

Stars = Annotated[int, Meta(ge=1, le=5)]
Words = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
Reason = RiderReason | DriverReason


class RateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``reasons``: those of the caller's side, see ``GET /rescues/{rescue_id}/ratings``."""

    stars: Stars
    reasons: Annotated[list[Reason], Meta(max_length=5)] = []
    comment: Annotated[str, Meta(max_length=500)] | None = None


class ReportBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Words


class ReviewBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``note``: for the audit log."""

    decision: Decision
    note: Words | None = None


class OwnRatingsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``role``: as a rider or as a driver; by default as a driver if the account has that role."""

    role: Side | None = None


class ReviewQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``limit`` counts rescues, of which both ratings may wait."""

    review: Literal["open"] = "open"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class RatingView(msgspec.Struct, frozen=True, kw_only=True):
    """A rating; times are city time."""

    id: str
    stars: int
    reasons: tuple[str, ...]
    comment: str | None
    created_at: datetime

    @classmethod
    def of(cls, ratings: RescueRatings, by: Side) -> RatingView | None:
        """The rating that this side gave, whoever may see it."""
        given = ratings.rating(by)
        if given is None:
            return None
        return cls(
            id=model.rating_id(ratings.id, by),
            stars=given.stars,
            reasons=given.reasons,
            comment=ratings.comment(by),
            created_at=given.at,
        )


class RescueRatingsView(msgspec.Struct, frozen=True, kw_only=True):
    """``theirs`` is there once it is shown: when both sides have rated, or after seven days.

    ``reasons``: those that the reader can choose from.  Operators read ``by_rider`` and ``by_driver``.
    """

    rescue_id: str
    mine: RatingView | None
    theirs: RatingView | None
    may_rate: bool
    reasons: tuple[str, ...]
    shown_at: datetime | None
    by_rider: RatingView | msgspec.UnsetType | None = msgspec.UNSET
    by_driver: RatingView | msgspec.UnsetType | None = msgspec.UNSET

    @classmethod
    def of(cls, seen: SeenRatings) -> RescueRatingsView:
        ratings, side = seen.ratings, seen.side
        by = {one: RatingView.of(ratings, one) if ratings else None for one in SIDES}
        shown_at = ratings.shown_at if ratings else None
        if side is None:
            return cls(
                rescue_id=seen.rescue_id,
                mine=None,
                theirs=None,
                may_rate=False,
                reasons=(),
                shown_at=shown_at,
                by_rider=by["rider"],
                by_driver=by["driver"],
            )
        other = model.other(side)
        return cls(
            rescue_id=seen.rescue_id,
            mine=by[side],
            theirs=by[other] if ratings and model.visible(ratings, other) else None,
            may_rate=seen.may_rate,
            reasons=REASONS[side],
            shown_at=shown_at,
        )


class OwnRatingsView(msgspec.Struct, frozen=True, kw_only=True):
    """How others rate a person: a Bayesian average, and how often each number of stars was given."""

    role: Side
    average: float | None
    count: int
    distribution: dict[str, int]

    @classmethod
    def of(cls, standing: Standing) -> OwnRatingsView:
        return cls(
            role=standing.role,
            average=standing.average,
            count=len(standing.stars),
            distribution={str(stars): times for stars, times in distribution(standing.stars).items()},
        )


class PersonView(msgspec.Struct, frozen=True):
    role: Side
    id: str


class ReportView(msgspec.Struct, frozen=True):
    reason: str


class ReviewedRating(msgspec.Struct, frozen=True, kw_only=True):
    """A rating as operators see it; ``stars_in_return``: what the other side gave, if it did."""

    id: str
    rescue_id: str
    by: PersonView
    about: PersonView
    stars: int
    stars_in_return: int | None
    reasons: tuple[str, ...]
    comment: str | None
    created_at: datetime
    shown_at: datetime | None
    review: ReviewState | None
    report: ReportView | None

    @classmethod
    def of(cls, ratings: RescueRatings, by: Side) -> ReviewedRating:
        given, about = ratings.rating(by), model.other(by)
        assert given is not None, "a rating in review was given"
        in_return, report = ratings.rating(about), ratings.report(by)
        return cls(
            id=model.rating_id(ratings.id, by),
            rescue_id=ratings.rescue_id,
            by=PersonView(by, ratings.person(by)),
            about=PersonView(about, ratings.person(about)),
            stars=given.stars,
            stars_in_return=in_return.stars if in_return else None,
            reasons=given.reasons,
            comment=ratings.comment(by),
            created_at=given.at,
            shown_at=ratings.shown_at,
            review=given.review,
            report=ReportView(report) if report else None,
        )
