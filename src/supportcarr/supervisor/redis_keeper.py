"""Keeps the embedded Redis running: restarts it, empty, at the same address, when it has died or hangs."""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from supportcarr.supervisor.embedded_redis import EmbeddedRedis, EmbeddedRedisError
from supportcarr.supervisor.watchdog import EVERY_S, Silence

POLL_S = 0.25

log = structlog.get_logger(__name__)


async def keep_redis(redis: EmbeddedRedis, *, silence_s: float) -> None:
    """Restart a Redis that died, and kill one that has not replied for *silence_s* seconds (0: never)."""
    watching = asyncio.create_task(_end_silent(redis, silence_s), name="watch redis") if silence_s else None
    try:
        while True:
            await asyncio.sleep(POLL_S)
            if redis.alive:
                continue
            log.warning("process_died", role="redis")
            try:
                redis.start()
            except EmbeddedRedisError as error:  # its port may be taken for a moment
                log.warning("redis_not_started", reason=str(error))
    finally:
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _end_silent(redis: EmbeddedRedis, silence_s: float) -> None:
    """Kill each server that stops replying; what ends it is the caller's to restart."""
    process, silence = redis.process, Silence()
    while True:
        await asyncio.sleep(EVERY_S)
        if redis.process is not process or not redis.alive:
            process, silence = redis.process, Silence()
            continue
        silence.check(heard=await _replies(redis))
        if silence.seconds >= silence_s:
            log.warning("process_hung", role="redis", pid=redis.pid, silent_s=silence_s)
            redis.kill()


async def _replies(redis: EmbeddedRedis) -> bool:
    """Whether it says anything within a moment: even a refusal shows that it runs."""
    writer = None
    try:
        async with asyncio.timeout(EVERY_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", redis.port)
            writer.write(b"PING\r\n")
            return bool(await reader.read(1))
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()
