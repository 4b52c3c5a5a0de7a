"""Most requests are counted synchronously; the others are counted only by the asynchronous check."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.ratelimit import CallOutcome, LimiterHarness, ObservedLimiter, simulated_time
from supportcarr.contracts.errors import RateLimited
from supportcarr.contracts.limits import PINS, QUOTES, TEXTS
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import Response, Route
from supportcarr.gateway.problems import LimitReached, Unavailable
from supportcarr.gateway.rate_limits import RequestLimits
from supportcarr.gateway.settings import LimitSettings
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.ratelimit.rules import Rule

USER, ADDRESS = Rule("user", 60), Rule("address", 160)


def limits(limiter: ObservedLimiter) -> RequestLimits:
    return RequestLimits(
        limiter, LimitSettings(user_per_minute=60, address_per_minute=160, sensitive_per_minute=20), Metrics()
    )


def route(**declared: Any) -> Route:
    async def handler(_: Any) -> Response:
        return Response()

    return Route(
        method="POST", path="/x", handler=handler, summary="A test", policy=ANYONE, tag="test", **declared
    )


def test_a_request_that_needs_redis_counts_once() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        counted = limits(limiter)
        assert not counted.admit_now("1.2.3.4", "usr_a", None)
        await counted.count("1.2.3.4", "usr_a", None)
        assert (limiter.tokens("1.2.3.4", ADDRESS), limiter.tokens("usr_a", USER)) == (7, 2)
        assert not counted.admit_now("1.2.3.4", "usr_b", None)
        assert limiter.tokens("1.2.3.4", ADDRESS) == 7
        assert counted.admit_now("1.2.3.4", "usr_a", None)
        assert (limiter.tokens("1.2.3.4", ADDRESS), limiter.tokens("usr_a", USER)) == (6, 1)
        assert counted.admit_now("1.2.3.4", None, None)
        assert limiter.tokens("1.2.3.4", ADDRESS) == 5
        assert len(harness.redis.calls) == 1


def test_a_sensitive_request_is_never_counted_synchronously() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        counted = limits(limiter)
        guarded = counted.of_route(route(sensitive=True))
        for n in range(5):
            assert not counted.admit_now("1.2.3.4", None, guarded)
            assert await counted.count("1.2.3.4", None, guarded) == (
                b"ratelimit",
                b'"sensitive";r=%d' % (19 - n),
            )
            assert len(harness.redis.calls) == n + 1
        assert limiter.tokens("1.2.3.4", ADDRESS) == 3


def test_a_rejected_request_is_not_counted_and_gets_a_retry_after() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        counted = limits(limiter)
        for _ in range(60):
            await counted.count("1.2.3.4", "usr_a", None)
        with pytest.raises(RateLimited) as error:
            await counted.count("1.2.3.4", "usr_a", None)
        assert error.value.retry_after == pytest.approx(1.0, abs=0.1)
        before = limiter.tokens("1.2.3.4", ADDRESS)
        with pytest.raises(RateLimited) as error:
            counted.admit_now("1.2.3.4", "usr_a", None)
        assert error.value.retry_after == pytest.approx(1.0, abs=0.1)
        assert limiter.tokens("1.2.3.4", ADDRESS) == before
        await asyncio.sleep(1.001)
        await counted.count("1.2.3.4", "usr_a", None)


def test_the_header_says_what_the_user_has_left_and_for_how_long_nothing() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        counted = limits(harness.limiter())
        assert counted.policy == (b"ratelimit-policy", b'"user";q=60;w=60, "address";q=160;w=60')
        for left in range(59, -1, -1):
            header = counted.admit_now("1.2.3.4", "usr_a", None) or await counted.count(
                "1.2.3.4", "usr_a", None
            )
            assert header == (b"ratelimit", b'"user";r=%d' % left)
        with pytest.raises(LimitReached) as error:
            await counted.count("1.2.3.4", "usr_a", None)
        assert error.value.header == (b"ratelimit", b'"user";r=0;t=1')


def test_a_route_lists_its_own_limits_first_and_counts_them_by_whom_they_concern() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        counted = limits(harness.limiter())
        both = counted.of_route(route(limits=(QUOTES, PINS)))
        assert both is not None
        assert both.policy[1].startswith(b'"quotes";q=30;w=60, "pins";q=10;w=60, "user";q=60')
        for left in range(9, -1, -1):
            assert await counted.count("1.2.3.4", "usr_a", both) == (b"ratelimit", b'"pins";r=%d' % left)
        with pytest.raises(LimitReached) as error:
            await counted.count("1.2.3.4", "usr_a", both)
        assert error.value.header == (b"ratelimit", b'"pins";r=0;t=6')
        await counted.count("1.2.3.4", "usr_b", both)
        assert counted.of_route(route()) is None


def test_what_a_limit_is_not_about_is_given_back_to_it_and_to_no_other() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        counted = limits(harness.limiter())
        declared = route(limits=(QUOTES, PINS))
        both = counted.of_route(declared)
        assert both is not None
        clients = ("1.2.3.4", "usr_a")
        for left in range(9, 0, -1):
            await counted.count(*clients, both)
            assert counted.give_back(clients, both, "pin_wrong") == (b"ratelimit", b'"pins";r=%d' % left)
        for code in (None, "pin_locked"):
            await counted.count(*clients, both)
            assert counted.give_back(clients, both, code) == (b"ratelimit", b'"pins";r=1')
        await counted.count(*clients, both)
        with pytest.raises(LimitReached):
            await counted.count(*clients, both)
        counted.give_back(clients, both, None)  # the one before, whose outcome was slow
        assert await counted.count(*clients, both) == (b"ratelimit", b'"pins";r=0')
        await asyncio.sleep(0.1)
        quotes = Rule("quotes", 30, exact=True)
        assert harness.left("usr_a", quotes) == 30 - 13, "another limit of the route counts every request"


def test_without_redis_texts_are_closed_and_quotes_are_bounded_in_each_process() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        harness.redis.default_outcome = CallOutcome(replies_s=0.001, broken=True)
        one, another = (limits(harness.limiter()) for _ in range(2))
        texts, quotes = one.of_route(route(limits=(TEXTS,))), one.of_route(route(limits=(QUOTES,)))
        with pytest.raises(Unavailable) as error:
            await one.count("1.2.3.4", None, texts)
        assert error.value.retry_after == 5
        allowed = 0
        for process in (one, another):
            for number in range(40):
                try:
                    await process.count(f"1.2.3.{number}", "usr_a", quotes)
                    allowed += 1
                except RateLimited:
                    pass
        assert allowed == 2 * 30, "as many times the limit as there are processes"
