"""An embedded Redis that dies or hangs is replaced at the same address; one that replies is left alone."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor import redis_keeper
from supportcarr.supervisor.embedded_redis import EmbeddedRedis
from supportcarr.supervisor.redis_keeper import keep_redis


@pytest.mark.parametrize("sent", [signal.SIGSTOP, signal.SIGKILL])
async def test_a_stopped_or_killed_server_is_replaced(
    own_redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    monkeypatch.setattr(redis_keeper, "EVERY_S", 0.1)
    first = own_redis_server.pid
    assert first is not None
    replies = 0
    really_replies = redis_keeper._replies

    async def counted(redis: EmbeddedRedis) -> bool:
        nonlocal replies
        replied = await really_replies(redis)
        replies += replied
        return replied

    monkeypatch.setattr(redis_keeper, "_replies", counted)
    keeping = asyncio.create_task(keep_redis(own_redis_server, silence_s=5.0))
    try:
        while replies < 3:
            await asyncio.sleep(0.01)
        assert own_redis_server.pid == first  # it replies
        os.kill(first, sent)
        while own_redis_server.pid in (first, None):
            await asyncio.sleep(0.01)
        async with RedisClient(own_redis_server.url, timeout=60) as client:
            assert await client.call("PING") == b"PONG"
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
