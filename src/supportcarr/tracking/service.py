"""Positions of drivers: checked, stored, broadcast to riders and operators, and kept as history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import Overloaded
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.positions import PositionUpdate
from supportcarr.contracts.value_objects import DriverSighting, JobPosition, NearbyDriver
from supportcarr.kit.redis.client import RedisClient, RedisError
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.tracking.broadcast import PositionBroadcast, to_position_update
from supportcarr.tracking.current_jobs import CurrentJobs
from supportcarr.tracking.errors import ERRORS
from supportcarr.tracking.location_history import LocationHistoryWriter
from supportcarr.tracking.model import Position, PositionRules, PositionVerdict, judge_position, sighting_in
from supportcarr.tracking.ports import AreaLookup, RoutePlanner
from supportcarr.tracking.position_store import PositionStore


class TrackingService:
    """Tracking's use cases."""

    def __init__(
        self,
        store: Store,
        redis: RedisClient,
        clock: Clock,
        areas: AreaLookup,
        planner: RoutePlanner,
        *,
        fresh_seconds: float,
    ) -> None:
        self._clock = clock
        self._areas = areas
        self._planner = planner
        self._rules = PositionRules(fresh_seconds=fresh_seconds)
        self._positions = PositionStore(redis, clock, self._rules)
        self._jobs = CurrentJobs(store)
        self._broadcast = PositionBroadcast(redis, self._jobs, planner)
        self._history = LocationHistoryWriter(store, self._jobs)

    def position_stats(self) -> dict[str, int]:
        """Figures about the cached positions for the metrics."""
        return self._positions.stats()

    async def report_one(self, driver_id: str, position: Position) -> None:
        """Accept one position of a driver who is online.

        Raises ``PositionRejected`` without any effect; ``Overloaded`` without Redis.
        """
        verdict = judge_position(None, position, self._clock.city(), self._rules).verdict
        if verdict == "live":
            (verdict,) = await self._record(driver_id, (position,))
        if verdict in ERRORS:
            raise ERRORS[verdict]

    async def report(self, driver_id: str, positions: Sequence[Position]) -> list[PositionVerdict]:
        """Accept positions that a phone collected while offline; the verdicts in the order given.

        ``stale`` positions are added to the location history and not shown as live; other verdicts than
        ``live`` and ``stale`` mean that the position had no effect.  Raises ``Overloaded`` without Redis,
        and ``StoreError``.
        """
        order = sorted(range(len(positions)), key=lambda i: positions[i].at)
        in_order = await self._record(driver_id, [positions[i] for i in order])
        verdicts: list[PositionVerdict] = ["live"] * len(positions)
        for i, verdict in zip(order, in_order, strict=True):
            verdicts[i] = verdict
        if "stale" in verdicts:  # the phone next reports what it did there, and the trail has to know of it
            await self._history.flush()
        return verdicts

    async def _record(self, driver_id: str, positions: Sequence[Position]) -> list[PositionVerdict]:
        """Judge and store positions that are in order of time; the verdicts in the same order."""
        now = self._clock.city()
        area_ids = [await self._areas.area_at(position.point) for position in positions]
        try:
            verdicts = await self._positions.record(driver_id, area_ids, positions)
        except RedisError as error:
            raise Overloaded("Positions cannot be stored at the moment", retry_after=1.0) from error
        newest: tuple[Position, str | None] | None = None
        for position, area_id, verdict in zip(positions, area_ids, verdicts, strict=True):
            if verdict in ("live", "stale"):
                received = replace(position, at=now) if position.at > now else position
                self._history.add(driver_id, received)
                if verdict == "live":
                    newest = received, area_id
        if newest is not None:
            self._broadcast.add(driver_id, *newest)
        return verdicts

    async def nearby(self, area_id: str, point: GeoPoint, radius_m: float, limit: int) -> list[NearbyDriver]:
        """Drivers with a fresh position within the radius, nearest first.  Raises ``RedisError``."""
        return await self._positions.nearby(area_id, point, radius_m, limit)

    async def sighting(self, driver_id: str) -> DriverSighting | None:
        """Where the driver is now; ``None`` without a fresh position, or without Redis."""
        try:
            return await self._positions.sighting(driver_id)
        except RedisError:
            return None

    async def on_job(self, driver_id: str, rescue_id: str) -> JobPosition | None:
        """Where the driver is, with the time to the next stop, if that rescue is their job now.

        ``None`` without a fresh position, or without Redis.
        """
        job = (await self._jobs.active((driver_id,))).get(driver_id)
        if job is None or job.rescue_id != rescue_id:
            return None
        try:
            found = await self._positions.latest(driver_id)
        except RedisError:
            return None
        if found is None:
            return None
        eta = None
        if job.destination is not None:
            eta = (await self._planner.leg(found.point, job.destination)).duration_s
        return JobPosition(found.point, found.at, found.heading, eta)

    async def sighting_at(self, driver_id: str, rescue_id: str, at: datetime) -> DriverSighting | None:
        """Where the driver was at that time, by the trail of the job; ``None`` if it says nothing.

        What was reported a moment ago may not be in the trail yet; then the driver is where they are now.
        """
        seen = sighting_in(await self._history.points(driver_id, rescue_id), at, self._rules)
        just_now = abs((self._clock.city() - at).total_seconds()) <= self._rules.fresh_seconds
        return await self.sighting(driver_id) if seen is None and just_now else seen

    async def points_between(
        self, driver_id: str, rescue_id: str, since: datetime, until: datetime
    ) -> tuple[GeoPoint, ...]:
        """The points of the driver's trail of that job in that time."""
        points = await self._history.points(driver_id, rescue_id)
        return tuple(point.point for point in points if since <= point.at <= until)

    async def present(self, area_id: str) -> dict[str, GeoPoint]:
        """The position of every driver with a fresh one in the area.  Raises ``RedisError``."""
        return {driver.driver_id: driver.point for driver in await self._positions.all_in_area(area_id)}

    async def current_updates(self, area_id: str) -> list[PositionUpdate]:
        """The latest update of every driver in the area, as it was broadcast.  Raises ``RedisError``."""
        drivers = await self._positions.all_in_area(area_id)
        jobs = await self._jobs.active(driver.driver_id for driver in drivers)
        return [
            await to_position_update(
                driver.driver_id,
                Position(lat=driver.point.lat, lng=driver.point.lng, at=driver.at, heading=driver.heading),
                area_id,
                jobs.get(driver.driver_id),
                self._planner,
            )
            for driver in drivers
        ]

    async def apply_rescue_event(self, envelope: EventEnvelope) -> None:
        """Update the drivers' current jobs.  Idempotent."""
        await self._jobs.apply(envelope)

    async def flush_history(self) -> None:
        """Store the location history that was collected so far.  Raises ``StoreError``."""
        await self._history.flush()

    async def close(self) -> None:
        """Publish and store the positions collected so far, and stop."""
        await self._broadcast.close()
        await self._history.close()
