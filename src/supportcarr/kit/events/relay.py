"""The relay: takes events out of the outbox and hands them to those who react to them.

It is told of each commit of its own process and acts at once; ``sweep`` repeats what a crash, or
another process that went away, left behind.  Events of one document are handed on in their order,
of different documents side by side.  A consumer that fails holds back, of that document, what comes
after for itself alone: while Redis is away nobody hears of a rescue, and it goes on all the same.
Before an event leaves the outbox every quick consumer of it, and of those before it, has run and every
slow one has its job, so a crash in between repeats, and never loses: consumers are idempotent.  Two
relays may hold the same document at once; each goes by what the outbox holds, oldest first, so the
first time a consumer sees the events of a document is in their order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec
import structlog

from supportcarr.contracts.envelope import DomainEvent, EventEnvelope
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store, StoreError

FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 30.0
RETRIES_A_SECOND = 250.0  # of all that wait for a consumer that is away: a hundredth of a core

Key = tuple[str, str]  # collection, document id

_encoder = msgspec.json.Encoder()
_log = structlog.get_logger("supportcarr.outbox")


class JobAdder(Protocol):
    """Where the work of slow consumers goes."""

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        """Insert the job of that name and key, durably; harmless if it is there already."""


def job_key(event: EventEnvelope) -> str:
    """What names an event among all: its id alone repeats where collections share document ids."""
    return f"{event.collection}.{event.id}"


@dataclass(slots=True)
class _Trouble:
    """A document with an event that could not be handed to everybody."""

    failures: int = 0  # tries on end
    handed: set[tuple[str, str]] = field(default_factory=set)  # (event id, consumer) that succeeded
    retry: asyncio.TimerHandle | None = None

    @property
    def backoff_s(self) -> float:
        return float(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(self.failures - 1, 12)))


@dataclass(slots=True)
class _Pass:
    """One go through a document's events."""

    blocked: set[str] = field(default_factory=set)  # consumers that could not take an event in it
    pauses: list[float] = field(default_factory=list)  # that consumers asked for
    failed: bool = False


class Relay:
    """Hands events of *store* to *consumers*, at most *concurrency* documents at a time.

    A consumer that fails is logged and tried again, alone, after a growing pause (0.1 s to 30 s), or
    when the document changes; until then later events of that document wait for it, and nothing else
    does.  ``RetryLater`` names its own pause and is no failure: the consumer is away.  The more documents
    wait for it the more rarely each is tried, and all are as soon as it takes an event again.
    """

    def __init__(
        self, store: Store, consumers: Sequence[Consumer], jobs: JobAdder, *, concurrency: int = 32
    ) -> None:
        names = [consumer.name for consumer in consumers]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"consumers share the name {sorted(repeated)[0]}")
        self._store, self._consumers, self._jobs = store, tuple(consumers), jobs
        self._concurrency = concurrency
        self._by_fact: dict[type[DomainEvent], tuple[Consumer, ...]] = {}
        self._waiting: dict[Key, None] = {}  # an ordered set
        self._told_first: dict[
            Key, Sequence[EventEnvelope]
        ] = {}  # of those waiting: all that the outbox holds
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._again: set[Key] = set()  # noticed once more while running
        self._troubles: dict[Key, _Trouble] = {}
        self._away: dict[str, set[Key]] = {}  # what waits for consumers that are away
        self._progress: deque[asyncio.Future[None]] = deque()
        self._sweeper: asyncio.Task[None] | None = None
        self._stopped = False
        self._relayed = self._failures = 0
        store.subscribe(self._told)

    # --- what is to be done -------------------------------------------------------------------

    def _told(self, collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
        key = (collection, id)
        trouble = self._troubles.get(key)
        if trouble is not None and trouble.retry is not None:
            trouble.retry.cancel()  # who is not in trouble need not wait for who is
            trouble.retry = None
        new = key not in self._waiting and key not in self._running
        self._told_first.pop(key, None)  # it changed once more: then the outbox is read
        if new and not self._stopped and events and events[0].document_version == 1:
            self._told_first[key] = events
        self._notice(key)

    def _notice(self, key: Key) -> None:
        if self._stopped:
            return  # left to the sweep of another
        if key in self._running:
            self._again.add(key)
        else:
            self._waiting[key] = None
            self._pump()

    def _pump(self) -> None:
        while self._waiting and len(self._running) < self._concurrency:
            key = next(iter(self._waiting))
            del self._waiting[key]
            self._running[key] = asyncio.create_task(self._run(key))

    def _retry(self, key: Key) -> None:
        trouble = self._troubles[key]
        trouble.retry = None
        self._notice(key)

    # --- one document -------------------------------------------------------------------------

    async def _run(self, key: Key) -> None:
        trouble = self._troubles.get(key) or _Trouble()
        pause: float | None = None
        try:
            pause = await self._relay(key, trouble)
        except StoreError as error:
            trouble.failures += 1
            pause = trouble.backoff_s
            _log.warning("outbox.store_failed", collection=key[0], document_id=key[1], error=str(error))
        except Exception:
            trouble.failures += 1
            pause = trouble.backoff_s
            _log.exception("outbox.document_failed", collection=key[0], document_id=key[1])
        finally:
            del self._running[key]
            noticed = key in self._again
            self._again.discard(key)
            if pause is None or self._stopped:
                self._troubles.pop(key, None)
            else:
                self._troubles[key] = trouble
                if not noticed:
                    trouble.retry = asyncio.get_running_loop().call_later(pause, self._retry, key)
            if noticed and not self._stopped:
                self._waiting[key] = None
            self._pump()
            while self._progress:
                waiter = self._progress.popleft()
                if not waiter.done():
                    waiter.set_result(None)

    async def _relay(self, key: Key, trouble: _Trouble) -> float | None:
        """Hand on what the outbox holds of one document; the pause before the next try, if any."""
        try:
            collection = self._store.get_collection(key[0])
        except KeyError:
            _log.error("outbox.unknown_collection", collection=key[0], document_id=key[1])
            return LONGEST_RETRY_S
        done: list[EventEnvelope] = []
        going = _Pass()
        # Before a document's first events there are none, so what was told of is what is to be handed on.
        events = self._told_first.pop(key, None) or await collection.pending_events(key[1])
        for event in events:
            await self._hand(event, trouble, going)
            if not going.blocked:
                done.append(event)
        if done:
            if len(done) == 1:  # as nearly always: without tasks of its own
                await collection.mark_published(done[0])
            else:
                await asyncio.gather(*(collection.mark_published(event) for event in done))
            self._relayed += len(done)
            if going.blocked:
                ids = {event.id for event in done}
                trouble.handed = {mark for mark in trouble.handed if mark[0] not in ids}
            else:
                trouble.handed.clear()
            trouble.failures = 0
        if going.failed:
            trouble.failures += 1
            going.pauses.append(trouble.backoff_s)
        return min(going.pauses, default=None)

    async def _hand(self, event: EventEnvelope, trouble: _Trouble, going: _Pass) -> None:
        """Hand one event to all its consumers that took those before it and have not taken it yet."""
        for consumer in self._consumers_of(type(event.event)):
            mark = (event.id, consumer.name)
            if mark in trouble.handed or consumer.name in going.blocked:
                continue
            try:
                if consumer.slow:
                    await self._jobs.add(consumer.name, job_key(event), _encoder.encode(event))
                else:
                    await consumer.handle(event)
            except RetryLater as again:
                going.blocked.add(consumer.name)
                waiting = self._away.setdefault(consumer.name, set())
                waiting.add((event.collection, event.document_id))
                going.pauses.append(max(again.seconds, len(waiting) / RETRIES_A_SECOND))
            except Exception:
                self._failures += 1
                going.blocked.add(consumer.name)
                going.failed = True
                _log.exception(
                    "outbox.consumer_failed",
                    consumer=consumer.name,
                    event_id=event.id,
                    collection=event.collection,
                    failures=trouble.failures + 1,
                )
            else:
                trouble.handed.add(mark)
                if consumer.name in self._away:
                    self._is_back(consumer.name)

    def _is_back(self, consumer: str) -> None:
        """Try again at once what waits for that consumer."""
        for key in self._away.pop(consumer):
            trouble = self._troubles.get(key)
            if trouble is not None and trouble.retry is not None:
                trouble.retry.cancel()
                trouble.retry = None
                self._notice(key)

    def _consumers_of(self, fact: type[DomainEvent]) -> tuple[Consumer, ...]:
        """The consumers of that type of event, in the order in which they are called."""
        known = self._by_fact.get(fact)
        if known is None:
            wanted = [consumer for consumer in self._consumers if issubclass(fact, consumer.events)]
            known = self._by_fact[fact] = tuple(sorted(wanted, key=lambda consumer: consumer.order))
        return known

    # --- sweeping, draining, stopping ---------------------------------------------------------

    async def sweep(self, *, older_than_s: float = 2.0, limit: int = 500) -> int:
        """Try what has been in the outbox for that long (wall time), oldest first; how many documents.

        Returns when each of them has been tried.  Those in trouble keep to their pauses.
        """
        found = await self._store.outbox(older_than_s=older_than_s, limit=limit + len(self._troubles))
        keys = {key for key in found if key not in self._troubles}
        for key in found:
            if key in keys:
                self._notice(key)
        untried = set(keys)
        while untried := {key for key in untried if key in self._waiting or key in self._running}:
            await self._some_progress()
        return len(keys)

    def start_sweeping(self, every_s: float) -> None:
        """Sweep again and again until ``stop``: for the worker."""

        async def sweep_on() -> None:
            while True:
                await asyncio.sleep(every_s)
                try:
                    await self.sweep(older_than_s=every_s)
                except StoreError as error:
                    _log.warning("outbox.sweep_failed", error=str(error))
                except Exception:  # whatever it is: what a crash left behind waits for this task
                    _log.exception("outbox.sweep_failed")

        self._sweeper = asyncio.create_task(sweep_on(), name="outbox sweep")

    async def drain(self, within_s: float = 10.0, *, retries: bool = True) -> bool:
        """Wait until what this process noticed is relayed, and what followed from it; was it in time?

        Without *retries* what waits for another try is left to a sweep.
        """

        try:
            async with asyncio.timeout(within_s):  # wait_for may lose a cancellation (Python 3.11)
                while self._waiting or self._running or (retries and self._troubles):
                    await self._some_progress()
        except TimeoutError:
            return False
        return True

    async def _some_progress(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._progress.append(waiter)
        await waiter

    async def stop(self) -> None:
        """Take nothing on any more and end what runs; what is unfinished is left to a sweep."""
        self._stopped = True
        self._waiting.clear()
        self._told_first.clear()
        for trouble in self._troubles.values():
            if trouble.retry:
                trouble.retry.cancel()
        await cancel_and_wait(*self._running.values(), self._sweeper)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {
            "relayed": self._relayed,
            "failures": self._failures,
            "waiting": len(self._waiting) + len(self._running),
            "retrying": len(self._troubles),
        }
