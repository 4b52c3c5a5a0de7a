"""Which vehicles are on a job now."""

from __future__ import annotations

from supportcarr.contracts.rescues import LIVE
from supportcarr.kit.store.port import In, Store
from supportcarr.rescues.collections import RESCUES

JOBS_MAX = 20  # a driver has one job, and perhaps the next one


class LiveJobs:
    """Implements the port of ``drivers`` that knows the vehicles in use."""

    def __init__(self, store: Store) -> None:
        self._rescues = store.collection(RESCUES)

    async def vehicles(self, driver_id: str) -> frozenset[str | None]:
        """The vehicle of each live rescue of the driver; ``None`` for one that does not say."""
        page = await self._rescues.find({"driver_id": driver_id, "status": In(LIVE)}, limit=JOBS_MAX)
        return frozenset(rescue.vehicle_id for rescue in page.items)
