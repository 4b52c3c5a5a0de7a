"""Where a rider was helped lately, for other parts."""

from __future__ import annotations

from supportcarr.contracts.geo import Place
from supportcarr.kit.store.port import Store
from supportcarr.rescues.collections import RESCUES

RESCUES_READ = 20


class RecentPlaces:
    """Implements the port ``RecentPlaces`` of geocoding."""

    def __init__(self, store: Store) -> None:
        self._rescues = store.collection(RESCUES)

    async def of_rider(self, rider_id: str) -> list[Place]:
        """Pickups and drop-offs of the rider's last rescues that have an address, the latest first."""
        found = await self._rescues.find({"rider_id": rider_id}, sort="-created_at", limit=RESCUES_READ)
        places = (
            place for rescue in found.items for place in (rescue.quote.pickup, rescue.quote.dropoff) if place
        )
        return [place for place in places if place.address]
