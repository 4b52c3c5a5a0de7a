"""What tracking needs from other parts."""

from __future__ import annotations

from typing import Protocol

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import Leg


class AreaLookup(Protocol):
    """Finds the service area of a point.  Implemented by ``pricing.geography.ServiceAreas``."""

    async def area_at(self, point: GeoPoint) -> str | None:
        """The area's id; ``None`` outside every area."""


class RoutePlanner(Protocol):
    """Estimates routes by road.  Implemented by ``providers.routing.StraightLineRouter``."""

    async def leg(self, origin: GeoPoint, destination: GeoPoint) -> Leg:
        """Metres and seconds."""


class RescuesOfRider(Protocol):
    """The rescues of a person.  Implemented by ``rescues.personal_data.RescueData``."""

    async def ids_of_rider(self, person_id: str) -> list[str]:
        """The ids of the rescues that the person asked for."""
