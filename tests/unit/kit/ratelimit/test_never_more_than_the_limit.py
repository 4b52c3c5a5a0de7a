"""Whatever the order of requests, and whatever becomes of questions and answers: never more than the rule."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from support.ratelimit import ANSWERED, LEASE, CallOutcome, ObservedLimiter, World, is_allowed, simulated_time
from supportcarr.kit.ratelimit.limiter import LEASE_SECONDS
from supportcarr.kit.ratelimit.rules import Pair, Rule

PROCESSES = 3
USERS = [Rule("user", 160, seconds=1_000_000), Rule("user", 160, seconds=16)]  # no token grows; ten a second
ADDRESS = Rule("address", 200, seconds=1_000_000)


@dataclass(frozen=True, slots=True)
class Step:
    """So many requests at once in a process, after a while; with an address of all, or without."""

    who: int
    times: int
    later_s: float
    at_address: bool


STEPS = st.lists(
    st.builds(
        Step,
        who=st.integers(0, PROCESSES - 1),
        times=st.integers(1, 40),
        later_s=st.sampled_from([0.0, 0.001, 0.012, 0.06, 0.3, 1.0, 1.7, LEASE_SECONDS, 5.0]),
        at_address=st.booleans(),
    ),
    max_size=40,
)
ALL_IS_WELL = st.lists(
    st.builds(lambda there, back: CallOutcome(there, there + back), st.floats(0, 0.2), st.floats(0, 0.2)),
    max_size=40,
)
WHATEVER = st.lists(
    st.sampled_from(
        [
            ANSWERED,
            ANSWERED,
            CallOutcome(0.1, 0.3),
            CallOutcome(0.0, None),  # the answer is lost
            CallOutcome(None, None),  # the question is lost
            CallOutcome(0.3, 0.7),  # the answer is late
            CallOutcome(0.6, None),  # the question is late
            CallOutcome(3.0, None),  # it is very late
            CallOutcome(0.01, 0.02, broken=True),
            CallOutcome(None, 0.02, broken=True),
        ]
    ),
    max_size=40,
)


class Story:
    """Plays steps, and keeps when each request of a key was let pass."""

    def __init__(self, world: World, user: Rule) -> None:
        self.world = world
        self.user = user
        self.processes = [world.limiter() for _ in range(PROCESSES)]
        self.passed: dict[str, list[float]] = {"user": [], "address": []}

    async def request(self, process: ObservedLimiter, at_address: bool) -> None:
        pairs: list[Pair] = [("one", self.user)]
        if at_address:
            pairs.insert(0, ("one", ADDRESS))
        if await is_allowed(process, *pairs):
            for _, rule in pairs:
                self.passed[rule.name].append(self.world.now)

    async def play(self, steps: list[Step], outcomes: list[CallOutcome]) -> None:
        self.world.redis.outcomes.extend(outcomes)
        requests: list[asyncio.Task[None]] = []
        for step in steps:
            await asyncio.sleep(step.later_s)
            process = self.processes[step.who]
            requests += [
                asyncio.create_task(self.request(process, step.at_address)) for _ in range(step.times)
            ]
            for tokens in itertools.chain(*(each.all_lease_tokens() for each in self.processes)):
                assert 0 <= tokens < LEASE
        await asyncio.gather(*requests)
        await asyncio.sleep(5 * LEASE_SECONDS)  # until no question is under way

    @property
    def locally(self) -> int:
        return sum(process.allowed_locally for process in self.processes)


@given(steps=STEPS, outcomes=ALL_IS_WELL)
@settings(max_examples=200, deadline=None)
def test_every_token_is_in_redis_leased_or_spent(steps: list[Step], outcomes: list[CallOutcome]) -> None:
    @simulated_time
    async def _(world: World) -> None:
        story = Story(world, USERS[0])
        await story.play(steps, outcomes)
        assert story.locally == 0
        for rule in (story.user, ADDRESS):
            leased = sum(process.tokens("one", rule) for process in story.processes)
            accounted = world.left("one", rule) + leased + len(story.passed[rule.name])
            # A request that was refused may find no lease any more to which to return its other token.
            refused = sum(process.refused for process in story.processes)
            assert rule.limit - refused <= accounted <= rule.limit
            assert leased <= PROCESSES * (LEASE - 1)


@given(steps=STEPS, outcomes=WHATEVER)
@settings(max_examples=300, deadline=None)
def test_the_limit_is_never_exceeded_when_calls_are_lost(
    steps: list[Step], outcomes: list[CallOutcome]
) -> None:
    @simulated_time
    async def _(world: World) -> None:
        story = Story(world, USERS[0])
        await story.play(steps, outcomes)
        for rule in (story.user, ADDRESS):
            assert len(story.passed[rule.name]) - story.locally <= rule.limit - world.left("one", rule)
            assert world.left("one", rule) >= 0


@given(steps=STEPS, outcomes=st.one_of(ALL_IS_WELL, WHATEVER))
@settings(max_examples=300, deadline=None)
def test_in_no_stretch_of_time_more_pass_than_the_rule_and_what_leases_held(
    steps: list[Step], outcomes: list[CallOutcome]
) -> None:
    @simulated_time
    async def _(world: World) -> None:
        story = Story(world, USERS[1])
        await story.play(steps, outcomes)
        rule, passed = story.user, sorted(story.passed["user"])
        a_second = rule.limit / rule.seconds
        for first, second in itertools.combinations(range(len(passed)), 2):
            seconds = passed[second] - passed[first]
            count = second - first + 1 - story.locally
            assert count <= rule.limit + seconds * a_second + PROCESSES * LEASE + 1
            assert count <= rule.limit + (seconds + LEASE_SECONDS) * a_second + 1


@given(steps=STEPS, outcomes=WHATEVER)
@settings(max_examples=100, deadline=None)
def test_no_request_is_rejected_while_tokens_are_left(steps: list[Step], outcomes: list[CallOutcome]) -> None:
    """Each of three processes may lose a block with each call; even so nobody meets a limit here."""
    plenty = Rule("user", 10_000, seconds=1_000_000)

    @simulated_time
    async def _(world: World) -> None:
        story = Story(world, plenty)
        await story.play([Step(s.who, s.times, s.later_s, False) for s in steps], outcomes)
        assert len(story.passed["user"]) == sum(step.times for step in steps)
        assert all(process.refused == 0 for process in story.processes)
