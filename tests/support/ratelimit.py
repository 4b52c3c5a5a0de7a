"""Rate limiters on a fake Redis in simulated time: nothing waits, and a test sets the outcome of every call.

def test_something() -> None:
    @simulated_time
    async def _(world: World) -> None:
        limiter = world.limiter()
        ...
"""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from supportcarr.kit.ratelimit.backend import TAKE
from supportcarr.kit.ratelimit.limiter import Limiter
from supportcarr.kit.ratelimit.rules import Pair, Rule
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient, RedisUnavailable

LEASE = 8


class _Selector(selectors.SelectSelector):
    """Advances the simulated time instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("every task waits, and no timer is set")
        self.now += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._simulated = _Selector()
        super().__init__(self._simulated)

    def time(self) -> float:
        return self._simulated.now


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """When a call reaches Redis and when its reply arrives, in seconds after the call; ``None`` means never.

    With ``broken`` the connection fails at the time of the reply.
    """

    reaches_s: float | None = 0.001
    answers_s: float | None = 0.002
    broken: bool = False


ANSWERED = CallOutcome()


class Buckets:
    """The script in Python; ``tests/integration/kit/ratelimit/test_backend_script.py`` compares both."""

    def __init__(self) -> None:
        self.full_at: dict[str, int] = {}  # microseconds

    def take(self, now: int, buckets: list[str], numbers: list[int]) -> list[int]:
        answer: list[int] = []
        rest = iter(numbers)
        names = iter(buckets)
        for size in rest:
            group = [(next(names), next(rest), next(rest), next(rest), next(rest)) for _ in range(size)]
            found = []
            for name, interval, capacity, _, back in group:
                full = max(self.full_at.get(name, 0) - back * interval, now)
                found.append((full, (now + capacity * interval - full) // interval))
            refused = any(left < 1 for _, left in found)
            for (name, interval, capacity, wanted, _), (full, left) in zip(group, found, strict=True):
                got = 0 if refused else min(wanted, left)
                self.full_at[name] = full + got * interval
                answer += (got if left >= 1 else -(full + interval - capacity * interval - now), left - got)
        return answer

    def left(self, now: int, name: str, rule: Rule) -> int:
        full = max(self.full_at.get(name, 0), now)
        return (now + rule.limit * rule.interval_us - full) // rule.interval_us


class FakeRedis:
    """Answers the limiter's calls as their outcomes say: the next of ``outcomes``, or else ``usual``."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.buckets = Buckets()
        self.outcomes: deque[CallOutcome] = deque()
        self.default_outcome = ANSWERED
        self.calls: list[list[str]] = []  # the keys of each
        self.numbers: list[list[int]] = []  # the numbers of each

    @property
    def now_us(self) -> int:
        return int(self._loop.time() * 1_000_000)

    def call(self, *args: Any) -> asyncio.Future[Any]:
        command, sha, count, *names, packed = args
        assert (command, sha, count) == ("EVALSHA", TAKE.sha, len(names))
        numbers: list[int] = msgspec.msgpack.decode(packed)
        self.calls.append(names)
        self.numbers.append(numbers)
        outcome = self.outcomes.popleft() if self.outcomes else self.default_outcome
        future: asyncio.Future[Any] = self._loop.create_future()
        answer: list[int] = []

        def reach() -> None:
            answer.extend(self.buckets.take(self.now_us, names, numbers))

        def reply() -> None:
            if future.done():
                return  # like the real client: the caller was cancelled
            if outcome.broken:
                future.set_exception(RedisUnavailable("broken by the test", sent=True))
            else:
                future.set_result(answer)

        if outcome.reaches_s is not None:
            self._loop.call_later(outcome.reaches_s, reach)
        if outcome.answers_s is not None:
            self._loop.call_later(outcome.answers_s, reply)
        return future


class ObservedLimiter(Limiter):
    """A limiter that counts the requests it allowed without Redis."""

    allowed_locally = 0

    def _decide_locally(self, missing: Any) -> Any:
        verdict = super()._decide_locally(missing)
        self.allowed_locally += verdict.allowed
        return verdict

    def tokens(self, key: str, rule: Rule) -> int:
        """Tokens of its lease of that key, expired or not."""
        held = self._states.get(rule.name, {}).get(key)
        return held.tokens if held else 0

    def all_lease_tokens(self) -> Iterator[int]:
        return (held.tokens for of_rule in self._states.values() for held in of_rule.values())


class World:
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.redis = FakeRedis(self._loop)

    @property
    def now(self) -> float:
        return self._loop.time()

    def limiter(self, lease: int = LEASE) -> ObservedLimiter:
        return ObservedLimiter(cast(RedisClient, self.redis), lease=lease, monotonic=self._loop.time)

    def left(self, key: str, rule: Rule) -> int:
        """Tokens in Redis."""
        return self.redis.buckets.left(self.redis.now_us, keys.limit_bucket(rule.name, key), rule)


async def is_allowed(limiter: Limiter, *pairs: Pair) -> bool:
    """Check one request, as the gateway does."""
    if len(pairs) == 1:
        immediate = limiter.try_take(*pairs[0])
    else:
        (key, rule), (other_key, other_rule) = pairs
        immediate = limiter.try_both(key, rule, other_key, other_rule)
    return immediate if immediate is not None else (await limiter.take(pairs)).allowed


def simulated_time(body: Callable[[World], Coroutine[Any, Any, None]]) -> None:
    """Run *body* at once in simulated time."""

    async def run() -> None:
        await body(World())

    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(run())
