"""How many drivers could come now: for quotes, coverage and the console's overview."""

from __future__ import annotations

import msgspec

from supportcarr.contracts.carrying import NO_NEEDS, CarryingNeeds, can_carry
from supportcarr.contracts.geo import GeoPoint
from supportcarr.dispatch.collections import ROSTER
from supportcarr.dispatch.nearest import nearest
from supportcarr.dispatch.ports import NearbyDrivers, RoutePlanner
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.store.port import Store

BUSY_MAX = 5_000


class OnlineCounts(msgspec.Struct, frozen=True):
    """Drivers of an area: ``online`` includes the busy ones."""

    online: int
    busy: int


class DriverSupply:
    """Combines positions and the roster in the same way as a search for a rescue."""

    def __init__(
        self,
        store: Store,
        positions: NearbyDrivers,
        routes: RoutePlanner,
        *,
        radius_max_m: float,
    ) -> None:
        self._roster = store.collection(ROSTER)
        self._radius_max_m = radius_max_m
        self._positions = positions
        self._routes = routes

    async def eta_seconds(self, area_id: str, point: GeoPoint, needs: CarryingNeeds = NO_NEEDS) -> int | None:
        """Seconds until the nearest free driver whose vehicle has what is needed could be there.

        ``None`` if there is none, or positions are not available (no Redis).
        """
        try:
            async for nearby in nearest(self._positions, area_id, point, self._radius_max_m):
                roster = await self._roster.get_many([d.driver_id for d in nearby])
                for driver in nearby:
                    entry = roster.get(driver.driver_id)
                    if entry is not None and entry.is_free and can_carry(entry.vehicle, needs):
                        return (await self._routes.leg(driver.point, point)).duration_s
        except RedisError:
            pass
        return None

    async def online_counts(self, area_id: str) -> OnlineCounts:
        """Count drivers who are online with a fresh position in the area, or on a job there."""
        page = await self._roster.find({"busy_area": area_id}, limit=BUSY_MAX)
        busy = {entry.id for entry in page.items}
        try:
            present = await self._positions.present(area_id)
        except RedisError:
            present = {}
        entries = await self._roster.get_many(list(present))
        online = {driver_id for driver_id, entry in entries.items() if entry.may_work}
        return OnlineCounts(len(online | busy), len(busy))
