"""Which sessions ended before their access tokens did: a set in each process, looked at on every request.

The store holds the fact.  Redis carries it (``auth.revocation_log``): each process reads the log every
``BEAT_SECONDS``, and an answered look is its heartbeat, for at the moment it was sent nothing was
unknown here.  A process that has had none for ``STALE_SECONDS`` asks about each session: Redis, if that
vouches for what it holds, else the store; with neither nobody is let in.  What could not be told, or
was cut off between the store and Redis, each process finds in the store every ``RELOAD_SECONDS``, and
tells.  ``docs/adr/0016-revocations-travel-with-a-heartbeat.md`` says why.
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
from supportcarr.auth.revocation_log import Place, RevokedLog
from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.errors import Overloaded, Unauthenticated
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.circuit_breaker import CircuitBreaker
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Collection, Range, Store, StoreError

BEAT_SECONDS = 0.25
STALE_SECONDS = 0.75
RELOAD_SECONDS = 5.0
_PATIENCE_SECONDS = 0.3  # with Redis where a request waits for it
_REST_SECONDS = 0.5  # of a Redis that did not answer
_OVERLAP = timedelta(seconds=30)  # of two looks: clocks of processes differ, commits take a while
_PAGE = 500

log = structlog.get_logger(__name__)


class Revocations:
    """The sessions whose access tokens must be refused though they are not over."""

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
        self._lives = timedelta(seconds=settings.access_seconds)
        self._log = RevokedLog(redis)
        self._now = monotonic
        self._until: dict[str, float] = {}  # wall seconds when the last access token is over
        self._untold: set[str] = set()  # known here, and maybe not in Redis
        self._loaded_at: datetime | None = None  # what had ended by then is known
        self._place: Place | None = None  # how far the log was read
        self._fresh_until = -math.inf
        self._breaker = CircuitBreaker(_REST_SECONDS, monotonic=monotonic)
        self._failing: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._asked_redis = self._asked_store = self._unanswered = self._rebuilt = 0

    # --- the requests' side -------------------------------------------------------------------

    @property
    def known(self) -> Container[str]:
        """Those of which this process has heard."""
        return self._until

    def stale(self) -> bool:
        """True if something may be revoked that is not known here: then ``confirm`` must be asked."""
        return self._now() > self._fresh_until

    async def confirm(self, session_id: str) -> None:
        """Ask whether the session lives.  Raises ``Unauthenticated``; ``Overloaded``: nobody can tell."""
        revoked = await self._asked(session_id)
        if revoked is None:
            session = await self._stored(session_id)
            revoked = session is None or session.ended_at is not None
        if revoked:
            self._add(session_id)
            raise Unauthenticated("This session is over; sign in again")

    async def _asked(self, session_id: str) -> bool | None:
        if not self._breaker.allow():
            return None
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                answer = await self._log.ask(session_id)
        except (RedisError, TimeoutError):
            self._breaker.record_failure()
            return None
        self._breaker.record_success()
        self._asked_redis += answer is not None
        return answer

    async def _stored(self, session_id: str) -> Session | None:
        try:
            session = await self._sessions.get(session_id)
        except StoreError as error:
            self._unanswered += 1
            raise Overloaded("Nobody can tell just now who is signed in", retry_after=1) from error
        self._asked_store += 1
        return session

    async def revoke(self, session_id: str) -> None:
        """Refuse its tokens from now on, here at once and elsewhere soon.  The store knows already."""
        self._add(session_id)
        self._untold.add(session_id)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._tell()
        except (RedisError, TimeoutError) as error:
            log.warning("revocation_not_told_yet", reason=repr(error))  # the next beat tries again

    def stats(self) -> dict[str, int]:
        """Figures for the metrics; ``stale`` is 0 or 1."""
        return {
            "known_sessions": len(self._until),
            "unpublished_sessions": len(self._untold),
            "stale": int(self.stale()),
            "redis_lookups_total": self._asked_redis,
            "store_lookups_total": self._asked_store,
            "lookup_failures_total": self._unanswered,
            "rebuilds_total": self._rebuilt,
        }

    # --- life ---------------------------------------------------------------------------------

    async def open(self) -> None:
        """Load what ended lately, then follow.  Raises ``StoreError``: do not take traffic then.

        Without Redis it begins stale.
        """
        await self._load()
        with contextlib.suppress(RedisError):
            while not await self._beat():
                pass
        self._tasks = [
            asyncio.create_task(self._again("beat", BEAT_SECONDS, self._beats), name="revocations beat"),
            asyncio.create_task(self._again("reload", RELOAD_SECONDS, self._reload), name="revocations load"),
        ]

    async def close(self) -> None:
        await cancel_and_wait(*self._tasks)
        self._tasks.clear()

    async def _again(self, name: str, every_s: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do it at that pace for good, and say once when it begins to fail."""
        while True:
            began = time.monotonic()
            try:
                await work()
            except Exception as error:
                if name not in self._failing:
                    self._failing.add(name)
                    expected = isinstance(error, RedisError | StoreError)
                    log.warning("revocations_failing", loop=name, reason=repr(error), exc_info=not expected)
            else:
                self._failing.discard(name)
            await asyncio.sleep(max(0.0, every_s - (time.monotonic() - began)))

    # --- following ----------------------------------------------------------------------------

    async def _beats(self) -> None:
        while not await self._beat():
            pass

    async def _beat(self) -> bool:
        """Look at the log once; False: look again at once.  Raises ``RedisError``, ``StoreError``."""
        asked_at = self._now()
        heard = await self._log.hear(self._place)
        if heard is None:
            await self._rebuild()
            return False
        if not heard.follows:
            await self._load()
        for session_id, seconds in heard.ended:
            self._add(session_id, seconds)
            self._untold.discard(session_id)
        self._place = heard.place
        if heard.more:
            return False
        self._fresh_until = asked_at + STALE_SECONDS
        await self._tell()
        return True

    async def _rebuild(self) -> None:
        """Copy the store's to a Redis that has lost them; several processes at once do no harm."""
        await self._load()
        await self._log.append(self._left(self._until))
        await self._log.vouch()
        self._rebuilt += 1
        log.info("revocations_rebuilt", known=len(self._until))

    async def _tell(self) -> None:
        if telling := set(self._untold):
            await self._log.append(self._left(telling))
            self._untold -= telling

    def _left(self, session_ids: Iterable[str]) -> list[tuple[str, int]]:
        """Each with the seconds for which its tokens may live."""
        now = self._clock.wall().timestamp()
        return [(i, math.ceil(self._until[i] - now)) for i in session_ids if self._until.get(i, 0) > now]

    def _add(self, session_id: str, seconds: float | None = None) -> None:
        lives = self._lives.total_seconds() if seconds is None else seconds
        self._until[session_id] = self._clock.wall().timestamp() + lives

    # --- the store ----------------------------------------------------------------------------

    async def _reload(self) -> None:
        await self._load()
        now = self._clock.wall().timestamp()
        for session_id in [i for i, until in self._until.items() if until < now]:
            del self._until[session_id]
            self._untold.discard(session_id)

    async def _load(self) -> None:
        """Take over what ended since the last look at the store, and let it be told if it was not."""
        now = self._clock.wall()
        since = max(self._loaded_at or now - self._lives, now - self._lives) - _OVERLAP
        cursor: str | None = None
        while True:
            page = await self._sessions.find(
                {"ended_at": Range(ge=since)}, sort="ended_at", limit=_PAGE, cursor=cursor
            )
            for session in page.items:
                until = session.ended_at + self._lives if session.ended_at else now
                if until > now and session.id not in self._until:
                    self._until[session.id] = until.timestamp()
                    self._untold.add(session.id)
            cursor = page.next_cursor
            if cursor is None:
                break
        self._loaded_at = now
