"""When sessions were last used, in Redis: kept for 24 hours after the last use.

A request costs nothing here.  A verified token is noted when it is verified again, every few minutes
(``access_tokens.USE_NOTED_EVERY``); the notes of a process are written every ``WRITE_SECONDS`` in one batch.
The store has everything but the last use (``model.Session``), with device and place, which are sealed there;
Redis holds ids only.  If Redis is wiped or unavailable, a session was last used when it was last refreshed,
as far as anybody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from supportcarr.auth.model import Session
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import Arg, RedisClient
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import Clock

KEPT_SECONDS = 24 * 3600  # after the last use
WRITE_SECONDS = 5.0
NOTES_MAX = 20_000  # of a process, between two writes; further ones are dropped
_BATCH = 500
_TIMEOUT_SECONDS = 0.5

log = structlog.get_logger(__name__)


class SessionActivity:
    """Notes and reads when sessions are used.  Implements ``auth.ports.SessionUse``."""

    def __init__(self, redis: RedisClient, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._used: dict[str, int] = {}  # not written yet: when each session was used (wall seconds)
        self._opened: dict[str, Session] = {}  # not written yet
        self._ended: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._failing = False
        self._hits = self._misses = self._dropped = self._written = 0

    # --- noting -------------------------------------------------------------------------------

    def note_use(self, session_id: str) -> None:
        """The session is in use.  Cheap."""
        if len(self._used) < NOTES_MAX:
            self._used[session_id] = int(self._clock.wall_seconds())
        else:
            self._dropped += 1

    def opened(self, session: Session) -> None:
        """The session was opened or refreshed."""
        if len(self._opened) < NOTES_MAX:
            self._opened[session.id] = session
            self.note_use(session.id)
        else:
            self._dropped += 1

    def ended(self, session_id: str) -> None:
        """The session has ended: it is forgotten."""
        self._used.pop(session_id, None)
        self._opened.pop(session_id, None)
        if len(self._ended) < NOTES_MAX:
            self._ended.add(session_id)

    # --- reading ------------------------------------------------------------------------------

    async def last_uses(self, session_ids: Sequence[str]) -> dict[str, datetime]:
        """When each session was last used, of those that Redis or this process knows."""
        found: dict[str, int] = {}
        commands = [("HGET", keys.session(session_id), "used") for session_id in session_ids]
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                replies = await self._redis.batch(commands, decode=True)
        except (RedisError, TimeoutError) as error:
            log.warning("session_uses_not_read", reason=repr(error))
            replies = [None] * len(session_ids)
        for session_id, reply in zip(session_ids, replies, strict=True):
            known = [int(reply)] if reply is not None and reply.isdecimal() else []
            self._hits += bool(known)
            self._misses += not known
            if session_id in self._used:
                known.append(self._used[session_id])
            if known:
                found[session_id] = max(known)
        return {session_id: datetime.fromtimestamp(at, UTC) for session_id, at in found.items()}

    # --- writing ------------------------------------------------------------------------------

    def start(self) -> None:
        """Write notes until ``close``."""
        self._task = asyncio.create_task(self._write_forever(), name="session activity")

    async def close(self) -> None:
        """End, after a last write."""
        await cancel_and_wait(self._task)
        self._task = None
        await self._try_to_write()

    async def _write_forever(self) -> None:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            await self._try_to_write()

    async def _try_to_write(self) -> None:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self.write()
            self._failing = False
        except Exception as error:  # the task must not end; what could not be written is noted again
            if not self._failing:
                self._failing = True
                expected = isinstance(error, RedisError | TimeoutError)
                log.warning("session_uses_not_written", reason=repr(error), exc_info=not expected)

    async def write(self) -> None:
        """Write what was noted.  Raises ``RedisError``; then those notes are lost."""
        used, opened, ended = self._used, self._opened, self._ended
        self._used, self._opened, self._ended = {}, {}, set()
        commands: list[tuple[Arg, ...]] = [("DEL", keys.session(session_id)) for session_id in ended]
        for session_id, at in used.items():
            key = keys.session(session_id)
            commands += [
                ("HSET", key, *_fields(opened.get(session_id)), "used", at),
                ("EXPIRE", key, KEPT_SECONDS),
            ]
        for start in range(0, len(commands), _BATCH):
            await self._redis.batch(commands[start : start + _BATCH])
        self._written += len(used)

    def stats(self) -> dict[str, int]:
        """Figures for the metrics: look-ups that Redis could and could not answer, and writes."""
        return {
            "hits_total": self._hits,
            "misses_total": self._misses,
            "writes_total": self._written,
            "dropped_total": self._dropped,
        }


def _fields(session: Session | None) -> tuple[Arg, ...]:
    if session is None:
        return ()
    return "user", session.user_id, "app", session.app or ""
