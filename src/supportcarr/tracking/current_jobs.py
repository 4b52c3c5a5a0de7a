"""Which driver is on which job, so that a position goes to the rider who waits for it."""

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

REMEMBERED_SECONDS = 1.0  # wall time; a change made by another process is seen that much later
REMEMBERED_MAX = 50_000
_FORGOTTEN = (0.0, None)


class CurrentJobs:
    """The drivers' live jobs, kept from the events of rescues and remembered for a moment."""

    def __init__(self, store: Store) -> None:
        self._jobs = store.collection(CURRENT_JOBS)
        self._remembered: dict[str, tuple[float, CurrentJob | None]] = {}

    async def latest(self, driver_ids: Iterable[str]) -> dict[str, CurrentJob]:
        """The last job of those of the drivers who had one, over or not."""
        now = time.monotonic()
        jobs: dict[str, CurrentJob] = {}
        unknown = []
        for driver_id in driver_ids:
            until, job = self._remembered.get(driver_id, _FORGOTTEN)
            if until <= now:
                unknown.append(driver_id)
            elif job is not None:
                jobs[driver_id] = job
        if unknown:
            found = await self._jobs.get_many(unknown)
            if len(self._remembered) > REMEMBERED_MAX:
                self._remembered.clear()
            until = now + REMEMBERED_SECONDS
            for driver_id in unknown:
                self._remembered[driver_id] = until, found.get(driver_id)
            jobs |= found
        return jobs

    async def active(self, driver_ids: Iterable[str]) -> dict[str, CurrentJob]:
        """The live jobs of those of the drivers who have one."""
        jobs = await self.latest(driver_ids)
        return {d: job for d, job in jobs.items() if job.ended_at is None}

    async def apply(self, event: EventEnvelope) -> None:
        """Apply an event of a rescue; applied twice, or late, it changes nothing."""
        fact = event.event
        match fact:
            case RescueAssigned(driver_id=str(driver_id)) if fact.queued_behind is None:
                if fact.previous_driver_id not in (None, driver_id):
                    await self._set(_over(str(fact.previous_driver_id), event, fact))
                job = _job(driver_id, event, fact)
                await self._set(replace(job, pickup=fact.pickup, dropoff=fact.dropoff))
            case JobStarted(driver_id=str(driver_id)):
                await self._load(driver_id, fact.rescue_id, event.document_version)
            case MatchingBegan(given_up_by=str(driver_id)) | RescueEnded(driver_id=str(driver_id)):
                await self._set(_over(driver_id, event, fact))
            case _:
                pass

    async def _set(self, job: CurrentJob) -> None:
        """Store this as the driver's job, unless something later is known.

        An end is stored even where the beginning is not known yet: that one then comes too late.
        """

        def decide(known: CurrentJob) -> tuple[CurrentJob, None] | None:
            news = job.applied_to(known)
            return (news, None) if news else None

        try:
            self._remember(job.id, await self._jobs.insert(job))
        except DuplicateKey:
            self._remember(job.id, await update(self._jobs, job.id, decide, attempts=8))

    async def _load(self, driver_id: str, rescue_id: str, version: int) -> None:
        def decide(known: CurrentJob) -> tuple[CurrentJob, None] | None:
            if known.rescue_id != rescue_id or version <= known.rescue_version:
                return None
            return replace(known, rescue_version=version, loaded=True), None

        if await self._jobs.get(driver_id) is not None:
            self._remember(driver_id, await update(self._jobs, driver_id, decide, attempts=8))

    def _remember(self, driver_id: str, job: CurrentJob | None) -> None:
        self._remembered[driver_id] = (time.monotonic() + REMEMBERED_SECONDS, job)


def _job(driver_id: str, event: EventEnvelope, fact: RescueMoved) -> CurrentJob:
    return CurrentJob(
        id=driver_id,
        rescue_id=fact.rescue_id,
        rescue_version=event.document_version,
        rider_id=fact.rider_id,
        area_id=fact.area_id,
        since=event.at,
    )


def _over(driver_id: str, event: EventEnvelope, fact: RescueMoved) -> CurrentJob:
    return replace(_job(driver_id, event, fact), ended_at=event.at)
