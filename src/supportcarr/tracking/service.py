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
from supportcarr.kit.store.port import Store
from supportcarr.tracking.broadcast import PositionBroadcast, to_position_update
from supportcarr.tracking.current_jobs import CurrentJobs
from supportcarr.tracking.errors import ERRORS
from supportcarr.tracking.location_history import LocationHistoryWriter
from supportcarr.tracking.model import Position, PositionRules, PositionVerdict, judge_position
from supportcarr.tracking.ports import AreaLookup, RoutePlanner
from supportcarr.tracking.position_store import PositionStore


class TrackingService:
    """The verbs of tracking.  ``close`` passes on what has gathered."""

    def __init__(
        self,
        store: Store,
        redis: RedisClient,
        clock: Clock,
        areas: AreaLookup,
        router: RoutePlanner,
        *,
        fresh_seconds: float,
    ) -> None:
        self._clock = clock
        self._areas = areas
        self._router = router
        self._rules = PositionRules(fresh_seconds=fresh_seconds)
        self._live = PositionStore(redis, clock, self._rules)
        self._jobs = CurrentJobs(store)
        self._broadcast = PositionBroadcast(redis, self._jobs, router)
        self._trails = LocationHistoryWriter(store, self._jobs)

    async def report_one(self, driver_id: str, fix: Position) -> None:
        """Take one position of a driver who is connected.

        Raises ``PositionRefused``, and has changed nothing then; ``Overloaded`` without Redis.
        """
        verdict = judge_position(None, fix, self._clock.city(), self._rules)
        if verdict == "live":
            (verdict,) = await self._take(driver_id, (fix,))
        if verdict in ERRORS:
            raise ERRORS[verdict]

    async def report(self, driver_id: str, fixes: Sequence[Position]) -> list[PositionVerdict]:
        """Take the positions that a phone gathered; the verdicts in the order given.

        ``stale`` ones are in the trail, though not live; the others that are not ``live`` or
        ``repeated`` had no effect.  Raises ``Overloaded`` without Redis.
        """
        order = sorted(range(len(fixes)), key=lambda i: fixes[i].at)
        judged = await self._take(driver_id, [fixes[i] for i in order])
        verdicts: list[PositionVerdict] = ["live"] * len(fixes)
        for i, verdict in zip(order, judged, strict=True):
            verdicts[i] = verdict
        return verdicts

    async def _take(self, driver_id: str, fixes: Sequence[Position]) -> list[PositionVerdict]:
        """The same of positions in order of time."""
        area_id = await self._areas.area_at(fixes[-1].point)
        try:
            verdicts = await self._live.record(driver_id, area_id, fixes)
        except RedisError as error:
            raise Overloaded("Positions cannot be taken just now", retry_after=1.0) from error
        newest: Position | None = None
        for fix, verdict in zip(fixes, verdicts, strict=True):
            if verdict in ("live", "stale"):
                self._trails.add(driver_id, fix)
            if verdict == "live":
                newest = fix
        if newest is not None:
            self._broadcast.add(driver_id, newest, area_id)
        return verdicts

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        """Drivers with a fresh position within the radius, nearest first.  Raises ``RedisError``."""
        return await self._live.nearby(area_id, point, radius_m, limit)

    async def present(self, area_id: str) -> dict[str, GeoPoint]:
        """Every driver with a fresh position in the area, and where.  Raises ``RedisError``."""
        return {seen.driver_id: seen.point for seen in await self._live.all_in_area(area_id)}

    async def positions(self, area_id: str) -> list[PositionUpdate]:
        """The same as the broadcast tells it, for a console that begins to look.  Raises ``RedisError``."""
        seen = await self._live.all_in_area(area_id)
        jobs = await self._jobs.active(one.driver_id for one in seen)
        return [
            await to_position_update(
                one.driver_id,
                Position(lat=one.point.lat, lng=one.point.lng, at=one.at, heading=one.heading),
                area_id,
                jobs.get(one.driver_id),
                self._router,
            )
            for one in seen
        ]

    async def apply_rescue_event(self, event: EventEnvelope) -> None:
        """Keep the drivers' live jobs; safe to repeat."""
        await self._jobs.apply(event)

    async def close(self) -> None:
        await self._broadcast.close()
        await self._trails.close()
