"""However requests fall on processes and moments, a limit gives out no more than its rule."""

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

# Who asks: a process by number, how often, and how long after the one before (local seconds).
STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 60), st.sampled_from([0.0, 0.5, LEASE_SECONDS])), max_size=25
)


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def takes(limiter: Limiter, key: str, rule: Rule) -> bool:
    held = limiter.try_take(key, rule)
    return held if held is not None else (await limiter.take([(key, rule)])).allowed


async def play(url: str, steps: Sequence[tuple[int, int, float]], *, side_by_side: bool) -> None:
    """Four processes ask for one key whose tokens do not grow."""
    rule = Rule("played", LIMIT, seconds=1_000_000)
    key = f"key-{next(_keys)}"
    time = Time()
    async with RedisClient(url) as redis:
        processes = [Limiter(redis, lease=LEASE, monotonic=time) for _ in range(4)]
        given_out = 0
        for who, times, later in steps:
            time.now += later
            asking = [takes(processes[who], key, rule) for _ in range(times)]
            if side_by_side:
                given_out += sum(await asyncio.gather(*asking))
            else:
                given_out += sum([await one for one in asking])
            assert given_out <= LIMIT
        # What is not to be had now is leased to one of the others, who may spend it no longer than that.
        last = Limiter(redis, lease=1, monotonic=time)
        while await takes(last, key, rule):
            given_out += 1
        assert LIMIT - len(processes) * (LEASE - 1) <= given_out <= LIMIT
        time.now += LEASE_SECONDS
        for process in processes:
            assert process.try_take(key, rule) in (None, False)


@pytest.mark.parametrize("side_by_side", [False, True])
def test_no_more_than_the_rule_is_given_out_and_little_is_held_back(
    redis_server: EmbeddedRedis, side_by_side: bool
) -> None:
    if not redis_server.alive:  # a test killed it
        redis_server.start()

    @given(steps=STEPS)
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def played(steps: list[tuple[int, int, float]]) -> None:
        asyncio.run(play(redis_server.url, steps, side_by_side=side_by_side))

    played()
