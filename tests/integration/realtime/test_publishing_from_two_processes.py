"""Two processes write the same documents, relay them and sweep each other's outbox: each stream has each
version once and in order, whichever process published it and however often."""

from __future__ import annotations

import asyncio

import msgspec

from support.processes.python_process import python
from support.processes.relay_child import (
    RESCUES,
    SAMPLE_DOCUMENTS,
    SETTINGS,
    SampleDocument,
    departed,
    rider_of,
)
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.realtime.event_mapping import ops_stream, user_stream
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

WRITES = 160  # of each process


async def versions(streams: EventStreams, stream: str) -> dict[str, list[int]]:
    """The versions of each rescue, in the order of that stream."""
    epoch = (await streams.current_positions([stream]))[stream].partition(":")[0]
    found: dict[str, list[int]] = {}
    for item in await streams.read(stream, f"{epoch}:0", 10_000):
        update = msgspec.json.decode(item.data)
        found.setdefault(update["rescue_id"], []).append(update["version"])
    return found


async def test_each_version_is_published_once_and_in_order(
    store: SqliteStore, redis: RedisClient, redis_server: EmbeddedRedis
) -> None:
    written = store.collection(SAMPLE_DOCUMENTS)
    for rescue_id in RESCUES:
        await written.insert(SampleDocument(id=rescue_id), departed(rescue_id))
    child = "support.processes.relay_child", str(store.path), redis_server.url, str(WRITES)
    async with python(*child) as one, python(*child) as two:
        await asyncio.gather(one.communicate(), two.communicate())
        assert (one.returncode, two.returncode) == (0, 0)

    streams = EventStreams(redis, SETTINGS)
    expected = {}
    for rescue_id in RESCUES:
        now = await written.get(rescue_id)
        assert now is not None
        expected[rescue_id] = list(range(1, now.version + 1))
        assert await versions(streams, user_stream(rider_of(rescue_id))) == {rescue_id: expected[rescue_id]}
    assert sum(map(len, expected.values())) == len(RESCUES) + 2 * WRITES
    assert await versions(streams, ops_stream("montreal")) == expected
    assert await store.outbox(older_than_s=0.0, limit=10) == []
