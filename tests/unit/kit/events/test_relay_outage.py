"""A consumer, or the store, is unavailable for long: waiting events cost little, and all are delivered as
soon as it is available again."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import pytest

from support.faults import FaultyStore
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.events import DomainEvent, UserSignedUp
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Collection, CollectionSpec
from supportcarr.kit.store.sqlite.engine import SqliteStore

DOCUMENTS = 60


class Letter(Document, frozen=True, kw_only=True):
    """A document with events."""


LETTERS = CollectionSpec("letters", Letter)
SENT = PendingEvents(
    (UserSignedUp(user_id="usr_1", role="rider"),), SYSTEM, datetime(2026, 11, 23, tzinfo=UTC)
)


class Jobs:
    async def add(self, name: str, key: str, payload: bytes, *, run_at: Any = None) -> None:
        raise AssertionError("no consumer here is slow")


class SuspendableConsumer:
    """Asks for a retry of each event while it is unavailable."""

    def __init__(self, name: str = "test.consumer", retry_after_s: float = 0.02) -> None:
        self.consumer = Consumer(name, (DomainEvent,), self.handle, Phase.REACTION)
        self.unavailable = True
        self.attempts = 0
        self.handled: list[str] = []
        self._retry_after_s = retry_after_s

    async def handle(self, event: EventEnvelope) -> None:
        self.attempts += 1
        if self.unavailable:
            raise RetryLater(self._retry_after_s, "unavailable")
        self.handled.append(event.document_id)


@pytest.fixture
def letters(store: SqliteStore) -> Collection[Letter]:
    return store.collection(LETTERS)


async def wait_until_all_are_retrying(relay: Relay) -> None:
    """Return when each document has been tried and waits for its retry."""
    async with asyncio.timeout(45):
        while relay.stats()["retrying"] < DOCUMENTS or relay.stats()["waiting"]:
            await asyncio.sleep(0)


async def test_a_recovered_consumer_gets_all_events_at_once_whatever_the_retry_delays(
    store: SqliteStore, letters: Collection[Letter]
) -> None:
    consumer = SuspendableConsumer(retry_after_s=3600)
    relay = Relay(store, [consumer.consumer], Jobs())
    names = [f"l{n}" for n in range(DOCUMENTS)]
    await asyncio.gather(*(letters.insert(Letter(id=name), SENT) for name in names))
    await wait_until_all_are_retrying(relay)
    consumer.unavailable = False
    await letters.insert(Letter(id="news"), SENT)
    assert await relay.drain()
    assert sorted(consumer.handled) == sorted([*names, "news"])
    await relay.stop()


async def test_retries_are_less_frequent_the_more_documents_wait(
    store: SqliteStore, letters: Collection[Letter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.events.relay.RETRIES_PER_SECOND", 0.01)
    consumer = SuspendableConsumer()
    relay = Relay(store, [consumer.consumer], Jobs())
    await asyncio.gather(*(letters.insert(Letter(id=f"l{n}"), SENT) for n in range(DOCUMENTS)))
    await wait_until_all_are_retrying(relay)
    assert consumer.attempts == DOCUMENTS
    now = asyncio.get_running_loop().time()
    delays = sorted(r.timer.when() - now for r in relay._retries.values() if r.timer is not None)
    assert len(delays) == DOCUMENTS
    assert delays[-1] > DOCUMENTS / 0.01 / 2
    await relay.stop()


async def test_a_recovery_does_not_retry_events_that_wait_for_another_consumer(
    store: SqliteStore, letters: Collection[Letter]
) -> None:
    recovered, unavailable = (
        SuspendableConsumer("test.recovered", retry_after_s=3600),
        SuspendableConsumer("test.unavailable", retry_after_s=3600),
    )
    relay = Relay(store, [recovered.consumer, unavailable.consumer], Jobs())
    await asyncio.gather(*(letters.insert(Letter(id=f"l{n}"), SENT) for n in range(DOCUMENTS)))
    await wait_until_all_are_retrying(relay)
    recovered.unavailable = False
    await letters.insert(Letter(id="news"), SENT)
    async with asyncio.timeout(45):
        while len(recovered.handled) <= DOCUMENTS or relay.stats()["waiting"]:
            await asyncio.sleep(0)
    attempts = unavailable.attempts
    await letters.insert(Letter(id="more news"), SENT)
    async with asyncio.timeout(45):
        while "more news" not in recovered.handled or relay.stats()["waiting"]:
            await asyncio.sleep(0)
    assert unavailable.attempts == attempts + 1, "the unavailable consumer is only tried with the new event"
    assert len(recovered.handled) == DOCUMENTS + 2
    await relay.stop()


async def test_a_recovered_store_gets_all_waiting_documents_at_once_and_they_log_nothing(
    store: SqliteStore,
    letters: Collection[Letter],
    monkeypatch: pytest.MonkeyPatch,
    logs: list[MutableMapping[str, Any]],
) -> None:
    monkeypatch.setattr("supportcarr.kit.events.relay.FIRST_RETRY_S", 3600.0)
    monkeypatch.setattr("supportcarr.kit.events.relay.LONGEST_RETRY_S", 3600.0)
    monkeypatch.setattr("supportcarr.kit.events.relay.STORE_RETRY_S", 3600.0)
    faulty = FaultyStore(store)
    consumer = SuspendableConsumer()
    consumer.unavailable = False
    relay = Relay(faulty.as_store, [consumer.consumer], Jobs())
    faulty.fails = True
    names = [f"l{n}" for n in range(DOCUMENTS)]
    await asyncio.gather(*(letters.insert(Letter(id=name), SENT) for name in names))
    await wait_until_all_are_retrying(relay)
    assert sorted(consumer.handled) == sorted(names)
    faulty.restore()
    await letters.insert(Letter(id="news"), SENT)
    assert await relay.drain()
    assert await store.outbox(older_than_s=-1, limit=1) == []
    assert sorted(consumer.handled) == sorted([*names, "news"])  # each once
    assert logs == []
    await relay.stop()
