"""Revoked sessions whose access tokens have not expired: a set in each process, checked on every request.

The store is authoritative.  Every process polls the log in Redis (``auth.revocation_log``) every
``POLL_SECONDS``; a successful poll doubles as the heartbeat, because it shows that this process knew all
revocations when it was sent.  A process without one for ``STALE_SECONDS`` looks up each session: in
Redis if the log there is complete, else in the store.  With neither, requests are refused.  Every
``RELOAD_SECONDS`` each process reads the store, and appends to the log what it finds missing there.
``docs/adr/0016-revocations-travel-with-a-heartbeat.md`` says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Container, Iterable
from datetime import datetime, timedelta

import structlog

from supportcarr.auth.collections import SESSIONS
from supportcarr.auth.model import Session
from supportcarr.auth.revocation_log import LogPosition, RevocationLog
from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.errors import Overloaded, Unauthenticated
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.circuit_breaker import CircuitBreaker
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Collection, Range, Store, StoreError

POLL_SECONDS = 0.25
STALE_SECONDS = 0.75
RELOAD_SECONDS = 5.0
_REDIS_TIMEOUT_SECONDS = 0.3  # where a request waits for Redis
_BREAKER_SECONDS = 0.5
_OVERLAP = timedelta(seconds=30)  # of two reads of the store: clocks of processes differ, commits take time
_PAGE = 500

log = structlog.get_logger(__name__)


class Revocations:
    """The revoked sessions that this process knows.  Implements ``auth.ports.RevocationList``."""

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
        self._clock = clock
        self._token_lifetime = timedelta(seconds=settings.access_seconds)
        self._log = RevocationLog(redis)
        self._now = monotonic
        self._until: dict[str, float] = {}  # wall seconds when the session's last access token expires
        self._unpublished: set[str] = set()  # known here, perhaps not in the log
        self._loaded_at: datetime | None = None  # sessions that had ended by then are known
        self._position: LogPosition | None = None  # in the log
        self._fresh_until = -math.inf
        self._breaker = CircuitBreaker(_BREAKER_SECONDS, monotonic=monotonic)
        self._failing: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._redis_lookups = self._store_lookups = self._lookup_failures = self._rebuilds = 0

    # --- for requests --------------------------------------------------------------------------

    @property
    def known(self) -> Container[str]:
        """The revoked sessions that this process knows."""
        return self._until

    def stale(self) -> bool:
        """True if this process may not know all revocations: then call ``confirm``."""
        return self._now() > self._fresh_until

    async def confirm(self, session_id: str) -> None:
        """Look the session up.  Raises ``Unauthenticated``; ``Overloaded`` if that is unknown."""
        revoked = await self._look_up_in_redis(session_id)
        if revoked is None:
            session = await self._look_up_in_store(session_id)
            revoked = session is None or session.ended_at is not None
        if revoked:
            self._add(session_id)
            raise Unauthenticated("This session has ended; sign in again")

    async def _look_up_in_redis(self, session_id: str) -> bool | None:
        if not self._breaker.allow():
            return None
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT_SECONDS):
                revoked = await self._log.is_revoked(session_id)
        except (RedisError, TimeoutError):
            self._breaker.record_failure()
            return None
        self._breaker.record_success()
        self._redis_lookups += revoked is not None
        return revoked

    async def _look_up_in_store(self, session_id: str) -> Session | None:
        try:
            session = await self._sessions.get(session_id)
        except StoreError as error:
            self._lookup_failures += 1
            raise Overloaded("Sessions cannot be checked at the moment", retry_after=1) from error
        self._store_lookups += 1
        return session

    async def revoke(self, session_id: str) -> None:
        """Refuse the session's tokens: here at once, in other processes soon.  It has ended in the store."""
        self._add(session_id)
        self._unpublished.add(session_id)
        try:
            async with asyncio.timeout(_REDIS_TIMEOUT_SECONDS):
                await self._publish()
        except (RedisError, TimeoutError) as error:
            log.warning("revocation_publish_failed", reason=repr(error))  # the next poll retries

    def stats(self) -> dict[str, int]:
        """Figures for the metrics; ``stale`` is 0 or 1."""
        return {
            "known_sessions": len(self._until),
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
        with contextlib.suppress(RedisError):
            while not await self._poll():
                pass
        self._tasks = [
            asyncio.create_task(self._repeat("poll", POLL_SECONDS, self._poll_all), name="revocations poll"),
            asyncio.create_task(
                self._repeat("reload", RELOAD_SECONDS, self._reload), name="revocations reload"
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
        for session_id, seconds in result.ended:
            self._add(session_id, seconds)
            self._unpublished.discard(session_id)
        self._position = result.position
        if result.more:
            return False
        self._fresh_until = sent_at + STALE_SECONDS
        await self._publish()
        return True

    async def _rebuild(self) -> None:
        """Copy the revoked sessions to a Redis that lost them; several processes may do this at once."""
        await self._load()
        await self._log.append(self._left(self._until))
        await self._log.mark_complete()
        self._rebuilds += 1
        log.info("revocations_rebuilt", known=len(self._until))

    async def _publish(self) -> None:
        if publishing := set(self._unpublished):
            await self._log.append(self._left(publishing))
            self._unpublished -= publishing

    def _left(self, session_ids: Iterable[str]) -> list[tuple[str, int]]:
        """Each session with the seconds that its tokens may still live."""
        now = self._clock.wall().timestamp()
        return [(i, math.ceil(self._until[i] - now)) for i in session_ids if self._until.get(i, 0) > now]

    def _add(self, session_id: str, seconds: float | None = None) -> None:
        lifetime = self._token_lifetime.total_seconds() if seconds is None else seconds
        self._until[session_id] = self._clock.wall().timestamp() + lifetime

    # --- the store ----------------------------------------------------------------------------

    async def _reload(self) -> None:
        await self._load()
        now = self._clock.wall().timestamp()
        for session_id in [i for i, until in self._until.items() if until < now]:
            del self._until[session_id]
            self._unpublished.discard(session_id)

    async def _load(self) -> None:
        """Read the sessions that ended since the last read of the store, and have new ones published."""
        now = self._clock.wall()
        since = max(self._loaded_at or now - self._token_lifetime, now - self._token_lifetime) - _OVERLAP
        cursor: str | None = None
        while True:
            page = await self._sessions.find(
                {"ended_at": Range(ge=since)}, sort="ended_at", limit=_PAGE, cursor=cursor
            )
            for session in page.items:
                until = session.ended_at + self._token_lifetime if session.ended_at else now
                if until > now and session.id not in self._until:
                    self._until[session.id] = until.timestamp()
                    self._unpublished.add(session.id)
            cursor = page.next_cursor
            if cursor is None:
                break
        self._loaded_at = now
