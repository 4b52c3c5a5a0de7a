"""What tracking holds of a person: a driver's trails, current job and last position.

The trail of a driver also shows where the rider was: it is erased with either of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_matching
from supportcarr.tracking.collections import CURRENT_JOBS, LOCATION_HISTORY
from supportcarr.tracking.ports import RescuesOfRider
from supportcarr.tracking.position_store import forget_position


class TrackingData:
    """``privacy.ports.PersonalData`` of tracking."""

    part = "positions"
    slow = False

    def __init__(self, store: Store, redis: RedisClient, rescues: RescuesOfRider) -> None:
        self._jobs = store.collection(CURRENT_JOBS)
        self._segments = store.collection(LOCATION_HISTORY)
        self._redis = redis
        self._rescues = rescues

    async def export(self, person_id: str) -> Mapping[str, Any]:
        trails = [
            {"rescue_id": segment.rescue_id, "points": segment.points}
            async for segment in self._segments.scan({"driver_id": person_id})
        ]
        return {"trails": trails} if trails else {}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        await delete_matching(self._segments, {"driver_id": person_id})
        for rescue_id in await self._rescues.ids_of_rider(person_id):
            await delete_matching(self._segments, {"rescue_id": rescue_id})
        await delete_matching(self._jobs, {"rider_id": person_id})  # the last jobs of the drivers who came
        job = await self._jobs.get(person_id)
        if job is not None:
            await self._jobs.delete(job.id, job.version)
        await forget_position(self._redis, person_id)
