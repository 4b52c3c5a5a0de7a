"""Each event arrives once and in order, whatever happens to the client, the process or Redis."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from support.realtime import (
    TIMEOUT_SECONDS,
    Received,
    SocketClient,
    connected_client,
    publication,
    running_server,
    settings,
    token_of,
)
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.errors import RedisError
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

ANN = "usr_ann"
STREAM = f"user:{ANN}"


def numbers(received: Received) -> list[int]:
    return [event["data"]["n"] for event in received.events]


def last_position(client: SocketClient) -> dict[str, str]:
    """What a client sends as ``since``: the position of its last event, or its first stream positions."""
    if client.received.events:
        return {STREAM: client.received.events[-1]["cursor"]}
    return dict(client.received.payloads("stream:heads")[0]["heads"])


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_200_events_arrive_once_and_in_order_through_random_disconnects(
    redis: RedisClient, seed: int
) -> None:
    random_ = random.Random(seed)
    streams = EventStreams(redis, settings().streams)
    own_token = token_of(ANN, "rider")

    client = SocketClient()

    async def append() -> None:
        """Append slowly enough that the client disconnects and reconnects many times."""
        n = 0
        while n < 200:
            if n > 20:
                await client.received.wait_for_more_events(n - 20)
            burst = random_.randrange(1, 8)
            await streams.append([publication(STREAM, i) for i in range(n, min(200, n + burst))])
            n += burst
            await asyncio.sleep(random_.random() * 0.02)

    async with running_server(redis, heads_seconds=0.2) as server:
        await client.connect(server.url, own_token)
        await client.received.wait_until(lambda received: bool(received.all))
        appending = asyncio.create_task(append())
        disconnects = 0
        while len(client.received.events) < 200:
            have = len(client.received.events)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(random_.random() * 0.1):
                    await client.received.wait_for_more_events(have + 5)
            if len(client.received.events) < 200:
                await client.drop_connection()
                disconnects += 1
                await client.connect(server.url, own_token, last_position(client))
                await client.received.wait_for_more_events(have)
        await appending
        await client.disconnect()
    assert disconnects >= 3
    assert numbers(client.received) == list(range(200))
    assert client.received.payloads("stream:reset") == []


async def test_concurrent_appends_reach_each_of_many_clients_once(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with running_server(redis, heads_seconds=0.1) as server:
        clients = [await SocketClient().connect(server.url, token_of(ANN, "rider")) for _ in range(5)]
        for client in clients:
            await client.received.wait_until(lambda received: bool(received.all))
        await asyncio.gather(*(streams.append([publication(STREAM, n)]) for n in range(100)))
        for client in clients:
            await client.received.wait_until(lambda received: len(received.events) >= 100)
            await client.disconnect()
    for client in clients:
        seqs = [int(event["cursor"].split(":")[1]) for event in client.received.events]
        assert seqs == list(range(1, 101))
        assert sorted(numbers(client.received)) == list(range(100))


async def test_a_duplicate_event_is_received_once(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
    ):
        for n in (1, 1, 2, 1):
            await streams.append([publication(STREAM, n)])
        await ann.received.wait_until(lambda received: len(received.events) == 2)
    assert numbers(ann.received) == [1, 2]


async def test_sync_replays_the_events_after_the_position(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    positions = await streams.append([publication(STREAM, n) for n in range(5)])
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
    ):
        assert await ann.request("stream:sync", {"since": {STREAM: positions[2]}}) == {"ok": True}
        await ann.received.wait_until(lambda received: len(received.events) == 2)
        await streams.append([publication(STREAM, 5)])
        await ann.received.wait_until(lambda received: len(received.events) == 3)
    assert numbers(ann.received) == [3, 4, 5]


@pytest.mark.parametrize("position", ["another:3", "nonsense", "", "{epoch}:999"])
async def test_a_position_that_cannot_be_replayed_is_reset(redis: RedisClient, position: str) -> None:
    streams = EventStreams(redis, settings().streams)
    positions = await streams.append([publication(STREAM, n) for n in range(3)])
    head = positions[-1] or ""
    since = {STREAM: position.replace("{epoch}", head.split(":")[0])}
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider"), since) as ann,
    ):
        await ann.received.wait_until(lambda received: bool(received.payloads("stream:reset")))
        assert await ann.request("stream:sync", {"since": since}) == {"ok": True}
        await ann.received.wait_until(lambda received: len(received.payloads("stream:reset")) == 2)
        await streams.append([publication(STREAM, 3)])
        await ann.received.wait_until(lambda received: bool(received.events))
    assert ann.received.payloads("stream:reset") == [{"heads": {STREAM: head}}] * 2
    assert numbers(ann.received) == [3]


async def test_trimmed_events_cause_a_reset(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings(user_events=10).streams)
    positions = await streams.append([publication(STREAM, n) for n in range(50)])
    since = {STREAM: positions[3] or ""}
    async with (
        running_server(redis) as server,
        connected_client(server.url, token_of(ANN, "rider"), since) as ann,
    ):
        await ann.received.wait_until(lambda received: bool(received.payloads("stream:reset")))
    assert ann.received.payloads("stream:reset") == [{"heads": {STREAM: positions[-1]}}]
    assert ann.received.events == []


async def test_a_wiped_redis_resets_all_clients(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        running_server(redis, heads_seconds=0.2) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
        connected_client(server.url, token_of("usr_b", "rider")) as ben,
    ):
        (old,) = await streams.append([publication(STREAM, 1)])
        await ann.received.wait_until(lambda received: bool(received.events))
        await redis.call("FLUSHALL")
        for client in (ann, ben):
            await client.received.wait_until(lambda received: bool(received.payloads("stream:reset")))
        (position,) = await streams.append([publication(STREAM, 2)])
        await ann.received.wait_until(lambda received: len(received.events) == 2)
    assert numbers(ann.received) == [1, 2]
    assert old is not None and position is not None
    assert position.split(":")[0] != old.split(":")[0]
    after = ann.received.all.index(("stream:reset", ann.received.payloads("stream:reset")[0]))
    assert numbers_from(ann.received, after) == [2], "events of the new epoch come after the reset"


def numbers_from(received: Received, index: int) -> list[int]:
    return [data["data"]["n"] for _, data in received.all[index:] if "cursor" in data]


async def test_a_restarted_redis_resets_and_loses_nothing_after_that(own_redis_server: EmbeddedRedis) -> None:
    async with RedisClient(own_redis_server.url, timeout=30) as redis:
        streams = EventStreams(redis, settings().streams)
        async with (
            running_server(redis, heads_seconds=0.2) as server,
            connected_client(server.url, token_of(ANN, "rider")) as ann,
        ):
            await streams.append([publication(STREAM, n) for n in range(3)])
            await ann.received.wait_until(lambda received: len(received.events) == 3)
            own_redis_server.kill()
            own_redis_server.start()  # it keeps nothing
            await ann.received.wait_until(lambda received: bool(received.payloads("stream:reset")))
            await _append(streams, 3)
            await ann.received.wait_until(lambda received: len(received.events) == 4)
    assert numbers(ann.received) == [0, 1, 2, 3]


async def test_broken_connections_to_redis_lose_nothing(
    redis: RedisClient, redis_server: EmbeddedRedis
) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        running_server(redis, heads_seconds=0.2) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
        RedisClient(redis_server.url, timeout=30) as other,
    ):
        for n in range(20):
            await _append(streams, n)
            if n % 5 == 0:
                await other.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await ann.received.wait_until(lambda received: len(received.events) == 20)
    assert numbers(ann.received) == list(range(20))
    assert ann.received.payloads("stream:reset") == []


async def _append(streams: EventStreams, n: int) -> None:
    """Append as the relay does: retry until it succeeds; duplicates are dropped by id."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while True:
            with contextlib.suppress(RedisError):
                await streams.append([publication(STREAM, n)])
                return
            await asyncio.sleep(0.02)


async def test_positions_are_broadcast_and_never_ahead_of_sent_events(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        running_server(redis, heads_seconds=0.05) as server,
        connected_client(server.url, token_of(ANN, "rider")) as ann,
    ):
        for n in range(20):
            await streams.append([publication(STREAM, n)])
            await asyncio.sleep(0.01)
        await ann.received.wait_until(
            lambda received: received.payloads("stream:heads")[-1]["heads"][STREAM].endswith(":20")
        )
    sent = 0
    for name, data in ann.received.all:
        if name == "stream:heads":
            assert int(data["heads"][STREAM].split(":")[1]) == sent
        else:
            sent += 1
    assert sent == 20


async def test_two_processes_send_the_same_events(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        running_server(redis) as one,
        running_server(redis) as two,
        connected_client(one.url, token_of(ANN, "rider")) as first,
        connected_client(two.url, token_of(ANN, "rider")) as second,
    ):
        await streams.append([publication(STREAM, n) for n in range(10)])
        for client in (first, second):
            await client.received.wait_until(lambda received: len(received.events) == 10)
    assert first.received.events == second.received.events
