"""The relay: takes events out of the outbox and hands them to their consumers.

It is notified of each commit of its own process and acts at once; ``sweep`` handles events that a crash, or
another process that ended, left behind.  Events of one document are handled in order, events of
different documents concurrently.  A failing consumer blocks only its own later events of the same
document: without Redis no client is notified, and the rescue continues.

An event leaves the outbox after every quick consumer of it, and of the events before it, has run and
every slow one has its job.  A crash in between repeats work and never loses any: consumers are
idempotent.  Two relays may handle the same document at once; each reads the outbox oldest first, so a
consumer sees the events of a document for the first time in their order.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec
import structlog

from supportcarr.contracts.envelope import DomainEvent, EventEnvelope
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.observability import tracing
from supportcarr.kit.observability.timings import LONG_S, Timings
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.sealing.event_shapes import without_personal
from supportcarr.kit.store.port import Store, StoreError, StoreUnavailable

FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 30.0
STORE_RETRY_S = 1.0  # the longest pause of a document that waits for the store
RETRIES_PER_SECOND = 250.0  # of all documents that wait for one consumer or the store: 1 % of a core

_STORE = "the store"  # stands among the names of unavailable consumers

Key = tuple[str, str]  # collection, document id

_encoder = msgspec.json.Encoder()
log = structlog.get_logger(__name__)


class JobAdder(Protocol):
    """Stores the jobs of slow consumers.  Implemented by ``kit.jobs.service.Jobs``."""

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        """Store the job of that name and key durably; do nothing if it is there already."""


def job_key(event: EventEnvelope) -> str:
    """A key that is unique among all events: two collections may share document ids, so event ids too."""
    return f"{event.collection}.{event.id}"


@dataclass(slots=True)
class RetryState:
    """A document with an event that not every consumer has taken."""

    failures: int = 0  # consecutive failed attempts
    handled: set[tuple[str, str]] = field(default_factory=set)  # (event id, consumer) that succeeded
    timer: asyncio.TimerHandle | None = None
    committed_at: float | None = None  # monotonic; ``None``: another process saved it, and ended

    @property
    def backoff_s(self) -> float:
        return float(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(self.failures - 1, 12)))


@dataclass(slots=True)
class _Attempt:
    """One attempt at a document's events."""

    blocked: set[str] = field(default_factory=set)  # consumers that did not take an event in it
    pauses: list[float] = field(default_factory=list)  # requested before the next attempt, seconds
    failed: bool = False
    store_unavailable: bool = False


class Relay:
    """Hands events of *store* to *consumers*, at most *concurrency* documents at a time.

    A failing consumer is logged and tried again, alone, after a growing pause (0.1 s to 30 s) or when
    the document changes.  A consumer that raises ``RetryLater`` is unavailable: that is no failure, and
    the exception names the pause.  The more documents wait for an unavailable consumer, the less often
    each is tried; all are tried as soon as it takes an event again.  So it is with the store, which logs its
    outages itself.
    """

    def __init__(
        self, store: Store, consumers: Sequence[Consumer], jobs: JobAdder, *, concurrency: int = 32
    ) -> None:
        names = [consumer.name for consumer in consumers]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"consumers share the name {sorted(repeated)[0]}")
        self._store, self._consumers, self._jobs = store, tuple(consumers), jobs
        self._concurrency = concurrency
        self._by_event_type: dict[type[DomainEvent], tuple[Consumer, ...]] = {}
        self._queue: dict[Key, None] = {}  # an ordered set
        self._initial_events: dict[Key, Sequence[EventEnvelope]] = {}  # of new documents in the queue
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._changed: set[Key] = set()  # enqueued again while running
        self._retries: dict[Key, RetryState] = {}
        self._unavailable: dict[str, set[Key]] = {}  # consumers, the store: the documents that wait for it
        self._progress: deque[asyncio.Future[None]] = deque()
        self._sweeper: asyncio.Task[None] | None = None
        self._stopped = False
        self._published = self._failures = 0
        self._committed_at: dict[Key, float] = {}  # the first commit that waits; monotonic
        self.read_model_lag = Timings(LONG_S)  # from the commit of an event until a read model has it
        store.subscribe(self._committed)

    # --- the queue ------------------------------------------------------------------------------

    def _committed(self, collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
        key = (collection, id)
        self._committed_at.setdefault(key, time.monotonic())
        retry = self._retries.get(key)
        if retry is not None and retry.timer is not None:
            retry.timer.cancel()  # consumers that are not blocked need not wait for those that are
            retry.timer = None
        new = key not in self._queue and key not in self._running
        self._initial_events.pop(key, None)  # it changed again: then the outbox is read
        if new and not self._stopped and events and events[0].document_version == 1:
            self._initial_events[key] = events
        self._enqueue(key)

    def _enqueue(self, key: Key) -> None:
        if self._stopped:
            return  # left to the sweep of another process
        if key in self._running:
            self._changed.add(key)
        else:
            self._queue[key] = None
            self._dispatch_next()

    def _dispatch_next(self) -> None:
        while self._queue and len(self._running) < self._concurrency:
            key = next(iter(self._queue))
            del self._queue[key]
            # Its context is that of nothing: each event brings what it follows from.
            self._running[key] = asyncio.create_task(self._run(key), context=Context())

    def _retry(self, key: Key) -> None:
        self._retries[key].timer = None
        self._enqueue(key)

    # --- one document ---------------------------------------------------------------------------

    async def _run(self, key: Key) -> None:
        retry = self._retries.get(key) or RetryState()
        committed_at = self._committed_at.pop(key, None)
        if retry.committed_at is None:
            retry.committed_at = committed_at
        pause: float | None = None
        try:
            pause = await self._relay(key, retry)
        except StoreUnavailable:
            pause = self._wait_for_store(key, retry)
        except StoreError as error:
            retry.failures += 1
            pause = retry.backoff_s
            log.warning("outbox_store_failed", collection=key[0], document_id=key[1], error=str(error))
        except Exception:
            retry.failures += 1
            pause = retry.backoff_s
            log.exception("outbox_document_failed", collection=key[0], document_id=key[1])
        finally:
            del self._running[key]
            changed = key in self._changed
            self._changed.discard(key)
            if pause is None or self._stopped:
                self._retries.pop(key, None)
            else:
                self._retries[key] = retry
                if not changed:
                    retry.timer = asyncio.get_running_loop().call_later(pause, self._retry, key)
            if changed and not self._stopped:
                self._queue[key] = None
            self._dispatch_next()
            while self._progress:
                waiter = self._progress.popleft()
                if not waiter.done():
                    waiter.set_result(None)

    async def _relay(self, key: Key, retry: RetryState) -> float | None:
        """Hand on what the outbox holds of one document; the pause before the next attempt, if any."""
        try:
            collection = self._store.get_collection(key[0])
        except KeyError:
            log.error("outbox_collection_unknown", collection=key[0], document_id=key[1])
            return LONGEST_RETRY_S
        done: list[EventEnvelope] = []
        attempt = _Attempt()
        # A new document has no events but those of its first commit: the outbox need not be read.
        events = self._initial_events.pop(key, None) or await collection.pending_events(key[1])
        for event in events:
            await self._handle(event, retry, attempt)
            if not attempt.blocked:
                done.append(event)
        if done:
            if len(done) == 1:  # nearly always: then without a task of its own
                await collection.mark_published(done[0])
            else:
                await asyncio.gather(*(collection.mark_published(event) for event in done))
            self._published += len(done)
            if _STORE in self._unavailable:
                self._available_again(_STORE)
            if attempt.blocked:
                ids = {event.id for event in done}
                retry.handled = {mark for mark in retry.handled if mark[0] not in ids}
            else:
                retry.handled.clear()
            retry.failures = 0
        if attempt.failed:
            retry.failures += 1
            attempt.pauses.append(retry.backoff_s)
        if attempt.store_unavailable:
            attempt.pauses.append(self._wait_for_store(key, retry))
        return min(attempt.pauses, default=None)

    async def _handle(self, event: EventEnvelope, retry: RetryState, attempt: _Attempt) -> None:
        """Call the consumers of one event that took the events before it and have not taken it yet."""
        cause = event.cause
        context = logs.WorkLogContext(cause.request_id if cause else None, event_id=event.id)
        logs.set_context(context)
        span = tracing.resume(
            cause, f"event {type(event.event).__name__}", {"supportcarr.event_id": event.id}
        )
        if span is None:
            await self._call_consumers(event, retry, attempt, traced=False)
            return
        context.trace_id = tracing.trace_id_of(span)
        try:
            await self._call_consumers(event, retry, attempt, traced=True)
        finally:
            span.end()

    async def _call_consumers(
        self, event: EventEnvelope, retry: RetryState, attempt: _Attempt, *, traced: bool
    ) -> None:
        for consumer in self._consumers_of(type(event.event)):
            mark = (event.id, consumer.name)
            if mark in retry.handled or consumer.name in attempt.blocked:
                continue
            try:
                if consumer.slow:
                    payload = _encoder.encode(without_personal(event))
                    await self._jobs.add(consumer.name, job_key(event), payload)
                elif not traced:
                    await consumer.handle(event)
                else:
                    with tracing.spanning(consumer.name):
                        await consumer.handle(event)
                projected = consumer.phase is Phase.PROJECTION and not consumer.slow
                if projected and retry.committed_at is not None:
                    self.read_model_lag.observe(time.monotonic() - retry.committed_at)
            except RetryLater as later:
                attempt.blocked.add(consumer.name)
                key = (event.collection, event.document_id)
                attempt.pauses.append(self._wait_for(consumer.name, key, later.seconds))
            except StoreUnavailable:
                self._failures += 1
                attempt.blocked.add(consumer.name)
                attempt.store_unavailable = True
            except Exception:
                self._failures += 1
                attempt.blocked.add(consumer.name)
                attempt.failed = True
                log.exception(
                    "outbox_consumer_failed",
                    consumer=consumer.name,
                    event_id=event.id,
                    collection=event.collection,
                    failures=retry.failures + 1,
                )
            else:
                retry.handled.add(mark)
                if consumer.name in self._unavailable:
                    self._available_again(consumer.name)

    def _wait_for_store(self, key: Key, retry: RetryState) -> float:
        """The pause of a document that waits for the store."""
        retry.failures += 1
        return self._wait_for(_STORE, key, min(STORE_RETRY_S, retry.backoff_s))

    def _wait_for(self, name: str, key: Key, seconds: float) -> float:
        """The pause of a document that waits for that consumer, at least *seconds*."""
        waiting = self._unavailable.setdefault(name, set())
        waiting.add(key)
        return max(seconds, len(waiting) / RETRIES_PER_SECOND)

    def _available_again(self, name: str) -> None:
        """Retry at once the documents that wait for that consumer."""
        for key in self._unavailable.pop(name):
            retry = self._retries.get(key)
            if retry is not None and retry.timer is not None:
                retry.timer.cancel()
                retry.timer = None
                self._enqueue(key)

    def _consumers_of(self, event_type: type[DomainEvent]) -> tuple[Consumer, ...]:
        """The consumers of that type of event, in the order in which they are called."""
        known = self._by_event_type.get(event_type)
        if known is None:
            wanted = [consumer for consumer in self._consumers if issubclass(event_type, consumer.events)]
            known = self._by_event_type[event_type] = tuple(sorted(wanted, key=lambda c: c.order))
        return known

    # --- sweeping, draining, stopping -----------------------------------------------------------

    async def sweep(self, *, older_than_s: float = 2.0, limit: int = 500) -> int:
        """Handle what has been in the outbox for that long (wall time), oldest first.

        Returns the number of documents, after one attempt at each.  Documents that wait for a retry
        are left alone.
        """
        found = await self._store.outbox(older_than_s=older_than_s, limit=limit + len(self._retries))
        keys = {key for key in found if key not in self._retries}
        for key in found:
            if key in keys:
                self._enqueue(key)
        unfinished = set(keys)
        while unfinished := {key for key in unfinished if key in self._queue or key in self._running}:
            await self._wait_for_progress()
        return len(keys)

    def start_sweeping(self, every_s: float) -> None:
        """Sweep at that interval until ``stop``; for worker processes."""

        async def sweep_forever() -> None:
            while True:
                await asyncio.sleep(every_s)
                try:
                    await self.sweep(older_than_s=every_s)
                except StoreUnavailable:
                    pass  # the store logs its outages
                except StoreError as error:
                    log.warning("outbox_sweep_failed", error=str(error))
                except Exception:  # this task must not end: nothing else repeats what a crash left behind
                    log.exception("outbox_sweep_failed")

        self._sweeper = asyncio.create_task(sweep_forever(), name="outbox sweep")

    async def drain(self, within_s: float = 10.0, *, retries: bool = True) -> bool:
        """Wait until the events of this process's commits, and those that follow from them, are handled.

        False: not within that time.  Without *retries*, documents that wait for one are left to a sweep.
        """

        try:
            async with asyncio.timeout(within_s):  # wait_for may lose a cancellation (Python 3.11)
                while self._queue or self._running or (retries and self._retries):
                    await self._wait_for_progress()
        except TimeoutError:
            return False
        return True

    async def _wait_for_progress(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._progress.append(waiter)
        await waiter

    async def stop(self) -> None:
        """Accept nothing more and cancel what runs; a sweep finishes what is unfinished."""
        self._stopped = True
        self._queue.clear()
        self._initial_events.clear()
        self._committed_at.clear()
        for retry in self._retries.values():
            if retry.timer:
                retry.timer.cancel()
        await cancel_and_wait(*self._running.values(), self._sweeper)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {
            "published_total": self._published,
            "failures_total": self._failures,
            "waiting": len(self._queue) + len(self._running),
            "retrying": len(self._retries),
        }
