"""A consumer that is away for long: what waits for it costs little, however much it is, and is all brought as
soon as it is back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.events import DomainEvent, UserSignedUp
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Collection, CollectionSpec
from supportcarr.kit.store.sqlite.engine import SqliteStore

MANY = 60


class Letter(Document, frozen=True, kw_only=True):
    """A document with events."""


LETTERS = CollectionSpec("letters", Letter)
SENT = PendingEvents(
    (UserSignedUp(user_id="usr_1", role="rider"),), SYSTEM, datetime(2026, 11, 23, tzinfo=UTC)
)


class Jobs:
    async def add(self, name: str, key: str, payload: bytes, *, run_at: Any = None) -> None:
        raise AssertionError("nothing here is slow")


class Audience:
    """Cannot be told anything while it is away."""

    def __init__(self, name: str = "test.audience", pause_s: float = 0.02) -> None:
        self.consumer = Consumer(name, (DomainEvent,), self.handle, Phase.REACTION)
        self.away = True
        self.asked = 0
        self.told: list[str] = []
        self._pause_s = pause_s

    async def handle(self, event: EventEnvelope) -> None:
        self.asked += 1
        if self.away:
            raise RetryLater(self._pause_s, "nobody is there")
        self.told.append(event.document_id)


@pytest.fixture
def letters(store: SqliteStore) -> Collection[Letter]:
    return store.collection(LETTERS)


async def all_wait(relay: Relay) -> None:
    """Return when every document has been tried and waits."""
    async with asyncio.timeout(20):
        while relay.stats()["retrying"] < MANY or relay.stats()["waiting"]:
            await asyncio.sleep(0)


async def test_who_is_back_gets_everything_at_once_whatever_the_pauses_are(
    store: SqliteStore, letters: Collection[Letter]
) -> None:
    audience = Audience(pause_s=3600)
    relay = Relay(store, [audience.consumer], Jobs())
    names = [f"l{n}" for n in range(MANY)]
    await asyncio.gather(*(letters.insert(Letter(id=name), SENT) for name in names))
    await all_wait(relay)
    audience.away = False
    await letters.insert(Letter(id="news"), SENT)
    assert await relay.drain()
    assert sorted(audience.told) == sorted([*names, "news"])
    await relay.stop()


async def test_the_more_wait_the_more_rarely_each_is_tried(
    store: SqliteStore, letters: Collection[Letter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.events.relay.RETRIES_PER_SECOND", 0.01)
    audience = Audience()
    relay = Relay(store, [audience.consumer], Jobs())
    await asyncio.gather(*(letters.insert(Letter(id=f"l{n}"), SENT) for n in range(MANY)))
    await all_wait(relay)
    assert audience.asked == MANY
    now = asyncio.get_running_loop().time()
    pauses = sorted(r.timer.when() - now for r in relay._retries.values() if r.timer is not None)
    assert len(pauses) == MANY
    assert pauses[-1] > MANY / 0.01 / 2
    await relay.stop()


async def test_one_who_waits_for_somebody_else_is_left_alone(
    store: SqliteStore, letters: Collection[Letter]
) -> None:
    back, gone = Audience("test.back", pause_s=3600), Audience("test.gone", pause_s=3600)
    relay = Relay(store, [back.consumer, gone.consumer], Jobs())
    await asyncio.gather(*(letters.insert(Letter(id=f"l{n}"), SENT) for n in range(MANY)))
    await all_wait(relay)
    back.away = False
    await letters.insert(Letter(id="news"), SENT)
    async with asyncio.timeout(20):
        while len(back.told) <= MANY or relay.stats()["waiting"]:
            await asyncio.sleep(0)
    asked = gone.asked
    await letters.insert(Letter(id="more news"), SENT)
    async with asyncio.timeout(20):
        while "more news" not in back.told or relay.stats()["waiting"]:
            await asyncio.sleep(0)
    assert gone.asked == asked + 1, "who is not back is asked of what is new alone"
    assert len(back.told) == MANY + 2
    await relay.stop()
