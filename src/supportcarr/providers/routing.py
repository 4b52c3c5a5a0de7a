"""Routes by road, without a map."""

from __future__ import annotations

from supportcarr.contracts.geo import GeoPoint, Place, distance_m
from supportcarr.contracts.value_objects import Leg
from supportcarr.providers.settings import RoutingSettings


class StraightLineRouter:
    """Estimates a route by road as the great-circle distance times a factor, at a mean speed.

    Implements the ports that plan routes.  Asynchronous, because other adapters would ask a server.
    """

    def __init__(self, settings: RoutingSettings) -> None:
        self._detour = settings.detour
        self._metres_a_second = settings.speed_kmh / 3.6

    async def leg(self, origin: GeoPoint | Place, destination: GeoPoint | Place) -> Leg:
        """The route from one place to the other: metres and seconds, rounded."""
        return self.estimate(origin, destination)

    def estimate(self, origin: GeoPoint | Place, destination: GeoPoint | Place) -> Leg:
        """The same, for callers that cannot wait."""
        metres = distance_m(origin, destination) * self._detour
        return Leg(round(metres), round(metres / self._metres_a_second))
