"""Rate limits: a token bucket for each key of a rule, kept in Redis for all processes together.

A bucket holds ``limit`` tokens and fills at ``limit`` in ``seconds``; it is stored as GCRA, the generic cell
rate algorithm (ITU-T I.371), one number for each key: the time at which the bucket would be full.

**Leases.**  A process takes several tokens at a time, deducted beforehand, and spends them without asking:
most requests cost no round trip.  The tokens given out never exceed the rule.  A token is spent within
``LEASE_SECONDS`` of being taken, or given back with the process's next call for that key.  So at any moment
at most (lease - 1) tokens of each process are given out and not spent, and only so many requests can come up
to 2 s later than the rule would have let them.  An ``exact`` rule asks Redis each time.

**Refusals.**  What Redis refused is refused again without asking until a token is due.  And while a call for
a bucket that was dry is on its way, as many requests wait for it as tokens can have grown since; the others
are refused at once.  So a client above its limit occupies neither Redis nor requests that wait for it.

**Renewal.**  A lease that runs low, or that was used and ends soon, is exchanged in the background, many
keys in one call: what is left of it is given back and a new one taken, in one step of Redis.  Until the
reply the old tokens can be spent; they count against the new lease.  A lost reply leaves the local state
unchanged; at most one lease of tokens is wasted.  A late reply is ignored.  So usually only the first
request of a key waits for Redis, and a renewal refuses no request.

**Without Redis** a process counts by itself against the whole rule, and ``fallbacks`` counts the requests
that were decided so: limits then hold for each process alone, so that at most processes × limit are admitted.
A rule that ``needs_redis`` admits nothing then, which ``closed`` counts.  After Redis was wiped, buckets are
full.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context
from functools import partial

from supportcarr.kit.ratelimit.backend import MAX_KEYS_PER_CALL, LimiterBackend
from supportcarr.kit.ratelimit.lease import (
    DUE,
    NO_WAITERS,
    NOT_DUE,
    AcquireRequest,
    Batch,
    BucketState,
    LeasePolicy,
)
from supportcarr.kit.ratelimit.rules import Pair, Rule, Verdict
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.circuit_breaker import CircuitBreaker

LEASE_SECONDS = 2.0
_RENEW_SECONDS = 0.25  # before its end a lease is renewed, with those that end about then …
_CHECK_SECONDS = 0.05
_MAX_IDLE_LEASES = 1  # … if one of the last two was used: a first call costs as much as ten renewals
_BATCH_SECONDS = 0.01  # how long a lease that runs low waits for others
_RESET_SECONDS = 0.5  # of the circuit breaker: then one request asks Redis again, and the others do not wait
_MAX_STATES = 100_000  # keys of a rule that a process remembers
_ROUNDING = 1e-6  # of sums of seconds, in tokens

_NO_STATES: dict[str, BucketState] = {}


def _later(seconds: float, call: Callable[[], object]) -> asyncio.TimerHandle:
    """Call it then, for many: not in the trace and the log lines of the request that is first."""
    return asyncio.get_running_loop().call_later(seconds, call, context=Context())


class Limiter:
    """Counts requests: ``try_take(key, rule)`` on the hot path; where that returns ``None``, ``await
    take(…)``."""

    def __init__(
        self, redis: RedisClient, *, lease: int = 8, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._backend = LimiterBackend(redis)
        self._lease = lease
        self._now = monotonic
        self._policies: dict[str, LeasePolicy] = {}  # by rule
        self._states: dict[str, dict[str, BucketState]] = {}  # by rule, by key
        self._breaker = CircuitBreaker(_RESET_SECONDS, monotonic=monotonic)
        self._requests: list[AcquireRequest] = []  # of this turn of the loop
        self._due: list[BucketState] = []  # to be renewed
        self._ending: deque[tuple[float, list[BucketState]]] = deque()  # the ends of leases, in their order
        self._send_timer: asyncio.TimerHandle | None = None
        self._renewal_timer: asyncio.TimerHandle | None = None
        self.fallbacks = 0
        self.closed = 0
        self.refused = 0
        self.remaining = 0  # tokens left of the key that a token was last taken of without waiting

    # --- requests ---------------------------------------------------------------------------------

    def try_take(self, key: str, rule: Rule) -> bool | None:
        """Take a token without waiting.

        ``True``: taken from the lease.  ``False``: refused, by Redis's last reply there is none yet (see
        ``retry_after``).  ``None``: only ``take`` can tell.
        """
        state = self._states.get(rule.name, _NO_STATES).get(key)
        if state is None:
            return None
        now = self._now()
        if state.tokens and now < state.until:
            state.tokens -= 1
            if state.tokens <= state.low:
                self._schedule_renewal(state)
            self.remaining = state.left + state.tokens
            return True
        if state.wait(now) > 0:
            self.refused += 1
            return False
        return None

    def try_both(self, key: str, rule: Rule, other_key: str, other_rule: Rule) -> bool | None:
        """``try_take`` of two keys of two rules: a token of each, or of neither."""
        try:
            state, other = self._states[rule.name][key], self._states[other_rule.name][other_key]
        except KeyError:
            return None
        now = self._now()
        if state.tokens and other.tokens and now < state.until and now < other.until:
            state.tokens -= 1
            if state.tokens <= state.low:
                self._schedule_renewal(state)
            other.tokens -= 1
            if other.tokens <= other.low:
                self._schedule_renewal(other)
            self.remaining = other.left + other.tokens
            return True
        if state.wait(now) > 0 or other.wait(now) > 0:
            self.refused += 1
            return False
        return None

    def retry_after(self, key: str, rule: Rule) -> float:
        """Seconds for which a key is known to have no token; 0: it may have one."""
        state = self._states.get(rule.name, _NO_STATES).get(key)
        return state.wait(self._now()) if state else 0.0

    def left(self, key: str, rule: Rule) -> int:
        """Tokens left of a key as far as this process knows: by Redis's last reply, or by its own count."""
        state = self._states.get(rule.name, _NO_STATES).get(key)
        if state is None:
            return rule.limit
        now = self._now()
        if state.local_full > now:
            return int((now + rule.seconds - state.local_full) / state.policy.interval_s + _ROUNDING)
        return state.left + (state.tokens if now < state.until else 0)

    async def take(self, pairs: Sequence[Pair]) -> Verdict:
        """Take one token of each key (distinct), or be refused and take none, in at most one round trip.

        Raises nothing if Redis fails: the process then counts by itself.
        """
        states = [self._state_of(key, rule) for key, rule in pairs]
        while True:
            now = self._now()
            leased: list[BucketState] = []
            missing: list[BucketState] = []
            waiting: asyncio.Future[None] | None = None
            for state in states:
                if state.tokens and now < state.until:
                    leased.append(state)
                elif (wait := state.wait(now)) > 0:
                    self.refused += 1
                    return Verdict(False, wait, 0)
                else:
                    missing.append(state)
            for state in missing:
                if state.waiters is not None:
                    waiting = asyncio.get_running_loop().create_future()
                    state.waiters = [*state.waiters, waiting]
                    break
            if waiting is None:
                break
            # one call for a key at a time, or each waiting request would take a lease
            await waiting
        for state in leased:
            state.tokens -= 1
            if state.tokens <= state.low:
                self._schedule_renewal(state)
        remaining = min((state.left + state.tokens for state in leased), default=math.inf)
        if not missing:
            return Verdict(True, 0.0, int(remaining))
        ends = [state.until for state in leased]
        verdict = await self._acquire(missing)
        if verdict.allowed:
            return Verdict(True, 0.0, int(min(remaining, verdict.remaining)))
        self.refused += 1
        for state, until in zip(leased, ends, strict=True):
            if state.until == until and state.waiters is None:  # or it would be one too many
                state.tokens += 1
        return verdict

    def give_back(self, pairs: Sequence[Pair]) -> None:
        """Return the token of each key that was taken for a request which does not count after all.

        Only of ``exact`` rules; a token that is lost on its way grows again.
        """
        now = self._now()
        buckets: list[str] = []
        numbers: list[int] = []
        for key, rule in pairs:
            state = self._state_of(key, rule)
            assert rule.exact, "the tokens of other rules are leased"
            state.blocked_until = state.dry_since = 0.0
            if state.local_full > now:  # Redis did not count it
                state.local_full -= state.policy.interval_s
                if state.local_full <= now + _ROUNDING:
                    state.local_full, state.left = 0.0, rule.limit
                continue
            state.left = min(state.left + 1, rule.limit)
            buckets.append(state.bucket)
            numbers += (1, rule.interval_us, rule.limit, 0, 1)
        if buckets:
            self._backend.send(buckets, numbers, lambda _: None)

    async def _acquire(self, missing: Sequence[BucketState]) -> Verdict:
        if not self._breaker.allow():
            return self._decide_locally(missing)
        loop = asyncio.get_running_loop()
        request = AcquireRequest(missing, loop.create_future())
        for state in missing:
            if state.policy.size > 1:
                state.waiters = NO_WAITERS
        if not self._requests:
            loop.call_soon(self._send)
        self._requests.append(request)
        verdict = await request.future
        return self._decide_locally(missing) if verdict is None else verdict

    def _decide_locally(self, missing: Sequence[BucketState]) -> Verdict:
        if any(state.policy.rule.needs_redis for state in missing):
            self.closed += 1
            return Verdict(False, 0.0, 0, closed=True)
        self.fallbacks += 1
        now = self._now()
        remaining, wait = math.inf, 0.0
        for state in missing:
            interval = state.policy.interval_s
            seconds = state.policy.rule.seconds
            left = (now + seconds - max(state.local_full, now)) / interval + _ROUNDING
            remaining = min(remaining, left - 1)
            wait = max(wait, (1 - left) * interval)
        if wait > 0:
            return Verdict(False, wait, 0)
        for state in missing:
            state.local_full = max(state.local_full, now) + state.policy.interval_s
        return Verdict(True, 0.0, int(remaining))

    # --- leases -----------------------------------------------------------------------------------

    def _schedule_renewal(self, state: BucketState) -> None:
        """Renew the lease soon, together with others."""
        state.low = DUE
        self._due.append(state)
        if self._send_timer is None:
            self._send_timer = _later(_BATCH_SECONDS, self._send)

    def _renew_ending(self) -> None:
        """Renew the leases that end soon if they or those before them were used; let the others end."""
        ending, horizon = self._ending, self._now() + _RENEW_SECONDS
        while ending and ending[0][0] <= horizon:
            until, states = ending.popleft()
            for state in states:
                if state.until != until or state.waiters is not None:
                    continue  # it has been replaced, or is being renewed
                if state.tokens < state.granted:
                    state.idle = 0
                else:
                    state.idle += 1
                    if state.idle > _MAX_IDLE_LEASES:
                        continue
                state.low = DUE
                self._due.append(state)
        self._renewal_timer = None
        if ending:
            self._renewal_timer = _later(_CHECK_SECONDS, self._renew_ending)
        if self._due:
            self._send()

    def _send(self) -> None:
        """Send the requests and renewals that are due, in as few calls as possible."""
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None
        requests, self._requests = self._requests, []
        due = [state for state in self._due if state.low == DUE and state.waiters is None]
        low = list(dict.fromkeys(due))  # one may have become due twice
        self._due.clear()
        if not requests and not (low and self._breaker.allow()):
            return
        until = self._now() + LEASE_SECONDS
        batch = Batch(until)
        for request in requests:
            if len(batch.buckets) >= MAX_KEYS_PER_CALL:
                self._send_batch(batch)
                batch = Batch(until)
            batch.add(request)
        start = 0
        while start < len(low):
            if len(batch.buckets) >= MAX_KEYS_PER_CALL:
                self._send_batch(batch)
                batch = Batch(until)
            end = start + MAX_KEYS_PER_CALL - len(batch.buckets)
            batch.renew(low[start:end])
            start = end
        self._send_batch(batch)

    def _send_batch(self, batch: Batch) -> None:
        self._backend.send(batch.buckets, batch.numbers, partial(self._on_reply, batch))

    def _on_reply(self, batch: Batch, reply: list[int] | None) -> None:
        """Apply the reply to a batch; ``None``: there was none, and a later one is ignored."""
        if reply is None:
            self._breaker.record_failure()
        else:
            self._breaker.record_success()
        at = 0
        granted: list[BucketState] = []
        for request in batch.requests:
            verdict = None
            if reply is not None:
                verdict = self._apply(request.states, reply[at : at + 2 * len(request.states)], batch.until)
                at += 2 * len(request.states)
                granted += request.states
            for state in request.states:
                state.wake_waiters()
            if not request.future.done():  # else the request was cancelled
                request.future.set_result(verdict)
        if reply is None:
            for state, _ in batch.renewals:
                state.wake_waiters()
            return
        now = self._now()
        for (state, had), got, left in zip(batch.renewals, reply[at::2], reply[at + 1 :: 2], strict=True):
            spent = had - state.tokens  # during the call: they count against the new lease
            tokens = got - spent if got > 0 else -spent  # an empty bucket rejects only later requests
            state.grant(tokens, got >= state.policy.size - 1, left, batch.until, now)
            if state.waiters:
                state.wake_waiters()
            else:
                state.waiters = None
            granted.append(state)
        self._ending.append((batch.until, [state for state in granted if state.tokens]))
        if self._renewal_timer is None:
            self._renewal_timer = _later(_CHECK_SECONDS, self._renew_ending)

    def _apply(self, states: Sequence[BucketState], reply: list[int], until: float) -> Verdict:
        """The verdict on one request, by Redis's reply for its keys."""
        now = self._now()
        remaining, wait_us = math.inf, 0
        for n, state in enumerate(states):
            got, left = reply[2 * n], reply[2 * n + 1]
            remaining = min(remaining, left + max(0, got - 1))
            if got > 0:
                state.idle = 0
                state.grant(got - 1, got >= state.policy.size, left, until, now)
            elif got < 0:
                wait_us = max(wait_us, -got)
                state.refuse(-got / 1_000_000, now)
        if wait_us:
            return Verdict(False, wait_us / 1_000_000, 0)
        return Verdict(True, 0.0, int(remaining))

    # --- memory -----------------------------------------------------------------------------------

    def _state_of(self, key: str, rule: Rule) -> BucketState:
        states = self._states.get(rule.name)
        if states is None:
            states = self._states[rule.name] = {}
            self._policies[rule.name] = LeasePolicy(rule, self._lease)
        state = states.get(key)
        if state is None:
            if len(states) >= _MAX_STATES:
                self._evict(states)
            state = states[key] = BucketState(self._policies[rule.name], key)
        return state

    def _evict(self, states: dict[str, BucketState]) -> None:
        """Drop a quarter or more: states that no longer matter, or else the oldest.

        A dropped lease's tokens are lost, so its key is refused that many requests too early.
        """
        now = self._now()
        idle = [key for key, state in states.items() if state.waiters is None]
        over = [key for key in idle if states[key].counts_until <= now]
        for key in over if len(over) >= _MAX_STATES // 4 else idle[: _MAX_STATES // 4]:
            state = states.pop(key)
            state.until, state.low = 0.0, NOT_DUE  # so that it is not renewed
