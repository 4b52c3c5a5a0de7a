"""BullMQ, which carries ids of job documents to workers and nothing else.

This is the only file that imports it.  Beyond its documented API it relies on these names of BullMQ
3.4, which ``tests/unit/kit/jobs/test_bullmq_names.py`` checks and ``pyproject.toml`` bounds:

- ``Worker.backend.connection`` and ``.blocking_connection``, with ``getRedisVersion()``
- ``Worker.getNextJob(token)``, which is called for each job that may be run, and ``Worker.closing``
- the worker options ``drainDelay``, ``lockDuration``, ``stalledInterval``, ``maxStalledCount`` and
  ``runRetryDelay``, read as they are written here

Problems of BullMQ 3.4 for Python, and what is done about each:

- redis-py's socket timeout of 5 s is as long as BullMQ's longest wait for work, so an idle worker
  notices jobs late: the timeout here is longer than any wait.
- delayed jobs run up to 1 s late until both connections have asked for the server's version: it is
  asked for before the worker runs.
- its own connections retry for minutes: these fail at once, and the worker's loop retries.
- after a kill -9 a job waits for its lock and for the check for stalled jobs, 30 s each, and fails at
  the second kill: both are shorter here, and kills are counted in the job's document.
- for each job that has come, the worker asks for as many more as it may run, twice: 30 calls of a script
  with 16 jobs at a time.  Here it asks for one after the other, until there is none.
- the worker's loop prints an unexpected error and ends: it is started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context
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
WORKER_OPTIONS = {
    "autorun": False,
    "drainDelay": _IDLE_WAIT_S,
    "lockDuration": _LOCK_MS,
    "stalledInterval": _STALLED_MS,
    "maxStalledCount": 1_000_000,  # the job's document counts attempts and has the limit
    "runRetryDelay": _RETRY_MS,
}

log = structlog.get_logger(__name__)


def _connection(url: str, timeout: float) -> Any:
    return Redis.from_url(
        url,
        decode_responses=True,  # BullMQ expects text from its scripts
        socket_timeout=timeout,
        socket_connect_timeout=_CALL_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
        client_name="supportcarr-jobs",
    )


class Queue:
    """Sends ids to workers.  ``push`` is quick and never raises; what it sends may be lost with Redis."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue: Any = None
        self._waiting: list[dict[str, Any]] = []
        self._sender: asyncio.Task[None] | None = None
        self.lost = 0
        self.unavailable = False

    def push(self, message_id: str, id: str, name: str, delay_s: float = 0.0) -> None:
        """Send *id* to a worker after that many seconds.

        Does nothing while a message of that *message_id* is in the queue.
        """
        options: dict[str, Any] = {
            # BullMQ for Node refuses a colon in an id, and bull-board splits at it.
            "jobId": message_id.replace(":", "~"),
            "removeOnComplete": True,
            "removeOnFail": True,
        }
        if delay_s > 0:
            options["delay"] = max(1, round(delay_s * 1000))
        self._waiting.append({"name": name, "data": {"id": id}, "opts": options})
        if self._sender is None:
            # what others push meanwhile is sent too, so its lines are nobody's
            self._sender = asyncio.get_running_loop().create_task(self._send(), context=Context())

    async def flush(self) -> None:
        """Wait until what was pushed has been sent (or lost)."""
        if self._sender is not None:
            await asyncio.shield(self._sender)

    async def close(self) -> None:
        await self.flush()
        if self._queue is not None:
            with suppress(Exception):
                await self._queue.close()

    async def _send(self) -> None:
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
                    self.unavailable = False
                except Exception as error:
                    # Whatever it was: the documents are stored, and a sweep pushes them again.
                    self.lost += len(batch)
                    if not self.unavailable:
                        log.warning("job_queue_lost", error=str(error))
                    self.unavailable = True
        finally:
            self._sender = None


class _OneCallWorker(BullWorker):  # type: ignore[misc]  # the library has no types
    """Asks for one job at a time; runs as many as before."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._asking = asyncio.Lock()

    async def getNextJob(self, token: str) -> Any:  # noqa: N802 - its name in BullMQ
        async with self._asking:
            return None if self.closing else await super().getNextJob(token)


class QueueWorker:
    """Calls *process* with each id that arrives, at most *concurrency* at a time."""

    def __init__(self, url: str, process: Callable[[str], Awaitable[None]], *, concurrency: int) -> None:
        self._url = url
        self._process = process
        self._concurrency = concurrency
        self._worker: Any = None
        self._keeper: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        self._keeper = asyncio.get_running_loop().create_task(self._keep_running(), name="job queue")

    async def close(self, seconds: float) -> None:
        """Accept nothing more, and let what runs finish for that long; then cancel it."""
        self._closing = True
        if self._worker is not None:
            try:
                async with asyncio.timeout(seconds):
                    await self._worker.close()
            except Exception:
                with suppress(Exception):
                    await self._worker.close(force=True)
        await cancel_and_wait(self._keeper)

    async def _keep_running(self) -> None:
        while not self._closing:
            try:
                await self._run()
            except Exception as error:
                log.warning("job_queue_worker_ended", error=str(error))
            if not self._closing:
                await asyncio.sleep(_RESTART_SECONDS)

    async def _run(self) -> None:
        worker = _OneCallWorker(
            _NAME,
            self._receive,
            {
                "connection": _connection(self._url, _BLOCKING_TIMEOUT_S),
                "prefix": keys.queue_prefix(),
                "concurrency": self._concurrency,
                **WORKER_OPTIONS,
            },
        )
        worker.on("error", _on_error)
        self._worker = worker
        try:
            await worker.backend.connection.getRedisVersion()
            await worker.backend.blocking_connection.getRedisVersion()
            await worker.run()
        finally:
            if not self._closing:
                await worker.close(force=True)

    async def _receive(self, job: Any, token: str) -> None:
        await self._process(job.data["id"])


def _on_error(error: BaseException, *_: object) -> None:
    log.warning("job_queue_failed", error=str(error))
