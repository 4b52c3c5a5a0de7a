"""Leases are renewed in the background: when, in which calls, and what happens when a reply is lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from support.ratelimit import CallOutcome, LimiterHarness, is_allowed, simulated_time
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.ratelimit.backend import MAX_KEYS_PER_CALL, REPLY_SECONDS
from supportcarr.kit.ratelimit.limiter import LEASE_SECONDS
from supportcarr.kit.ratelimit.rules import Rule
from supportcarr.kit.redis import keys

# Refill so slowly that no token is added during a test.
USER = Rule("user", 200, seconds=1_000_000)
ADDRESS = Rule("address", 400, seconds=1_000_000)
SMALL = Rule("small", 20, seconds=1_000_000)  # leases have one token
EXACT = Rule("exact", 200, seconds=1_000_000, exact=True)
LOST = CallOutcome(replies_s=None)
UNREACHABLE = CallOutcome(arrives_s=None, replies_s=None)


def test_a_lease_in_use_never_expires() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        for _ in range(50):
            await asyncio.sleep(0.4)
            assert limiter.try_take("usr_a", USER) is True
        assert len(harness.redis.calls) < 2 + 50 * 0.4 / (LEASE_SECONDS - 0.3)


def test_renewals_are_in_nobodys_log_lines_and_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """One follows the other for hours: they are not what the first request did."""
    contexts: list[logs.LogContext | None] = []

    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        call = harness.redis.call

        def noted(*args: Any) -> asyncio.Future[Any]:
            contexts.append(logs.context())
            return call(*args)

        monkeypatch.setattr(harness.redis, "call", noted)
        limiter, first = harness.limiter(), logs.LogContext("req-1")

        async def request() -> None:
            logs.set_context(first)
            assert await is_allowed(limiter, ("usr_a", USER))
            for _ in range(6):
                assert limiter.try_take("usr_a", USER)  # so that it runs low

        await asyncio.create_task(request())
        for _ in range(10):
            await asyncio.sleep(0.4)
            assert limiter.try_take("usr_a", USER) is True
        assert contexts[0] is first  # the request waited for this one
        assert len(contexts) > 2

    assert contexts[1:] == [None] * (len(contexts) - 1)


def test_an_unused_lease_is_renewed_once_and_then_expires() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(2 * LEASE_SECONDS - 0.5)
        assert limiter.try_take("usr_a", USER) is True
        await asyncio.sleep(10 * LEASE_SECONDS)
        assert len(harness.redis.calls) == 4  # the first request, then renewals: one and two
        assert limiter.try_take("usr_a", USER) is None
        assert harness.left("usr_a", USER) == 200 - 1 - 8  # the next call returns the lease's tokens
        assert await is_allowed(limiter, ("usr_a", USER))
        assert harness.left("usr_a", USER) == 200 - 3 - 7


def test_a_lease_renewed_repeatedly_does_not_hold_back_tokens() -> None:
    """The bucket refills up to its capacity, as if there had been no lease."""

    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter, other = harness.limiter(), harness.limiter(lease=1)
        rule = Rule("minute", 200)
        for _ in range(10):
            assert await is_allowed(limiter, ("usr_a", rule))
            await asyncio.sleep(LEASE_SECONDS)
        assert limiter.tokens("usr_a", rule) == 7
        taken = 0
        while await is_allowed(other, ("usr_a", rule)):
            taken += 1
        # The bucket lacks the lease's tokens, except for those refilled since the renewal.
        assert 200 - 7 <= taken <= 200 - 7 + 8


def test_a_lease_that_runs_low_is_renewed_before_it_is_empty() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        assert limiter.tokens("usr_a", USER) == 2
        await asyncio.sleep(0.02)
        assert limiter.tokens("usr_a", USER) == 7
        assert len(harness.redis.calls) == 2
        assert harness.left("usr_a", USER) == 200 - 6 - 7


def test_a_user_and_an_address_that_run_low_together_are_renewed_in_one_call() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("1.2.3.4", ADDRESS), ("usr_a", USER))
        await asyncio.sleep(0.02)
        both = [keys.limit_bucket("address", "1.2.3.4"), keys.limit_bucket("user", "usr_a")]
        assert harness.redis.calls == [both, both]


def test_batches_of_keys_are_bounded() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        names = [f"usr_{n}" for n in range(MAX_KEYS_PER_CALL * 2 + 5)]
        await asyncio.gather(*(is_allowed(limiter, (name, USER)) for name in names))
        assert [len(call) for call in harness.redis.calls] == [MAX_KEYS_PER_CALL, MAX_KEYS_PER_CALL, 5]
        assert all(limiter.try_take(name, USER) for name in names)
        await asyncio.sleep(LEASE_SECONDS)
        assert [len(call) for call in harness.redis.calls[3:]] == [MAX_KEYS_PER_CALL, MAX_KEYS_PER_CALL, 5]
        assert all(limiter.tokens(name, USER) == 7 for name in names)


def test_tokens_spent_during_a_renewal_count_against_the_new_lease() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        harness.redis.default_outcome = CallOutcome(0.1, 0.2)
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(0.05)
        assert limiter.try_take("usr_a", USER) is True  # before the renewal reaches Redis
        await asyncio.sleep(0.1)
        assert limiter.try_take("usr_a", USER) is True  # after it reached Redis
        await asyncio.sleep(0.1)
        assert limiter.tokens("usr_a", USER) == 7 - 2
        assert harness.left("usr_a", USER) == 200 - 8 - 5


def test_a_request_without_tokens_waits_for_the_running_renewal() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        harness.redis.default_outcome = CallOutcome(0.1, 0.2)
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(0.02)
        assert all(await asyncio.gather(*(is_allowed(limiter, ("usr_a", USER)) for _ in range(5))))
        assert len(harness.redis.calls) == 2
        assert limiter.tokens("usr_a", USER) == 7 - 5


@pytest.mark.parametrize("outcome", [LOST, UNREACHABLE, CallOutcome(0.001, 0.002, broken=True)])
def test_a_lost_renewal_keeps_the_old_lease_and_rejects_no_request(outcome: CallOutcome) -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        harness.redis.outcomes.append(outcome)
        await asyncio.sleep(REPLY_SECONDS + 0.1)  # longer than the pause after a broken call
        assert len(harness.redis.calls) == 2
        assert limiter.tokens("usr_a", USER) == 2
        assert [limiter.try_take("usr_a", USER) for _ in range(3)] == [True, True, None]
        assert await is_allowed(limiter, ("usr_a", USER))
        assert limiter.allowed_locally == (not outcome.broken)
        await asyncio.sleep(REPLY_SECONDS)
        assert await is_allowed(limiter, ("usr_a", USER))
        assert limiter.allowed_locally == (not outcome.broken)


def test_a_lost_renewal_does_not_extend_the_old_lease() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        harness.redis.default_outcome = LOST
        await asyncio.sleep(LEASE_SECONDS - 0.1)
        assert limiter.try_take("usr_a", USER) is True
        await asyncio.sleep(0.1)
        assert limiter.try_take("usr_a", USER) is None


def test_a_late_reply_is_ignored() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        harness.redis.outcomes.append(CallOutcome(0.1, REPLY_SECONDS + 0.1))
        await asyncio.sleep(REPLY_SECONDS + 0.2)
        assert limiter.tokens("usr_a", USER) == 2
        assert harness.left("usr_a", USER) == 200 - 6 - 7  # five tokens are lost until the bucket refills


def test_a_call_without_a_reply_times_out() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        harness.redis.default_outcome = LOST
        began = harness.now
        requests = [asyncio.create_task(is_allowed(limiter, (f"usr_{n}", USER))) for n in range(3)]
        await asyncio.sleep(0.3)
        requests.append(asyncio.create_task(is_allowed(limiter, ("usr_3", USER))))
        assert all(await asyncio.gather(*requests[:3]))
        assert harness.now - began == pytest.approx(REPLY_SECONDS, abs=0.01)
        assert await requests[3]
        assert harness.now - began == pytest.approx(0.3 + REPLY_SECONDS, abs=0.01)


def test_a_renewal_of_an_empty_bucket_rejects_no_request() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter, other = harness.limiter(), harness.limiter(lease=1)
        assert await is_allowed(limiter, ("usr_a", USER))
        while await is_allowed(other, ("usr_a", USER)):
            pass
        assert [limiter.try_take("usr_a", USER) for _ in range(7)] == [True] * 7
        await asyncio.sleep(0.05)  # the renewal got no tokens
        assert limiter.try_take("usr_a", USER) is None
        assert not await is_allowed(limiter, ("usr_a", USER))
        assert limiter.try_take("usr_a", USER) is False  # Redis has refused a request


def test_an_empty_bucket_is_not_asked_again_at_once() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter, other = harness.limiter(), harness.limiter(lease=1)
        assert await is_allowed(limiter, ("usr_a", USER))
        while await is_allowed(other, ("usr_a", USER)):
            pass
        before = len(harness.redis.calls)
        for _ in range(7):
            assert limiter.try_take("usr_a", USER) is True
            await asyncio.sleep(0.02)
        assert len(harness.redis.calls) == before + 1


@pytest.mark.parametrize("rule", [SMALL, EXACT])
def test_a_key_without_a_lease_is_not_renewed(rule: Rule) -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        for _ in range(5):
            assert await is_allowed(limiter, ("usr_a", rule))
        await asyncio.sleep(2 * LEASE_SECONDS)
        assert len(harness.redis.calls) == 5
        assert harness.left("usr_a", rule) == rule.limit - 5


def test_requests_of_one_loop_iteration_share_a_call_and_have_their_own_results() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        other = harness.limiter(lease=1)
        while await is_allowed(other, ("1.2.3.4", ADDRESS)):
            pass
        before = len(harness.redis.calls)
        limiter = harness.limiter()
        results = await asyncio.gather(
            is_allowed(limiter, ("5.6.7.8", ADDRESS), ("usr_a", USER)),
            is_allowed(limiter, ("1.2.3.4", ADDRESS), ("usr_b", USER)),
            is_allowed(limiter, ("9.9.9.9", EXACT)),
            is_allowed(limiter, ("9.9.9.9", EXACT)),
        )
        assert tuple(results) == (True, False, True, True)
        assert len(harness.redis.calls) == before + 1
        assert (harness.left("usr_a", USER), harness.left("usr_b", USER)) == (192, 200)
        assert harness.left("9.9.9.9", EXACT) == 198


def test_a_request_includes_pending_renewals_in_its_call() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        assert await is_allowed(limiter, ("usr_b", USER))
        await asyncio.sleep(0.1)
        assert [len(call) for call in harness.redis.calls] == [1, 2]


def test_a_rejected_request_takes_no_token_of_a_lease() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter, other = harness.limiter(), harness.limiter(lease=1)
        while await is_allowed(other, ("usr_a", USER)):
            pass
        assert await is_allowed(limiter, ("1.2.3.4", ADDRESS))
        assert limiter.tokens("1.2.3.4", ADDRESS) == 7
        assert not await is_allowed(limiter, ("1.2.3.4", ADDRESS), ("usr_a", USER))  # refused by Redis
        assert not await is_allowed(limiter, ("1.2.3.4", ADDRESS), ("usr_a", USER))  # refused from memory
        assert not (await limiter.take([("1.2.3.4", ADDRESS), ("usr_a", USER)])).allowed
        assert limiter.tokens("1.2.3.4", ADDRESS) == 7
        assert limiter.refused == 3


def test_unused_tokens_are_returned_once_even_if_the_request_is_refused() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter, other = harness.limiter(), harness.limiter(lease=1)
        empty = ["1.2.3.4", "5.6.7.8"]
        for address in empty:
            while await is_allowed(other, (address, ADDRESS)):
                pass
        for _ in range(8):
            assert await is_allowed(other, ("usr_a", USER))
        assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(5 * LEASE_SECONDS)
        for address in empty:
            assert not await is_allowed(limiter, (address, ADDRESS), ("usr_a", USER))
        assert harness.left("usr_a", USER) == 200 - 9


@pytest.mark.parametrize("renewal", [CallOutcome(0.1, 0.2), CallOutcome(0.1, 0.4)])  # done, or running
def test_a_token_is_not_returned_to_a_lease_renewed_in_the_meantime(renewal: CallOutcome) -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter, other = harness.limiter(), harness.limiter(lease=1)
        while await is_allowed(other, ("usr_a", USER)):
            pass
        for _ in range(4):
            assert await is_allowed(limiter, ("1.2.3.4", ADDRESS))
        harness.redis.outcomes += [CallOutcome(0.1, 0.3), renewal]
        request = asyncio.create_task(limiter.take([("1.2.3.4", ADDRESS), ("usr_a", USER)]))
        await asyncio.sleep(0.001)
        assert limiter.tokens("1.2.3.4", ADDRESS) == 3
        assert limiter.try_take("1.2.3.4", ADDRESS) is True
        assert not (await request).allowed
        await asyncio.sleep(0.2)
        assert limiter.tokens("1.2.3.4", ADDRESS) == 7


def test_both_keys_are_taken_at_once_or_neither() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        assert limiter.try_both("1.2.3.4", ADDRESS, "usr_a", USER) is None
        assert limiter.try_both("usr_a", USER, "1.2.3.4", ADDRESS) is None
        assert limiter.tokens("usr_a", USER) == 7
        assert await is_allowed(limiter, ("1.2.3.4", ADDRESS))
        assert limiter.try_both("1.2.3.4", ADDRESS, "usr_a", USER) is True
        assert (limiter.tokens("usr_a", USER), limiter.tokens("1.2.3.4", ADDRESS)) == (6, 6)


def test_two_keys_need_two_valid_leases() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(1.5)
        assert await is_allowed(limiter, ("1.2.3.4", ADDRESS))
        harness.redis.default_outcome = UNREACHABLE
        await asyncio.sleep(LEASE_SECONDS - 1.5)
        assert limiter.try_take("1.2.3.4", ADDRESS) is True
        assert limiter.try_both("1.2.3.4", ADDRESS, "usr_a", USER) is None
        assert limiter.try_both("usr_a", USER, "1.2.3.4", ADDRESS) is None


def test_a_lease_starts_at_the_request_and_not_at_the_reply() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        harness.redis.outcomes.append(CallOutcome(0.0, 0.4))
        harness.redis.default_outcome = UNREACHABLE
        assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(LEASE_SECONDS - 0.4)
        assert limiter.try_take("usr_a", USER) is None


def test_the_lease_of_a_cancelled_request_serves_the_next_request() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        cancelled = asyncio.create_task(is_allowed(limiter, ("usr_a", USER)))
        waiting = asyncio.create_task(is_allowed(limiter, ("usr_a", USER)))
        another = asyncio.create_task(is_allowed(limiter, ("usr_b", USER)))  # in the same call
        await asyncio.sleep(0.0005)
        cancelled.cancel()
        assert await waiting and await another
        assert len(harness.redis.calls) == 1
        assert limiter.tokens("usr_a", USER) == 6


def test_an_evicted_key_is_not_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supportcarr.kit.ratelimit.limiter._MAX_STATES", 4)

    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        for n in range(4):
            assert await is_allowed(limiter, (f"usr_{n}", USER))
            assert await is_allowed(limiter, (f"usr_{n}", USER))
        assert await is_allowed(limiter, ("usr_new", USER))  # evicts usr_0
        before = len(harness.redis.calls)
        await asyncio.sleep(LEASE_SECONDS)
        renewed = {name for call in harness.redis.calls[before:] for name in call}
        assert renewed == {keys.limit_bucket("user", name) for name in ("usr_1", "usr_2", "usr_3", "usr_new")}


def test_renewals_pause_after_redis_did_not_reply() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        harness.redis.outcomes.append(UNREACHABLE)
        assert await is_allowed(limiter, ("usr_b", USER))
        assert limiter.allowed_locally == 1
        for _ in range(5):
            assert limiter.try_take("usr_a", USER) is True
        await asyncio.sleep(0.1)
        assert len(harness.redis.calls) == 2
        assert limiter.tokens("usr_a", USER) == 2


def test_renewals_stop_while_redis_is_unavailable_and_resume_after_it() -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        limiter = harness.limiter()
        harness.redis.default_outcome = UNREACHABLE
        assert await is_allowed(limiter, ("usr_a", USER))  # allowed locally after half a second
        calls = len(harness.redis.calls)
        for _ in range(20):
            assert await is_allowed(limiter, ("usr_a", USER))
        assert len(harness.redis.calls) == calls
        harness.redis.default_outcome = CallOutcome()
        await asyncio.sleep(REPLY_SECONDS)
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(0.02)
        assert limiter.tokens("usr_a", USER) == 7
        assert limiter.allowed_locally == 21
