"""Generate ids (``contracts.ids`` defines their form)."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import datetime
from functools import lru_cache

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]  # ten bits each
_OF_A_BYTE = bytes(map(ord, _ALPHABET * 8))  # the character that five of its bits stand for


def new_id(prefix: str, *, region: str | None = None) -> str:
    """A fresh id: 48 bits of wall-clock milliseconds, then 80 random bits (the ULID layout)."""
    upper, lower = divmod(time.time_ns() // 1_000_000, 1024)
    chance = os.urandom(16).translate(_OF_A_BYTE).decode("ascii")
    body = f"{_upper(upper)}{_PAIRS[lower]}{chance}"
    return f"{prefix}_{region}_{body}" if region else f"{prefix}_{body}"


def derived_id(prefix: str, at: datetime, source: str) -> str:
    """The id of what is made from *source*, always the same: it sorts by *at*, like any other id.

    The 80 bits behind the time are a BLAKE2b digest of *source*.
    """
    digest = hashlib.blake2b(source.encode(), digest_size=10).digest()
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(digest)
    return f"{prefix}_{''.join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))}"


@lru_cache(1)
def _upper(part: int) -> str:
    """The upper 38 bits of the time: the same for about a second."""
    return "".join(_PAIRS[part >> shift & 1023] for shift in range(30, -1, -10))
