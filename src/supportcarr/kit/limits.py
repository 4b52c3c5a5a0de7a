"""Rate limits: a token bucket for each key of a rule, kept in Redis for all processes together.

A bucket holds ``limit`` tokens and fills at ``limit`` in ``seconds``; it is written as GCRA, the
generic cell rate algorithm (ITU-T I.371), one number a key: the time at which the bucket would be full.

**Leases.**  A process takes several tokens at a time, deducted beforehand, and spends them without
asking: most requests cost no round trip.  The tokens given out never exceed the rule.  A token is
spent within ``LEASE_SECONDS`` of being taken, or given back with the process's next request for that
key: so at any moment at most (lease - 1) tokens a process are out and not spent, and only so many
requests can come up to 2 s later than the rule would have let them.  An ``exact`` rule is asked for
each time.

**Without Redis** a process counts by itself against the whole rule, and ``fallbacks`` counts the
requests that were judged so: limits then hold for each process, and nobody is turned away for our
fault.  After a wipe buckets are full.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from supportcarr.kit.breaker import Breaker
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import Arg, RedisClient, RedisError, Script

LEASE_SECONDS = 2.0
_LEASE_SHARE = 20  # a lease is at most a twentieth of the rule, so that none starves other processes
_PATIENCE_SECONDS = 0.5  # then Redis counts as away …
_AWAY_SECONDS = 0.5  # … for so long; then one request asks, and the others do not wait for it
_MOST_HELD = 100_000  # keys of a rule that a process remembers

# KEYS: buckets.  ARGV for each: microseconds a token, capacity, tokens wanted, tokens given back.
# All get something or none does.  Answers for each: tokens got, microseconds until there is one,
# tokens left.
_TAKE = Script(
    "limits.take",
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000000 + time[2]
    local full, left, refused = {}, {}, false
    for i, key in ipairs(KEYS) do
      local interval, capacity, back = ARGV[4 * i - 3] + 0, ARGV[4 * i - 2] + 0, ARGV[4 * i] + 0
      full[i] = math.max(tonumber(redis.call('GET', key) or 0) - back * interval, now)
      left[i] = math.floor((now + capacity * interval - full[i]) / interval)
      if left[i] < 1 then refused = true end
    end
    local answer = {}
    for i, key in ipairs(KEYS) do
      local interval, capacity, wanted = ARGV[4 * i - 3] + 0, ARGV[4 * i - 2] + 0, ARGV[4 * i - 1] + 0
      local got, wait = 0, 0
      if refused then
        if left[i] < 1 then wait = full[i] + interval - capacity * interval - now end
      else
        got = math.min(wanted, left[i])
      end
      local filled = full[i] + got * interval
      if filled > now then
        redis.call('SET', key, string.format('%.0f', filled), 'PX', math.ceil((filled - now) / 1000))
      else
        redis.call('DEL', key)
      end
      answer[#answer + 1] = got
      answer[#answer + 1] = math.ceil(wait)
      answer[#answer + 1] = left[i] - got
    end
    return answer
    """,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """``limit`` requests in ``seconds`` for each key, all of which may come at once.

    ``exact`` rules are never leased.
    """

    name: str
    limit: int
    seconds: float = 60.0
    exact: bool = False

    @property
    def interval_us(self) -> int:
        """Microseconds for one token to grow, rounded up."""
        return math.ceil(self.seconds * 1_000_000 / self.limit)


@dataclass(frozen=True, slots=True)
class Verdict:
    """``retry_after_s``: when the next token of the scarcest key grows (0 if allowed); ``remaining``:
    tokens left of the scarcest key."""

    allowed: bool
    retry_after_s: float
    remaining: int


class _Held:
    """What this process holds of one key."""

    __slots__ = ("asking", "blocked_until", "left", "local_full", "tokens", "until")

    def __init__(self) -> None:
        self.tokens = 0
        self.until = 0.0
        self.left = 0  # in Redis, when we last asked
        self.blocked_until = 0.0
        self.asking: asyncio.Future[None] | None = None
        self.local_full = 0.0  # GCRA's time of the bucket used without Redis

    @property
    def counts_until(self) -> float:
        return max(self.until, self.blocked_until, self.local_full)


Pair = tuple[str, Rule]


class Limiter:
    """``limiter.try_take(key, rule)`` on the hot path; where it answers ``None``, ``await take(…)``."""

    def __init__(
        self, redis: RedisClient, *, lease: int = 8, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._redis = redis
        self._lease = lease
        self._now = monotonic
        self._held: dict[str, dict[str, _Held]] = {}  # by rule, by key
        self._breaker = Breaker(_AWAY_SECONDS, monotonic=monotonic)
        self.fallbacks = 0
        self.refused = 0

    def try_take(self, key: str, rule: Rule) -> bool | None:
        """Take a token without waiting.

        ``True``: taken from the lease.  ``False``: refused, Redis said that there is none yet (ask
        ``retry_after``).  ``None``: only ``take`` can tell.
        """
        held = self._held.get(rule.name, _NOTHING).get(key)
        if held is None:
            return None
        now = self._now()
        if held.tokens and now < held.until:
            held.tokens -= 1
            return True
        if now < held.blocked_until:
            self.refused += 1
            return False
        return None

    def retry_after(self, key: str, rule: Rule) -> float:
        """Seconds until a key that was refused has a token again."""
        held = self._held.get(rule.name, _NOTHING).get(key)
        return max(0.0, held.blocked_until - self._now()) if held else 0.0

    async def take(self, pairs: Sequence[Pair]) -> Verdict:
        """Take one token of each key (distinct), or be refused; one round trip for all that must be
        asked.  Never raises for Redis: without it the process counts by itself."""
        missing: list[tuple[Pair, _Held]] = []
        remaining = min(rule.limit for _, rule in pairs)
        for key, rule in pairs:
            taken = self.try_take(key, rule)
            held = self._remember(key, rule)
            if taken is False:
                return Verdict(False, self.retry_after(key, rule), 0)
            if taken is None:
                missing.append(((key, rule), held))
            else:
                remaining = min(remaining, held.left + held.tokens)
        while missing:
            # One question a key at a time, or waiting requests would lease a block each.
            busy = next((h.asking for (_, rule), h in missing if h.asking and self._block(rule) > 1), None)
            if busy is None:
                return await self._ask(missing, remaining)
            await asyncio.shield(busy)
            still = []
            for (key, rule), held in missing:
                taken = self.try_take(key, rule)
                if taken is False:
                    return Verdict(False, self.retry_after(key, rule), 0)
                if taken is None:
                    still.append(((key, rule), held))
                else:
                    remaining = min(remaining, held.left + held.tokens)
            missing = still
        return Verdict(True, 0.0, remaining)

    def _block(self, rule: Rule) -> int:
        """How many tokens are taken at a time."""
        return 1 if rule.exact else max(1, min(self._lease, rule.limit // _LEASE_SHARE))

    async def _ask(self, missing: Sequence[tuple[Pair, _Held]], remaining: int) -> Verdict:
        if not self._breaker.admits():
            return self._judge_locally(missing)
        asking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        buckets: list[str] = []
        args: list[Arg] = []
        for (key, rule), held in missing:
            held.asking = asking
            given_back, held.tokens = held.tokens, 0
            buckets.append(keys.limit_bucket(rule.name, key))
            args += (rule.interval_us, rule.limit, self._block(rule), given_back)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                answer: list[int] = await self._redis.script(_TAKE, buckets, args)
        except (RedisError, TimeoutError):
            self._breaker.failed()
            return self._judge_locally(missing)
        finally:
            for _, held in missing:
                held.asking = None
            asking.set_result(None)
        self._breaker.worked()
        now = self._now()
        allowed, wait = True, 0.0
        for n, ((_, rule), held) in enumerate(missing):
            got, wait_us, left = answer[3 * n : 3 * n + 3]
            held.left = left
            remaining = min(remaining, left + max(0, got - 1))
            if got:
                held.tokens = got - 1
                held.until = now + LEASE_SECONDS
            if wait_us:
                allowed = False
                wait = max(wait, wait_us / 1_000_000)
                if not rule.exact:
                    held.blocked_until = now + wait_us / 1_000_000
        if not allowed:
            self.refused += 1
        return Verdict(allowed, wait, remaining if allowed else 0)

    def _judge_locally(self, missing: Sequence[tuple[Pair, _Held]]) -> Verdict:
        self.fallbacks += 1
        now = self._now()
        remaining, wait = math.inf, 0.0
        for (_, rule), held in missing:
            interval = rule.seconds / rule.limit
            left = (now + rule.seconds - max(held.local_full, now)) / interval + _ROUNDING
            remaining = min(remaining, left - 1)
            wait = max(wait, (1 - left) * interval)
        if wait > 0:
            self.refused += 1
            return Verdict(False, wait, 0)
        for (_, rule), held in missing:
            held.local_full = max(held.local_full, now) + rule.seconds / rule.limit
        return Verdict(True, 0.0, int(remaining))

    def _remember(self, key: str, rule: Rule) -> _Held:
        of_rule = self._held.setdefault(rule.name, {})
        held = of_rule.get(key)
        if held is None:
            if len(of_rule) >= _MOST_HELD:
                self._forget(of_rule)
            held = of_rule[key] = _Held()
        return held

    def _forget(self, of_rule: dict[str, _Held]) -> None:
        """Drop a quarter or more: what holds nothing that counts any more, and then what is oldest.

        Tokens of dropped leases are lost to their key, which is refused so many requests too early.
        """
        now = self._now()
        idle = [key for key, held in of_rule.items() if held.asking is None]
        over = [key for key in idle if of_rule[key].counts_until <= now]
        for key in over if len(over) >= _MOST_HELD // 4 else idle[: _MOST_HELD // 4]:
            del of_rule[key]


_NOTHING: dict[str, _Held] = {}
_ROUNDING = 1e-6  # of sums of seconds, in tokens
