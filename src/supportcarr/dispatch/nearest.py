"""The look around a point that goes on until somebody suitable is found."""

from __future__ import annotations

from collections.abc import AsyncIterator

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import NearbyDriver
from supportcarr.dispatch.ports import NearbyDrivers

FIRST_LOOK = 12  # drivers; enough unless most of them are busy


async def nearest(
    positions: NearbyDrivers, area_id: str, point: GeoPoint, radius_m: float
) -> AsyncIterator[list[NearbyDriver]]:
    """Drivers within the radius, nearest first: as many as are usually enough, then, for who asks on,
    as many again, twice as many, and so on until all have been told, each once.

    Positions know nothing of who is free, so any fixed number could be filled by busy drivers while a
    free one stands behind them.  Raises ``kit.redis.RedisError``.
    """
    limit, told = FIRST_LOOK, set[str]()
    while True:
        found = await positions.nearby(area_id, point, radius_m, limit)
        yield [driver for driver in found if driver.driver_id not in told]
        told.update(driver.driver_id for driver in found)
        if len(found) < limit:
            return
        limit *= 2
