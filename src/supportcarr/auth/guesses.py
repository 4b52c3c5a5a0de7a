"""Limits on guessing an account's secret (a password, later a code), from however many addresses.

Every attempt is counted before the secret is checked, so that many at once do not count as one.  After a
number of free attempts each one must wait longer than the last, up to a limit.  An address at which the
account was used before has a count of its own, so that guesses from elsewhere do not concern it.  Sessions
that are open are not concerned at all.  What remains: while guesses go on, the owner may be unable to sign in
at an address where the account was never used, because it is not known which of the attempts are theirs.

The counts are in Redis.  Without Redis each process counts for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.errors import RateLimited
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient, Script
from supportcarr.kit.redis.errors import RedisError

REDIS_SECONDS = 0.5  # then the process counts for itself
LOCAL_MAX = 10_000  # counts that a process keeps without Redis


class GuessRules(msgspec.Struct, frozen=True, kw_only=True):
    """How many attempts are free, and how the pauses after further ones grow (wall time)."""

    free: int = 10
    pause_seconds: float = 2.0  # after the last free attempt; twice as long after each further one …
    pause_max_seconds: float = 300.0  # … up to this
    forget_seconds: float = 86_400.0  # after the last attempt, the count begins anew

    @classmethod
    def from_settings(cls, settings: AuthSettings) -> GuessRules:
        """The rules that the settings declare."""
        return cls(
            free=settings.guesses_free,
            pause_max_seconds=settings.guess_pause_max_seconds,
            forget_seconds=settings.guesses_forget_seconds,
        )


class Guesses(NamedTuple):
    """The attempts so far, until when none may be made, and when they are forgotten (wall seconds)."""

    attempts: int
    paused_until: float
    forgotten_at: float


class Attempt(NamedTuple):
    """An attempt that may be made: where it was counted, and how many there were with it."""

    kind: str
    who: tuple[str, ...]
    number: int


def count_attempt(before: Guesses | None, now: float, rules: GuessRules) -> tuple[Guesses, float]:
    """The count with one more attempt, and 0; or the count as it was, and the seconds to wait.  Pure."""
    if before is None or before.forgotten_at <= now:
        before = Guesses(0, 0.0, 0.0)
    if now < before.paused_until:
        return before, before.paused_until - now
    attempts = before.attempts + 1
    beyond = attempts - rules.free
    pause = min(rules.pause_max_seconds, rules.pause_seconds * 2.0 ** min(beyond, 30)) if beyond >= 0 else 0.0
    return Guesses(attempts, now + pause, now + rules.forget_seconds), 0.0


# ``count_attempt`` in Redis, in milliseconds.  KEYS: the count.  ARGV: free, first and longest pause, time to
# forget.  Returns the number of attempts, and the milliseconds to wait.
_COUNT = Script(
    "guesses.count",
    """
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local kept = redis.call('HMGET', KEYS[1], 'attempts', 'paused_until')
    local attempts, paused_until = tonumber(kept[1] or 0), tonumber(kept[2] or 0)
    if now < paused_until then return {attempts, paused_until - now} end
    attempts = attempts + 1
    local beyond, pause = attempts - tonumber(ARGV[1]), 0
    if beyond >= 0 then pause = math.min(tonumber(ARGV[3]), tonumber(ARGV[2]) * 2 ^ math.min(beyond, 30)) end
    redis.call('HSET', KEYS[1], 'attempts', attempts, 'paused_until', now + pause)
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
    return {attempts, 0}
    """,
)
# An attempt was right, or was not made: it does not count, and the next need not wait for it.
_TAKE_BACK = Script(
    "guesses.take_back",
    """
    if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
    redis.call('HSET', KEYS[1], 'paused_until', 0)
    if redis.call('HINCRBY', KEYS[1], 'attempts', -1) <= 0 then redis.call('DEL', KEYS[1]) end
    return 0
    """,
)


class GuessLimiter:
    """Counts attempts at secrets by *kind* (``password``) and by account, or by account and address."""

    def __init__(
        self, redis: RedisClient, rules: GuessRules, *, wall: Callable[[], float] = time.time
    ) -> None:
        self.rules = rules
        self._redis = redis
        self._wall = wall
        self._local: OrderedDict[str, Guesses] = OrderedDict()
        self._refusals = self._fallbacks = 0

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"refused_total": self._refusals, "fallbacks_total": self._fallbacks}

    async def attempt(self, kind: str, *who: str) -> Attempt:
        """Count an attempt that is about to be made.  Raises ``RateLimited`` with the seconds to wait."""
        key = keys.guesses(kind, *who)
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                number, wait_ms = await self._redis.script(_COUNT, [key], self._arguments())
            wait = wait_ms / 1000
        except (RedisError, TimeoutError):
            number, wait = self._attempt_here(key)
        if wait > 0:
            self._refusals += 1
            raise RateLimited("Too many wrong attempts for this account; wait a little", retry_after=wait)
        return Attempt(kind, who, number)

    async def take_back(self, attempt: Attempt) -> None:
        """Forget an attempt that was right, or that was not made after all."""
        key = keys.guesses(attempt.kind, *attempt.who)
        if (here := self._local.pop(key, None)) is not None and here.attempts > 1:
            self._local[key] = here._replace(attempts=here.attempts - 1, paused_until=0.0)
        with contextlib.suppress(RedisError, TimeoutError):
            async with asyncio.timeout(REDIS_SECONDS):
                await self._redis.script(_TAKE_BACK, [key], [])

    async def forget(self, attempt: Attempt) -> None:
        """Begin anew: the attempts so far were the owner's."""
        key = keys.guesses(attempt.kind, *attempt.who)
        self._local.pop(key, None)
        with contextlib.suppress(RedisError, TimeoutError):
            async with asyncio.timeout(REDIS_SECONDS):
                await self._redis.call("DEL", key)

    def _attempt_here(self, key: str) -> tuple[int, float]:
        self._fallbacks += 1
        guesses, wait = count_attempt(self._local.pop(key, None), self._wall(), self.rules)
        self._local[key] = guesses
        if len(self._local) > LOCAL_MAX:
            self._local.popitem(last=False)
        return guesses.attempts, wait

    def _arguments(self) -> list[int]:
        seconds = (self.rules.pause_seconds, self.rules.pause_max_seconds, self.rules.forget_seconds)
        return [self.rules.free, *(round(1000 * s) for s in seconds)]
