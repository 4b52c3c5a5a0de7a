"""Settings of ratings."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from supportcarr.kit.runtime.settings import SettingsGroup


class RatingSettings(SettingsGroup, frozen=True, kw_only=True):
    """Ratings (city time)."""

    prefix = "RATINGS_"
    open_days: Annotated[
        float, Meta(gt=0, le=365, description="days after a rescue in which its people may rate it")
    ] = 30
    shown_after_days: Annotated[
        float,
        Meta(gt=0, le=365, description="days after which a rating is shown if the other side has not rated"),
    ] = 7
    low_stars: Annotated[
        int, Meta(ge=0, le=5, description="ratings of at most so many stars are reviewed; 0: none")
    ] = 2
    prior_mean: Annotated[
        float, Meta(ge=1, le=5, description="the average of a person before anybody has rated them")
    ] = 4.6
    prior_weight: Annotated[
        float, Meta(ge=0, le=1000, description="how many ratings that average counts as")
    ] = 8
    counted: Annotated[
        int, Meta(ge=1, le=1000, description="latest ratings of a person that the average is made of")
    ] = 200
