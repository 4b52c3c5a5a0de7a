"""Whether a driver is where a step of the rescue says.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

from supportcarr.contracts.geo import GeoPoint, Place, distance_m
from supportcarr.contracts.rescues import Doubt
from supportcarr.contracts.value_objects import DriverSighting
from supportcarr.rescues.errors import TooFarFromPickup


def doubt_at_pickup(seen: DriverSighting | None, pickup: Place, radius_m: float) -> Doubt | None:
    """Why it is not known that the driver is at the pickup.

    Raises ``TooFarFromPickup`` if it is known that they are not.
    """
    if seen is not None:
        away = distance_m(seen.point, pickup)
        if away > radius_m:
            raise TooFarFromPickup(
                f"You are {away:.0f} m away from the pickup; "
                f"you can report this within {radius_m:.0f} m of it."
            )
    return _doubt(seen)


def check_waited(points: Iterable[GeoPoint], pickup: Place, radius_m: float) -> None:
    """Check that the driver stayed at the pickup while waiting, as far as their trail says.

    Raises ``TooFarFromPickup``.
    """
    away = max((distance_m(point, pickup) for point in points), default=0.0)
    if away > radius_m:
        raise TooFarFromPickup(
            f"You were {away:.0f} m away from the pickup during the wait; "
            f"a no-show needs a wait within {radius_m:.0f} m of it."
        )


def doubt_at_dropoff(seen: DriverSighting | None, dropoff: Place, radius_m: float) -> Doubt | None:
    """Why it is not known that the driver is at the drop-off.

    Being elsewhere is no error: the rider is there, and may want to get off earlier.
    """
    if seen is not None and distance_m(seen.point, dropoff) > radius_m:
        return "far_from_dropoff"
    return _doubt(seen)


def _doubt(seen: DriverSighting | None) -> Doubt | None:
    if seen is None:
        return "position_unknown"
    return "position_jumped" if seen.jumped else None
