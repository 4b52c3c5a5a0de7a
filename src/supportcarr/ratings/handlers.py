"""Event consumers of ratings."""

from __future__ import annotations

from supportcarr.contracts.events import RatingShown, RescueAborted, RescueCompleted
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.ratings.service import RatingService


def consumers(service: RatingService) -> list[Consumer]:
    """Open the ratings of a rescue that has ended, and keep the averages."""
    return [
        Consumer("ratings.open", (RescueCompleted, RescueAborted), service.on_end, Phase.PROJECTION),
        Consumer("ratings.count", (RatingShown,), service.count, Phase.PROJECTION),
    ]
