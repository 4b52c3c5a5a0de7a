"""What was revoked before its access tokens expire: sessions, and tokens of older versions of an account.

Each process knows them; the sessions are checked on every request, the accounts whenever a token is verified
(those who remember verified tokens or keep sockets open are told: ``on_revoked``).  The memory is bounded by
what is revoked within the life of an access token, and by ``KNOWN_MAX``: a process that had to leave one out
looks every session up until it has expired.

The store is authoritative.  Every process polls the log in Redis (``auth.revocation_log``) every
``POLL_SECONDS``; a successful poll doubles as the heartbeat, because it shows that this process knew all
revocations when it was sent.  A process without one for ``STALE_SECONDS`` looks up each session: in
Redis if the log there is complete, else in the store.  With neither, requests are refused.  Every
``RELOAD_SECONDS`` (while stale, ``STALE_RELOAD_SECONDS``) each process reads the store, and appends to the
log what it finds missing there.
``docs/adr/0016-revocations-travel-with-a-heartbeat.md`` says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.auth.model import Session, User
from supportcarr.auth.ports import RevocationListener
from supportcarr.auth.revocation_log import LogPosition, LookUp, Revocation, RevocationLog
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.signing_keys import CLOCK_TOLERANCE_SECONDS
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Overloaded, Unauthenticated
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.circuit_breaker import CircuitBreaker
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Collection, Range, Store, StoreError, StoreUnavailable

POLL_SECONDS = 0.25
STALE_SECONDS = 0.75
RELOAD_SECONDS = 5.0
STALE_RELOAD_SECONDS = 0.5  # while stale
KNOWN_MAX = 200_000  # revocations that a process keeps, of about 200 bytes each
_REDIS_TIMEOUT_SECONDS = 0.3  # where a request waits for Redis
_BREAKER_SECONDS = 0.5
# Of two reads of the store: clocks of processes differ, commits take time.
_OVERLAP = timedelta(seconds=2 * CLOCK_TOLERANCE_SECONDS)
_PAGE = 500

D = TypeVar("D", Session, User)

log = structlog.get_logger(__name__)


class Revocations:
    """What this process knows to be revoked.  Implements ``auth.ports.RevocationList``."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: AuthSettings,
        redis: RedisClient,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions: Collection[Session] = store.collection(SESSIONS)
        self._users: Collection[User] = store.collection(USERS)
        self._clock = clock
        # Some process may take a token for valid so long after it was issued: the clock of the one that
        # issued it is ahead, that of the other behind.
        self._token_lifetime = timedelta(seconds=settings.access_seconds + 2 * CLOCK_TOLERANCE_SECONDS)
        self._log = RevocationLog(redis)
        self._now = monotonic
        self._until: dict[str, float] = {}  # of each session: when its last access token expires (wall)
        self._users_from: dict[str, tuple[int, float]] = {}  # of each account: the first good version, until
        self._listeners: list[RevocationListener] = []
        self._unpublished: set[Revocation] = set()  # known here, perhaps not in the log
        self._loaded_at: datetime | None = None  # what was revoked in the store by then is known
        self._position: LogPosition | None = None  # in the log
        self._reloaded_at = -math.inf
        self._fresh_until = -math.inf
        self._full_until = -math.inf  # monotonic; until then a revocation that was left out may matter
        self._breaker = CircuitBreaker(_BREAKER_SECONDS, monotonic=monotonic)
        self._failing: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._redis_lookups = self._store_lookups = self._lookup_failures = self._rebuilds = 0

    # --- for requests --------------------------------------------------------------------------

    @property
    def known(self) -> Container[str]:
        """The revoked sessions that this process knows."""
        return self._until

    def first_version_of(self, user_id: str) -> int:
        """The oldest version of that account whose tokens are good, as far as this process knows."""
        known = self._users_from.get(user_id)
        return 0 if known is None else known[0]

    def on_revoked(self, listener: RevocationListener) -> None:
        """Call *listener* with the ids of sessions and accounts that were just revoked."""
        self._listeners.append(listener)

    def stale(self) -> bool:
        """True if this process may not know all revocations: then call ``confirm``."""
        return self._now() > self._fresh_until

    async def confirm(self, principal: Principal) -> None:
        """Look a token's session and account up.  Raises ``Unauthenticated``; ``Overloaded`` if unknown."""
        found = await self._look_up_in_redis(principal)
        if found is None:
            found = await self._look_up_in_store(principal)
        revoked = []
        if found.ended:
            revoked.append(Revocation(principal.session_id))
        if principal.account_version < found.first_version:
            revoked.append(Revocation(principal.user_id, found.first_version))
        for revocation in revoked:
            self._add(revocation)
        if revoked:
            self._tell(revoked)
            raise Unauthenticated("This session has ended; sign in again")

    async def _look_up_in_redis(self, principal: Principal) -> LookUp | None:
        """What Redis says; ``None`` if it does not know."""
        if not self._breaker.allow():
            return None
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT_SECONDS):
                found = await self._log.look_up(principal.session_id, principal.user_id)
        except (RedisError, TimeoutError):
            self._breaker.record_failure()
            return None
        self._breaker.record_success()
        if not found.complete and not found.ended and principal.account_version >= found.first_version:
            return None
        self._redis_lookups += 1
        return found

    async def _look_up_in_store(self, principal: Principal) -> LookUp:
        try:
            session, user = await asyncio.gather(
                self._sessions.get(principal.session_id), self._users.get(principal.user_id)
            )
        except StoreError as error:
            self._lookup_failures += 1
            raise Overloaded("Sessions cannot be checked at the moment", retry_after=1) from error
        self._store_lookups += 1
        ended = session is None or session.ended_at is not None or user is None
        return LookUp(True, ended, 0 if user is None else user.tokens_from_version)

    async def revoke(self, session_id: str) -> None:
        """Refuse the session's tokens: here at once, in other processes soon.  It has ended in the store."""
        await self._revoke([Revocation(session_id)])

    async def revoke_all(self, session_ids: Iterable[str]) -> None:
        """Refuse the tokens of several sessions, as ``revoke`` does."""
        await self._revoke([Revocation(session_id) for session_id in session_ids])

    async def revoke_tokens_of(self, user: User) -> None:
        """Refuse the account's tokens of before ``tokens_from_version``, as it is in the store."""
        if user.tokens_from_version:
            await self._revoke([Revocation(user.id, user.tokens_from_version)])

    async def _revoke(self, revocations: list[Revocation]) -> None:
        for revocation in revocations:
            self._add(revocation)
        self._tell(revocations)
        self._unpublished.update(revocations)
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT_SECONDS):
                await self._publish()
        except (RedisError, TimeoutError) as error:
            log.warning("revocation_publish_failed", reason=repr(error))  # the next poll retries

    def stats(self) -> dict[str, int]:
        """Figures for the metrics; ``stale`` is 0 or 1."""
        return {
            "known_sessions": len(self._until),
            "known_users": len(self._users_from),
            "unpublished_sessions": len(self._unpublished),
            "stale": int(self.stale()),
            "redis_lookups_total": self._redis_lookups,
            "store_lookups_total": self._store_lookups,
            "lookup_failures_total": self._lookup_failures,
            "rebuilds_total": self._rebuilds,
        }

    # --- lifecycle ----------------------------------------------------------------------------

    async def open(self) -> None:
        """Load the recently ended sessions, then poll the log.

        Raises ``StoreError``: then this process must not accept requests.  Without Redis it starts stale.
        """
        await self._load()
        self._reloaded_at = self._now()
        with contextlib.suppress(RedisError):
            while not await self._poll():
                pass
        self._tasks = [
            asyncio.create_task(self._repeat("poll", POLL_SECONDS, self._poll_all), name="revocations poll"),
            asyncio.create_task(
                self._repeat("reload", STALE_RELOAD_SECONDS, self._reload_if_due), name="revocations reload"
            ),
        ]

    async def close(self) -> None:
        await cancel_and_wait(*self._tasks)
        self._tasks.clear()

    async def _repeat(self, name: str, every_s: float, work: Callable[[], Awaitable[None]]) -> None:
        """Repeat *work* at that interval; log once when it begins to fail."""
        while True:
            began = time.monotonic()
            try:
                await work()
            except StoreUnavailable:
                pass  # the store logs its outages
            except Exception as error:
                if name not in self._failing:
                    self._failing.add(name)
                    expected = isinstance(error, RedisError | StoreError)
                    log.warning(
                        "revocations_loop_failed", loop=name, reason=repr(error), exc_info=not expected
                    )
            else:
                self._failing.discard(name)
            await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began)))

    # --- the log ------------------------------------------------------------------------------

    async def _poll_all(self) -> None:
        while not await self._poll():
            pass

    async def _poll(self) -> bool:
        """Poll the log once; False: poll again at once.  Raises ``RedisError``, ``StoreError``."""
        sent_at = self._now()
        result = await self._log.poll(self._position)
        if result is None:
            await self._rebuild()
            return False
        if not result.continues:
            await self._load()
        for revocation, seconds in result.revoked:
            self._add(revocation, seconds)
            self._unpublished.discard(revocation)
        self._tell(revocation for revocation, _ in result.revoked)
        self._position = result.position
        if result.more:
            return False
        if sent_at >= self._full_until:
            self._fresh_until = sent_at + STALE_SECONDS
        await self._publish()
        return True

    async def _rebuild(self) -> None:
        """Copy what is revoked to a Redis that lost it; several processes may do this at once."""
        await self._load()
        known = [Revocation(i) for i in self._until]
        known += [Revocation(i, version) for i, (version, _) in self._users_from.items()]
        await self._log.append(self._left([*known, *self._unpublished]))
        await self._log.mark_complete()
        self._rebuilds += 1
        log.info("revocations_rebuilt", known=len(known))

    async def _publish(self) -> None:
        if publishing := set(self._unpublished):
            await self._log.append(self._left(publishing))
            self._unpublished -= publishing

    def _left(self, revocations: Iterable[Revocation]) -> list[tuple[Revocation, int]]:
        """Each revocation with the seconds that its tokens may still live."""
        now = self._clock.wall().timestamp()
        left_out = 0.0  # what was left out of a full memory is published all the same
        if self._now() < self._full_until:
            left_out = now + self._token_lifetime.total_seconds()
        return [
            (one, math.ceil(left))
            for one in revocations
            if (left := (self._until_of(one) or left_out) - now) > 0
        ]

    def _until_of(self, revocation: Revocation) -> float:
        if not revocation.version:
            return self._until.get(revocation.id, 0.0)
        version, until = self._users_from.get(revocation.id, (0, 0.0))
        return until if version == revocation.version else 0.0

    def _add(self, revocation: Revocation, seconds: float | None = None) -> None:
        lifetime = self._token_lifetime.total_seconds() if seconds is None else seconds
        self._keep(revocation, self._clock.wall().timestamp() + lifetime)

    def _keep(self, revocation: Revocation, until: float) -> None:
        known = self._users_from if revocation.version else self._until
        if len(known) >= KNOWN_MAX and revocation.id not in known:
            self._full_until = self._now() + self._token_lifetime.total_seconds()
            self._fresh_until = -math.inf
        elif not revocation.version:
            self._until[revocation.id] = until
        elif revocation.version > self.first_version_of(revocation.id):
            self._users_from[revocation.id] = revocation.version, until

    def _tell(self, revocations: Iterable[Revocation]) -> None:
        """Tell the listeners what was revoked."""
        told = list(revocations)
        users = {revocation.id for revocation in told if revocation.version}
        sessions = {revocation.id for revocation in told if not revocation.version}
        if told:
            for listener in self._listeners:
                listener(sessions, users)

    # --- the store ----------------------------------------------------------------------------

    async def _reload_if_due(self) -> None:
        """Read the store now and then; often while Redis tells nothing, for the sake of open sockets."""
        if self.stale() or self._now() - self._reloaded_at >= RELOAD_SECONDS:
            await self._reload()
            self._reloaded_at = self._now()

    async def _reload(self) -> None:
        await self._load()
        now = self._clock.wall().timestamp()
        for session_id in [i for i, until in self._until.items() if until < now]:
            del self._until[session_id]
            self._unpublished.discard(Revocation(session_id))
        for user_id in [i for i, (_, until) in self._users_from.items() if until < now]:
            version, _ = self._users_from.pop(user_id)
            self._unpublished.discard(Revocation(user_id, version))

    async def _load(self) -> None:
        """Read what was revoked since the last read of the store, and have what is new published."""
        now = self._clock.wall()
        since = max(self._loaded_at or now - self._token_lifetime, now - self._token_lifetime) - _OVERLAP
        added: list[Revocation] = []
        async for session in _each(self._sessions, "ended_at", since):
            if session.ended_at is not None:
                added += self._found(Revocation(session.id), session.ended_at, now)
        async for user in _each(self._users, "tokens_not_before", since):
            if user.tokens_not_before is not None:
                revocation = Revocation(user.id, user.tokens_from_version)
                added += self._found(revocation, user.tokens_not_before, now)
        self._tell(added)
        self._loaded_at = now

    def _found(self, revocation: Revocation, at: datetime, now: datetime) -> list[Revocation]:
        """Take note of a revocation in the store; the list has it if it was not known."""
        until = at + self._token_lifetime
        if until <= now or self._until_of(revocation) or self._is_older(revocation):
            return []
        self._keep(revocation, until.timestamp())
        self._unpublished.add(revocation)
        return [revocation]

    def _is_older(self, revocation: Revocation) -> bool:
        return bool(revocation.version) and revocation.version < self.first_version_of(revocation.id)


async def _each(collection: Collection[D], field: str, since: datetime) -> AsyncIterator[D]:
    """The documents whose *field* is not before that time."""
    cursor: str | None = None
    while True:
        page = await collection.find({field: Range(ge=since)}, sort=field, limit=_PAGE, cursor=cursor)
        for document in page.items:
            yield document
        cursor = page.next_cursor
        if cursor is None:
            return
