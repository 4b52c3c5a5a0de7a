"""Run jobs: claim the document, call the handler, store the outcome (see ``kit.jobs.service``)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import perf_counter

import structlog
from msgspec.structs import replace

from supportcarr.kit.jobs.bullmq import QueueWorker
from supportcarr.kit.jobs.declarations import JobHandler
from supportcarr.kit.jobs.service import Job, Jobs
from supportcarr.kit.jobs.settings import JobSettings
from supportcarr.kit.observability import error_reports, tracing
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability.timings import LONG_S, LabelledTimings
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import StoreError, StoreUnavailable, VersionConflict

CLAIM_SECONDS = 4.0  # after which another worker may run the job of a killed one
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.5, 60.0
_EARLY_SECONDS = 1.0  # the clock of the queue's server may be ahead by this much
_CLEAN_SECONDS = 60.0
_STORE_RETRY_SECONDS = 1.0  # before a job is run again that found the store unavailable

log = structlog.get_logger(__name__)


class UnknownJob(Exception):
    """No handler of this process has the job's name."""


class WorkerDied(Exception):
    """The process that ran the job ended before the handler did."""


def backoff_s(failures: int, jitter: float) -> float:
    """Seconds before the next attempt after that many failures (from 1): doubling, half of it random.

    *jitter* is from 0 to 1.
    """
    longest = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 16))
    return longest * (0.5 + 0.5 * jitter)


def job_after_run(job: Job, error: BaseException | None, now: datetime, attempts: int, jitter: float) -> Job:
    """The job after a run that ended with *error*: done, ready to be run again, or dead.

    ``RetryLater`` does not count as a failure, nor does an unavailable store.
    """
    if error is None:
        return replace(job, state="done", running=False, run_at=now)
    if isinstance(error, RetryLater):
        return replace(job, running=False, run_at=now + timedelta(seconds=error.seconds))
    if isinstance(error, StoreUnavailable):
        return replace(job, running=False, run_at=now + timedelta(seconds=_STORE_RETRY_SECONDS))
    failures = job.attempts + 1
    failed = replace(
        job, running=False, attempts=failures, last_error=f"{type(error).__name__}: {error}"[:500]
    )
    if failures >= attempts:
        return replace(failed, state="dead", run_at=now)
    return replace(failed, run_at=now + timedelta(seconds=backoff_s(failures, jitter)))


class JobWorker:
    """Runs the jobs of all names in *handlers* until closed; workers of several processes share the jobs."""

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
        self._queue = QueueWorker(jobs.redis_url, self.run_job, concurrency=settings.concurrency)
        self._sweeper: asyncio.Task[None] | None = None
        self.done = self.failed = self.dead = 0
        self.timings = LabelledTimings(LONG_S)  # by the handler's name

    def start(self) -> None:
        self._queue.start()
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep(), name="job sweep")

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"done_total": self.done, "failures_total": self.failed, "dead_total": self.dead}

    async def close(self, seconds: float = 5.0) -> None:
        """Accept no more jobs, and let running ones finish for that long; other workers run the rest."""
        await cancel_and_wait(self._sweeper)
        await self._queue.close(seconds)

    async def _sweep(self) -> None:
        clock = asyncio.get_running_loop().time
        cleaned_at = clock()
        while True:
            pause = self._settings.sweep_seconds
            try:
                due = await self._jobs.sweep()
                if self._jobs.queue_unavailable and await self._run_without_queue(due):
                    pause = 0
                if clock() - cleaned_at > _CLEAN_SECONDS:
                    cleaned_at = clock()
                    await self._jobs.clean()
            except VersionConflict:
                pass  # another worker deleted it first
            except StoreUnavailable:
                pass  # the store logs its outages
            except Exception as error:
                log.warning("job_sweep_failed", error=str(error))
            await asyncio.sleep(pause)

    async def _run_without_queue(self, due: Sequence[Job]) -> bool:
        """Run some of the due jobs, as many at a time as with a queue; True if more are left."""
        some = due[: self._settings.concurrency]
        await asyncio.gather(*(self.run_job(job.id) for job in some))
        return len(due) > len(some)

    async def run_job(self, id: str) -> None:
        """Run the job of that id if it is due.  After a failure here a sweep brings it again."""
        try:
            job = await self._claim(id)
            if job is not None:
                await self._run_claimed(job)
        except VersionConflict:
            log.info("job_taken_by_another_worker", job=id)
        except StoreUnavailable:
            pass  # the store logs its outages
        except StoreError as error:
            log.warning("job_store_failed", job=id, error=str(error))

    async def _run_claimed(self, job: Job) -> None:
        """Run a job and store its outcome, with the ids of the request that it follows from in its lines."""
        context = logs.WorkLogContext(job.cause.request_id if job.cause else None, job=job.id)
        logs.set_context(context)
        span = tracing.resume(job.cause, f"job {job.name}", {"supportcarr.job.attempt": job.attempts + 1})
        if span is not None:
            context.trace_id = tracing.trace_id_of(span)
            if context.request_id is not None:
                span.set_attribute("supportcarr.request_id", context.request_id)
        began = perf_counter()
        error: BaseException | None = None
        try:
            job, error = await self._run(job)
            if error is None:
                log.info("job_done", name=job.name, ms=round((perf_counter() - began) * 1000, 2))
            elif span is not None:
                tracing.ended_with(span, error)
            await self._finish(job, error)
        finally:
            if span is not None:
                span.end()
            seconds = perf_counter() - began
            failed = error is not None and not isinstance(error, RetryLater)  # that one only waits
            error_reports.timed(job.name, "queue.process", seconds, failed=failed, trace_id=context.trace_id)
            logs.set_context(None)

    async def _claim(self, id: str) -> Job | None:
        """Claim the job; ``None`` if it is not to be run now.  Raises ``VersionConflict``."""
        job = await self._jobs.documents.get(id)
        if job is None or job.state != "ready":
            return None
        now = self._jobs.clock.wall()
        early = (job.run_at - now).total_seconds()
        if early > _EARLY_SECONDS:  # claimed by another worker, maybe one that was killed a moment ago
            self._jobs.enqueue(job, now)
            return None
        if early > 0:
            await asyncio.sleep(early)
            now = self._jobs.clock.wall()
        if job.running:
            # This counts as a failure: a job that kills its process must not do so for ever.
            failed = job_after_run(
                job, WorkerDied("its process ended while it ran"), now, self._settings.attempts, 0
            )
            if failed.state == "dead":
                await self._finish(job, WorkerDied("its process ended while it ran"))
                return None
            job = failed
        return await self._jobs.documents.save(replace(job, running=True, run_at=_claimed_until(now)))

    async def _run(self, job: Job) -> tuple[Job, BaseException | None]:
        """Run the handler and extend the claim meanwhile; the job as stored, and the handler's error."""
        handle = self._handlers.get(job.name)
        if handle is None:
            return job, UnknownJob(f"no handler is named {job.name}")
        started = perf_counter()
        running = asyncio.ensure_future(handle(job.payload.encode()))
        try:
            while not (await asyncio.wait({running}, timeout=CLAIM_SECONDS / 4))[0]:
                job = await self._extend_claim(job)
        finally:
            if not running.done():  # this task was cancelled, or another worker took the job
                await cancel_and_wait(running)
            self.timings.of(job.name).observe(perf_counter() - started)
        return job, running.exception()

    async def _extend_claim(self, job: Job) -> Job:
        try:
            return await self._jobs.documents.save(
                replace(job, run_at=_claimed_until(self._jobs.clock.wall()))
            )
        except VersionConflict:
            raise
        except StoreUnavailable:  # the claim lasts for some seconds, and the store may recover
            return job
        except StoreError as error:  # the claim lasts for some seconds, and the store may recover
            log.warning("job_store_failed", job=job.id, error=str(error))
            return job

    async def _finish(self, job: Job, error: BaseException | None) -> None:
        """Store the outcome.  Raises ``StoreError``: then the claim expires and the job is run again."""
        now = self._jobs.clock.wall()
        result = await self._jobs.documents.save(
            job_after_run(job, error, now, self._settings.attempts, self._jitter())
        )
        if result.state == "ready":
            self._jobs.enqueue(result, now)
        if error is None:
            self.done += 1
        elif not isinstance(error, RetryLater | StoreUnavailable):
            self.failed += 1
            self.dead += result.state == "dead"
            log.warning(
                "job_failed",
                job=job.id,
                name=job.name,
                attempts=result.attempts,
                dead=result.state == "dead",
                exc_info=error,
            )


def _claimed_until(now: datetime) -> datetime:
    return now + timedelta(seconds=CLAIM_SECONDS)
