"""Leases of limits are renewed in the background: when, with whom, and what a lost answer does."""

from __future__ import annotations

import asyncio

import pytest

from support.ratelimit import CallOutcome, World, is_allowed, simulated_time
from supportcarr.kit.ratelimit.backend import MOST_KEYS, REPLY_SECONDS
from supportcarr.kit.ratelimit.limiter import LEASE_SECONDS
from supportcarr.kit.ratelimit.rules import Rule
from supportcarr.kit.redis import keys

# Refills so slowly that no test sees a token grow.
USER = Rule("user", 200, seconds=1_000_000)
ADDRESS = Rule("address", 400, seconds=1_000_000)
SMALL = Rule("small", 20, seconds=1_000_000)  # its leases are of one token
EXACT = Rule("exact", 200, seconds=1_000_000, exact=True)
LOST = CallOutcome(answers_s=None)
NEVER_THERE = CallOutcome(reaches_s=None, answers_s=None)


def test_a_lease_in_use_never_ends() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        for _ in range(50):
            await asyncio.sleep(0.4)
            assert limiter.try_take("usr_a", USER) is True
        assert len(world.redis.calls) < 2 + 50 * 0.4 / (LEASE_SECONDS - 0.3)


def test_an_unused_lease_is_renewed_once_and_ends() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(2 * LEASE_SECONDS - 0.5)
        assert limiter.try_take("usr_a", USER) is True
        await asyncio.sleep(10 * LEASE_SECONDS)
        assert len(world.redis.calls) == 4  # one for the request before, two for that one
        assert limiter.try_take("usr_a", USER) is None
        assert world.left("usr_a", USER) == 200 - 1 - 8  # given back with the next question
        assert await is_allowed(limiter, ("usr_a", USER))
        assert world.left("usr_a", USER) == 200 - 3 - 7


def test_a_lease_that_is_renewed_all_the_time_keeps_no_token_longer() -> None:
    """Tokens that grow go to the bucket up to its rim, as if the lease had not been."""

    @simulated_time
    async def _(world: World) -> None:
        limiter, other = world.limiter(), world.limiter(lease=1)
        rule = Rule("minute", 200)
        for _ in range(10):
            assert await is_allowed(limiter, ("usr_a", rule))
            await asyncio.sleep(LEASE_SECONDS)
        assert limiter.tokens("usr_a", rule) == 7
        taken = 0
        while await is_allowed(other, ("usr_a", rule)):
            taken += 1
        # All that the lease has is missing there, but for what has grown since it was renewed.
        assert 200 - 7 <= taken <= 200 - 7 + 8


def test_a_lease_that_runs_low_is_renewed_before_it_is_spent() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        assert limiter.tokens("usr_a", USER) == 2
        await asyncio.sleep(0.02)
        assert limiter.tokens("usr_a", USER) == 7
        assert len(world.redis.calls) == 2
        assert world.left("usr_a", USER) == 200 - 6 - 7


def test_a_user_and_an_address_that_run_low_together_share_a_call() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("1.2.3.4", ADDRESS), ("usr_a", USER))
        await asyncio.sleep(0.02)
        both = [keys.limit_bucket("address", "1.2.3.4"), keys.limit_bucket("user", "usr_a")]
        assert world.redis.calls == [both, both]


def test_many_keys_share_calls_of_no_more_than_so_many() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        names = [f"usr_{n}" for n in range(MOST_KEYS * 2 + 5)]
        await asyncio.gather(*(is_allowed(limiter, (name, USER)) for name in names))
        assert [len(call) for call in world.redis.calls] == [MOST_KEYS, MOST_KEYS, 5]
        assert all(limiter.try_take(name, USER) for name in names)
        await asyncio.sleep(LEASE_SECONDS)
        assert [len(call) for call in world.redis.calls[3:]] == [MOST_KEYS, MOST_KEYS, 5]
        assert all(limiter.tokens(name, USER) == 7 for name in names)


def test_tokens_spent_during_a_renewal_count_against_the_new_lease() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        world.redis.default_outcome = CallOutcome(0.1, 0.2)
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(0.05)
        assert limiter.try_take("usr_a", USER) is True  # before Redis has the question
        await asyncio.sleep(0.1)
        assert limiter.try_take("usr_a", USER) is True  # and after
        await asyncio.sleep(0.1)
        assert limiter.tokens("usr_a", USER) == 7 - 2
        assert world.left("usr_a", USER) == 200 - 8 - 5


def test_a_request_without_tokens_waits_for_the_renewal_under_way() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        world.redis.default_outcome = CallOutcome(0.1, 0.2)
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(0.02)
        assert all(await asyncio.gather(*(is_allowed(limiter, ("usr_a", USER)) for _ in range(5))))
        assert len(world.redis.calls) == 2
        assert limiter.tokens("usr_a", USER) == 7 - 5


@pytest.mark.parametrize("outcome", [LOST, NEVER_THERE, CallOutcome(0.001, 0.002, broken=True)])
def test_a_lost_renewal_leaves_the_old_lease_and_rejects_nobody(outcome: CallOutcome) -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        world.redis.outcomes.append(outcome)
        await asyncio.sleep(REPLY_SECONDS + 0.1)  # longer than one that broke at once is left in peace
        assert len(world.redis.calls) == 2
        assert limiter.tokens("usr_a", USER) == 2
        assert [limiter.try_take("usr_a", USER) for _ in range(3)] == [True, True, None]
        assert await is_allowed(limiter, ("usr_a", USER))
        assert limiter.allowed_locally == (not outcome.broken)
        await asyncio.sleep(REPLY_SECONDS)
        assert await is_allowed(limiter, ("usr_a", USER))
        assert limiter.allowed_locally == (not outcome.broken)


def test_a_lost_renewal_does_not_make_the_old_lease_longer() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        world.redis.default_outcome = LOST
        await asyncio.sleep(LEASE_SECONDS - 0.1)
        assert limiter.try_take("usr_a", USER) is True
        await asyncio.sleep(0.1)
        assert limiter.try_take("usr_a", USER) is None


def test_a_late_reply_is_ignored() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        world.redis.outcomes.append(CallOutcome(0.1, REPLY_SECONDS + 0.1))
        await asyncio.sleep(REPLY_SECONDS + 0.2)
        assert limiter.tokens("usr_a", USER) == 2
        assert world.left("usr_a", USER) == 200 - 6 - 7  # five are lost until they grow again


def test_a_call_without_a_reply_times_out() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        world.redis.default_outcome = LOST
        began = world.now
        asking = [asyncio.create_task(is_allowed(limiter, (f"usr_{n}", USER))) for n in range(3)]
        await asyncio.sleep(0.3)
        asking.append(asyncio.create_task(is_allowed(limiter, ("usr_3", USER))))
        assert all(await asyncio.gather(*asking[:3]))
        assert world.now - began == pytest.approx(REPLY_SECONDS, abs=0.01)
        assert await asking[3]
        assert world.now - began == pytest.approx(0.3 + REPLY_SECONDS, abs=0.01)


def test_a_renewal_of_an_empty_bucket_rejects_nobody() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter, other = world.limiter(), world.limiter(lease=1)
        assert await is_allowed(limiter, ("usr_a", USER))
        while await is_allowed(other, ("usr_a", USER)):
            pass
        assert [limiter.try_take("usr_a", USER) for _ in range(7)] == [True] * 7
        await asyncio.sleep(0.05)  # a renewal brought nothing
        assert limiter.try_take("usr_a", USER) is None
        assert not await is_allowed(limiter, ("usr_a", USER))
        assert limiter.try_take("usr_a", USER) is False  # that was Redis' word to a request


def test_a_dry_bucket_is_not_asked_for_more_all_the_time() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter, other = world.limiter(), world.limiter(lease=1)
        assert await is_allowed(limiter, ("usr_a", USER))
        while await is_allowed(other, ("usr_a", USER)):
            pass
        before = len(world.redis.calls)
        for _ in range(7):
            assert limiter.try_take("usr_a", USER) is True
            await asyncio.sleep(0.02)
        assert len(world.redis.calls) == before + 1


@pytest.mark.parametrize("rule", [SMALL, EXACT])
def test_what_is_not_leased_is_not_renewed(rule: Rule) -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        for _ in range(5):
            assert await is_allowed(limiter, ("usr_a", rule))
        await asyncio.sleep(2 * LEASE_SECONDS)
        assert len(world.redis.calls) == 5
        assert world.left("usr_a", rule) == rule.limit - 5


def test_requests_of_one_turn_share_a_call_and_have_their_own_verdicts() -> None:
    @simulated_time
    async def _(world: World) -> None:
        other = world.limiter(lease=1)
        while await is_allowed(other, ("1.2.3.4", ADDRESS)):
            pass
        before = len(world.redis.calls)
        limiter = world.limiter()
        answers = await asyncio.gather(
            is_allowed(limiter, ("5.6.7.8", ADDRESS), ("usr_a", USER)),
            is_allowed(limiter, ("1.2.3.4", ADDRESS), ("usr_b", USER)),
            is_allowed(limiter, ("9.9.9.9", EXACT)),
            is_allowed(limiter, ("9.9.9.9", EXACT)),
        )
        assert tuple(answers) == (True, False, True, True)
        assert len(world.redis.calls) == before + 1
        assert (world.left("usr_a", USER), world.left("usr_b", USER)) == (192, 200)
        assert world.left("9.9.9.9", EXACT) == 198


def test_a_question_takes_along_what_is_to_be_renewed() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        assert await is_allowed(limiter, ("usr_b", USER))
        await asyncio.sleep(0.1)
        assert [len(call) for call in world.redis.calls] == [1, 2]


def test_a_rejected_request_takes_no_token_of_a_lease() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter, other = world.limiter(), world.limiter(lease=1)
        while await is_allowed(other, ("usr_a", USER)):
            pass
        assert await is_allowed(limiter, ("1.2.3.4", ADDRESS))
        assert limiter.tokens("1.2.3.4", ADDRESS) == 7
        assert not await is_allowed(limiter, ("1.2.3.4", ADDRESS), ("usr_a", USER))  # Redis says so
        assert not await is_allowed(limiter, ("1.2.3.4", ADDRESS), ("usr_a", USER))  # it is known
        assert not (await limiter.take([("1.2.3.4", ADDRESS), ("usr_a", USER)])).allowed
        assert limiter.tokens("1.2.3.4", ADDRESS) == 7
        assert limiter.refused == 3


def test_what_is_left_of_a_lease_is_given_back_once_though_the_request_is_refused() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter, other = world.limiter(), world.limiter(lease=1)
        dry = ["1.2.3.4", "5.6.7.8"]
        for address in dry:
            while await is_allowed(other, (address, ADDRESS)):
                pass
        for _ in range(8):
            assert await is_allowed(other, ("usr_a", USER))
        assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(5 * LEASE_SECONDS)
        for address in dry:
            assert not await is_allowed(limiter, (address, ADDRESS), ("usr_a", USER))
        assert world.left("usr_a", USER) == 200 - 9


@pytest.mark.parametrize("renewal", [CallOutcome(0.1, 0.2), CallOutcome(0.1, 0.4)])  # over, or under way
def test_a_token_is_not_returned_to_a_lease_that_was_renewed_meanwhile(renewal: CallOutcome) -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter, other = world.limiter(), world.limiter(lease=1)
        while await is_allowed(other, ("usr_a", USER)):
            pass
        for _ in range(4):
            assert await is_allowed(limiter, ("1.2.3.4", ADDRESS))
        world.redis.outcomes += [CallOutcome(0.1, 0.3), renewal]
        asking = asyncio.create_task(limiter.take([("1.2.3.4", ADDRESS), ("usr_a", USER)]))
        await asyncio.sleep(0.001)
        assert limiter.tokens("1.2.3.4", ADDRESS) == 3
        assert limiter.try_take("1.2.3.4", ADDRESS) is True
        assert not (await asking).allowed
        await asyncio.sleep(0.2)
        assert limiter.tokens("1.2.3.4", ADDRESS) == 7


def test_both_keys_are_taken_at_once_or_neither() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        assert limiter.try_both("1.2.3.4", ADDRESS, "usr_a", USER) is None
        assert limiter.try_both("usr_a", USER, "1.2.3.4", ADDRESS) is None
        assert limiter.tokens("usr_a", USER) == 7
        assert await is_allowed(limiter, ("1.2.3.4", ADDRESS))
        assert limiter.try_both("1.2.3.4", ADDRESS, "usr_a", USER) is True
        assert (limiter.tokens("usr_a", USER), limiter.tokens("1.2.3.4", ADDRESS)) == (6, 6)


def test_of_two_keys_neither_lease_may_be_over() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(1.5)
        assert await is_allowed(limiter, ("1.2.3.4", ADDRESS))
        world.redis.default_outcome = NEVER_THERE
        await asyncio.sleep(LEASE_SECONDS - 1.5)
        assert limiter.try_take("1.2.3.4", ADDRESS) is True
        assert limiter.try_both("1.2.3.4", ADDRESS, "usr_a", USER) is None
        assert limiter.try_both("usr_a", USER, "1.2.3.4", ADDRESS) is None


def test_a_lease_counts_from_the_question_and_not_from_the_answer() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        world.redis.outcomes.append(CallOutcome(0.0, 0.4))
        world.redis.default_outcome = NEVER_THERE
        assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(LEASE_SECONDS - 0.4)
        assert limiter.try_take("usr_a", USER) is None


def test_a_cancelled_request_leaves_its_lease_to_the_next() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        gone = asyncio.create_task(is_allowed(limiter, ("usr_a", USER)))
        waits = asyncio.create_task(is_allowed(limiter, ("usr_a", USER)))
        another = asyncio.create_task(is_allowed(limiter, ("usr_b", USER)))  # in the same call
        await asyncio.sleep(0.0005)
        gone.cancel()
        assert await waits and await another
        assert len(world.redis.calls) == 1
        assert limiter.tokens("usr_a", USER) == 6


def test_a_key_that_was_forgotten_is_not_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supportcarr.kit.ratelimit.limiter._MAX_STATES", 4)

    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        for n in range(4):
            assert await is_allowed(limiter, (f"usr_{n}", USER))
            assert await is_allowed(limiter, (f"usr_{n}", USER))
        assert await is_allowed(limiter, ("usr_new", USER))  # usr_0 makes room
        before = len(world.redis.calls)
        await asyncio.sleep(LEASE_SECONDS)
        renewed = {name for call in world.redis.calls[before:] for name in call}
        assert renewed == {keys.limit_bucket("user", name) for name in ("usr_1", "usr_2", "usr_3", "usr_new")}


def test_a_redis_that_did_not_answer_is_not_asked_for_renewals_at_once() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        assert await is_allowed(limiter, ("usr_a", USER))
        world.redis.outcomes.append(NEVER_THERE)
        assert await is_allowed(limiter, ("usr_b", USER))
        assert limiter.allowed_locally == 1
        for _ in range(5):
            assert limiter.try_take("usr_a", USER) is True
        await asyncio.sleep(0.1)
        assert len(world.redis.calls) == 2
        assert limiter.tokens("usr_a", USER) == 2


def test_while_redis_is_away_nothing_is_renewed_and_then_it_is_again() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        world.redis.default_outcome = NEVER_THERE
        assert await is_allowed(limiter, ("usr_a", USER))  # after half a second, by itself
        calls = len(world.redis.calls)
        for _ in range(20):
            assert await is_allowed(limiter, ("usr_a", USER))
        assert len(world.redis.calls) == calls
        world.redis.default_outcome = CallOutcome()
        await asyncio.sleep(REPLY_SECONDS)
        for _ in range(6):
            assert await is_allowed(limiter, ("usr_a", USER))
        await asyncio.sleep(0.02)
        assert limiter.tokens("usr_a", USER) == 7
        assert limiter.allowed_locally == 21
