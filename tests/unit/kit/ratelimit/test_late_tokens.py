"""The most that leases let through at once: the rule, and a lease less one of each process."""

from __future__ import annotations

import asyncio

from support.ratelimit import LEASE, LimiterHarness, is_allowed, simulated_time
from supportcarr.kit.ratelimit.limiter import LEASE_SECONDS
from supportcarr.kit.ratelimit.rules import Rule

RULE = Rule("quick", 160, seconds=8)  # the bucket is full again before a lease ends
PROCESSES = 4


def test_at_once_at_most_the_rule_and_a_lease_less_one_of_each_process() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiters = [harness.limiter() for _ in range(PROCESSES)]
        for limiter in limiters:
            assert await is_allowed(limiter, ("key", RULE))  # and LEASE - 1 tokens are kept
        await asyncio.sleep(LEASE_SECONDS - 0.3)  # before they are renewed
        assert harness.left("key", RULE) == RULE.limit
        began, allowed = harness.now, 0
        for limiter in limiters:
            while await is_allowed(limiter, ("key", RULE)):
                allowed += 1
        grown = (harness.now - began) / RULE.seconds * RULE.limit
        most = RULE.limit + PROCESSES * (LEASE - 1)
        assert most - PROCESSES * LEASE <= allowed <= most + grown
        assert allowed > RULE.limit, "or this shows nothing"


def test_an_exact_rule_lets_nothing_through_late() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        rule = Rule("exact", 20, seconds=1000, exact=True)
        limiters = [harness.limiter() for _ in range(PROCESSES)]
        allowed = 0
        for number in range(40):
            allowed += await is_allowed(limiters[number % PROCESSES], ("key", rule))
        assert allowed == 20
