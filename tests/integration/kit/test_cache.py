"""The shared cache: made once, by version, and only a convenience."""

from __future__ import annotations

import asyncio

import pytest

from supportcarr.kit.cache import Cache
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.server import RedisServer


class Maker:
    def __init__(self) -> None:
        self.made = 0

    async def __call__(self) -> bytes:
        self.made += 1
        await asyncio.sleep(0.01)
        return b"tariff %d" % self.made


async def test_it_is_made_once_for_all_readers(redis: RedisClient) -> None:
    make, cache = Maker(), Cache(redis)
    read = await asyncio.gather(*(cache.read("tariff", "qc", "1", make, seconds=60) for _ in range(10)))
    assert set(read) == {b"tariff 1"}
    assert await Cache(redis).read("tariff", "qc", "1", make, seconds=60) == b"tariff 1"
    assert make.made == 1
    assert 0 < await redis.call("TTL", keys.cached("tariff", "qc", "1")) <= 60


async def test_a_new_version_is_made_anew(redis: RedisClient) -> None:
    make, cache = Maker(), Cache(redis)
    await cache.read("tariff", "qc", "1", make, seconds=60)
    assert await cache.read("tariff", "qc", "2", make, seconds=60) == b"tariff 2"


async def test_a_failure_reaches_every_reader_and_is_not_kept(redis: RedisClient) -> None:
    cache = Cache(redis)

    async def fail() -> bytes:
        await asyncio.sleep(0.01)
        raise LookupError("no such area")

    reading = [cache.read("tariff", "x", "1", fail, seconds=60) for _ in range(3)]
    results = await asyncio.gather(*reading, return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3
    assert await cache.read("tariff", "x", "1", Maker(), seconds=60) == b"tariff 1"


async def test_a_reader_that_leaves_does_not_stop_the_others(redis: RedisClient) -> None:
    make, cache = Maker(), Cache(redis)
    first = asyncio.ensure_future(cache.read("tariff", "qc", "1", make, seconds=60))
    await asyncio.sleep(0)
    second = asyncio.ensure_future(cache.read("tariff", "qc", "1", make, seconds=60))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == b"tariff 1"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_without_redis_it_is_made_each_time(own_redis_server: RedisServer) -> None:
    async with RedisClient(own_redis_server.url, timeout=0.2) as redis:
        make, cache = Maker(), Cache(redis)
        own_redis_server.kill()
        assert await cache.read("tariff", "qc", "1", make, seconds=60) == b"tariff 1"
        assert await cache.read("tariff", "qc", "1", make, seconds=60) == b"tariff 2"
