"""Responses that are the same for everybody, shared by the processes in the evicting Redis.

A response is kept under a version: whoever changes what it was made from counts the version up, and nobody
reads the old ones again (a process that made a response from what was there before stores it under the old
version).
Without Redis every response is made anew; nothing fails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.errors import RedisError

LONGEST_SECONDS = 300.0
_TIMEOUT_SECONDS = 0.3


class ResponseCache:
    """The responses of one kind; *seconds* (wall, at most five minutes) is how long each is kept."""

    def __init__(self, redis: RedisClient, kind: str, *, seconds: float = LONGEST_SECONDS) -> None:
        self._redis = redis
        self._kind = kind
        self._milliseconds = max(1, round(1000 * min(seconds, LONGEST_SECONDS)))
        self.hits = self.misses = 0

    async def get(self, key: str, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The response of that key, made if it is not kept.  An empty one is not kept."""
        version = b"0"
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                version = await self._redis.call("GET", keys.api_version(self._kind)) or b"0"
                kept: bytes | None = await self._redis.call("GET", self._key(version, key))
        except (RedisError, TimeoutError):
            self.misses += 1
            return await make()
        if kept is not None:
            self.hits += 1
            return kept
        self.misses += 1
        made = await make()
        if made:
            with suppress(RedisError, TimeoutError):
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    await self._redis.call("SET", self._key(version, key), made, "PX", self._milliseconds)
        return made

    async def changed(self) -> None:
        """What the responses are made from has changed.  Without Redis they are kept until their end."""
        with suppress(RedisError, TimeoutError):
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                await self._redis.call("INCR", keys.api_version(self._kind))

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"hits_total": self.hits, "misses_total": self.misses}

    def _key(self, version: bytes, key: str) -> str:
        return keys.api_response(self._kind, version.decode("ascii", "replace"), key)
