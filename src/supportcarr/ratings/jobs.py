"""Deadlines of ratings."""

from __future__ import annotations

from supportcarr.kit.jobs.declarations import Deadline
from supportcarr.ratings.collections import RATINGS
from supportcarr.ratings.service import RatingService


def deadlines(service: RatingService) -> list[Deadline]:
    """When a rating is shown though the other side has not rated."""
    return [Deadline(RATINGS, service.on_deadline, every_s=30)]
