"""Responses are shared under a version, and made anew without Redis."""

from __future__ import annotations

from support.ports import free_port
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.response_cache import LONGEST_SECONDS, ResponseCache


class Source:
    """What responses are made from, and how often that was done."""

    def __init__(self) -> None:
        self.value, self.made = b"first", 0

    async def make(self) -> bytes:
        self.made += 1
        return self.value


async def test_a_response_is_made_once_for_all_processes_until_it_changes(redis: RedisClient) -> None:
    source, here, there = Source(), ResponseCache(redis, "areas"), ResponseCache(redis, "areas")
    assert await here.get("all", source.make) == await there.get("all", source.make) == b"first"
    assert (source.made, here.stats(), there.stats()) == (
        1,
        {"hits_total": 0, "misses_total": 1},
        {"hits_total": 1, "misses_total": 0},
    )
    ttl = await redis.call("PTTL", keys.api_response("areas", "0", "all"))
    assert 0 < ttl <= LONGEST_SECONDS * 1000
    source.value = b"second"
    assert await there.get("all", source.make) == b"first"
    await here.changed()
    assert await there.get("all", source.make) == b"second"


async def test_a_response_made_from_what_was_there_before_a_change_is_not_read_after_it(
    redis: RedisClient,
) -> None:
    source, cache = Source(), ResponseCache(redis, "areas")

    async def make_slowly() -> bytes:
        before = await source.make()
        source.value = b"second"
        await cache.changed()
        return before

    assert await cache.get("all", make_slowly) == b"first"
    assert await cache.get("all", source.make) == b"second"


async def test_an_empty_response_is_not_kept(redis: RedisClient) -> None:
    source, cache = Source(), ResponseCache(redis, "areas")
    source.value = b""
    await cache.get("all", source.make)
    source.value = b"now there is one"
    assert await cache.get("all", source.make) == b"now there is one"


async def test_without_redis_each_response_is_made() -> None:
    client = RedisClient(f"redis://127.0.0.1:{free_port()}", timeout=0.05)
    await client.open(at_once=False)
    try:
        source, cache = Source(), ResponseCache(client, "areas")
        for _ in range(2):
            assert await cache.get("all", source.make) == b"first"
        await cache.changed()
        assert (source.made, cache.stats()["misses_total"]) == (2, 2)
    finally:
        await client.close()
