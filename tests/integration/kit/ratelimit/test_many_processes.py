"""A limit allows no more than its rule, however requests are spread over limiters and time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supportcarr.kit.ratelimit.limiter import LEASE_SECONDS, Limiter
from supportcarr.kit.ratelimit.rules import Rule
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

LIMIT, LEASE = 160, 8
_keys = itertools.count()

# The number of a process, its count of requests, and the delay after the previous step (local seconds).
STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 60), st.sampled_from([0.0, 0.5, LEASE_SECONDS])), max_size=25
)


class ManualTime:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def is_allowed(limiter: Limiter, key: str, rule: Rule) -> bool:
    held = limiter.try_take(key, rule)
    return held if held is not None else (await limiter.take([(key, rule)])).allowed


async def run_steps(url: str, steps: Sequence[tuple[int, int, float]], *, concurrently: bool) -> None:
    """Four processes take tokens of one key that is not refilled."""
    rule = Rule("steps", LIMIT, seconds=1_000_000)
    key = f"key-{next(_keys)}"
    time = ManualTime()
    async with RedisClient(url, timeout=30) as redis:
        limiters = [Limiter(redis, lease=LEASE, monotonic=time) for _ in range(4)]
        allowed = 0
        for process, count, delay in steps:
            time.now += delay
            requests = [is_allowed(limiters[process], key, rule) for _ in range(count)]
            if concurrently:
                allowed += sum(await asyncio.gather(*requests))
            else:
                allowed += sum([await one for one in requests])
            assert allowed <= LIMIT
        # Tokens that are missing now are leased to the other processes, until the leases expire.
        last = Limiter(redis, lease=1, monotonic=time)
        while await is_allowed(last, key, rule):
            allowed += 1
        assert LIMIT - len(limiters) * (LEASE - 1) <= allowed <= LIMIT
        time.now += LEASE_SECONDS
        for limiter in limiters:
            assert limiter.try_take(key, rule) in (None, False)


@pytest.mark.parametrize("concurrently", [False, True])
def test_no_more_than_the_rule_is_allowed_and_few_tokens_are_held_back(
    redis_server: EmbeddedRedis, concurrently: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.ratelimit.backend.REPLY_SECONDS", 30.0)  # then it would count itself
    if not redis_server.alive:  # a test killed it
        redis_server.start()

    @given(steps=STEPS)
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def check(steps: list[tuple[int, int, float]]) -> None:
        asyncio.run(run_steps(redis_server.url, steps, concurrently=concurrently))

    check()
