"""What tracking needs of others."""

from __future__ import annotations

from typing import Protocol

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import Leg


class AreaLookup(Protocol):
    """Which service area a place belongs to."""

    async def area_at(self, point: GeoPoint) -> str | None: ...


class RoutePlanner(Protocol):
    """Ways by road: metres and seconds."""

    async def leg(self, origin: GeoPoint, destination: GeoPoint) -> Leg: ...
