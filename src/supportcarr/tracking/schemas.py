"""Request and response bodies of tracking."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from supportcarr.contracts.geo import Latitude, Longitude
from supportcarr.tracking.model import Position

BATCH_MAX = 100


class PositionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A driver's position."""

    lat: Latitude
    lng: Longitude
    at: Annotated[datetime, Meta(tz=True, description="city time")]
    accuracy: Annotated[float, Meta(ge=0, description="metres")] | None = None
    heading: Annotated[float, Meta(ge=0, le=360, description="degrees clockwise from north")] | None = None
    speed: Annotated[float, Meta(ge=0, le=1000, description="metres per second")] | None = None

    @property
    def position(self) -> Position:
        return Position(
            lat=self.lat,
            lng=self.lng,
            at=self.at,
            accuracy=self.accuracy,
            heading=self.heading,
            speed=self.speed,
        )


Batch = Annotated[list[PositionIn], Meta(min_length=1, max_length=BATCH_MAX)]
PositionsIn = PositionIn | Batch


class RefusedPosition(msgspec.Struct, frozen=True):
    index: Annotated[int, Meta(description="in the batch, from 0")]
    code: str


class PositionsOut(msgspec.Struct, frozen=True):
    """The result of a report: ``accepted`` counts positions that are live or in the location history."""

    accepted: int
    refused: list[RefusedPosition]
