"""What is told of positions: the latest of each driver, all together in one publish a tick."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from supportcarr.contracts.positions import PositionUpdate
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient, RedisError
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.tracking.current_jobs import CurrentJobs
from supportcarr.tracking.model import CurrentJob, Position
from supportcarr.tracking.ports import RoutePlanner

BROADCAST_SECONDS, BROADCAST_MAX_SECONDS = 0.1, 1.0  # wall time
BUSY_SHARE = 0.25  # of the time, at most, is spent on telling: slower ticks under load

_log = structlog.get_logger("supportcarr.tracking")


class Debouncer:
    """Calls *work* a moment after the first ``nudge``, and waits longer when the work takes long.

    Nothing runs while nobody nudges.
    """

    def __init__(self, work: Callable[[], Awaitable[None]], least_s: float, most_s: float) -> None:
        self._work = work
        self._least_s, self._most_s = least_s, most_s
        self._wait_s = least_s
        self._task: asyncio.Task[None] | None = None
        self._nudged = False

    def trigger(self) -> None:
        self._nudged = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while self._nudged:
            await asyncio.sleep(self._wait_s)
            self._nudged = False
            began = time.perf_counter()
            try:
                await self._work()
            except Exception:
                _log.exception("tracking.passing_on_failed")
            took = time.perf_counter() - began
            self._wait_s = min(self._most_s, max(self._least_s, took / BUSY_SHARE))

    async def close(self) -> None:
        """Stop waiting, and do what is left at once."""
        if self._task is not None:
            await cancel_and_wait(self._task)
            self._task = None
        if self._nudged:
            self._nudged = False
            await self._work()


async def to_position_update(
    driver_id: str, fix: Position, area_id: str, job: CurrentJob | None, router: RoutePlanner
) -> PositionUpdate:
    """What is told of a position: with the driver's live job, the way to where that needs them."""
    eta = None
    if job is not None and job.destination is not None:
        eta = (await router.leg(fix.point, job.destination)).duration_s
    return PositionUpdate(
        driver_id=driver_id,
        area_id=area_id,
        lat=fix.lat,
        lng=fix.lng,
        at=fix.at,
        heading=fix.heading,
        speed=fix.speed,
        rescue_id=job.rescue_id if job else None,
        rider_id=job.rider_id if job else None,
        eta_seconds=eta,
    )


class PositionBroadcast:
    """Gathers positions and publishes the latest of each driver."""

    def __init__(self, redis: RedisClient, jobs: CurrentJobs, router: RoutePlanner) -> None:
        self._redis = redis
        self._jobs = jobs
        self._router = router
        self._latest: dict[str, tuple[Position, str | None]] = {}
        self._ticking = Debouncer(self.flush, BROADCAST_SECONDS, BROADCAST_MAX_SECONDS)

    def add(self, driver_id: str, fix: Position, area_id: str | None) -> None:
        """Tell this position with the next tick."""
        self._latest[driver_id] = (fix, area_id)
        self._ticking.trigger()

    async def flush(self) -> None:
        """Publish what has gathered.  Without Redis it is dropped: the next position replaces it."""
        latest, self._latest = self._latest, {}
        jobs = await self._jobs.active(latest)
        updates = []
        for driver_id, (fix, area_id) in latest.items():
            job = jobs.get(driver_id)
            if area := area_id or (job.area_id if job else None):
                updates.append(await to_position_update(driver_id, fix, area, job, self._router))
        if updates:
            with contextlib.suppress(RedisError):
                await self._redis.publish(keys.positions_channel(), msgspec.json.encode(updates))

    async def close(self) -> None:
        await self._ticking.close()
