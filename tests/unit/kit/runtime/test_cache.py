"""The in-process cache is bounded in size and in age."""

from __future__ import annotations

from supportcarr.kit.runtime.cache import BoundedCache


class FakeMonotonic:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_least_recently_used_value_is_evicted_first() -> None:
    cache: BoundedCache[str, int] = BoundedCache(2, 60)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)
    assert len(cache) == 2
    assert (cache.hits, cache.misses) == (3, 1)


def test_values_expire() -> None:
    clock = FakeMonotonic()
    cache: BoundedCache[str, int] = BoundedCache(10, 60, monotonic=clock)
    cache.put("short", 1, seconds=5)
    cache.put("long", 2, seconds=600)
    clock.now = 5
    assert (cache.get("short"), cache.get("long")) == (None, 2)
    clock.now = 60
    assert cache.get("long") is None
    assert len(cache) == 0


def test_a_value_is_replaced() -> None:
    cache: BoundedCache[str, int] = BoundedCache(10, 60)
    cache.put("a", 1)
    cache.put("a", 2)
    assert cache.get("a") == 2
