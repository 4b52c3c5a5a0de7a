"""BullMQ, and all that we know of it: it carries ids of job documents to workers, and nothing else.

Found by trying BullMQ 3.4 for Python (each is worked round here):

- redis-py's socket time-out of 5 s is as long as BullMQ's longest wait for work, so an idle worker
  hears of jobs late: ours is longer than any wait.
- delays run up to 1 s late until the server's version was asked for on both connections.
- its own connections retry for minutes; ours fail at once, and its worker loop tries again.
- after a kill -9 a job waits for its lock and for the check for stalled ones, 30 s each, and fails at
  the second kill: ours are short, and kills are counted in the job's document.
- a worker loop that meets what it did not expect prints it and ends: ours is started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from bullmq import Queue as BullQueue
from bullmq import Worker as BullWorker
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from supportcarr.kit.redis import keys
from supportcarr.kit.runtime.cancellation import cancel_and_wait

_NAME = "jobs"
_LOCK_MS = 3_000
_STALLED_MS = 1_000
_IDLE_WAIT_S = 2  # of one blocking call; BullMQ waits up to 10 s where a delayed job is next
_BLOCKING_TIMEOUT_S = 20.0
_CALL_TIMEOUT_S = 2.0
_RETRY_MS = 200
_RESTART_SECONDS = 0.5

_log = structlog.get_logger("supportcarr.jobs")


def _connection(url: str, timeout: float) -> Any:
    return Redis.from_url(
        url,
        decode_responses=True,  # BullMQ's scripts answer text
        socket_timeout=timeout,
        socket_connect_timeout=_CALL_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        client_name="supportcarr-jobs",
    )


class Queue:
    """Where ids are handed in.  Handing in is quick, never raises, and may be lost with Redis."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue: Any = None
        self._waiting: list[dict[str, Any]] = []
        self._pusher: asyncio.Task[None] | None = None
        self.lost = 0
        self.away = False

    def push(self, ticket: str, id: str, name: str, delay_s: float = 0.0) -> None:
        """Bring *id* to a worker after that many seconds; once, while the same ticket is in the queue."""
        options: dict[str, Any] = {
            # BullMQ for Node refuses a colon in an id, and bull-board splits at it.
            "jobId": ticket.replace(":", "~"),
            "removeOnComplete": True,
            "removeOnFail": True,
        }
        if delay_s > 0:
            options["delay"] = max(1, round(delay_s * 1000))
        self._waiting.append({"name": name, "data": {"id": id}, "opts": options})
        if self._pusher is None:
            self._pusher = asyncio.get_running_loop().create_task(self._push())

    async def pushed(self) -> None:
        """Wait until what was handed in has been sent (or lost)."""
        if self._pusher is not None:
            await asyncio.shield(self._pusher)

    async def close(self) -> None:
        await self.pushed()
        if self._queue is not None:
            with suppress(Exception):
                await self._queue.close()

    async def _push(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    if self._queue is None:
                        connection = _connection(self._url, _CALL_TIMEOUT_S)
                        self._queue = BullQueue(
                            _NAME, {"connection": connection, "prefix": keys.queue_prefix()}
                        )
                    await self._queue.addBulk(batch)
                    self.away = False
                except Exception as error:
                    # Whatever it was: the documents are there, and a sweep will bring them again.
                    self.lost += len(batch)
                    if not self.away:
                        _log.warning("jobs.queue_away", error=str(error))
                    self.away = True
        finally:
            self._pusher = None


class QueueWorker:
    """Calls *process* with each id that comes, at most *concurrency* at a time."""

    def __init__(self, url: str, process: Callable[[str], Awaitable[None]], *, concurrency: int) -> None:
        self._url = url
        self._process = process
        self._concurrency = concurrency
        self._worker: Any = None
        self._keeper: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        self._keeper = asyncio.get_running_loop().create_task(self._keep(), name="job queue")

    async def close(self, seconds: float) -> None:
        """Take no more, and let what runs finish for that long; then cancel it."""
        self._closing = True
        if self._worker is not None:
            try:
                async with asyncio.timeout(seconds):
                    await self._worker.close()
            except Exception:
                with suppress(Exception):
                    await self._worker.close(force=True)
        await cancel_and_wait(self._keeper)

    async def _keep(self) -> None:
        while not self._closing:
            try:
                await self._run()
            except Exception as error:
                _log.warning("jobs.worker_ended", error=str(error))
            if not self._closing:
                await asyncio.sleep(_RESTART_SECONDS)

    async def _run(self) -> None:
        worker = BullWorker(
            _NAME,
            self._take,
            {
                "connection": _connection(self._url, _BLOCKING_TIMEOUT_S),
                "prefix": keys.queue_prefix(),
                "autorun": False,
                "concurrency": self._concurrency,
                "drainDelay": _IDLE_WAIT_S,
                "lockDuration": _LOCK_MS,
                "stalledInterval": _STALLED_MS,
                "maxStalledCount": 1_000_000,  # how often is too often is for the document to say
                "runRetryDelay": _RETRY_MS,
            },
        )
        worker.on("error", _worker_error)
        self._worker = worker
        try:
            await worker.backend.connection.getRedisVersion()
            await worker.backend.blocking_connection.getRedisVersion()
            await worker.run()
        finally:
            if not self._closing:
                await worker.close(force=True)

    async def _take(self, job: Any, token: str) -> None:
        await self._process(job.data["id"])


def _worker_error(error: BaseException, *_: object) -> None:
    _log.warning("jobs.queue_error", error=str(error))
