"""The Redis script of the limiter and the model of it that tests use give the same results."""

from __future__ import annotations

import asyncio
import itertools

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.ratelimit import Buckets
from supportcarr.kit.ratelimit.backend import TAKE
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

HOUR_US = 3_600_000_000  # per token: no refill during a test
_runs = itertools.count()

# A group: distinct keys, each with the tokens wanted and the tokens returned.
GROUPS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(1, 5), st.integers(0, 4)),
        min_size=1,
        max_size=3,
        unique_by=lambda key: key[0],
    ),
    min_size=1,
    max_size=8,
)


def test_groups_get_all_or_nothing_and_are_applied_in_order(
    redis_server: EmbeddedRedis,
) -> None:
    if not redis_server.alive:  # a test killed it
        redis_server.start()

    @given(calls=st.lists(GROUPS, min_size=1, max_size=4))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def check(calls: list[list[list[tuple[int, int, int]]]]) -> None:
        asyncio.run(compare(redis_server.url, calls))

    check()


async def compare(url: str, calls: list[list[list[tuple[int, int, int]]]]) -> None:
    run, model = next(_runs), Buckets()
    async with RedisClient(url) as redis:
        for groups in calls:
            names: list[str] = []
            numbers: list[int] = []
            for group in groups:
                numbers.append(len(group))
                for which, wanted, back in group:
                    names.append(f"script-{run}-{which}")
                    numbers += (HOUR_US, 6 + which, wanted, back)
            seconds, micros = map(int, await redis.call("TIME"))
            expected = model.take(seconds * 1_000_000 + micros, names, numbers)
            reply = await redis.script(TAKE, names, [msgspec.msgpack.encode(numbers)])
            for actual, expected_value in zip(reply, expected, strict=True):
                if expected_value < 0:
                    assert (
                        actual < 0 and abs(actual - expected_value) < 60_000_000
                    )  # allows for the duration of the test
                else:
                    assert actual == expected_value
        for name, full_at in model.full_at.items():
            stored, expires_ms = await redis.call("GET", name), await redis.call("PTTL", name)
            seconds, micros = map(int, await redis.call("TIME"))
            if full_at > seconds * 1_000_000 + micros:
                assert abs(int(stored) - full_at) < 60_000_000
                until_ms = seconds * 1000 + micros // 1000 + expires_ms
                assert abs(until_ms * 1000 - int(stored)) < 60_000_000
            else:
                assert stored is None
