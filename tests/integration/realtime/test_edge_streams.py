"""Each event once and in order, whatever happens to the client, the node or Redis."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from support.realtime import WAIT, Heard, Phone, entry, phone, served, settings, token
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.errors import RedisError
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

ANN = "usr_ann"
STREAM = f"user:{ANN}"


def numbers(heard: Heard) -> list[int]:
    return [event["data"]["n"] for event in heard.events]


def last_cursor(client: Phone) -> dict[str, str]:
    """What a client would send as ``since``: the last event it has, else its first heads."""
    if client.heard.events:
        return {STREAM: client.heard.events[-1]["cursor"]}
    return dict(client.heard.named("stream:heads")[0]["heads"])


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_200_events_arrive_once_and_in_order_through_random_disconnects(
    redis: RedisClient, seed: int
) -> None:
    chance = random.Random(seed)
    streams = EventStreams(redis, settings().streams)
    mine = token(ANN, "rider")

    client = Phone()

    async def append() -> None:
        """Never far ahead of what the client has, so that it must break and return many times."""
        n = 0
        while n < 200:
            if n > 20:
                await client.heard.more_than(n - 20)
            burst = chance.randrange(1, 8)
            await streams.append([entry(STREAM, i) for i in range(n, min(200, n + burst))])
            n += burst
            await asyncio.sleep(chance.random() * 0.02)

    async with served(redis, heads_seconds=0.2) as edge:
        await client.connect(edge.url, mine)
        await client.heard.until(lambda heard: bool(heard.all))
        appending = asyncio.create_task(append())
        breaks = 0
        while len(client.heard.events) < 200:
            have = len(client.heard.events)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(chance.random() * 0.1):
                    await client.heard.more_than(have + 5)
            if len(client.heard.events) < 200:
                await client.vanish()
                breaks += 1
                await client.connect(edge.url, mine, last_cursor(client))
                await client.heard.more_than(have)
        await appending
        await client.leave()
    assert breaks >= 3
    assert numbers(client.heard) == list(range(200))
    assert client.heard.named("stream:reset") == []


async def test_many_clients_and_appenders_at_once_each_see_every_event_once(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with served(redis, heads_seconds=0.1) as edge:
        clients = [await Phone().connect(edge.url, token(ANN, "rider")) for _ in range(5)]
        for client in clients:
            await client.heard.until(lambda heard: bool(heard.all))
        await asyncio.gather(*(streams.append([entry(STREAM, n)]) for n in range(100)))
        for client in clients:
            await client.heard.until(lambda heard: len(heard.events) >= 100)
            await client.leave()
    for client in clients:
        seqs = [int(event["cursor"].split(":")[1]) for event in client.heard.events]
        assert seqs == list(range(1, 101))
        assert sorted(numbers(client.heard)) == list(range(100))


async def test_a_repeated_event_is_heard_once(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider")) as ann:
        for n in (1, 1, 2, 1):
            await streams.append([entry(STREAM, n)])
        await ann.heard.until(lambda heard: len(heard.events) == 2)
    assert numbers(ann.heard) == [1, 2]


async def test_sync_replays_what_came_after_the_cursor(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    cursors = await streams.append([entry(STREAM, n) for n in range(5)])
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider")) as ann:
        assert await ann.ask("stream:sync", {"since": {STREAM: cursors[2]}}) == {"ok": True}
        await ann.heard.until(lambda heard: len(heard.events) == 2)
        await streams.append([entry(STREAM, 5)])
        await ann.heard.until(lambda heard: len(heard.events) == 3)
    assert numbers(ann.heard) == [3, 4, 5]


@pytest.mark.parametrize("cursor", ["another:3", "nonsense", "", "{epoch}:999"])
async def test_a_cursor_that_cannot_be_replayed_is_reset_to_the_head(redis: RedisClient, cursor: str) -> None:
    streams = EventStreams(redis, settings().streams)
    cursors = await streams.append([entry(STREAM, n) for n in range(3)])
    head = cursors[-1] or ""
    since = {STREAM: cursor.replace("{epoch}", head.split(":")[0])}
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider"), since) as ann:
        await ann.heard.until(lambda heard: bool(heard.named("stream:reset")))
        assert await ann.ask("stream:sync", {"since": since}) == {"ok": True}
        await ann.heard.until(lambda heard: len(heard.named("stream:reset")) == 2)
        await streams.append([entry(STREAM, 3)])
        await ann.heard.until(lambda heard: bool(heard.events))
    assert ann.heard.named("stream:reset") == [{"heads": {STREAM: head}}] * 2
    assert numbers(ann.heard) == [3]


async def test_what_was_trimmed_is_reset(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings(user_events=10).streams)
    cursors = await streams.append([entry(STREAM, n) for n in range(50)])
    since = {STREAM: cursors[3] or ""}
    async with served(redis) as edge, phone(edge.url, token(ANN, "rider"), since) as ann:
        await ann.heard.until(lambda heard: bool(heard.named("stream:reset")))
    assert ann.heard.named("stream:reset") == [{"heads": {STREAM: cursors[-1]}}]
    assert ann.heard.events == []


async def test_a_wiped_redis_resets_everybody_and_goes_on(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        served(redis, heads_seconds=0.2) as edge,
        phone(edge.url, token(ANN, "rider")) as ann,
        phone(edge.url, token("usr_b", "rider")) as ben,
    ):
        (old,) = await streams.append([entry(STREAM, 1)])
        await ann.heard.until(lambda heard: bool(heard.events))
        await redis.call("FLUSHALL")
        for client in (ann, ben):
            await client.heard.until(lambda heard: bool(heard.named("stream:reset")))
        (cursor,) = await streams.append([entry(STREAM, 2)])
        await ann.heard.until(lambda heard: len(heard.events) == 2)
    assert numbers(ann.heard) == [1, 2]
    assert old is not None and cursor is not None
    assert cursor.split(":")[0] != old.split(":")[0]
    after = ann.heard.all.index(("stream:reset", ann.heard.named("stream:reset")[0]))
    assert numbers_from(ann.heard, after) == [2], "what is of the new epoch comes after the reset"


def numbers_from(heard: Heard, index: int) -> list[int]:
    return [data["data"]["n"] for _, data in heard.all[index:] if "cursor" in data]


async def test_a_restarted_redis_resets_and_then_nothing_is_missing(own_redis_server: EmbeddedRedis) -> None:
    async with RedisClient(own_redis_server.url) as redis:
        streams = EventStreams(redis, settings().streams)
        async with served(redis, heads_seconds=0.2) as edge, phone(edge.url, token(ANN, "rider")) as ann:
            await streams.append([entry(STREAM, n) for n in range(3)])
            await ann.heard.until(lambda heard: len(heard.events) == 3)
            own_redis_server.kill()
            own_redis_server.start()  # it keeps nothing
            await ann.heard.until(lambda heard: bool(heard.named("stream:reset")))
            await _append(streams, 3)
            await ann.heard.until(lambda heard: len(heard.events) == 4)
    assert numbers(ann.heard) == [0, 1, 2, 3]


async def test_broken_connections_to_redis_lose_nothing(
    redis: RedisClient, redis_server: EmbeddedRedis
) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        served(redis, heads_seconds=0.2) as edge,
        phone(edge.url, token(ANN, "rider")) as ann,
        RedisClient(redis_server.url) as other,
    ):
        for n in range(20):
            await _append(streams, n)
            if n % 5 == 0:
                await other.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await ann.heard.until(lambda heard: len(heard.events) == 20)
    assert numbers(ann.heard) == list(range(20))
    assert ann.heard.named("stream:reset") == []


async def _append(streams: EventStreams, n: int) -> None:
    """Append as the relay does: again until it is taken; a repeat is known by its id."""
    async with asyncio.timeout(WAIT):
        while True:
            with contextlib.suppress(RedisError):
                await streams.append([entry(STREAM, n)])
                return
            await asyncio.sleep(0.02)


async def test_heads_are_told_again_and_never_beyond_what_was_sent(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with served(redis, heads_seconds=0.05) as edge, phone(edge.url, token(ANN, "rider")) as ann:
        for n in range(20):
            await streams.append([entry(STREAM, n)])
            await asyncio.sleep(0.01)
        await ann.heard.until(lambda heard: heard.named("stream:heads")[-1]["heads"][STREAM].endswith(":20"))
    sent = 0
    for name, data in ann.heard.all:
        if name == "stream:heads":
            assert int(data["heads"][STREAM].split(":")[1]) == sent
        else:
            sent += 1
    assert sent == 20


async def test_two_nodes_tell_the_same_events(redis: RedisClient) -> None:
    streams = EventStreams(redis, settings().streams)
    async with (
        served(redis) as one,
        served(redis) as two,
        phone(one.url, token(ANN, "rider")) as here,
        phone(two.url, token(ANN, "rider")) as there,
    ):
        await streams.append([entry(STREAM, n) for n in range(10)])
        for client in (here, there):
            await client.heard.until(lambda heard: len(heard.events) == 10)
    assert here.heard.events == there.heard.events
