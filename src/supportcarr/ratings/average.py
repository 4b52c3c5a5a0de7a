"""The average of a person's ratings, as a read model.  Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.events import RatingShown

DECIMALS = 2
STARS = (1, 2, 3, 4, 5)


class CountedRating(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rating that was shown.  ``version``: of its document, so that an older event changes nothing."""

    id: str
    stars: int
    shown_at: datetime
    version: int
    hidden: bool = False

    @property
    def order(self) -> tuple[datetime, str]:
        return self.shown_at, self.id


class RatingSummary(Document, frozen=True, kw_only=True, omit_defaults=True):
    """The latest ratings of a person in one role, oldest first.

    Hidden ones keep their place: the latest ratings are the same set, whichever of them are hidden.
    """

    person_id: str
    role: str
    ratings: tuple[CountedRating, ...] = ()

    @property
    def stars(self) -> tuple[int, ...]:
        """The stars of the ratings that count."""
        return tuple(rating.stars for rating in self.ratings if not rating.hidden)


def summary_id(person_id: str, role: str) -> str:
    return f"{role}:{person_id}"


def counted(summary: RatingSummary, event: RatingShown, version: int, most: int) -> RatingSummary | None:
    """The summary with what the event says; ``None`` if it knows that.  Keeps the latest *most* ratings."""
    known = {rating.id: rating for rating in summary.ratings}
    before = known.get(event.rating_id)
    if before is not None and before.version >= version:
        return None
    known[event.rating_id] = CountedRating(
        id=event.rating_id,
        stars=event.stars,
        shown_at=event.shown_at,
        version=version,
        hidden=event.hidden,
    )
    latest = tuple(sorted(known.values(), key=lambda rating: rating.order)[-most:])
    return None if latest == summary.ratings else replace(summary, ratings=latest)


def bayesian_average(stars: tuple[int, ...], *, mean: float, weight: float) -> float | None:
    """The average of *stars*, drawn towards *mean* as if that were *weight* further ratings.

    ``(weight * mean + sum(stars)) / (weight + len(stars))``: the posterior mean of a normal model with known
    variance, in which the prior counts as *weight* observations (Gelman et al., "Bayesian Data Analysis",
    3rd ed., section 2.5).  A few bad ratings of somebody who has few move it little.  ``None`` without any.
    """
    if not stars:
        return None
    return round((weight * mean + sum(stars)) / (weight + len(stars)), DECIMALS)


def distribution(stars: tuple[int, ...]) -> dict[int, int]:
    """How often each number of stars was given."""
    return {number: stars.count(number) for number in STARS}
