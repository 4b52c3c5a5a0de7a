"""What pricing needs from others."""

from __future__ import annotations

from typing import Protocol

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import Leg


class RoutePlanner(Protocol):
    """Ways by road."""

    async def leg(self, origin: GeoPoint, destination: GeoPoint) -> Leg:
        """The way from one place to the other: metres and seconds."""


class PickupEtas(Protocol):
    """Who could come."""

    async def eta_seconds(self, area_id: str, point: GeoPoint) -> int | None:
        """Seconds until the nearest free driver could be there (city time); ``None``: nobody could."""
