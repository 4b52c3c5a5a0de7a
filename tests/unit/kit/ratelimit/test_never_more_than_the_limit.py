"""No more requests are allowed than the rule permits, in any order and with lost or late calls."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from support.ratelimit import (
    LEASE,
    PROMPT_REPLY,
    CallOutcome,
    LimiterHarness,
    ObservedLimiter,
    is_allowed,
    simulated_time,
)
from supportcarr.kit.ratelimit.limiter import LEASE_SECONDS
from supportcarr.kit.ratelimit.rules import Pair, Rule

PROCESSES = 3
USERS = [
    Rule("user", 160, seconds=1_000_000),
    Rule("user", 160, seconds=16),
]  # no refill; 10 tokens/s
ADDRESS = Rule("address", 200, seconds=1_000_000)


@dataclass(frozen=True, slots=True)
class Step:
    """After ``delay_s``, concurrent requests in one process, with or without the shared address."""

    process: int
    requests: int
    delay_s: float
    with_address: bool


STEPS = st.lists(
    st.builds(
        Step,
        process=st.integers(0, PROCESSES - 1),
        requests=st.integers(1, 40),
        delay_s=st.sampled_from([0.0, 0.001, 0.012, 0.06, 0.3, 1.0, 1.7, LEASE_SECONDS, 5.0]),
        with_address=st.booleans(),
    ),
    max_size=40,
)
ALL_REPLIES_ARRIVE = st.lists(
    st.builds(lambda out, back: CallOutcome(out, out + back), st.floats(0, 0.2), st.floats(0, 0.2)),
    max_size=40,
)
ANY_OUTCOMES = st.lists(
    st.sampled_from(
        [
            PROMPT_REPLY,
            PROMPT_REPLY,
            CallOutcome(0.1, 0.3),
            CallOutcome(0.0, None),  # the reply is lost
            CallOutcome(None, None),  # the request is lost
            CallOutcome(0.3, 0.7),  # the reply is late
            CallOutcome(0.6, None),  # the request is late
            CallOutcome(3.0, None),  # the request is very late
            CallOutcome(0.01, 0.02, broken=True),
            CallOutcome(None, 0.02, broken=True),
        ]
    ),
    max_size=40,
)


class Simulation:
    """Runs steps and records when each request of a key was allowed."""

    def __init__(self, harness: LimiterHarness, user: Rule) -> None:
        self.harness = harness
        self.user = user
        self.processes = [harness.limiter() for _ in range(PROCESSES)]
        self.allowed_at: dict[str, list[float]] = {"user": [], "address": []}

    async def request(self, process: ObservedLimiter, at_address: bool) -> None:
        pairs: list[Pair] = [("one", self.user)]
        if at_address:
            pairs.insert(0, ("one", ADDRESS))
        if await is_allowed(process, *pairs):
            for _, rule in pairs:
                self.allowed_at[rule.name].append(self.harness.now)

    async def run(self, steps: list[Step], outcomes: list[CallOutcome]) -> None:
        self.harness.redis.outcomes.extend(outcomes)
        requests: list[asyncio.Task[None]] = []
        for step in steps:
            await asyncio.sleep(step.delay_s)
            process = self.processes[step.process]
            requests += [
                asyncio.create_task(self.request(process, step.with_address)) for _ in range(step.requests)
            ]
            for tokens in itertools.chain(*(each.all_lease_tokens() for each in self.processes)):
                assert 0 <= tokens < LEASE
        await asyncio.gather(*requests)
        await asyncio.sleep(5 * LEASE_SECONDS)  # until no call is running

    @property
    def allowed_locally(self) -> int:
        return sum(process.allowed_locally for process in self.processes)


@given(steps=STEPS, outcomes=ALL_REPLIES_ARRIVE)
@settings(max_examples=200, deadline=None)
def test_every_token_is_in_redis_leased_or_spent(steps: list[Step], outcomes: list[CallOutcome]) -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        simulation = Simulation(harness, USERS[0])
        await simulation.run(steps, outcomes)
        assert simulation.allowed_locally == 0
        for rule in (simulation.user, ADDRESS):
            leased = sum(process.tokens("one", rule) for process in simulation.processes)
            accounted = harness.left("one", rule) + leased + len(simulation.allowed_at[rule.name])
            # A refused request may have no lease left to which it can return its other token.
            refused = sum(process.refused for process in simulation.processes)
            assert rule.limit - refused <= accounted <= rule.limit
            assert leased <= PROCESSES * (LEASE - 1)


@given(steps=STEPS, outcomes=ANY_OUTCOMES)
@settings(max_examples=300, deadline=None)
def test_the_limit_is_never_exceeded_when_calls_are_lost(
    steps: list[Step], outcomes: list[CallOutcome]
) -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        simulation = Simulation(harness, USERS[0])
        await simulation.run(steps, outcomes)
        for rule in (simulation.user, ADDRESS):
            allowed_by_redis = len(simulation.allowed_at[rule.name]) - simulation.allowed_locally
            assert allowed_by_redis <= rule.limit - harness.left("one", rule)
            assert harness.left("one", rule) >= 0


@given(steps=STEPS, outcomes=st.one_of(ALL_REPLIES_ARRIVE, ANY_OUTCOMES))
@settings(max_examples=300, deadline=None)
def test_no_period_allows_more_than_the_rule_and_the_leased_tokens(
    steps: list[Step], outcomes: list[CallOutcome]
) -> None:
    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        simulation = Simulation(harness, USERS[1])
        await simulation.run(steps, outcomes)
        rule, times = simulation.user, sorted(simulation.allowed_at["user"])
        a_second = rule.limit / rule.seconds
        for first, second in itertools.combinations(range(len(times)), 2):
            seconds = times[second] - times[first]
            count = second - first + 1 - simulation.allowed_locally
            assert count <= rule.limit + seconds * a_second + PROCESSES * LEASE + 1
            assert count <= rule.limit + (seconds + LEASE_SECONDS) * a_second + 1


@given(steps=STEPS, outcomes=ANY_OUTCOMES)
@settings(max_examples=100, deadline=None)
def test_no_request_is_rejected_while_tokens_are_left(steps: list[Step], outcomes: list[CallOutcome]) -> None:
    """Each of three processes may lose a block with each call; no request is refused even then."""
    plenty = Rule("user", 10_000, seconds=1_000_000)

    @simulated_time
    async def _(harness: LimiterHarness) -> None:
        simulation = Simulation(harness, plenty)
        await simulation.run([Step(s.process, s.requests, s.delay_s, False) for s in steps], outcomes)
        assert len(simulation.allowed_at["user"]) == sum(step.requests for step in steps)
        assert all(process.refused == 0 for process in simulation.processes)
