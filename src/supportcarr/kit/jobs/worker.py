"""Does jobs: claims the document, runs the handler, writes down the outcome (see ``kit.jobs.service``)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from msgspec.structs import replace

from supportcarr.kit.jobs.bullmq import QueueWorker
from supportcarr.kit.jobs.declarations import JobHandler
from supportcarr.kit.jobs.service import Job, Jobs
from supportcarr.kit.jobs.settings import JobSettings
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import StoreError, VersionConflict

CLAIM_SECONDS = 4.0  # how long a killed worker's job is left alone
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.5, 60.0
_EARLY_SECONDS = 1.0  # a queue's clock may be this much ahead of ours
_CLEAN_SECONDS = 60.0

_log = structlog.get_logger("supportcarr.jobs")


class UnknownJob(Exception):
    """No handler of this process has the job's name."""


class CutShort(Exception):
    """The process that ran the job ended in the middle."""


def backoff_s(failures: int, jitter: float) -> float:
    """Seconds before the try after that many failures (from 1): doubling, half of it left to chance.

    *jitter* is from 0 to 1.
    """
    longest = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 16))
    return longest * (0.5 + 0.5 * jitter)


def after(job: Job, error: BaseException | None, now: datetime, attempts: int, jitter: float) -> Job:
    """The job after a run that ended so: done, to be run again (``RetryLater`` is no failure), or dead."""
    if error is None:
        return replace(job, state="done", running=False, run_at=now)
    if isinstance(error, RetryLater):
        return replace(job, running=False, run_at=now + timedelta(seconds=error.seconds))
    failures = job.attempts + 1
    failed = replace(
        job, running=False, attempts=failures, last_error=f"{type(error).__name__}: {error}"[:500]
    )
    if failures >= attempts:
        return replace(failed, state="dead", run_at=now)
    return replace(failed, run_at=now + timedelta(seconds=backoff_s(failures, jitter)))


class JobWorker:
    """Runs jobs of all names in *handlers* until closed; several, in several processes, share them out."""

    def __init__(
        self,
        jobs: Jobs,
        handlers: Sequence[JobHandler],
        settings: JobSettings,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        names = [handler.name for handler in handlers]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"job handlers share the name {sorted(repeated)[0]}")
        self._jobs = jobs
        self._handlers = {handler.name: handler.handle for handler in handlers}
        self._settings = settings
        self._jitter = jitter
        self._queue = QueueWorker(jobs.redis_url, self.take, concurrency=settings.concurrency)
        self._sweeper: asyncio.Task[None] | None = None
        self.done = self.failed = self.died = 0

    def start(self) -> None:
        self._queue.start()
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep(), name="job sweep")

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"done": self.done, "failures": self.failed, "dead": self.died}

    async def close(self, seconds: float = 5.0) -> None:
        """Take no more jobs, and let those that run finish for that long; then others take them up."""
        await cancel_and_wait(self._sweeper)
        await self._queue.close(seconds)

    async def _sweep(self) -> None:
        clock = asyncio.get_running_loop().time
        cleaned_at = clock()
        while True:
            pause = self._settings.sweep_seconds
            try:
                due = await self._jobs.sweep()
                if self._jobs.queue_away and await self._take_over(due):
                    pause = 0
                if clock() - cleaned_at > _CLEAN_SECONDS:
                    cleaned_at = clock()
                    await self._jobs.clean()
            except VersionConflict:
                pass  # another worker cleans as well
            except Exception as error:
                _log.warning("jobs.sweep_failed", error=str(error))
            await asyncio.sleep(pause)

    async def _take_over(self, due: Sequence[Job]) -> bool:
        """Do some of these without a queue, as many at once as with one; True: there are more."""
        some = due[: self._settings.concurrency]
        await asyncio.gather(*(self.take(job.id) for job in some))
        return len(due) > len(some)

    async def take(self, id: str) -> None:
        """Do the job of that id, if it is to be done now.  What fails here the sweep brings again."""
        try:
            job = await self._claim(id)
            if job is not None:
                job, error = await self._run(job)
                await self._finish(job, error)
        except VersionConflict:
            _log.info("jobs.taken_by_another", job=id)
        except StoreError as error:
            _log.warning("jobs.store_failed", job=id, error=str(error))

    async def _claim(self, id: str) -> Job | None:
        """The job with our claim on it; ``None`` if it is not to be run now.  Raises ``VersionConflict``."""
        job = await self._jobs.documents.get(id)
        if job is None or job.state != "ready":
            return None
        now = self._jobs.clock.wall()
        early = (job.run_at - now).total_seconds()
        if early > _EARLY_SECONDS:  # another has it, or its worker was killed a moment ago
            self._jobs.enqueue(job, now)
            return None
        if early > 0:
            await asyncio.sleep(early)
            now = self._jobs.clock.wall()
        if job.running:
            # It counts as a failure, or a job that kills its process would do so for ever.
            cut = after(job, CutShort("its process ended while it ran"), now, self._settings.attempts, 0)
            if cut.state == "dead":
                await self._finish(job, CutShort("its process ended while it ran"))
                return None
            job = cut
        return await self._jobs.documents.save(replace(job, running=True, run_at=_claimed_until(now)))

    async def _run(self, job: Job) -> tuple[Job, BaseException | None]:
        """Run the handler, keeping the claim; the job as it is stored now, and how the run ended."""
        handle = self._handlers.get(job.name)
        if handle is None:
            return job, UnknownJob(f"no handler is named {job.name}")
        running = asyncio.ensure_future(handle(job.payload.encode()))
        try:
            while not (await asyncio.wait({running}, timeout=CLAIM_SECONDS / 4))[0]:
                job = await self._prolong(job)
        finally:
            if not running.done():  # we are cancelled, or another has taken it over
                await cancel_and_wait(running)
        return job, running.exception()

    async def _prolong(self, job: Job) -> Job:
        try:
            return await self._jobs.documents.save(
                replace(job, run_at=_claimed_until(self._jobs.clock.wall()))
            )
        except VersionConflict:
            raise
        except StoreError as error:  # the claim holds a little longer, and the store may come back
            _log.warning("jobs.store_failed", job=job.id, error=str(error))
            return job

    async def _finish(self, job: Job, error: BaseException | None) -> None:
        """Write down the outcome.  Raises ``StoreError``: then the claim ends, and it is run again."""
        now = self._jobs.clock.wall()
        result = await self._jobs.documents.save(
            after(job, error, now, self._settings.attempts, self._jitter())
        )
        if result.state == "ready":
            self._jobs.enqueue(result, now)
        if error is None:
            self.done += 1
        elif not isinstance(error, RetryLater):
            self.failed += 1
            self.died += result.state == "dead"
            _log.warning(
                "jobs.failed",
                job=job.id,
                attempts=result.attempts,
                dead=result.state == "dead",
                exc_info=error,
            )


def _claimed_until(now: datetime) -> datetime:
    return now + timedelta(seconds=CLAIM_SECONDS)
