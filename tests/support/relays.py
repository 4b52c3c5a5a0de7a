"""Test doubles for the relay: a list of jobs, and consumers that record events and can fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from support.store.fixtures import Parcel, pending, word_of
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import DomainEvent
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.store.port import Collection, Store


class JobList:
    """Records added jobs, each name and key once, like ``kit.jobs.service``."""

    def __init__(self) -> None:
        self.added: dict[str, bytes] = {}
        self.calls = 0
        self.broken = False

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        self.calls += 1
        if self.broken:
            raise ConnectionError("the job store is unavailable")
        self.added.setdefault(f"{key}:{name}", payload)


class RecordingConsumer:
    """A quick consumer that records its events; ``before_handling`` can delay it or raise."""

    def __init__(self, name: str = "test.recording", *events: type[DomainEvent]) -> None:
        self.received: list[EventEnvelope] = []
        self.consumer = Consumer(name, events or (DomainEvent,), self.handle, Phase.REACTION)
        self.before_handling: Callable[[EventEnvelope], Awaitable[None]] | None = None

    async def handle(self, event: EventEnvelope) -> None:
        if self.before_handling is not None:
            await self.before_handling(event)
        self.received.append(event)

    @property
    def words(self) -> list[str]:
        return [word_of(event) for event in self.received]


class FailsFirst:
    """Raises *error* the first *times* times that it gets the event with *word*."""

    def __init__(self, word: str, times: int, error: Exception) -> None:
        self.word, self.left, self.error = word, times, error

    async def __call__(self, event: EventEnvelope) -> None:
        if word_of(event) == self.word and self.left:
            self.left -= 1
            raise self.error


async def save_again(parcels: Collection[Parcel], name: str, word: str) -> None:
    parcel = await parcels.get(name)
    assert parcel is not None
    await parcels.save(parcel, pending(word))


async def outbox(store: Store) -> list[tuple[str, str]]:
    return await store.outbox(older_than_s=0, limit=1000)
