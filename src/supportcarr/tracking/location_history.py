"""Writes the location history of jobs in batches: one document per driver and flush, not per position."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import Store, StoreError
from supportcarr.tracking.collections import LOCATION_HISTORY
from supportcarr.tracking.current_jobs import CurrentJobs
from supportcarr.tracking.debouncer import Debouncer
from supportcarr.tracking.model import SEGMENT_POINTS_MAX, HistoryPoint, HistorySegment, Position

FLUSH_SECONDS, FLUSH_MAX_SECONDS = 5.0, 30.0  # wall time; a killed process loses that much history


class LocationHistoryWriter:
    """Collects the positions of drivers on a job and stores them."""

    def __init__(self, store: Store, jobs: CurrentJobs) -> None:
        self._segments = store.collection(LOCATION_HISTORY)
        self._jobs = jobs
        self._collected: dict[str, deque[Position]] = {}  # by driver
        self._debouncer = Debouncer("location_history", self.flush, FLUSH_SECONDS, FLUSH_MAX_SECONDS)

    def add(self, driver_id: str, position: Position) -> None:
        """Store this position with the next flush, if the driver was on a job at its time.

        Of a driver who reports more than a document holds, the newest positions are kept.
        """
        collected = self._collected.get(driver_id)
        if collected is None:
            collected = self._collected[driver_id] = deque(maxlen=SEGMENT_POINTS_MAX)
        collected.append(position)
        self._debouncer.trigger()

    async def flush(self) -> None:
        """Store what was collected.  Raises ``StoreError``; the next flush then stores it too."""
        collected, self._collected = self._collected, {}
        try:
            await self._store(collected)
        except StoreError:
            for driver_id, positions in collected.items():
                since = self._collected.get(driver_id, ())
                self._collected[driver_id] = deque((*positions, *since), maxlen=SEGMENT_POINTS_MAX)
            raise

    async def _store(self, collected: Mapping[str, Iterable[Position]]) -> None:
        jobs = await self._jobs.latest(collected)
        segments = []
        for driver_id, job in jobs.items():
            positions = [position for position in collected[driver_id] if job.covers(position.at)]
            if positions:
                points = tuple(HistoryPoint(p.at, p.lat, p.lng) for p in positions)
                segments.append(
                    HistorySegment(
                        id=new_id("trl"),
                        rescue_id=job.rescue_id,
                        driver_id=driver_id,
                        began_at=points[0].at,
                        points=points,
                    )
                )
        if segments:
            await self._segments.insert_many(segments)

    async def points(self, driver_id: str, rescue_id: str) -> list[HistoryPoint]:
        """The driver's trail of that job, as far as it is stored, in order of time."""
        found = [
            point
            async for segment in self._segments.scan({"rescue_id": rescue_id})
            if segment.driver_id == driver_id
            for point in segment.points
        ]
        return sorted(found, key=lambda point: point.at)

    async def close(self) -> None:
        """Store what was collected, and stop."""
        await self._debouncer.close()
