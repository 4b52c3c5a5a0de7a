"""What dispatch needs of other parts."""

from __future__ import annotations

from typing import Literal, Protocol

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import Leg, NearbyDriver


class RescueAssignments(Protocol):
    """Assigns rescues to drivers.  Implemented by ``rescues.service.RescueService``."""

    async def assign(self, rescue_id: str, *, driver_id: str, offer_id: str, eta_seconds: int | None) -> bool:
        """Assign the driver who accepted that offer.

        True if the driver has the rescue by this offer, now or already; False if the rescue is not
        available (any more).
        """

    async def driver_of(self, rescue_id: str) -> str | None:
        """The driver who has the job now; ``None`` while the rescue waits, and once it is final."""


class NearbyDrivers(Protocol):
    """Finds drivers by position.  Implemented by ``tracking.service.TrackingService``.

    Both methods raise ``kit.redis.RedisError`` while positions are not available.
    """

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        """Drivers with a fresh position within the radius, nearest first."""

    async def present(self, area_id: str) -> dict[str, GeoPoint]:
        """Every driver with a fresh position in the area."""


class RoutePlanner(Protocol):
    """Plans routes by road.  Implemented by ``providers.routing.StraightLineRouter``."""

    async def leg(self, origin: GeoPoint, destination: GeoPoint) -> Leg:
        """The route from one point to the other: metres and seconds."""


class DriverAvailability(Protocol):
    """Takes drivers offline, and knows who may drive.  Implemented by ``drivers.service.DriverService``."""

    async def job_obstacle(self, driver_id: str) -> Literal["stopped", "documents", "hours"] | None:
        """Why the driver may not take a job now, by the profile as it is stored; ``None``: the driver may.

        ``stopped``: not approved, or taken offline by the system.
        """

    async def set_offline(self, driver_id: str, reason: str) -> None:
        """Set a driver offline who did not ask for it; nothing if the driver is offline."""


class RescuesOfRider(Protocol):
    """The rescues of a person.  Implemented by ``rescues.personal_data.RescueData``."""

    async def ids_of_rider(self, person_id: str) -> list[str]:
        """The ids of the rescues that the person asked for."""
