"""An in-process cache, bounded by size and age."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Keeps at most *size* values (the least recently used one is evicted first), each for *seconds*."""

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
        """Store the value, for *seconds* if that is less than the cache's own time."""
        life = self._seconds if seconds is None else min(seconds, self._seconds)
        self._values[key] = (self._now() + life, value)
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)
