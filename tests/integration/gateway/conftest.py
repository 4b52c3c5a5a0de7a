"""A gateway with auth's routes and the things of the tests, on a real store and Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.http.example_part import things_routes
from support.http.server import Api, serving
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.settings import Servers
from supportcarr.kit.store.sqlite.engine import SqliteStore


@pytest.fixture
async def api(store: SqliteStore, redis: RedisClient) -> AsyncIterator[Api]:
    servers = Servers(max_body_bytes=4096, drain_seconds=2)
    async with serving(things_routes(store), store=store, redis=redis, servers=servers) as running:
        yield running
