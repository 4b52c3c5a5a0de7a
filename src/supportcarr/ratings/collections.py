"""The collections of ratings."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.ratings.average import RatingSummary
from supportcarr.ratings.model import RescueRatings

RATINGS = CollectionSpec(
    "ratings",
    RescueRatings,
    indexes=(
        Index("rider_id", "ended_at"),
        Index("driver_id", "ended_at"),
        Index("review_since"),
        Index("due_at"),
    ),
)
SUMMARIES = CollectionSpec("ratingsummaries", RatingSummary, indexes=(Index("person_id"),))

SPECS: tuple[CollectionSpec[Any], ...] = (RATINGS, SUMMARIES)
