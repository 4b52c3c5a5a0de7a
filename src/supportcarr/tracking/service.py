"""Positions of drivers: judged, kept live, told to who waits, and written down as trails."""

from __future__ import annotations

from collections.abc import Sequence

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import Overloaded
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.positions import PositionUpdate
from supportcarr.contracts.value_objects import NearbyDriver
from supportcarr.kit.redis.client import RedisClient, RedisError
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import Dispatch
from supportcarr.kit.store.port import Store
from supportcarr.tracking.broadcast import Broadcast, update_of
from supportcarr.tracking.current_jobs import CurrentJobs
from supportcarr.tracking.errors import REFUSALS
from supportcarr.tracking.location_history import LocationHistoryWriter
from supportcarr.tracking.model import Fix, Rules, Verdict, judge
from supportcarr.tracking.ports import Areas, Router
from supportcarr.tracking.position_store import PositionStore


class TrackingService:
    """The verbs of tracking.  ``close`` passes on what has gathered."""

    def __init__(
        self,
        store: Store,
        redis: RedisClient,
        clock: Clock,
        areas: Areas,
        router: Router,
        settings: Dispatch,
    ) -> None:
        self._clock = clock
        self._areas = areas
        self._router = router
        self._rules = Rules(fresh_seconds=settings.fresh_seconds)
        self._live = PositionStore(redis, clock, self._rules)
        self._jobs = CurrentJobs(store)
        self._broadcast = Broadcast(redis, self._jobs, router)
        self._trails = LocationHistoryWriter(store, self._jobs)

    async def report_one(self, driver_id: str, fix: Fix) -> None:
        """Take one position of a driver who is connected.

        Raises ``PositionRefused``, and has changed nothing then; ``Overloaded`` without Redis.
        """
        verdict = judge(None, fix, self._clock.city(), self._rules)
        if verdict == "live":
            (verdict,) = await self._take(driver_id, (fix,))
        if verdict in REFUSALS:
            raise REFUSALS[verdict]

    async def report(self, driver_id: str, fixes: Sequence[Fix]) -> list[Verdict]:
        """Take the positions that a phone gathered; the verdicts in the order given.

        ``stale`` ones are in the trail, though not live; the others that are not ``live`` or
        ``repeated`` had no effect.  Raises ``Overloaded`` without Redis.
        """
        order = sorted(range(len(fixes)), key=lambda i: fixes[i].at)
        judged = await self._take(driver_id, [fixes[i] for i in order])
        verdicts: list[Verdict] = ["live"] * len(fixes)
        for i, verdict in zip(order, judged, strict=True):
            verdicts[i] = verdict
        return verdicts

    async def _take(self, driver_id: str, fixes: Sequence[Fix]) -> list[Verdict]:
        """The same of positions in order of time."""
        area_id = await self._areas.area_at(fixes[-1].point)
        try:
            verdicts = await self._live.report(driver_id, area_id, fixes)
        except RedisError as error:
            raise Overloaded("Positions cannot be taken just now", retry_after=1.0) from error
        newest: Fix | None = None
        for fix, verdict in zip(fixes, verdicts, strict=True):
            if verdict in ("live", "stale"):
                self._trails.put(driver_id, fix)
            if verdict == "live":
                newest = fix
        if newest is not None:
            self._broadcast.put(driver_id, newest, area_id)
        return verdicts

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        """Drivers with a fresh position within the radius, nearest first.  Raises ``RedisError``."""
        return await self._live.nearby(area_id, point, radius_m, limit)

    async def present(self, area_id: str) -> dict[str, GeoPoint]:
        """Every driver with a fresh position in the area, and where.  Raises ``RedisError``."""
        return {seen.driver_id: seen.point for seen in await self._live.present(area_id)}

    async def positions(self, area_id: str) -> list[PositionUpdate]:
        """The same as the broadcast tells it, for a console that begins to look.  Raises ``RedisError``."""
        seen = await self._live.present(area_id)
        jobs = await self._jobs.of(one.driver_id for one in seen)
        return [
            await update_of(
                one.driver_id,
                Fix(lat=one.point.lat, lng=one.point.lng, at=one.at, heading=one.heading),
                area_id,
                jobs.get(one.driver_id),
                self._router,
            )
            for one in seen
        ]

    async def follow_rescue(self, event: EventEnvelope) -> None:
        """Keep the drivers' live jobs; safe to repeat."""
        await self._jobs.follow(event)

    async def close(self) -> None:
        await self._broadcast.close()
        await self._trails.close()
