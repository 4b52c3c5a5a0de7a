"""Rate limits: a token bucket for each key of a rule, kept in Redis for all processes together.

A bucket holds ``limit`` tokens and fills at ``limit`` in ``seconds``; it is written as GCRA, the
generic cell rate algorithm (ITU-T I.371), one number a key: the time at which the bucket would be full.

**Leases.**  A process takes several tokens at a time, deducted beforehand, and spends them without
asking: most requests cost no round trip.  The tokens given out never exceed the rule.  A token is
spent within ``LEASE_SECONDS`` of being taken, or given back with the process's next question for that
key: so at any moment at most (lease - 1) tokens a process are out and not spent, and only so many
requests can come up to 2 s later than the rule would have let them.  An ``exact`` rule is asked for
each time.

**Renewal.**  A lease that runs low, or that was used and ends soon, is exchanged in the background, many
keys in one call: what is left of it is given back and a new one taken, in one step of Redis.  While that
is on its way the old tokens can be spent; those are out of the new lease then.  An answer that is lost
changes nothing here, and costs the key at most the tokens that nobody got; one that is late is dropped.
So a request hardly ever waits for Redis but a key's first.  Nobody is refused by a renewal.

**Without Redis** a process counts by itself against the whole rule, and ``fallbacks`` counts the
requests that were judged so: limits then hold for each process, and nobody is turned away for our
fault.  After a wipe buckets are full.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from supportcarr.kit.ratelimit.backend import MOST_KEYS, Questions
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.circuit_breaker import CircuitBreaker

LEASE_SECONDS = 2.0
_LEASE_SHARE = 20  # a lease is at most a twentieth of the rule, so that none starves other processes
_RENEW_SECONDS = 0.25  # before its end a lease is renewed, with those that end about then …
_TICK_SECONDS = 0.05
_MOST_IDLE = 1  # … if one of the last two was used: a first question costs as much as ten renewals
_GATHER_SECONDS = 0.01  # how long a lease that runs low waits for others
_AWAY_SECONDS = 0.5  # nobody asks a Redis that did not answer; then one request does, and others do not wait
_MOST_HELD = 100_000  # keys of a rule that a process remembers

_UNMARKED, _MARKED = -1, -2  # in place of the number of tokens at which a lease is low


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


class _Terms:
    """A rule as leases have it."""

    __slots__ = ("asked", "block", "interval_s", "low", "renewed", "rule")

    def __init__(self, rule: Rule, lease: int) -> None:
        self.rule = rule
        self.interval_s = rule.seconds / rule.limit
        self.block = 1 if rule.exact else max(1, min(lease, rule.limit // _LEASE_SHARE))
        self.low = self.block // 4  # tokens left: a lease is renewed before it is spent
        # what Redis is told of a key, but for the tokens that are given back
        self.asked = rule.interval_us, rule.limit, self.block
        self.renewed = 1, rule.interval_us, rule.limit, self.block - 1  # a group of its own


class _Held:
    """What this process holds of one key."""

    __slots__ = (
        "asking",
        "blocked_until",
        "bucket",
        "granted",
        "idle",
        "left",
        "local_full",
        "low",
        "terms",
        "tokens",
        "until",
    )

    def __init__(self, terms: _Terms, key: str) -> None:
        self.terms = terms
        self.bucket = keys.limit_bucket(terms.rule.name, key)
        self.tokens = 0
        self.granted = 0  # of which these are left
        self.idle = 0  # leases in a row that nobody used
        self.until = 0.0  # the end of the lease; 0: none, ever
        self.low = _UNMARKED  # with so many tokens left it is to be renewed
        self.left = 0  # in Redis, when we last asked
        self.blocked_until = 0.0
        self.asking: Sequence[asyncio.Future[None]] | None = None  # who waits for the answer under way
        self.local_full = 0.0  # GCRA's time of the bucket used without Redis

    @property
    def counts_until(self) -> float:
        return max(self.until, self.blocked_until, self.local_full)


class _Ask:
    """A request's question, which waits: for all its keys or none."""

    __slots__ = ("future", "helds")

    def __init__(self, helds: Sequence[_Held], future: asyncio.Future[Verdict | None]) -> None:
        self.helds = helds
        self.future = future


class _Batch:
    """What one call asks, in this order."""

    __slots__ = ("asks", "buckets", "numbers", "renewals", "until")

    def __init__(self, until: float) -> None:
        self.until = until  # the end of the leases that it brings
        self.asks: list[_Ask] = []
        self.renewals: list[tuple[_Held, int]] = []  # and the tokens that were left
        self.buckets: list[str] = []
        self.numbers: list[int] = []

    def ask(self, ask: _Ask) -> None:
        self.asks.append(ask)
        self.numbers.append(len(ask.helds))
        for held in ask.helds:
            self.buckets.append(held.bucket)
            self.numbers += held.terms.asked
            self.numbers.append(held.tokens)
            held.tokens = 0

    def renew(self, helds: Sequence[_Held]) -> None:
        renewals, buckets, numbers = self.renewals, self.buckets, self.numbers
        for held in helds:
            held.asking = _NOBODY
            tokens = held.tokens
            renewals.append((held, tokens))
            buckets.append(held.bucket)
            numbers += held.terms.renewed
            numbers.append(tokens)


Pair = tuple[str, Rule]


class Limiter:
    """``limiter.try_take(key, rule)`` on the hot path; where it answers ``None``, ``await take(…)``."""

    def __init__(
        self, redis: RedisClient, *, lease: int = 8, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._questions = Questions(redis)
        self._lease = lease
        self._now = monotonic
        self._terms: dict[str, _Terms] = {}  # by rule
        self._held: dict[str, dict[str, _Held]] = {}  # by rule, by key
        self._breaker = CircuitBreaker(_AWAY_SECONDS, monotonic=monotonic)
        self._asks: list[_Ask] = []  # of this turn of the loop
        self._low: list[_Held] = []  # marked to be renewed
        self._ending: deque[tuple[float, list[_Held]]] = deque()  # the ends of leases, in their order
        self._gathering: asyncio.TimerHandle | None = None
        self._ticking: asyncio.TimerHandle | None = None
        self.fallbacks = 0
        self.refused = 0

    # --- requests ---------------------------------------------------------------------------------

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
            if held.tokens <= held.low:
                self._mark(held)
            return True
        if now < held.blocked_until:
            self.refused += 1
            return False
        return None

    def try_both(self, key: str, rule: Rule, other_key: str, other_rule: Rule) -> bool | None:
        """``try_take`` of two keys of two rules: a token of each, or of neither."""
        try:
            held, other = self._held[rule.name][key], self._held[other_rule.name][other_key]
        except KeyError:
            return None
        now = self._now()
        if held.tokens and other.tokens and now < held.until and now < other.until:
            held.tokens -= 1
            if held.tokens <= held.low:
                self._mark(held)
            other.tokens -= 1
            if other.tokens <= other.low:
                self._mark(other)
            return True
        if now < held.blocked_until or now < other.blocked_until:
            self.refused += 1
            return False
        return None

    def retry_after(self, key: str, rule: Rule) -> float:
        """Seconds until a key that was refused has a token again."""
        held = self._held.get(rule.name, _NOTHING).get(key)
        return max(0.0, held.blocked_until - self._now()) if held else 0.0

    async def take(self, pairs: Sequence[Pair]) -> Verdict:
        """Take one token of each key (distinct), or be refused and take none; one round trip for all
        that must be asked.  Never raises for Redis: without it the process counts by itself."""
        helds = [self._remember(key, rule) for key, rule in pairs]
        while True:
            now = self._now()
            leased: list[_Held] = []
            missing: list[_Held] = []
            waiting: asyncio.Future[None] | None = None
            for held in helds:
                if held.tokens and now < held.until:
                    leased.append(held)
                elif now < held.blocked_until:
                    self.refused += 1
                    return Verdict(False, held.blocked_until - now, 0)
                else:
                    missing.append(held)
            for held in missing:
                if held.asking is not None:
                    waiting = asyncio.get_running_loop().create_future()
                    held.asking = [*held.asking, waiting]
                    break
            if waiting is None:
                break
            # One question a key at a time, or waiting requests would lease a block each.
            await waiting
        for held in leased:
            held.tokens -= 1
            if held.tokens <= held.low:
                self._mark(held)
        remaining = min((held.left + held.tokens for held in leased), default=math.inf)
        if not missing:
            return Verdict(True, 0.0, int(remaining))
        ends = [held.until for held in leased]
        verdict = await self._ask(missing)
        if verdict.allowed:
            return Verdict(True, 0.0, int(min(remaining, verdict.remaining)))
        self.refused += 1
        for held, until in zip(leased, ends, strict=True):
            if held.until == until and held.asking is None:  # or it would be one too many
                held.tokens += 1
        return verdict

    async def _ask(self, missing: Sequence[_Held]) -> Verdict:
        if not self._breaker.allow():
            return self._judge_locally(missing)
        loop = asyncio.get_running_loop()
        ask = _Ask(missing, loop.create_future())
        for held in missing:
            if held.terms.block > 1:
                held.asking = _NOBODY
        if not self._asks:
            loop.call_soon(self._send)
        self._asks.append(ask)
        verdict = await ask.future
        return self._judge_locally(missing) if verdict is None else verdict

    def _judge_locally(self, missing: Sequence[_Held]) -> Verdict:
        self.fallbacks += 1
        now = self._now()
        remaining, wait = math.inf, 0.0
        for held in missing:
            interval = held.terms.interval_s
            seconds = held.terms.rule.seconds
            left = (now + seconds - max(held.local_full, now)) / interval + _ROUNDING
            remaining = min(remaining, left - 1)
            wait = max(wait, (1 - left) * interval)
        if wait > 0:
            return Verdict(False, wait, 0)
        for held in missing:
            held.local_full = max(held.local_full, now) + held.terms.interval_s
        return Verdict(True, 0.0, int(remaining))

    # --- questions and answers --------------------------------------------------------------------

    def _mark(self, held: _Held) -> None:
        """Have it renewed soon, with others."""
        held.low = _MARKED
        self._low.append(held)
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._send)

    def _tick(self) -> None:
        """Have the leases renewed that end soon, if they or those before were used; the others end."""
        ending, horizon = self._ending, self._now() + _RENEW_SECONDS
        while ending and ending[0][0] <= horizon:
            until, helds = ending.popleft()
            for held in helds:
                if held.until != until or held.asking is not None:
                    continue  # it is over, or is being renewed
                if held.tokens < held.granted:
                    held.idle = 0
                else:
                    held.idle += 1
                    if held.idle > _MOST_IDLE:
                        continue
                held.low = _MARKED
                self._low.append(held)
        self._ticking = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._tick) if ending else None
        if self._low:
            self._send()

    def _send(self) -> None:
        """Ask all that is to be asked now."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
        asks, self._asks = self._asks, []
        marked = [held for held in self._low if held.low == _MARKED and held.asking is None]
        low = list(dict.fromkeys(marked))  # it may have been marked twice
        self._low.clear()
        if not asks and not (low and self._breaker.allow()):
            return
        until = self._now() + LEASE_SECONDS
        batch = _Batch(until)
        for ask in asks:
            if len(batch.buckets) >= MOST_KEYS:
                self._put(batch)
                batch = _Batch(until)
            batch.ask(ask)
        start = 0
        while start < len(low):
            if len(batch.buckets) >= MOST_KEYS:
                self._put(batch)
                batch = _Batch(until)
            end = start + MOST_KEYS - len(batch.buckets)
            batch.renew(low[start:end])
            start = end
        self._put(batch)

    def _put(self, batch: _Batch) -> None:
        self._questions.put(batch.buckets, batch.numbers, partial(self._heard, batch))

    def _heard(self, batch: _Batch, answer: list[int] | None) -> None:
        """The outcome of a call; ``None``: no answer came, and none will be heeded."""
        if answer is None:
            self._breaker.record_failure()
        else:
            self._breaker.record_success()
        at = 0
        granted: list[_Held] = []
        for ask in batch.asks:
            verdict = None
            if answer is not None:
                verdict = self._settle(ask.helds, answer[at : at + 2 * len(ask.helds)], batch.until)
                at += 2 * len(ask.helds)
                granted += ask.helds
            for held in ask.helds:
                _wake(held)
            if not ask.future.done():  # else the request has gone
                ask.future.set_result(verdict)
        if answer is None:
            for held, _ in batch.renewals:
                _wake(held)
            return
        for (held, had), got, left in zip(batch.renewals, answer[at::2], answer[at + 1 :: 2], strict=True):
            spent = had - held.tokens  # meanwhile: out of the new lease
            tokens = got - spent if got > 0 else -spent  # a refusal is left to who asks
            _grant(held, tokens, got >= held.terms.block - 1, left, batch.until)
            if held.asking:
                _wake(held)
            else:
                held.asking = None
            granted.append(held)
        self._ending.append((batch.until, [held for held in granted if held.tokens]))
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().call_later(_TICK_SECONDS, self._tick)

    def _settle(self, helds: Sequence[_Held], answer: list[int], until: float) -> Verdict:
        """What Redis said of one request's keys."""
        now = self._now()
        remaining, wait_us = math.inf, 0
        for n, held in enumerate(helds):
            got, left = answer[2 * n], answer[2 * n + 1]
            remaining = min(remaining, left + max(0, got - 1))
            if got > 0:
                held.idle = 0
                _grant(held, got - 1, got >= held.terms.block, left, until)
            elif got < 0:
                wait_us = max(wait_us, -got)
                if not held.terms.rule.exact:
                    held.blocked_until = now - got / 1_000_000
        if wait_us:
            return Verdict(False, wait_us / 1_000_000, 0)
        return Verdict(True, 0.0, int(remaining))

    # --- memory -----------------------------------------------------------------------------------

    def _remember(self, key: str, rule: Rule) -> _Held:
        of_rule = self._held.get(rule.name)
        if of_rule is None:
            of_rule = self._held[rule.name] = {}
            self._terms[rule.name] = _Terms(rule, self._lease)
        held = of_rule.get(key)
        if held is None:
            if len(of_rule) >= _MOST_HELD:
                self._forget(of_rule)
            held = of_rule[key] = _Held(self._terms[rule.name], key)
        return held

    def _forget(self, of_rule: dict[str, _Held]) -> None:
        """Drop a quarter or more: what holds nothing that counts any more, and then what is oldest.

        Tokens of dropped leases are lost to their key, which is refused so many requests too early.
        """
        now = self._now()
        idle = [key for key, held in of_rule.items() if held.asking is None]
        over = [key for key in idle if of_rule[key].counts_until <= now]
        for key in over if len(over) >= _MOST_HELD // 4 else idle[: _MOST_HELD // 4]:
            held = of_rule.pop(key)
            held.until, held.low = 0.0, _UNMARKED  # so that nobody renews it


def _grant(held: _Held, tokens: int, full: bool, left: int, until: float) -> None:
    held.tokens = held.granted = tokens if tokens > 0 else 0
    held.left = left
    held.until = until
    # A bucket that runs dry is not asked for more all the time, but by whom it keeps waiting.
    held.low = held.terms.low if full else _UNMARKED


def _wake(held: _Held) -> None:
    """The question for that key is over; who waits for it looks again."""
    waiting, held.asking = held.asking, None
    for future in waiting or ():
        if not future.done():
            future.set_result(None)


_NOTHING: dict[str, _Held] = {}
_NOBODY: Sequence[asyncio.Future[None]] = ()
_ROUNDING = 1e-6  # of sums of seconds, in tokens
