"""Password hashing: bcrypt in its own thread pool, with a bounded queue and a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.errors import Overloaded, ValidationFailed

MIN_CHARACTERS, MAX_BYTES = 8, 72  # bcrypt reads no further than 72 bytes
DEADLINE_SECONDS = 8.0  # shorter than the timeout of a request, so that the hash gives up first
MAX_QUEUED = 64

T = TypeVar("T")


class PasswordHasher:
    """Hashes and verifies passwords.

    At cost 12 one hash takes a quarter of a second of a core (the GIL is released meanwhile), so more
    than ``MAX_QUEUED`` at once are refused with ``Overloaded``.
    """

    def __init__(self, settings: AuthSettings, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._cost = settings.bcrypt_cost
        self._deadline = deadline_seconds
        self._threads = ThreadPoolExecutor(settings.bcrypt_threads, thread_name_prefix="bcrypt")
        self._queued = 0
        # A hash that no password matches, at the same cost: unknown accounts take as long as known ones.
        self._dummy_hash = f"$2b${self._cost:02d}$" + "." * 53

    async def hash(self, password: str) -> str:
        """Raises ``ValidationFailed`` for a password that bcrypt would truncate, ``Overloaded``."""
        data = encode_password(password)
        salt = bcrypt.gensalt(self._cost)
        return (await self._run(lambda: bcrypt.hashpw(data, salt))).decode()

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password matches; without a hash (unknown account) it takes as long.

        Raises the errors of ``hash``.
        """
        data = encode_password(password)
        stored = (hashed or self._dummy_hash).encode()
        matches = await self._run(lambda: bcrypt.checkpw(data, stored))
        return matches and hashed is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._queued >= MAX_QUEUED:
            raise Overloaded("Too many people sign in just now", retry_after=5)
        self._queued += 1
        try:
            async with asyncio.timeout(self._deadline):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError:
            raise Overloaded("Too many people sign in just now", retry_after=5) from None
        finally:
            self._queued -= 1

    def close(self) -> None:
        """Cancel queued hashes; running ones finish by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def encode_password(password: str) -> bytes:
    """The password's bytes.  Raises ``ValidationFailed`` if it is too short or bcrypt would truncate it."""
    data = password.encode()
    if len(password) < MIN_CHARACTERS:
        raise ValidationFailed.of(
            "password", "too_short", f"A password has at least {MIN_CHARACTERS} characters"
        )
    if len(data) > MAX_BYTES:
        raise ValidationFailed.of("password", "too_long", f"A password has at most {MAX_BYTES} bytes")
    if b"\0" in data:
        raise ValidationFailed.of("password", "invalid", "A password cannot hold the character NUL")
    return data
