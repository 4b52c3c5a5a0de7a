"""What dispatch needs of others."""

from __future__ import annotations

from typing import Protocol

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import Leg, NearbyDriver


class RescueAssignments(Protocol):
    """The rescues, as far as dispatch may change them."""

    async def assign(self, rescue_id: str, *, driver_id: str, offer_id: str, eta_seconds: int | None) -> bool:
        """Assign the driver who accepted that offer.

        True if the driver has the rescue by this very offer, now or already; False if it is not to
        be had (also: not any more).
        """

    async def driver_of(self, rescue_id: str) -> str | None:
        """Whose job it is now; ``None`` while it waits, and once it is final."""


class NearbyDrivers(Protocol):
    """Where drivers are; both raise ``kit.redis.RedisError`` while nobody knows."""

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        """Drivers with a fresh position within the radius, nearest first."""

    async def present(self, area_id: str) -> dict[str, GeoPoint]:
        """Every driver with a fresh position in the area."""


class RoutePlanner(Protocol):
    """Ways by road: metres and seconds."""

    async def leg(self, origin: GeoPoint, destination: GeoPoint) -> Leg: ...


class DriverAvailability(Protocol):
    """The drivers' own part."""

    async def set_offline(self, driver_id: str, reason: str) -> None:
        """Take a driver offline who did not ask for it; nothing if the driver is offline."""
