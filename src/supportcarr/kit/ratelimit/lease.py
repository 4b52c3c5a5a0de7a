"""The state of the limiter in one process: leases of tokens, and pending requests to Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from supportcarr.kit.ratelimit.rules import Rule, Verdict
from supportcarr.kit.redis import keys

_LEASE_SHARE = 20  # a lease is at most a twentieth of the rule, so that none starves other processes

NOT_DUE, DUE = -1, -2  # in place of the number of tokens at which a lease is low
NO_WAITERS: Sequence[asyncio.Future[None]] = ()


class LeasePolicy:
    """How tokens of a rule are leased: how many at a time, and from how many on they are renewed."""

    __slots__ = ("asked", "interval_s", "low", "renewed", "rule", "size")

    def __init__(self, rule: Rule, lease: int) -> None:
        self.rule = rule
        self.interval_s = rule.seconds / rule.limit
        self.size = 1 if rule.exact else max(1, min(lease, rule.limit // _LEASE_SHARE))
        self.low = self.size // 4  # tokens left: a lease is renewed before it is spent
        # arguments of the script for a key, without the tokens that are returned
        self.asked = rule.interval_us, rule.limit, self.size
        self.renewed = 1, rule.interval_us, rule.limit, self.size - 1  # a group of one bucket


class BucketState:
    """The state of one key's bucket in this process."""

    __slots__ = (
        "blocked_until",
        "bucket",
        "dry_since",
        "granted",
        "idle",
        "left",
        "local_full",
        "low",
        "policy",
        "tokens",
        "until",
        "waiters",
    )

    def __init__(self, policy: LeasePolicy, key: str) -> None:
        self.policy = policy
        self.bucket = keys.limit_bucket(policy.rule.name, key)
        self.tokens = 0
        self.granted = 0  # the tokens with which the lease began
        self.idle = 0  # leases in a row that were not used
        self.until = 0.0  # the end of the lease; 0: none, ever
        self.low = NOT_DUE  # the number of tokens from which the lease is renewed
        self.left = 0  # in Redis, by its last reply
        self.blocked_until = 0.0
        self.dry_since = 0.0  # when Redis had no further token, by its last reply; 0: it had one
        # of the reply that is awaited; None: nothing has been asked
        self.waiters: Sequence[asyncio.Future[None]] | None = None
        self.local_full = 0.0  # GCRA's time of the bucket that counts without Redis

    @property
    def counts_until(self) -> float:
        """The time from which this state does not matter any more."""
        return max(self.until, self.blocked_until, self.local_full)

    def wait(self, now: float) -> float:
        """Seconds until a token may be had that nobody has asked for; 0: it may be had now.

        While a call for a key is on its way, a bucket that was dry can only bring what has grown since: the
        requests beyond that are known to be over the limit, and need not wait for the reply.
        """
        if now < self.blocked_until:
            return self.blocked_until - now
        if self.waiters is None or not self.dry_since or (self.tokens and now < self.until):
            return 0.0
        asked = 1 + len(self.waiters)
        return max(0.0, self.dry_since + asked * self.policy.interval_s - now)

    def refuse(self, wait_s: float, now: float) -> None:
        """Note that Redis has no token for so many seconds."""
        self.blocked_until = self.dry_since = now + wait_s
        self.left = 0

    def grant(self, tokens: int, full: bool, left: int, until: float, now: float) -> None:
        """Begin a new lease; *full*: it has as many tokens as were wanted."""
        self.tokens = self.granted = tokens if tokens > 0 else 0
        self.left = left
        self.dry_since = 0.0 if left > 0 else now
        self.until = until
        # a bucket that runs dry is not asked again by renewals, only by requests that must wait for it
        self.low = self.policy.low if full else NOT_DUE

    def wake_waiters(self) -> None:
        """The reply for this key has come, or will not: wake the requests that wait for it."""
        waiting, self.waiters = self.waiters, None
        for future in waiting or ():
            if not future.done():
                future.set_result(None)


class AcquireRequest:
    """A request for one token of each of some keys, all or none; its result is ``None`` without a reply."""

    __slots__ = ("future", "states")

    def __init__(self, states: Sequence[BucketState], future: asyncio.Future[Verdict | None]) -> None:
        self.states = states
        self.future = future


class Batch:
    """The content of one script call, in its order: requests first, then renewals."""

    __slots__ = ("buckets", "numbers", "renewals", "requests", "until")

    def __init__(self, until: float) -> None:
        self.until = until  # the end of the leases that it brings
        self.requests: list[AcquireRequest] = []
        self.renewals: list[tuple[BucketState, int]] = []  # and the tokens that were left
        self.buckets: list[str] = []
        self.numbers: list[int] = []

    def add(self, request: AcquireRequest) -> None:
        self.requests.append(request)
        self.numbers.append(len(request.states))
        for state in request.states:
            self.buckets.append(state.bucket)
            self.numbers += state.policy.asked
            self.numbers.append(state.tokens)
            state.tokens = 0

    def renew(self, states: Sequence[BucketState]) -> None:
        renewals, buckets, numbers = self.renewals, self.buckets, self.numbers
        for state in states:
            state.waiters = NO_WAITERS
            tokens = state.tokens
            renewals.append((state, tokens))
            buckets.append(state.bucket)
            numbers += state.policy.renewed
            numbers.append(tokens)
