"""Limits on guessing an account's secret (a password, a code), from however many addresses.

Every attempt is counted before the secret is checked, so that many at once do not count as one.  After a
number of free attempts each one must wait longer than the last, up to a limit.  An address at which the
account was used before has a count of its own, so that guesses from elsewhere do not concern it.  Sessions
that are open are not concerned at all.  What remains: while guesses go on, the owner may be unable to sign in
at an address where the account was never used, because it is not known which of the attempts are theirs.

The counts are documents in the store: they survive a Redis that is wiped, and hold in all processes together.
Whether there is an account makes no difference to what is read and written.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from weakref import WeakValueDictionary

import msgspec
import structlog
from msgspec.structs import replace

from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.documents import Document
from supportcarr.contracts.errors import RateLimited
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import CollectionSpec, DuplicateKey, Index, Store, StoreError, VersionConflict
from supportcarr.kit.store.purge import purge_expired

# Kinds of secrets.
PASSWORD = "password"  # noqa: S105 - the kind of secret, no secret
SMS_CODE = "sms_code"
TOTP = "totp"

RACES_MAX = 10  # lost to other processes; then the attempt is refused
CONTENDED_RETRY_S = 1.0

log = structlog.get_logger(__name__)


class GuessRules(msgspec.Struct, frozen=True, kw_only=True):
    """How many attempts are free, and how the pauses after further ones grow (wall time)."""

    free: int = 10
    pause_seconds: float = 2.0  # after the last free attempt; twice as long after each further one …
    pause_max_seconds: float = 300.0  # … up to this
    forget_seconds: float = 86_400.0  # after the last attempt, the count begins anew

    @classmethod
    def from_settings(cls, settings: AuthSettings) -> GuessRules:
        """The rules for passwords that the settings declare."""
        return cls(
            free=settings.guesses_free,
            pause_max_seconds=settings.guess_pause_max_seconds,
            forget_seconds=settings.guesses_forget_seconds,
        )


# Codes have six digits: with these rules fewer than 110 guesses a day, of a million.
CODE_RULES = GuessRules(free=5, pause_seconds=30.0, pause_max_seconds=900.0)


class Guesses(Document, frozen=True, kw_only=True):
    """The attempts at one secret; the id is its kind and whose it is (keyed hashes).  Wall time."""

    attempts: int = 0
    paused_until: datetime | None = None  # no attempt may be made before
    forgotten_at: datetime


GUESSES = CollectionSpec("guesses", Guesses, indexes=(Index("forgotten_at"),))


class Attempt(NamedTuple):
    """An attempt that may be made: where it was counted, and how many there were with it."""

    kind: str
    who: tuple[str, ...]
    number: int


def seconds_to_wait(guesses: Guesses, now: datetime) -> float:
    """How long no attempt may be made; 0: one may be made now.  Pure."""
    if guesses.paused_until is None or guesses.forgotten_at <= now:
        return 0.0
    return max(0.0, (guesses.paused_until - now).total_seconds())


def with_attempt(guesses: Guesses, now: datetime, rules: GuessRules) -> Guesses:
    """The count with one more attempt, which may be made (``seconds_to_wait`` is 0).  Pure."""
    attempts = 1 if guesses.forgotten_at <= now else guesses.attempts + 1
    beyond = attempts - rules.free
    pause = min(rules.pause_max_seconds, rules.pause_seconds * 2.0 ** min(beyond, 30)) if beyond >= 0 else 0.0
    return replace(
        guesses,
        attempts=attempts,
        paused_until=now + timedelta(seconds=pause) if pause else None,
        forgotten_at=now + timedelta(seconds=rules.forget_seconds),
    )


def without_attempt(guesses: Guesses) -> Guesses | None:
    """The count without its last attempt, for which the next need not wait; ``None``: none is left.  Pure."""
    if guesses.attempts <= 1:
        return None
    return replace(guesses, attempts=guesses.attempts - 1, paused_until=None)


class GuessLimiter:
    """Counts attempts at secrets by kind and by account, or by account and address.

    *rules* hold for every kind that *by_kind* does not name.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        rules: GuessRules,
        by_kind: Mapping[str, GuessRules] | None = None,
    ) -> None:
        self._guesses = store.collection(GUESSES)
        self._clock = clock
        self._rules = rules
        self._by_kind = {SMS_CODE: CODE_RULES, TOTP: CODE_RULES, **(by_kind or {})}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._refusals = self._contended = 0

    def rules_of(self, kind: str) -> GuessRules:
        """The rules for that kind of secret."""
        return self._by_kind.get(kind, self._rules)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {"refused_total": self._refusals, "contended_total": self._contended}

    async def attempt(self, kind: str, *who: str) -> Attempt:
        """Count an attempt that is about to be made.  Raises ``RateLimited`` with the seconds to wait.

        *who* are keyed hashes.  Raises ``StoreUnavailable`` if nothing can be counted.
        """
        rules, key = self.rules_of(kind), _id(kind, who)
        async with self._turn(key):
            for _ in range(RACES_MAX):
                now = self._clock.wall()
                guesses = await self._guesses.get(key) or Guesses(id=key, forgotten_at=now)
                wait = seconds_to_wait(guesses, now)
                if wait > 0:
                    raise self._refused(wait)
                counted = with_attempt(guesses, now, rules)
                try:
                    await (self._guesses.save if guesses.version else self._guesses.insert)(counted)
                except (VersionConflict, DuplicateKey):  # another process counted at the same moment
                    await asyncio.sleep(random.uniform(0, 0.005))  # noqa: S311 - jitter
                    continue
                return Attempt(kind, who, counted.attempts)
        self._contended += 1
        raise self._refused(CONTENDED_RETRY_S)

    async def take_back(self, attempt: Attempt) -> None:
        """Do not count an attempt that was right, or that was not made after all.  Never fails."""
        await self._change(attempt, without_attempt)

    async def forget(self, attempt: Attempt) -> None:
        """Begin anew: the attempts so far were the owner's.  Never fails."""
        await self._change(attempt, lambda _: None)

    async def purge(self) -> None:
        """Delete counts that no longer matter."""
        await purge_expired(self._guesses, "forgotten_at", self._clock.wall())

    async def _change(self, attempt: Attempt, change: Callable[[Guesses], Guesses | None]) -> None:
        """Save the changed count; ``None`` deletes it."""
        key = _id(attempt.kind, attempt.who)
        try:
            async with self._turn(key):
                for _ in range(RACES_MAX):
                    guesses = await self._guesses.get(key)
                    if guesses is None:
                        return
                    changed = change(guesses)
                    try:
                        if changed is None:
                            await self._guesses.delete(key, guesses.version)
                        else:
                            await self._guesses.save(changed)
                        return
                    except VersionConflict:
                        await asyncio.sleep(random.uniform(0, 0.005))  # noqa: S311 - jitter
        except StoreError as error:
            log.warning("guess_not_taken_back", kind=attempt.kind, error=repr(error))

    def _turn(self, key: str) -> asyncio.Lock:
        """Attempts of this process at one secret are counted one after the other, so they do not race."""
        return self._turns.setdefault(key, asyncio.Lock())

    def _refused(self, wait_s: float) -> RateLimited:
        self._refusals += 1
        return RateLimited("Too many wrong attempts for this account; wait a little", retry_after=wait_s)


def _id(kind: str, who: tuple[str, ...]) -> str:
    return ":".join((kind, *who))
