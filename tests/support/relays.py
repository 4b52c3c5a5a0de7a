"""What a test gives a relay: jobs that are remembered, and consumers that are watched and may fail first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from support.store.fixtures import Parcel, recorded, word_of
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import DomainEvent
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.store.port import Collection, Store


class JobList:
    """The jobs that were added, each once a name and key, as ``kit.jobs.service`` keeps them."""

    def __init__(self) -> None:
        self.added: dict[str, bytes] = {}
        self.calls = 0
        self.broken = False

    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        self.calls += 1
        if self.broken:
            raise ConnectionError("the job store is away")
        self.added.setdefault(f"{key}:{name}", payload)


class Witness:
    """A quick consumer that remembers what it was given, and may fail first."""

    def __init__(self, name: str = "test.witness", *facts: type[DomainEvent]) -> None:
        self.seen: list[EventEnvelope] = []
        self.consumer = Consumer(name, facts or (DomainEvent,), self.handle, Phase.REACTION)
        self.trouble: Callable[[EventEnvelope], Awaitable[None]] | None = None

    async def handle(self, event: EventEnvelope) -> None:
        if self.trouble is not None:
            await self.trouble(event)
        self.seen.append(event)

    @property
    def words(self) -> list[str]:
        return [word_of(event) for event in self.seen]


class FailsFirst:
    """Fails the first so many times for one word."""

    def __init__(self, word: str, times: int, error: Exception) -> None:
        self.word, self.left, self.error = word, times, error

    async def __call__(self, event: EventEnvelope) -> None:
        if word_of(event) == self.word and self.left:
            self.left -= 1
            raise self.error


async def save_again(parcels: Collection[Parcel], name: str, word: str) -> None:
    parcel = await parcels.get(name)
    assert parcel is not None
    await parcels.save(parcel, recorded(word))


async def outbox(store: Store) -> list[tuple[str, str]]:
    return await store.outbox(older_than_s=0, limit=1000)
