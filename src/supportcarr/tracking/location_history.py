"""The way of a live job, written in batches: one document a driver and flush, never one a position."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import Store, StoreError
from supportcarr.tracking.broadcast import Debouncer
from supportcarr.tracking.collections import LOCATION_HISTORY
from supportcarr.tracking.current_jobs import CurrentJobs
from supportcarr.tracking.model import SEGMENT_POINTS_MAX, HistoryPoint, HistorySegment, Position

FLUSH_SECONDS, FLUSH_MAX_SECONDS = 5.0, 30.0  # wall time; a killed process loses that much of a trail


class LocationHistoryWriter:
    """Gathers the positions of drivers on a job and stores them."""

    def __init__(self, store: Store, jobs: CurrentJobs) -> None:
        self._trails = store.collection(LOCATION_HISTORY)
        self._jobs = jobs
        self._gathered: dict[str, deque[Position]] = {}
        self._ticking = Debouncer(self.flush, FLUSH_SECONDS, FLUSH_MAX_SECONDS)

    def add(self, driver_id: str, fix: Position) -> None:
        """Store this position with the next flush, if the driver was on a job then.

        Of a driver who reports faster than one document holds, the newest are kept.
        """
        gathered = self._gathered.get(driver_id)
        if gathered is None:
            gathered = self._gathered[driver_id] = deque(maxlen=SEGMENT_POINTS_MAX)
        gathered.append(fix)
        self._ticking.trigger()

    async def flush(self) -> None:
        """Store what was gathered.  Raises ``StoreError``: then the next flush stores it too."""
        gathered, self._gathered = self._gathered, {}
        try:
            await self._keep(gathered)
        except StoreError:
            for driver_id, fixes in gathered.items():
                since = self._gathered.get(driver_id, ())
                self._gathered[driver_id] = deque((*fixes, *since), maxlen=SEGMENT_POINTS_MAX)
            raise

    async def _keep(self, gathered: Mapping[str, Iterable[Position]]) -> None:
        jobs = await self._jobs.latest(gathered)
        trails = []
        for driver_id, job in jobs.items():
            fixes = [f for f in gathered[driver_id] if job.covers(f.at)]
            if fixes:
                points = tuple(HistoryPoint(f.at, f.lat, f.lng) for f in fixes)
                trails.append(
                    HistorySegment(
                        id=new_id("trl"),
                        rescue_id=job.rescue_id,
                        driver_id=driver_id,
                        began_at=points[0].at,
                        points=points,
                    )
                )
        if trails:
            await self._trails.insert_many(trails)

    async def close(self) -> None:
        await self._ticking.close()
