"""Jobs: work that is done after the answer has left, and done again until it succeeds.

A job is a document; that it is to be done, when, how often it failed and why is written there and
nowhere else.  A queue (BullMQ) carries ids to workers, because a queue is quick and a database that
is asked for work all the time is not; what the queue loses a sweep brings again, and while there is
no queue workers do what their sweeps find.

    ready ──claim──▶ ready, running until run_at ──▶ done          kept for a day: repeats are known
      ▲                │ failed, or cut short            dead      failed too often; replay() revives it
      └────────────────┘ (run_at: the next try)

The claim is a compare-and-set with an end, ``run_at``, that the worker keeps moving on while it works:
two workers never run a job at once, and a killed one's job is taken up by another in seconds.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Literal

from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.kit.jobs.bullmq import Queue
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import CollectionSpec, Index, Page, Range, Store, VersionConflict

State = Literal["ready", "done", "dead"]
KEEP_DONE = timedelta(days=1)
_SWEEP_AT_ONCE = 500
_CLEAN_ROUNDS = 10  # of 500 a minute: more than one worker can do in that time


class Job(Document, frozen=True, kw_only=True, omit_defaults=True):
    """``run_at`` (wall time): of a ready job, when it is due, or until when a worker has it;
    of the others, when it came to that state."""

    name: str  # of the handler
    payload: str  # JSON
    run_at: datetime
    state: State = "ready"
    running: bool = False
    attempts: int = 0  # failures since it was added or replayed
    last_error: str | None = None


JOBS = CollectionSpec("jobs", Job, indexes=(Index("state", "run_at"),))
SPECS = (JOBS,)


class Jobs:
    """Adds jobs, and looks after those that nobody works on."""

    def __init__(self, store: Store, clock: Clock, redis_url: str) -> None:
        self.documents = store.collection(JOBS)
        self.clock = clock
        self.redis_url = redis_url
        self._queue = Queue(redis_url)

    async def close(self) -> None:
        await self._queue.close()

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        """Have the handler *name* do this (at that wall time); once for each key, however often added.

        When this returns, the job is stored and will be done.  Raises ``StoreError``.
        """
        now = self.clock.wall()
        job = Job(id=_id_of(name, key), name=name, payload=payload.decode(), run_at=run_at or now)
        if await self.documents.insert_many([job]):
            self.enqueue(replace(job, version=1), now)

    def enqueue(self, job: Job, now: datetime) -> None:
        """Bring a ready job to a worker when it is due.  Harmless to repeat, or to lose."""
        # A ticket for each version: an old one that is still in the queue cannot keep out a new one.
        self._queue.push(
            f"{job.id}.{job.version}", job.id, job.name, delay_s=(job.run_at - now).total_seconds()
        )

    async def sweep(self) -> list[Job]:
        """Bring to workers what is due and may have been lost on the way; answers what that is."""
        now = self.clock.wall()
        due = await self.documents.find(
            {"state": "ready", "run_at": Range(lt=now)}, sort="run_at", limit=_SWEEP_AT_ONCE
        )
        for job in due.items:
            self.enqueue(job, now)
        await self._queue.pushed()
        return due.items

    @property
    def queue_away(self) -> bool:
        """True while jobs do not reach the queue: it cannot bring them to anybody."""
        return self._queue.away

    async def clean(self) -> int:
        """Forget jobs that were done more than a day ago, some thousands at most; answers how many."""
        forgotten = 0
        for _ in range(_CLEAN_ROUNDS):
            old = await self.documents.find(
                {"state": "done", "run_at": Range(lt=self.clock.wall() - KEEP_DONE)},
                sort="run_at",
                limit=_SWEEP_AT_ONCE,
            )
            await asyncio.gather(*(self.documents.delete(job.id, job.version) for job in old.items))
            forgotten += len(old.items)
            if old.next_cursor is None:
                break
        return forgotten

    async def find(self, state: State, *, limit: int = 50, cursor: str | None = None) -> Page[Job]:
        """Jobs of that state, the longest there (or the next due) first."""
        return await self.documents.find({"state": state}, sort="run_at", limit=limit, cursor=cursor)

    async def dead(self) -> list[Job]:
        """The dead letters, the oldest first, at most 200."""
        return (await self.find("dead", limit=200)).items

    async def replay(self, id: str) -> bool:
        """Have a dead letter tried again from the beginning; false if it is none."""
        job = await self.documents.get(id)
        if job is None or job.state != "dead":
            return False
        now = self.clock.wall()
        try:
            saved = await self.documents.save(replace(job, state="ready", attempts=0, run_at=now))
        except VersionConflict:
            return False  # somebody else replays it
        self.enqueue(saved, now)
        return True

    async def revive(self, name: str, key: str) -> bool:
        """``replay`` the job that was added under that name and key."""
        return await self.replay(_id_of(name, key))

    async def count(self, state: State) -> int:
        return await self.documents.count({"state": state})


def _id_of(name: str, key: str) -> str:
    return f"{key}:{name}"
