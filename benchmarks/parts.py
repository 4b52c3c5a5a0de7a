"""Cost of single parts: store, outbox and streams.  Writes ``benchmarks/results/parts.json``.

``python benchmarks/parts.py [--seconds S]``: each row runs for that long.  Times are microseconds of
an operation as its caller sees it; CPU is that of this process, all its threads included, divided by
the operations, and for a server's rows that of the server beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
from rig import mongo
from rig.measure import RESULTS, cpu_seconds, machine, measure, print_table, row_of, scratch, with_bar
from rig.samples import SAMPLES, Sample, Steps, sample

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import DomainEvent
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import Collection, CommitListener, Store
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

DOCUMENTS = 20_000
READ_BAR_US = 50.0  # a read by id from SQLite, in process


async def on_sqlite(path: Path, seconds: float) -> list[dict[str, Any]]:
    """The store on its embedded engine, and its outbox."""
    store = SqliteStore(path)
    await store.open()
    try:
        samples = store.collection(SAMPLES)
        steps = await filled(samples, DOCUMENTS)
        decoder = msgspec.json.Decoder(Sample)

        async def read(_: int) -> object:  # as ``get`` does it when the document is not cached
            return decoder.decode(
                store.read_sync("SELECT _body FROM samples WHERE _id = ?", (steps.next().id,))[0][0]
            )

        read_row = await measure("SQLite: read by id, decoded", read, at_once=1, seconds=seconds)
        return [
            with_bar(read_row, "p95_us", READ_BAR_US),
            *await documents("SQLite", steps, seconds),
            # Documents of their own: what was saved above has left its events in the outbox.
            *await outbox(store, Steps(samples, steps.stored[1000:1001]), 1, seconds),
            *await outbox(store, Steps(samples, steps.stored[2000:2064]), 64, seconds),
        ]
    finally:
        await store.close()


async def filled(samples: Collection[Sample], count: int) -> Steps:
    many = [sample() for _ in range(count)]
    await samples.insert_many(many)
    return Steps(samples, [msgspec.structs.replace(document, version=1) for document in many])


async def documents(engine: str, steps: Steps, seconds: float) -> list[dict[str, Any]]:
    plan = [
        ("get", steps.get, 1),
        ("save", steps.save, 1),
        ("save", steps.save, 64),
        ("save with an event", steps.save_with_event, 1),
        ("save with an event", steps.save_with_event, 64),
    ]
    return [
        await measure(f"{engine}: {name}", step, at_once=tasks, seconds=seconds) for name, step, tasks in plan
    ]


class NoJobs:
    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        raise AssertionError("there are no slow consumers here")


class ObservedStore:
    """A store and its samples as the relay sees them; measures the time of each event's steps."""

    def __init__(self, store: Store, samples: Collection[Sample]) -> None:
        self._store, self._samples = store, samples
        self._committed: dict[str, float] = {}  # document → when its commit was reported
        self.heard: list[float] = []
        self.removed: list[float] = []
        self.gone: dict[str, asyncio.Future[None]] = {}

    def subscribe(self, listener: CommitListener) -> None:
        def committed(collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
            self._committed[id] = time.perf_counter()
            listener(collection, id, events)

        self._store.subscribe(committed)

    def get_collection(self, name: str) -> ObservedStore:
        return self

    async def pending_events(self, id: str) -> list[EventEnvelope]:
        return await self._samples.pending_events(id)

    async def hear(self, event: EventEnvelope) -> None:
        """The consumer."""
        self.heard.append(time.perf_counter() - self._committed[event.document_id])

    async def mark_published(self, event: EventEnvelope) -> None:
        await self._samples.mark_published(event)
        self.removed.append(time.perf_counter() - self._committed[event.document_id])
        self.gone[event.document_id].set_result(None)


async def outbox(store: Store, steps: Steps, at_once: int, seconds: float) -> list[dict[str, Any]]:
    """The time from an event's commit to the call of its consumer, and to its removal from the outbox.

    The removal is a durable write that waits a little to share a commit with other writes; no caller waits
    for it.  The CPU of both rows is that of all steps, the save included.
    """
    watched = ObservedStore(store, steps.samples)
    relay = Relay(
        cast("Store", watched),
        [Consumer("bench.hear", (DomainEvent,), watched.hear, Phase.REACTION)],
        NoJobs(),
    )

    async def save_and_wait(task: int) -> None:
        gone = watched.gone[steps.kept[task].id] = asyncio.get_running_loop().create_future()
        await steps.save_with_event(task)
        await gone

    used, start = cpu_seconds(), time.perf_counter()
    await measure("", save_and_wait, at_once=at_once, seconds=seconds)
    elapsed, used = time.perf_counter() - start, cpu_seconds() - used
    await relay.drain()
    await relay.stop()
    return [
        row_of(f"SQLite: outbox, commit to {end}", times, at_once=at_once, elapsed=elapsed, cpu_s=used)
        for end, times in (("consumer", watched.heard), ("removed", watched.removed))
    ]


async def on_mongo(seconds: float) -> list[dict[str, Any]]:
    """The same on MongoDB, where one can be reached."""
    chosen = mongo.choice()
    if chosen.start is None:
        print(f"MongoDB: left out; {chosen.name}.")
        return []
    with chosen.start() as server:
        print(f"MongoDB: {chosen.name}.")
        database = f"bench_{secrets.token_hex(6)}"
        store = MongoStore(server.url, database)
        samples = store.collection(SAMPLES)
        await store.open()
        try:
            return await documents("MongoDB", await filled(samples, DOCUMENTS // 10), seconds)
        finally:
            await store.close()
            mongo.drop(server.url, database)


async def streams(folder: Path, seconds: float) -> list[dict[str, Any]]:
    """Appending a message's event to the streams of its rider, its driver and the operators."""
    server = EmbeddedRedis(folder)
    server.start()
    try:
        client = await RedisClient(server.url, name="bench").open()
        try:
            log = EventStreams(client, StreamSettings())
            people = [(f"user:{new_id('usr')}", f"user:{new_id('usr')}") for _ in range(1000)]
            data = msgspec.json.encode({"id": new_id("msg"), "text": "I am at the corner by the bakery." * 3})
            at = datetime.now(UTC).isoformat()
            turn = 0

            async def append(_: int) -> None:
                nonlocal turn
                turn += 1
                event_id = f"messages.{turn}.1.0"
                streams = (*people[turn % len(people)], "ops:montreal")
                await log.append([Publication(streams, event_id, "message:new", at, data)])

            return [
                await measure(
                    "stream append, to three streams", append, at_once=n, seconds=seconds, server=server.pid
                )
                for n in (1, 64)
            ]
        finally:
            await client.close()
    finally:
        server.stop()


async def measure_all(folder: Path, seconds: float) -> list[dict[str, Any]]:
    return [
        *await on_sqlite(folder / "parts.sqlite3", seconds),
        *await streams(folder / "redis", seconds),
        *await on_mongo(seconds),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    info = machine()
    with scratch() as folder:
        rows = asyncio.run(measure_all(folder, options.seconds))
    print_table(rows)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "parts.json").write_text(json.dumps({"machine": info, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
