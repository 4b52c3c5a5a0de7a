"""Rate limiters on a fake Redis in simulated time.

Sleeping takes no real time, and a test sets the outcome of each call::

    def test_something() -> None:
        @simulated_time
        async def _(harness: LimiterHarness) -> None:
            limiter = harness.limiter()
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
SLOWER = 1440  # a minute is a day


def slower_rules(name: str, limit: int, seconds: float = 60.0, **kind: bool) -> Rule:
    """``Rule`` with buckets that hold as much and hardly fill while a test runs."""
    return Rule(name, limit, seconds * SLOWER, **kind)


class _Selector(selectors.SelectSelector):
    """Advances the simulated time instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("every task is waiting and no timer is set")
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

    arrives_s: float | None = 0.001
    replies_s: float | None = 0.002
    broken: bool = False


PROMPT_REPLY = CallOutcome()


class Buckets:
    """A model of the Redis script; ``integration/kit/ratelimit/test_backend_script.py`` compares the two."""

    def __init__(self) -> None:
        self.full_at: dict[str, int] = {}  # microseconds

    def take(self, now: int, buckets: list[str], numbers: list[int]) -> list[int]:
        reply: list[int] = []
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
                reply += (got if left >= 1 else -(full + interval - capacity * interval - now), left - got)
        return reply

    def left(self, now: int, name: str, rule: Rule) -> int:
        full = max(self.full_at.get(name, 0), now)
        return (now + rule.limit * rule.interval_us - full) // rule.interval_us


class FakeRedis:
    """Each call has the next of ``outcomes``, or ``default_outcome`` when there is none."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.buckets = Buckets()
        self.outcomes: deque[CallOutcome] = deque()
        self.default_outcome = PROMPT_REPLY
        self.calls: list[list[str]] = []  # the keys of each call
        self.numbers: list[list[int]] = []  # the script's arguments of each call

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
        reply: list[int] = []

        def arrive() -> None:
            reply.extend(self.buckets.take(self.now_us, names, numbers))

        def deliver() -> None:
            if future.done():
                return  # the caller was cancelled; the real client does the same
            if outcome.broken:
                future.set_exception(RedisUnavailable("broken by the test", sent=True))
            else:
                future.set_result(reply)

        if outcome.arrives_s is not None:
            self._loop.call_later(outcome.arrives_s, arrive)
        if outcome.replies_s is not None:
            self._loop.call_later(outcome.replies_s, deliver)
        return future


class ObservedLimiter(Limiter):
    """A limiter that counts the requests it allowed without Redis."""

    allowed_locally = 0

    def _decide_locally(self, missing: Any) -> Any:
        verdict = super()._decide_locally(missing)
        self.allowed_locally += verdict.allowed
        return verdict

    def tokens(self, key: str, rule: Rule) -> int:
        """Tokens of the key's lease, expired or not."""
        held = self._states.get(rule.name, {}).get(key)
        return held.tokens if held else 0

    def all_lease_tokens(self) -> Iterator[int]:
        return (held.tokens for of_rule in self._states.values() for held in of_rule.values())


class LimiterHarness:
    """A fake Redis and limiters that use it, in the simulated time of the running loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.redis = FakeRedis(self._loop)

    @property
    def now(self) -> float:
        return self._loop.time()

    def limiter(self, lease: int = LEASE) -> ObservedLimiter:
        return ObservedLimiter(cast(RedisClient, self.redis), lease=lease, monotonic=self._loop.time)

    def left(self, key: str, rule: Rule) -> int:
        """Tokens left in Redis."""
        return self.redis.buckets.left(self.redis.now_us, keys.limit_bucket(rule.name, key), rule)


async def is_allowed(limiter: Limiter, *pairs: Pair) -> bool:
    """Check one request, as the gateway does."""
    if len(pairs) == 1:
        immediate = limiter.try_take(*pairs[0])
    else:
        (key, rule), (other_key, other_rule) = pairs
        immediate = limiter.try_both(key, rule, other_key, other_rule)
    return immediate if immediate is not None else (await limiter.take(pairs)).allowed


def simulated_time(body: Callable[[LimiterHarness], Coroutine[Any, Any, None]]) -> None:
    """Run *body* at once in simulated time."""

    async def run() -> None:
        await body(LimiterHarness())

    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(run())
