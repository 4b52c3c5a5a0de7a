"""A child process for tests of the relay: ``python -m support.processes.relay_child STORE REDIS WRITES``.

Two of these run at once and change the same few documents; every change is saved once.  Each relays its
events to the streams and continuously sweeps the outbox, including events of the other process.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import Any

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.contracts.events import DriverDeparted
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import CollectionSpec, VersionConflict
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.realtime.handlers import consumers

RESCUES = [f"res_qc_{n}" for n in range(4)]
SETTINGS = StreamSettings(user_events=10_000)


class SampleDocument(Document, frozen=True, kw_only=True):
    """A minimal versioned document that stands for a rescue."""


SAMPLE_DOCUMENTS = CollectionSpec("sample_documents", SampleDocument)


def rider_of(rescue_id: str) -> str:
    return f"usr_{rescue_id}"


def departed(rescue_id: str) -> PendingEvents:
    event = DriverDeparted(
        rescue_id=rescue_id,
        rider_id=rider_of(rescue_id),
        area_id="montreal",
        status="en_route",
        driver_id="usr_driver",
    )
    return PendingEvents((event,), SYSTEM, Clock().city())


class NoJobs:
    async def add(self, name: str, key: str, payload: bytes, *, run_at: Any = None) -> None:
        raise AssertionError("no consumer here is slow")


class UnreliableConsumer:
    """The stream consumer with random delays and random requests for a retry."""

    def __init__(self, feed: Consumer, rng: random.Random) -> None:
        self._feed, self._rng = feed, rng

    async def handle(self, event: EventEnvelope) -> None:
        if self._rng.random() < 0.3:
            await asyncio.sleep(self._rng.random() * 0.02)
        if self._rng.random() < 0.1:
            raise RetryLater(0.005, "random retry")
        await self._feed.handle(event)


async def write(store: SqliteStore, writes: int, rng: random.Random) -> None:
    documents = store.collection(SAMPLE_DOCUMENTS)
    for _ in range(writes):
        rescue_id = rng.choice(RESCUES)
        while True:
            document = await documents.get(rescue_id)
            assert document is not None
            try:
                await documents.save(document, departed(rescue_id))
                break
            except VersionConflict:
                continue


async def main(path: str, redis_url: str, writes: int) -> None:
    rng = random.Random(path)
    store = SqliteStore(Path(path), timeout_s=60)
    store.collection(SAMPLE_DOCUMENTS)
    await store.open()
    async with RedisClient(redis_url) as redis:
        views: Any = None  # no event here needs a view
        [feed] = consumers(EventStreams(redis, SETTINGS), views)
        unreliable = UnreliableConsumer(feed, rng)
        relay = Relay(store, [Consumer(feed.name, feed.events, unreliable.handle, feed.phase)], NoJobs())
        sweeping = True

        async def sweep_repeatedly() -> None:
            while sweeping:
                await relay.sweep(older_than_s=0.0)
                await asyncio.sleep(0.001)

        sweeps = asyncio.create_task(sweep_repeatedly())
        await asyncio.gather(*(write(store, writes // 4, rng) for _ in range(4)))
        while await store.outbox(older_than_s=0.0, limit=1):
            await asyncio.sleep(0.01)
        sweeping = False
        await sweeps
        assert await relay.drain()
        await relay.stop()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
