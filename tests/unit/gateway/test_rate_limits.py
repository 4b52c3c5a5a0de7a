"""Most requests are counted synchronously; the others are counted only by the asynchronous check."""

from __future__ import annotations

import asyncio

import pytest

from support.ratelimit import LimiterHarness, ObservedLimiter, simulated_time
from supportcarr.contracts.errors import RateLimited
from supportcarr.gateway.rate_limits import RequestLimits
from supportcarr.gateway.settings import LimitSettings
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.ratelimit.rules import Rule

USER, ADDRESS = Rule("user", 60), Rule("address", 160)


def limits(limiter: ObservedLimiter) -> RequestLimits:
    return RequestLimits(
        limiter, LimitSettings(user_per_minute=60, address_per_minute=160, sensitive_per_minute=20), Metrics()
    )


def test_a_request_that_needs_redis_counts_once() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        counted = limits(limiter)
        assert not counted.admit_now("1.2.3.4", "usr_a", False)
        await counted.count("1.2.3.4", "usr_a", False)
        assert (limiter.tokens("1.2.3.4", ADDRESS), limiter.tokens("usr_a", USER)) == (7, 2)
        assert not counted.admit_now("1.2.3.4", "usr_b", False)
        assert limiter.tokens("1.2.3.4", ADDRESS) == 7
        assert counted.admit_now("1.2.3.4", "usr_a", False)
        assert (limiter.tokens("1.2.3.4", ADDRESS), limiter.tokens("usr_a", USER)) == (6, 1)
        assert counted.admit_now("1.2.3.4", None, False)
        assert limiter.tokens("1.2.3.4", ADDRESS) == 5
        assert len(harness.redis.calls) == 1


def test_a_sensitive_request_is_never_counted_synchronously() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        counted = limits(limiter)
        for n in range(5):
            assert not counted.admit_now("1.2.3.4", None, True)
            await counted.count("1.2.3.4", None, True)
            assert len(harness.redis.calls) == n + 1
        assert limiter.tokens("1.2.3.4", ADDRESS) == 3


def test_a_rejected_request_is_not_counted_and_gets_a_retry_after() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        counted = limits(limiter)
        for _ in range(60):
            await counted.count("1.2.3.4", "usr_a", False)
        with pytest.raises(RateLimited) as error:
            await counted.count("1.2.3.4", "usr_a", False)
        assert error.value.retry_after == pytest.approx(1.0, abs=0.1)
        before = limiter.tokens("1.2.3.4", ADDRESS)
        with pytest.raises(RateLimited) as error:
            counted.admit_now("1.2.3.4", "usr_a", False)
        assert error.value.retry_after == pytest.approx(1.0, abs=0.1)
        assert limiter.tokens("1.2.3.4", ADDRESS) == before
        await asyncio.sleep(1.001)
        await counted.count("1.2.3.4", "usr_a", False)
