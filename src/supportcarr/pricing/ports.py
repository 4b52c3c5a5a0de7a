"""What pricing needs of other parts."""

from __future__ import annotations

from typing import Protocol

from supportcarr.contracts.carrying import NO_NEEDS, CarryingNeeds
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import BikeLoad, Leg


class RoutePlanner(Protocol):
    """Plans routes by road.  Implemented by ``providers.routing.StraightLineRouter``."""

    async def leg(self, origin: GeoPoint, destination: GeoPoint) -> Leg:
        """The route from one point to the other: metres and seconds."""


class PickupEtas(Protocol):
    """Estimates when a driver could come.  Implemented by ``dispatch.supply.DriverSupply``."""

    async def eta_seconds(self, area_id: str, point: GeoPoint, needs: CarryingNeeds = NO_NEEDS) -> int | None:
        """City seconds until the nearest free driver whose vehicle has what is needed could be there;
        ``None`` if there is none."""


class Bikes(Protocol):
    """Riders' bikes.  Implemented by ``riders.possession_service.BikeService``."""

    async def load_of(self, rider_id: str, bike_id: str) -> BikeLoad:
        """What a vehicle has to carry.  Raises ``ValidationFailed`` unless the bike is the rider's."""
