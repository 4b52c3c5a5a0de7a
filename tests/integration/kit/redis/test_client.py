"""The client with a real server: order, pipelining, lost connections, time-outs, pub/sub."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import uvloop

from supportcarr.kit.redis.address import Address
from supportcarr.kit.redis.client import (
    GRACE_SECONDS,
    RedisClient,
    RedisReplyError,
    RedisUnavailable,
    Script,
)
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

INCREMENT = Script("increment", "return redis.call('INCRBY', KEYS[1], ARGV[1])")


async def test_replies_match_their_commands_whatever_their_sizes(redis: RedisClient) -> None:
    values = {f"k{n}": bytes([n % 256]) * (n * 37 % 50_000) for n in range(300)}
    await asyncio.gather(*(redis.call("SET", k, v) for k, v in values.items()))
    read = await asyncio.gather(*(redis.call("GET", k) for k in values))
    assert dict(zip(values, read, strict=True)) == values


async def test_calls_of_one_loop_iteration_are_sent_together(own_redis_server: EmbeddedRedis) -> None:
    """On a server with no other client: it counts what it reads of all, and their ends."""
    async with RedisClient(own_redis_server.url, timeout=30) as redis:

        async def packets() -> int:
            info = await redis.call("INFO", "stats", decode=True)
            return int(info.split("total_reads_processed:")[1].split()[0])

        before = await packets()
        while (now := await packets()) != before + 1:  # the probe of its start has not left yet
            before = now
        await asyncio.gather(*(redis.call("INCR", "n") for _ in range(100)))
        assert await packets() - now == 2  # one for the hundred calls, one for the last INFO


async def test_strings_are_bytes_unless_decoding_is_requested(redis: RedisClient) -> None:
    await redis.call("SET", "name", "Zoë")
    assert await redis.call("GET", "name") == "Zoë".encode()
    assert await redis.call("GET", "name", decode=True) == "Zoë"
    assert await redis.call("GET", "missing", decode=True) is None


async def test_an_error_reply_has_its_code_and_does_not_affect_other_calls(redis: RedisClient) -> None:
    await redis.call("SET", "text", "x")
    wrong, right = redis.call("LPUSH", "text", "y"), redis.call("GET", "text")
    with pytest.raises(RedisReplyError) as refused:
        await wrong
    assert refused.value.code == "WRONGTYPE"
    assert await right == b"x"


async def test_a_batch_returns_replies_in_order_and_raises_after_all_commands(redis: RedisClient) -> None:
    assert await redis.batch([("SET", "a", 1), ("INCR", "a"), ("GET", "a")]) == [b"OK", 2, b"2"]
    with pytest.raises(RedisReplyError):
        await redis.batch([("SET", "b", "x"), ("INCR", "b"), ("SET", "after", "done")])
    assert await redis.call("GET", "after") == b"done"


async def test_a_script_missing_on_the_server_is_sent_again(redis: RedisClient) -> None:
    assert await redis.script(INCREMENT, ["n"], [2]) == 2
    await redis.call("SCRIPT", "FLUSH")
    assert await redis.script(INCREMENT, ["n"], [3]) == 5


async def test_a_cancelled_call_does_not_shift_other_replies(redis: RedisClient) -> None:
    await redis.call("SET", "k", "mine")
    task = asyncio.ensure_future(redis.call("ECHO", "cancelled"))
    await asyncio.sleep(0)
    task.cancel()
    assert await redis.call("GET", "k") == b"mine"


async def test_calls_in_flight_fail_when_the_connection_breaks(own_redis_server: EmbeddedRedis) -> None:
    async with RedisClient(own_redis_server.url, timeout=60) as client:
        blocked = client.call("BLPOP", "nothing", 0)
        await asyncio.sleep(0)  # the command is written now
        own_redis_server.kill()
        with pytest.raises(RedisUnavailable) as broken:
            await blocked
        assert broken.value.sent


async def test_unsent_calls_wait_for_the_next_connection(
    own_redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.redis.client.GRACE_SECONDS", 60.0)
    async with RedisClient(own_redis_server.url, timeout=60) as client:
        own_redis_server.kill()
        while client.connected:
            await asyncio.sleep(0.001)
        waiting = client.call("SET", "k", "v")
        own_redis_server.start()
        assert await waiting == b"OK"
        assert client.reconnects == 1


async def test_calls_fail_at_once_during_an_outage_and_work_after_it(
    own_redis_server: EmbeddedRedis,
) -> None:
    async with RedisClient(own_redis_server.url, timeout=30) as client:
        own_redis_server.kill()
        while client.connected:
            await asyncio.sleep(0.01)
        await asyncio.sleep(GRACE_SECONDS + 0.1)
        failed = client.call("PING")
        assert failed.done()  # at once: no loop iteration in between
        with pytest.raises(RedisUnavailable) as outage:
            await failed
        assert not outage.value.sent
        own_redis_server.start()
        while not client.connected:
            await asyncio.sleep(0.01)
        assert await client.call("PING") == b"PONG"


async def test_a_missing_reply_times_out(redis_server: EmbeddedRedis) -> None:
    async with RedisClient(redis_server.url, timeout=0.5) as client:
        with pytest.raises(RedisUnavailable, match="in time"):
            await client.call("BLPOP", "nothing", 0)
        while not client.reconnects:
            await asyncio.sleep(0.01)
        assert await answered(client) == b"PONG"


async def answered(client: RedisClient) -> object:
    """The reply to a ping, which may be late too on a busy machine."""
    while True:
        with contextlib.suppress(RedisUnavailable):
            return await client.call("PING")
        await asyncio.sleep(0.05)


async def test_too_many_waiting_calls_are_refused(redis_server: EmbeddedRedis) -> None:
    async with RedisClient(redis_server.url, timeout=60, max_waiting=3) as client:
        calls = [client.call("PING") for _ in range(4)]
        with pytest.raises(RedisUnavailable, match="too many"):
            await calls[3]
        assert await asyncio.gather(*calls[:3]) == [b"PONG"] * 3


async def test_closing_fails_waiting_calls(redis_server: EmbeddedRedis) -> None:
    client = await RedisClient(redis_server.url).open()
    waiting = client.call("BLPOP", "nothing", 0)
    await client.close()
    with pytest.raises(RedisUnavailable):
        await waiting
    with pytest.raises(RedisUnavailable):
        await client.call("PING")


async def test_a_client_that_was_not_opened_raises() -> None:
    client = RedisClient("redis://127.0.0.1:1")
    with pytest.raises(RedisUnavailable, match="not open"):
        await client.call("PING")
    assert [message async for message in client.subscribe("news")] == []


async def test_opening_without_a_server_fails_at_once() -> None:
    with pytest.raises(RedisUnavailable, match="cannot be reached"):
        await RedisClient("redis://127.0.0.1:1").open()


async def _subscribers(redis: RedisClient, channel: str, count: int) -> None:
    while (await redis.call("PUBSUB", "NUMSUB", channel))[1] != count:
        await asyncio.sleep(0.005)


async def test_a_client_may_start_before_its_server(own_redis_server: EmbeddedRedis) -> None:
    url = own_redis_server.url
    own_redis_server.kill()
    client = await RedisClient(url, timeout=60).open(at_once=False)
    with pytest.raises(RedisUnavailable):
        await client.call("PING")
    own_redis_server.start()
    while not client.connected:
        await asyncio.sleep(0.01)
    assert await client.call("PING", decode=True) == "PONG"
    await client.close()


async def test_a_wrong_password_raises_even_if_the_client_may_wait(redis_server: EmbeddedRedis) -> None:
    with pytest.raises(RedisReplyError):
        await RedisClient(f"redis://:wrong@127.0.0.1:{redis_server.port}").open(at_once=False)


async def test_a_subscription_receives_published_messages(redis: RedisClient) -> None:
    messages = redis.subscribe("news")
    receiving = asyncio.ensure_future(anext(messages))
    await _subscribers(redis, "news", 1)
    assert await redis.publish("news", b"\x00binary") == 1
    assert await receiving == b"\x00binary"
    await messages.aclose()
    await _subscribers(redis, "news", 0)


async def test_a_subscription_survives_a_restart(own_redis_server: EmbeddedRedis) -> None:
    async with RedisClient(own_redis_server.url, timeout=60) as client:
        messages = client.subscribe("news")
        receiving = asyncio.ensure_future(anext(messages))
        await _subscribers(client, "news", 1)
        own_redis_server.kill()
        own_redis_server.start()
        while not client.reconnects:
            await asyncio.sleep(0.01)
        await _subscribers(client, "news", 1)
        await client.publish("news", b"again")
        assert await receiving == b"again"
        await messages.aclose()


async def test_a_subscription_ends_with_its_client(redis_server: EmbeddedRedis) -> None:
    client = await RedisClient(redis_server.url, timeout=60).open()

    async def count_messages(messages: AsyncIterator[bytes]) -> int:
        return len([m async for m in messages])

    counting = asyncio.ensure_future(count_messages(client.subscribe("news")))
    await _subscribers(client, "news", 1)
    await client.close()
    assert await counting == 0


def test_the_client_works_on_uvloop(redis_server: EmbeddedRedis) -> None:
    """The servers run on uvloop, whose transports differ."""

    async def use() -> None:
        async with RedisClient(redis_server.url, timeout=60) as client:
            await client.call("FLUSHALL")
            assert await client.batch([("SET", "k", "v"), ("GET", "k")]) == [b"OK", b"v"]
            messages = client.subscribe("news")
            receiving = asyncio.ensure_future(anext(messages))
            await _subscribers(client, "news", 1)
            await client.publish("news", b"1")
            assert await receiving == b"1"
            await messages.aclose()
        async with RedisClient(redis_server.url, timeout=0.5) as client:
            with pytest.raises(RedisUnavailable, match="in time"):
                await client.call("BLPOP", "nothing", 0)
            assert await answered(client) == b"PONG"

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(use())


def test_an_address_is_parsed_from_a_url() -> None:
    address = Address.of("rediss://user:p%40ss@cache.example:6390/3")
    assert (address.host, address.port, address.tls) == ("cache.example", 6390, True)
    assert (address.user, address.password, address.database) == ("user", "p@ss", 3)
    assert Address.of("unix:///run/redis.sock?db=2").path == "/run/redis.sock"
    with pytest.raises(ValueError, match="redis://"):
        Address.of("http://cache.example")
