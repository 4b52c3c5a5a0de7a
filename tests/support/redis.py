"""A real Redis (Valkey) server of its own for the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.redis_server import RedisServer


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One running server for the session; its ``url`` is what ``REDIS_URL`` would be."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[RedisClient]:
    """An open client of an empty database."""
    if not redis_server.alive:  # a test killed it
        redis_server.start()
    async with RedisClient(redis_server.url) as client:
        await client.call("FLUSHALL")
        yield client


@pytest.fixture
def own_redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A running server for one test, which may stop, kill and start it."""
    server = RedisServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()
