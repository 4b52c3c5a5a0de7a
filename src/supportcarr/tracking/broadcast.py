"""Publishes the latest position of each driver, all drivers in one message per interval."""

from __future__ import annotations

import contextlib

import msgspec

from supportcarr.contracts.positions import PositionUpdate
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient, RedisError
from supportcarr.tracking.current_jobs import CurrentJobs
from supportcarr.tracking.debouncer import Debouncer
from supportcarr.tracking.model import CurrentJob, Position
from supportcarr.tracking.ports import RoutePlanner

BROADCAST_SECONDS, BROADCAST_MAX_SECONDS = 0.1, 1.0  # wall time


async def to_position_update(
    driver_id: str, position: Position, area_id: str, job: CurrentJob | None, planner: RoutePlanner
) -> PositionUpdate:
    """The position as it is published: with the driver's current job and the time to its next stop."""
    eta = None
    if job is not None and job.destination is not None:
        eta = (await planner.leg(position.point, job.destination)).duration_s
    return PositionUpdate(
        driver_id=driver_id,
        area_id=area_id,
        lat=position.lat,
        lng=position.lng,
        at=position.at,
        heading=position.heading,
        speed=position.speed,
        rescue_id=job.rescue_id if job else None,
        rider_id=job.rider_id if job else None,
        eta_seconds=eta,
    )


class PositionBroadcast:
    """Collects positions and publishes the latest of each driver."""

    def __init__(self, redis: RedisClient, jobs: CurrentJobs, planner: RoutePlanner) -> None:
        self._redis = redis
        self._jobs = jobs
        self._planner = planner
        self._latest: dict[str, tuple[Position, str | None]] = {}
        self._debouncer = Debouncer(
            "position_broadcast", self.flush, BROADCAST_SECONDS, BROADCAST_MAX_SECONDS
        )

    def add(self, driver_id: str, position: Position, area_id: str | None) -> None:
        """Publish this position with the next message."""
        self._latest[driver_id] = (position, area_id)
        self._debouncer.trigger()

    async def flush(self) -> None:
        """Publish what was collected.  Without Redis it is dropped: the next position replaces it."""
        latest, self._latest = self._latest, {}
        jobs = await self._jobs.active(latest)
        updates = []
        for driver_id, (position, area_id) in latest.items():
            job = jobs.get(driver_id)
            if area := area_id or (job.area_id if job else None):
                updates.append(await to_position_update(driver_id, position, area, job, self._planner))
        if updates:
            with contextlib.suppress(RedisError):
                await self._redis.publish(keys.positions_channel(), msgspec.json.encode(updates))

    async def close(self) -> None:
        """Publish what was collected, and stop."""
        await self._debouncer.close()
