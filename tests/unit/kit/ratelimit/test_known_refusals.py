"""Requests above a limit are refused by what the process knows: hardly any of them waits for Redis."""

from __future__ import annotations

import asyncio

from support.ratelimit import CallOutcome, LimiterHarness, ObservedLimiter, is_allowed, simulated_time
from supportcarr.kit.ratelimit.rules import Rule

USER = Rule("user", 300)  # five tokens a second
SENSITIVE = Rule("sensitive", 20, exact=True)
SLOW_REPLY = CallOutcome(0.05, 0.1)


async def flood(limiter: ObservedLimiter, seconds: float) -> tuple[int, int]:
    """500 requests every 10 ms: how many were allowed, and how many waited at once at most."""
    allowed = most = 0
    waiting: set[asyncio.Task[bool]] = set()
    for _ in range(int(seconds * 100)):
        for _ in range(500):
            immediate = limiter.try_take("usr_a", USER)
            if immediate is None:
                waiting.add(asyncio.create_task(is_allowed(limiter, ("usr_a", USER))))
                await asyncio.sleep(0)
            else:
                allowed += immediate
        most = max(most, sum(not task.done() for task in waiting))
        await asyncio.sleep(0.01)
    allowed += sum([await task for task in waiting])
    return allowed, most


def test_a_flood_above_its_limit_hardly_waits_and_gets_what_the_rule_allows() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        while await is_allowed(limiter, ("usr_a", USER)):
            pass
        harness.redis.default_outcome = SLOW_REPLY
        began, calls = harness.now, len(harness.redis.calls)
        allowed, most = await flood(limiter, 4.0)
        seconds = harness.now - began
        assert most <= 2  # of 500 at once
        assert len(harness.redis.calls) - calls <= 2 * 5 * seconds + 2
        # a token is had when the reply has come, a tenth of a second late, and no more than the rule allows
        assert 5 * seconds * 0.5 <= allowed <= 5 * seconds + 1


def test_requests_within_the_limit_wait_for_the_call_that_is_on_its_way() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        harness.redis.default_outcome = SLOW_REPLY
        results = await asyncio.gather(*(is_allowed(limiter, ("usr_a", USER)) for _ in range(200)))
        assert all(results)


def test_what_an_exact_rule_refused_is_refused_until_a_token_is_due() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        while await is_allowed(limiter, ("1.2.3.4", SENSITIVE)):
            pass
        calls = len(harness.redis.calls)
        for _ in range(100):
            assert not await is_allowed(limiter, ("1.2.3.4", SENSITIVE))
        assert len(harness.redis.calls) == calls
        await asyncio.sleep(limiter.retry_after("1.2.3.4", SENSITIVE))
        assert await is_allowed(limiter, ("1.2.3.4", SENSITIVE))
