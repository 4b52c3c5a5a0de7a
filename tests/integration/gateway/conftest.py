"""A gateway with auth's routes and the example part, on a real store and Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.http.example_part import widget_routes
from support.http.server import Api, serving
from support.ratelimit import slower_rules
from supportcarr.gateway import rate_limits
from supportcarr.gateway.settings import HttpSettings
from supportcarr.kit.ratelimit import backend
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore


@pytest.fixture(autouse=True)
def _redis_may_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that waited too long for Redis would count by itself: one request too many."""
    monkeypatch.setattr(backend, "REPLY_SECONDS", 60.0)


@pytest.fixture
def no_token_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many requests a limit lets through does not depend on how long they take."""
    monkeypatch.setattr(rate_limits, "Rule", slower_rules)


@pytest.fixture
async def api(store: SqliteStore, redis: RedisClient) -> AsyncIterator[Api]:
    http = HttpSettings(max_body_bytes=4096)
    async with serving(widget_routes(store), store=store, redis=redis, http=http) as running:
        yield running
