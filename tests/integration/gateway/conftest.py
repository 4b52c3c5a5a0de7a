"""A gateway with auth's routes and the example part, on a real store and Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.http.example_part import widget_routes
from support.http.server import Api, serving
from supportcarr.gateway.settings import HttpSettings
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore


@pytest.fixture
async def api(store: SqliteStore, redis: RedisClient) -> AsyncIterator[Api]:
    http = HttpSettings(max_body_bytes=4096)
    async with serving(widget_routes(store), store=store, redis=redis, http=http) as running:
        yield running
