"""Caches: what can always be made again, kept for a while.

``BoundedCache`` is in the process and costs under a microsecond; ``Cache`` is in the evicting Redis,
shared by all processes.  Both are keyed by a version wherever there is one: a new version is another
entry, so that nothing has to be invalidated to be right.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient, RedisError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """At most *size* values; the one unused for longest goes first, and none is older than *seconds*."""

    def __init__(self, size: int, seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._seconds = seconds
        self._now = monotonic
        self._values: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self.hits = self.misses = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        held = self._values.get(key)
        if held is not None:
            if self._now() < held[0]:
                self._values.move_to_end(key)
                self.hits += 1
                return held[1]
            del self._values[key]
        self.misses += 1
        return None

    def put(self, key: K, value: V, *, seconds: float | None = None) -> None:
        """Keep the value, for less than the cache's own time if *seconds* says so."""
        life = self._seconds if seconds is None else min(seconds, self._seconds)
        self._values[key] = (self._now() + life, value)
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)

    def drop(self, key: K) -> None:
        self._values.pop(key, None)


class Cache:
    """Bytes in Redis, by kind, key and version.  Without Redis everything is made anew each time."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._making: dict[str, asyncio.Future[bytes]] = {}
        self.hits = self.misses = 0

    async def read(
        self, kind: str, key: str, version: str, make: Callable[[], Awaitable[bytes]], *, seconds: int
    ) -> bytes:
        """What is kept, or else what *make* answers, kept for so long.

        Concurrent readers of one process wait for one *make*; its failure reaches each of them.
        """
        place = keys.cached(kind, key, version)
        if (making := self._making.get(place)) is not None:
            return await asyncio.shield(making)
        task = asyncio.ensure_future(self._read(place, make, seconds))
        self._making[place] = task
        task.add_done_callback(lambda _: self._making.pop(place, None))
        return await asyncio.shield(task)

    async def _read(self, place: str, make: Callable[[], Awaitable[bytes]], seconds: int) -> bytes:
        try:
            kept: bytes | None = await self._redis.call("GET", place)
        except RedisError:
            kept = None
        if kept is not None:
            self.hits += 1
            return kept
        self.misses += 1
        made = await make()
        with suppress(RedisError):  # the next reader makes it again
            await self._redis.call("SET", place, made, "EX", seconds)
        return made
