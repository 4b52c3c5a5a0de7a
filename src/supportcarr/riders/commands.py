"""What can be asked of a rider's profile."""

from __future__ import annotations

import msgspec

from supportcarr.contracts.geo import Place
from supportcarr.contracts.value_objects import BikeType


class PlaceDetails(msgspec.Struct, frozen=True):
    """A saved place as the rider describes it."""

    name: str
    place: Place


class BikeDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A bike as the rider describes it; ``None``: the rider does not say."""

    name: str
    type: BikeType = "other"
    make: str | None = None
    model: str | None = None
    weight_kg: float | None = None
    battery_wh: int | None = None
    battery_removable: bool | None = None
    photo_id: str | None = None
