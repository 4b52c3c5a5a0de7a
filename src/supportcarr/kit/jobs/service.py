"""Jobs: work that is done after the response was sent, and repeated until it succeeds.

A job is a document: it alone says whether the job is to be done, when, how often it failed and why.  A
queue (BullMQ) carries ids of jobs to workers, because polling the database for work would be slow.  A
sweep pushes again what the queue lost, and while the queue is unavailable workers do what their sweeps
find.

    ready ──claim──▶ ready, running until run_at ──▶ done          kept for a day: repeats are ignored
      ▲                │ failed, or its worker died      dead      failed too often; replay() runs it again
      └────────────────┘ (run_at: the next attempt)

A claim is a compare-and-set with an end, ``run_at``, which the worker extends while it works: two
workers never run a job at once, and the job of a killed worker is run by another one within seconds.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import Cause
from supportcarr.kit.jobs.bullmq import Queue
from supportcarr.kit.observability import tracing
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Collection, CollectionSpec, Index, Page, Range, Store, VersionConflict

State = Literal["ready", "done", "dead"]
KEEP_DONE = timedelta(days=1)
_SWEEP_AT_ONCE = 500
_CLEAN_ROUNDS = 10  # of 500 jobs, once a minute: more than a worker does in that time


class Job(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A job; its id is ``KEY:NAME``.

    ``run_at`` (wall time) is when a ready job is due, or until when a worker has claimed it; of a done
    or dead job, when it reached that state.
    """

    name: str  # of the handler
    payload: str  # JSON
    run_at: datetime
    state: State = "ready"
    running: bool = False
    attempts: int = 0  # failures since it was added or replayed
    last_error: str | None = None
    cause: Cause | None = None


JOBS = CollectionSpec("jobs", Job, indexes=(Index("state", "run_at"),))
SPECS = (JOBS,)


async def dead_letters(documents: Collection[Job]) -> list[Job]:
    """The dead letters, oldest first, at most 200."""
    return (await documents.find({"state": "dead"}, sort="run_at", limit=200)).items


async def revived(documents: Collection[Job], id: str, now: datetime) -> Job | None:
    """Make a dead letter ready again, with all its attempts; ``None`` if there is none of that id.

    A worker's sweep finds it within seconds, if nobody pushes it to the queue.
    """
    job = await documents.get(id)
    if job is None or job.state != "dead":
        return None
    try:
        return await documents.save(replace(job, state="ready", attempts=0, run_at=now))
    except VersionConflict:
        return None  # another one was first


class Jobs:
    """Adds jobs, and brings them to workers."""

    def __init__(self, store: Store, clock: Clock, redis_url: str) -> None:
        self.documents = store.collection(JOBS)
        self.clock = clock
        self.redis_url = redis_url
        self._queue = Queue(redis_url)

    async def close(self) -> None:
        await self._queue.close()

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        """Store a job for the handler *name*, due now or at *run_at* (wall time).

        Does nothing if a job of that name and key exists.  When this returns, the job is stored.
        Raises ``StoreError``.
        """
        now = self.clock.wall()
        job = Job(
            id=_id_of(name, key),
            name=name,
            payload=payload.decode(),
            run_at=run_at or now,
            cause=tracing.cause(),
        )
        if await self.documents.insert_many([job]):
            self.enqueue(replace(job, version=1), now)

    def enqueue(self, job: Job, now: datetime) -> None:
        """Push a ready job to the queue, for when it is due.  Harmless if repeated, or lost."""
        # The message's id has the version: an old message in the queue cannot keep a new one out.
        self._queue.push(
            f"{job.id}.{job.version}", job.id, job.name, delay_s=(job.run_at - now).total_seconds()
        )

    async def sweep(self) -> list[Job]:
        """Push the due jobs, which the queue may have lost; returns them (at most 500)."""
        now = self.clock.wall()
        due = await self.documents.find(
            {"state": "ready", "run_at": Range(lt=now)}, sort="run_at", limit=_SWEEP_AT_ONCE
        )
        for job in due.items:
            self.enqueue(job, now)
        await self._queue.flush()
        return due.items

    @property
    def queue_unavailable(self) -> bool:
        """True while jobs cannot be pushed to the queue."""
        return self._queue.unavailable

    async def clean(self) -> int:
        """Delete jobs that were done more than a day ago, at most 5,000; returns how many."""
        deleted = 0
        for _ in range(_CLEAN_ROUNDS):
            old = await self.documents.find(
                {"state": "done", "run_at": Range(lt=self.clock.wall() - KEEP_DONE)},
                sort="run_at",
                limit=_SWEEP_AT_ONCE,
            )
            await asyncio.gather(*(self.documents.delete(job.id, job.version) for job in old.items))
            deleted += len(old.items)
            if old.next_cursor is None:
                break
        return deleted

    async def find(self, state: State, *, limit: int = 50, cursor: str | None = None) -> Page[Job]:
        """List jobs of that state by ``run_at``, oldest first."""
        return await self.documents.find({"state": state}, sort="run_at", limit=limit, cursor=cursor)

    async def dead(self) -> list[Job]:
        """List the dead letters, oldest first, at most 200."""
        return await dead_letters(self.documents)

    async def replay(self, id: str) -> bool:
        """Run a dead letter again, with all its attempts; False if there is no dead letter of that id."""
        now = self.clock.wall()
        saved = await revived(self.documents, id, now)
        if saved is None:
            return False
        self.enqueue(saved, now)
        return True

    async def revive(self, name: str, key: str) -> bool:
        """``replay`` the job of that name and key."""
        return await self.replay(_id_of(name, key))

    async def count(self, state: State) -> int:
        return await self.documents.count({"state": state})

    async def waiting(self) -> int:
        """The number of jobs that are due and that no worker runs."""
        return await self.documents.count({"state": "ready", "run_at": Range(lt=self.clock.wall())})

    async def oldest_waiting_s(self) -> float:
        """For how long the job has been due that has waited longest, seconds; 0 if none waits."""
        now = self.clock.wall()
        page = await self.documents.find({"state": "ready", "run_at": Range(lt=now)}, sort="run_at", limit=1)
        return (now - page.items[0].run_at).total_seconds() if page.items else 0.0


def _id_of(name: str, key: str) -> str:
    return f"{key}:{name}"
