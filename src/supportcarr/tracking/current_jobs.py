"""Which driver is on which job, so that the driver's positions reach the job's rider."""

from __future__ import annotations

import time
from collections.abc import Iterable

from msgspec.structs import replace

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import JobStarted, MatchingBegan, RescueAssigned, RescueEnded, RescueMoved
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.update import update
from supportcarr.tracking.collections import CURRENT_JOBS
from supportcarr.tracking.model import CurrentJob

CACHE_SECONDS = 1.0  # wall time; a change made by another process is seen that much later
CACHE_ENTRIES = 50_000
_NOT_CACHED = (0.0, None)


class CurrentJobs:
    """The drivers' current jobs, built from the events of rescues and cached for a moment."""

    def __init__(self, store: Store) -> None:
        self._jobs = store.collection(CURRENT_JOBS)
        self._cache: dict[str, tuple[float, CurrentJob | None]] = {}  # by driver: valid until, job

    async def latest(self, driver_ids: Iterable[str]) -> dict[str, CurrentJob]:
        """The last job of each driver who has had one, ended or not."""
        now = time.monotonic()
        jobs: dict[str, CurrentJob] = {}
        missing = []
        for driver_id in driver_ids:
            until, job = self._cache.get(driver_id, _NOT_CACHED)
            if until <= now:
                missing.append(driver_id)
            elif job is not None:
                jobs[driver_id] = job
        if missing:
            found = await self._jobs.get_many(missing)
            if len(self._cache) > CACHE_ENTRIES:
                self._cache.clear()
            until = now + CACHE_SECONDS
            for driver_id in missing:
                self._cache[driver_id] = until, found.get(driver_id)
            jobs |= found
        return jobs

    async def active(self, driver_ids: Iterable[str]) -> dict[str, CurrentJob]:
        """The job of each driver who is on one now."""
        jobs = await self.latest(driver_ids)
        return {d: job for d, job in jobs.items() if job.ended_at is None}

    async def apply(self, envelope: EventEnvelope) -> None:
        """Apply an event of a rescue.  Idempotent; a late event does not undo a newer one."""
        event = envelope.event
        match event:
            case RescueAssigned(driver_id=str(driver_id)) if event.queued_behind is None:
                if event.previous_driver_id not in (None, driver_id):
                    await self._save(_ended_job(str(event.previous_driver_id), envelope, event))
                job = _job(driver_id, envelope, event)
                await self._save(replace(job, pickup=event.pickup, dropoff=event.dropoff))
            case JobStarted(driver_id=str(driver_id)):
                await self._mark_loaded(driver_id, event.rescue_id, envelope.document_version)
            case MatchingBegan(given_up_by=str(driver_id)) | RescueEnded(driver_id=str(driver_id)):
                await self._save(_ended_job(driver_id, envelope, event))
            case _:
                pass

    async def _save(self, job: CurrentJob) -> None:
        """Store this as the driver's job, unless a newer one is stored.

        An end is stored even if its beginning has not arrived; the beginning then changes nothing.
        """

        def decide(stored: CurrentJob) -> tuple[CurrentJob, None] | None:
            newer = job.applied_to(stored)
            return (newer, None) if newer else None

        try:
            self._remember(job.id, await self._jobs.insert(job))
        except DuplicateKey:
            self._remember(job.id, await update(self._jobs, job.id, decide))

    async def _mark_loaded(self, driver_id: str, rescue_id: str, version: int) -> None:
        def decide(stored: CurrentJob) -> tuple[CurrentJob, None] | None:
            if stored.rescue_id != rescue_id or version <= stored.rescue_version:
                return None
            return replace(stored, rescue_version=version, loaded=True), None

        if await self._jobs.get(driver_id) is not None:
            self._remember(driver_id, await update(self._jobs, driver_id, decide))

    def _remember(self, driver_id: str, job: CurrentJob | None) -> None:
        self._cache[driver_id] = (time.monotonic() + CACHE_SECONDS, job)


def _job(driver_id: str, envelope: EventEnvelope, event: RescueMoved) -> CurrentJob:
    return CurrentJob(
        id=driver_id,
        rescue_id=event.rescue_id,
        rescue_version=envelope.document_version,
        rider_id=event.rider_id,
        area_id=event.area_id,
        since=envelope.at,
    )


def _ended_job(driver_id: str, envelope: EventEnvelope, event: RescueMoved) -> CurrentJob:
    return replace(_job(driver_id, envelope, event), ended_at=envelope.at)
