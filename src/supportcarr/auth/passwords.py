"""Password hashing: bcrypt in its own thread pool, with a bounded queue and a deadline.

The queue is shared fairly: a client (an address) may have some of its places only, and one hash at a time
runs for it, so that the others wait for one hash of each client at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

import bcrypt

from supportcarr.auth.password_rules import check_length
from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.errors import Overloaded, RateLimited

DEADLINE_SECONDS = 8.0  # shorter than the timeout of a request, so that the hash gives up first
MAX_QUEUED = 64
MAX_QUEUED_OF_CLIENT = 8
_NICENESS = 10  # of the threads: a tenth of an event loop's weight

T = TypeVar("T")


class _Client:
    """The hashes that were asked for from one address: how many, and whose turn it is."""

    __slots__ = ("queued", "turn")

    def __init__(self) -> None:
        self.queued = 0
        self.turn = asyncio.Lock()


class PasswordHasher:
    """Hashes and verifies passwords.

    At cost 12 one hash takes a quarter of a second of a core (the GIL is released meanwhile), so more
    than ``MAX_QUEUED`` at once are refused with ``Overloaded``, and more than ``MAX_QUEUED_OF_CLIENT`` of one
    *client* with ``RateLimited``.  Hashes without a client are not bounded by client, and without a deadline
    (``None``) they take as long as a busy machine needs.
    """

    def __init__(self, settings: AuthSettings, *, deadline_seconds: float | None = DEADLINE_SECONDS) -> None:
        self._cost = settings.bcrypt_cost
        self._deadline = deadline_seconds
        self._threads = ThreadPoolExecutor(
            settings.bcrypt_threads, thread_name_prefix="bcrypt", initializer=_yield_to_others
        )
        self._queued = 0
        self._clients: dict[str, _Client] = {}  # those with hashes in the queue
        # A hash that no password matches, at the same cost: unknown accounts take as long as known ones.
        self._dummy_hash = f"$2b${self._cost:02d}$" + "." * 53

    async def hash(self, password: str, client: str | None = None) -> str:
        """Raises ``ValidationFailed`` for a password that bcrypt would truncate, ``Overloaded``,
        ``RateLimited``."""
        data = check_length(password)
        salt = bcrypt.gensalt(self._cost)
        return (await self._run(lambda: bcrypt.hashpw(data, salt), client)).decode()

    async def verify(self, password: str, hashed: str | None, client: str | None = None) -> bool:
        """Whether the password matches; without a hash (unknown account) it takes as long.

        Raises the errors of ``hash``.
        """
        data = check_length(password)
        stored = (hashed or self._dummy_hash).encode()
        matches = await self._run(lambda: bcrypt.checkpw(data, stored), client)
        return matches and hashed is not None

    async def _run(self, work: Callable[[], T], client: str | None) -> T:
        if self._queued >= MAX_QUEUED:
            raise Overloaded("Too many people are signing in at the moment", retry_after=5)
        self._queued += 1
        try:
            async with asyncio.timeout(self._deadline), self._turn_of(client):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError:
            raise Overloaded("Too many people are signing in at the moment", retry_after=5) from None
        finally:
            self._queued -= 1

    @asynccontextmanager
    async def _turn_of(self, name: str | None) -> AsyncIterator[None]:
        """Wait until no other hash of that client runs."""
        if name is None:
            yield
            return
        client = self._clients.setdefault(name, _Client())
        if client.queued >= MAX_QUEUED_OF_CLIENT:
            raise RateLimited("Too many sign-ins from your address just now", retry_after=5)
        client.queued += 1
        try:
            async with client.turn:
                yield
        finally:
            client.queued -= 1
            if not client.queued:
                del self._clients[name]

    def close(self) -> None:
        """Cancel queued hashes; running ones finish by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _yield_to_others() -> None:
    """Let the event loops of this machine go first: they need little, and bcrypt all that it gets.

    A thread has a priority of its own on Linux; elsewhere this would be the whole process's.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # not allowed here: it works as well, only slower for others
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
