"""Which sessions ended before their access tokens did: a set in each process, asked on every request.

A process that ends a session tells the others by publish/subscribe; every few seconds each reads from
the store what ended lately, which also mends what a lost message or a new process missed.  So a
revocation reaches every process in milliseconds, and in ``RELOAD_SECONDS`` at the worst.  Streams with
a heartbeat, and judging by the age of what was heard, come with the rest of identity.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection as AbstractCollection
from collections.abc import Iterator
from datetime import timedelta

import structlog

from supportcarr.auth.model import Session
from supportcarr.auth.ports import Broadcast
from supportcarr.auth.repository import SESSIONS
from supportcarr.kit.clock import Clock
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.settings import Auth
from supportcarr.kit.store.port import Collection, Range, Store, StoreError

RELOAD_SECONDS = 5.0
_OVERLAP = timedelta(seconds=30)  # between two reloads: clocks of processes differ, commits take a while

log = structlog.get_logger(__name__)


class Revocations(AbstractCollection[str]):
    """Ids of sessions whose access tokens must be refused though they are not over."""

    def __init__(self, store: Store, clock: Clock, settings: Auth, broadcast: Broadcast) -> None:
        self._sessions: Collection[Session] = store.collection(SESSIONS)
        self._clock = clock
        self._lives = timedelta(seconds=settings.access_seconds)
        self._broadcast = broadcast
        self._until: dict[str, float] = {}  # wall seconds when the last access token is over
        self._tasks: list[asyncio.Task[None]] = []

    def __contains__(self, session_id: object) -> bool:
        return session_id in self._until

    def __iter__(self) -> Iterator[str]:
        return iter(self._until)

    def __len__(self) -> int:
        return len(self._until)

    async def open(self) -> None:
        """Load what ended lately, then listen.  Raises ``StoreError``: do not take traffic then."""
        await self._load(self._lives)
        self._tasks = [
            asyncio.create_task(self._listen(), name="revocations listen"),
            asyncio.create_task(self._reload(), name="revocations reload"),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def revoke(self, session_id: str) -> None:
        """Refuse its tokens from now on, here at once and elsewhere soon.  The store knows already."""
        self._add(session_id)
        try:
            await self._broadcast.publish(keys.revoked_sessions_channel(), session_id.encode())
        except RedisError as error:
            log.warning("revocation_not_broadcast", reason=repr(error))  # the others' reload finds it

    def _add(self, session_id: str) -> None:
        self._until[session_id] = (self._clock.wall() + self._lives).timestamp()

    async def _listen(self) -> None:
        async for message in self._broadcast.subscribe(keys.revoked_sessions_channel()):
            self._add(message.decode())

    async def _reload(self) -> None:
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            try:
                await self._load(timedelta(seconds=RELOAD_SECONDS) + _OVERLAP)
            except StoreError as error:
                log.warning("revocations_not_reloaded", reason=repr(error))

    async def _load(self, back: timedelta) -> None:
        now = self._clock.wall()
        async for session in self._sessions.scan({"ended_at": Range(ge=now - back)}):
            if session.id not in self._until and session.ended_at is not None:
                self._until[session.id] = (session.ended_at + self._lives).timestamp()
        over = [session_id for session_id, until in self._until.items() if until < now.timestamp()]
        for session_id in over:
            del self._until[session_id]
