"""Search drivers around a point in growing batches."""

from __future__ import annotations

from collections.abc import AsyncIterator

from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import NearbyDriver
from supportcarr.dispatch.ports import NearbyDrivers

FIRST_BATCH = 12  # drivers; enough unless most of them are busy


async def nearest(
    positions: NearbyDrivers, area_id: str, point: GeoPoint, radius_m: float
) -> AsyncIterator[list[NearbyDriver]]:
    """Drivers within the radius, nearest first, each once: a first batch, and larger ones on demand.

    The position store does not know which drivers are free, so any fixed number could consist of busy
    drivers while a free one is a little further away.  Raises ``kit.redis.RedisError``.
    """
    limit, seen = FIRST_BATCH, set[str]()
    while True:
        found = await positions.nearby(area_id, point, radius_m, limit)
        yield [driver for driver in found if driver.driver_id not in seen]
        seen.update(driver.driver_id for driver in found)
        if len(found) < limit:
            return
        limit *= 2
