"""Passwords: bcrypt on a few threads of its own, with a queue that ends and a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.errors import Overloaded, ValidationFailed

MIN_CHARACTERS, MAX_BYTES = 8, 72  # bcrypt reads no further than 72 bytes
DEADLINE_SECONDS = 8.0  # less than a request has, so that it is the hash that gives up
MAX_QUEUED = 64

T = TypeVar("T")


class PasswordHasher:
    """Hashes and verifies.  One hash takes a quarter of a second of a core at cost 12 (the GIL is free
    meanwhile), so more than ``MOST_WAITING`` at once are refused with ``Overloaded``."""

    def __init__(self, settings: AuthSettings, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._cost = settings.bcrypt_cost
        self._deadline = deadline_seconds
        self._threads = ThreadPoolExecutor(settings.bcrypt_threads, thread_name_prefix="bcrypt")
        self._waiting = 0
        # a hash that no password has, at the same cost: unknown people take as long as known ones
        self._nobody = f"$2b${self._cost:02d}$" + "." * 53

    async def hash(self, password: str) -> str:
        """Raises ``ValidationFailed`` for one that bcrypt would cut, ``Overloaded``."""
        data = encode_password(password)
        salt = bcrypt.gensalt(self._cost)
        return (await self._run(lambda: bcrypt.hashpw(data, salt))).decode()

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Whether the password is the one that was hashed; ``None`` (nobody) takes as long.

        Raises as ``hash`` does.
        """
        data = encode_password(password)
        kept = (hashed or self._nobody).encode()
        matches = await self._run(lambda: bcrypt.checkpw(data, kept))
        return matches and hashed is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= MAX_QUEUED:
            raise Overloaded("Too many people sign in just now", retry_after=5)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._deadline):
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except TimeoutError:
            raise Overloaded("Too many people sign in just now", retry_after=5) from None
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Drop what waits; what runs ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def encode_password(password: str) -> bytes:
    """The password's bytes, if it is one that bcrypt reads whole."""
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
