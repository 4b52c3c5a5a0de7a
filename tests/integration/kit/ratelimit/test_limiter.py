"""Limits with a real Redis: never more than the rule, few round trips, and local limits in an outage."""

from __future__ import annotations

import asyncio

import pytest

from support.faults import FaultyProxy
from support.processes.python_process import python
from supportcarr.kit.ratelimit import backend
from supportcarr.kit.ratelimit.limiter import LEASE_SECONDS, Limiter
from supportcarr.kit.ratelimit.rules import Rule
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

# Refill so slowly that no token is added during a test.
USER = Rule("user", 200, seconds=1_000_000)
ADDRESS = Rule("address", 400, seconds=1_000_000)
SIGN_IN = Rule("sign_in", 5, seconds=1_000_000, exact=True)


@pytest.fixture(autouse=True)
def _a_busy_machine_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "REPLY_SECONDS", 30.0)


class ManualTime:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> ManualTime:
    return ManualTime()


@pytest.fixture
def limiter(redis: RedisClient, time: ManualTime) -> Limiter:
    return Limiter(redis, lease=8, monotonic=time)


async def commands(redis: RedisClient) -> int:
    info = await redis.call("INFO", "stats", decode=True)
    return int(info.split("total_commands_processed:")[1].split()[0])


async def drain(limiter: Limiter, key: str, rule: Rule) -> int:
    taken = 0
    while True:
        held = limiter.try_take(key, rule)
        allowed = held if held is not None else (await limiter.take([(key, rule)])).allowed
        if not allowed:
            return taken
        taken += 1


async def test_exactly_the_limit_is_allowed(limiter: Limiter) -> None:
    assert await drain(limiter, "usr_a", USER) == 200
    assert await drain(limiter, "usr_b", USER) == 200


async def test_a_token_that_is_given_back_can_be_taken_again(redis: RedisClient, limiter: Limiter) -> None:
    assert await drain(limiter, "1.2.3.4", SIGN_IN) == 5
    for _ in range(3):
        limiter.give_back([("1.2.3.4", SIGN_IN)])
    another = Limiter(redis)
    assert await drain(another, "1.2.3.4", SIGN_IN) + await drain(limiter, "1.2.3.4", SIGN_IN) == 3
    for _ in range(9):
        limiter.give_back([("1.2.3.4", SIGN_IN)])
    assert await drain(limiter, "1.2.3.4", SIGN_IN) == 5, "never more than the rule"


async def test_a_lease_is_spent_without_calls_to_redis(limiter: Limiter) -> None:
    assert limiter.try_take("usr_a", USER) is None
    assert (await limiter.take([("usr_a", USER)])).allowed
    assert [limiter.try_take("usr_a", USER) for _ in range(8)] == [True] * 7 + [None]


async def test_several_keys_cost_one_round_trip(redis: RedisClient, limiter: Limiter) -> None:
    await limiter.take([("usr_x", USER), ("1.2.3.4", ADDRESS)])  # the server has the script now
    before = await commands(redis)
    verdict = await limiter.take([("usr_a", USER), ("5.6.7.8", ADDRESS)])
    during = await commands(redis) - before - 1  # the second INFO
    assert verdict.allowed and verdict.remaining == 199
    assert during == 1 + 4  # one EVALSHA, and inside it TIME, MGET and a SET for each key


async def test_if_one_key_is_refused_no_key_is_charged(redis: RedisClient, limiter: Limiter) -> None:
    await drain(limiter, "1.2.3.4", ADDRESS)
    fresh = Limiter(redis, lease=8)
    verdict = await fresh.take([("usr_a", USER), ("1.2.3.4", ADDRESS)])
    assert not verdict.allowed and verdict.remaining == 0
    assert verdict.retry_after_s == pytest.approx(2500, abs=60)  # a token of 400 in a million seconds
    assert await redis.call("EXISTS", keys.limit_bucket("user", "usr_a")) == 0


async def test_a_known_refusal_needs_no_call(redis: RedisClient, limiter: Limiter) -> None:
    await drain(limiter, "usr_a", USER)
    before = await commands(redis)
    assert limiter.try_take("usr_a", USER) is False
    assert limiter.retry_after("usr_a", USER) == pytest.approx(5000, abs=120)
    assert not (await limiter.take([("usr_a", USER)])).allowed
    assert await commands(redis) - before == 1


async def test_unused_tokens_of_an_old_lease_are_returned(
    redis: RedisClient, limiter: Limiter, time: ManualTime
) -> None:
    for _ in range(50):  # one request per lease: if nothing were returned, 400 tokens would be used
        assert (await limiter.take([("usr_a", USER)])).allowed
        time.now += LEASE_SECONDS
        assert limiter.try_take("usr_a", USER) is None
    # Another process can take all but those fifty and the seven that are still leased.
    assert await drain(Limiter(redis, lease=8), "usr_a", USER) == 200 - 50 - 7


async def test_returned_tokens_never_exceed_the_capacity_of_a_bucket(
    redis: RedisClient, limiter: Limiter, time: ManualTime
) -> None:
    await limiter.take([("usr_a", USER)])
    await redis.call("FLUSHALL")  # as if the bucket had refilled in the meantime
    time.now += LEASE_SECONDS
    taken = await drain(limiter, "usr_a", USER)
    assert taken == 200


async def test_concurrent_requests_share_leases(redis: RedisClient, limiter: Limiter) -> None:
    # Few enough that the last block has too many tokens left to be renewed.
    verdicts = await asyncio.gather(*(limiter.take([("usr_a", USER)]) for _ in range(28)))
    assert all(verdict.allowed for verdict in verdicts)
    assert await drain(Limiter(redis, lease=1), "usr_a", USER) == 200 - 32  # four blocks of eight


async def test_an_exact_rule_is_never_leased(redis: RedisClient, limiter: Limiter, time: ManualTime) -> None:
    remaining = [(await limiter.take([("1.2.3.4", SIGN_IN)])).remaining for _ in range(5)]
    assert remaining == [4, 3, 2, 1, 0]
    assert limiter.try_take("1.2.3.4", SIGN_IN) is None
    assert not (await limiter.take([("1.2.3.4", SIGN_IN)])).allowed
    before = await commands(redis)
    assert not (await limiter.take([("1.2.3.4", SIGN_IN)])).allowed  # known until a token is due
    assert limiter.retry_after("1.2.3.4", SIGN_IN) > 0
    assert await commands(redis) == before + 1  # the question itself
    await redis.call("FLUSHALL")
    time.now += 200_000
    assert (await limiter.take([("1.2.3.4", SIGN_IN)])).allowed


async def test_a_bucket_expires_when_it_is_full_again(redis: RedisClient) -> None:
    limiter = Limiter(redis, lease=1)
    await limiter.take([("usr_a", Rule("hour", 60, seconds=3600))])
    ttl = await redis.call("PTTL", keys.limit_bucket("hour", "usr_a"))
    assert 0 < ttl <= 60_000


async def test_a_bucket_refills_with_time(redis: RedisClient) -> None:
    limiter = Limiter(redis, lease=1)
    rule = Rule("fast", 2, seconds=0.1)
    assert await drain(limiter, "usr_a", rule) >= 2
    while not (await limiter.take([("usr_a", rule)])).allowed:
        await asyncio.sleep(limiter.retry_after("usr_a", rule))


async def test_two_processes_together_never_exceed_the_rule(
    redis: RedisClient, redis_server: EmbeddedRedis
) -> None:
    arguments = redis_server.url, "1000", "100"
    async with (
        python("support.processes.limit_hammer", *arguments) as one,
        python("support.processes.limit_hammer", *arguments) as two,
    ):
        while await redis.call("LLEN", "ready") < 2:
            await asyncio.sleep(0.01)
        await redis.call("RPUSH", "go", 1, 1)
        taken = [int((await process.communicate())[0]) for process in (one, two)]
    # The process refused last got all tokens that the other had not spent when it ended.
    assert 1000 - 7 <= sum(taken) <= 1000


@pytest.fixture
def stoppable_server(own_redis_server: EmbeddedRedis) -> EmbeddedRedis:
    """A server that the test will stop."""
    return own_redis_server


async def test_without_redis_each_process_counts_locally(
    stoppable_server: EmbeddedRedis, time: ManualTime
) -> None:
    async with RedisClient(stoppable_server.url, timeout=60) as redis:
        limiter = Limiter(redis, lease=8, monotonic=time)
        assert (await limiter.take([("usr_a", USER)])).allowed
        stoppable_server.kill()
        time.now += LEASE_SECONDS
        taken = 0
        while True:
            verdict = await limiter.take([("usr_a", USER), ("1.2.3.4", ADDRESS)])
            if not verdict.allowed:
                break
            taken += 1
        assert taken == 200
        assert limiter.fallbacks == 201
        assert verdict.retry_after_s == pytest.approx(5000, rel=0.001)
        assert (await limiter.take([("1.2.3.4", ADDRESS)])).remaining == 199


async def test_redis_is_used_again_after_an_outage(stoppable_server: EmbeddedRedis, time: ManualTime) -> None:
    async with RedisClient(stoppable_server.url, timeout=60) as redis:
        limiter = Limiter(redis, lease=8, monotonic=time)
        stoppable_server.kill()
        assert (await limiter.take([("usr_a", USER)])).allowed
        assert limiter.fallbacks == 1
        stoppable_server.start()
        while not redis.connected:
            await asyncio.sleep(0.01)
        time.now += 1
        assert (await limiter.take([("usr_a", USER)])).allowed
        assert limiter.fallbacks == 1
        assert await redis.call("EXISTS", keys.limit_bucket("user", "usr_a")) == 1


async def test_one_request_probes_redis_and_the_others_do_not_wait(
    redis_server: EmbeddedRedis, redis: RedisClient, time: ManualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultyProxy(redis_server.port or 0) as proxy:
        async with RedisClient(proxy.redis_url(redis_server.url), timeout=30) as through:
            limiter = Limiter(through, monotonic=time)
            proxy.stall()
            with monkeypatch.context() as impatient:
                impatient.setattr(backend, "REPLY_SECONDS", 0.1)
                assert (await limiter.take([("usr_a", USER)])).allowed
            time.now += 1
            asking = asyncio.create_task(limiter.take([("usr_a", USER)]))
            await asyncio.sleep(0)
            for n in range(50):
                assert (await limiter.take([(f"usr_{n}", ADDRESS)])).allowed
            assert not asking.done()
            assert limiter.fallbacks == 51
            proxy.restore()
            assert (await asking).allowed
            assert limiter.fallbacks == 51


@pytest.mark.parametrize("step", [0.0, LEASE_SECONDS / 4])
async def test_the_memory_of_a_process_is_bounded(
    redis: RedisClient, time: ManualTime, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    monkeypatch.setattr("supportcarr.kit.ratelimit.limiter._MAX_STATES", 12)
    limiter = Limiter(redis, lease=8, monotonic=time)
    for n in range(50):
        assert (await limiter.take([(f"usr_{n}", USER)])).allowed
        time.now += step
    assert len(limiter._states["user"]) <= 12
    assert limiter.try_take("usr_0", USER) is None


async def test_a_lease_expires(limiter: Limiter, time: ManualTime) -> None:
    await limiter.take([("usr_a", USER)])
    time.now += LEASE_SECONDS - 0.001
    assert limiter.try_take("usr_a", USER) is True
    time.now += 0.001
    assert limiter.try_take("usr_a", USER) is None
