"""Read riders in tests."""

from __future__ import annotations

from supportcarr.kit.store.port import Store
from supportcarr.riders.collections import RIDERS


async def live_rescue(store: Store, rider_id: str = "usr_rider") -> str | None:
    """The id of the rescue that claims the rider."""
    rider = await store.collection(RIDERS).get(rider_id)
    return rider.live_rescue.rescue_id if rider and rider.live_rescue else None
