"""Fixtures with a real Redis (Valkey) server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from support.ports import free_port
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """One running server for the session; its ``url`` is a value for ``REDIS_URL``."""
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"), port=free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis(redis_server: EmbeddedRedis) -> AsyncIterator[RedisClient]:
    """An open client on an empty database."""
    if not redis_server.alive:  # a test killed it
        redis_server.start()
    async with RedisClient(redis_server.url, timeout=30) as client:  # a busy machine is no outage
        await client.call("FLUSHALL")
        yield client


@pytest.fixture
def own_redis_server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """A running server for one test, which may stop, kill and restart it."""
    server = EmbeddedRedis(tmp_path / "redis", port=free_port())
    server.start()
    yield server
    server.stop()
