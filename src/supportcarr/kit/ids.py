"""Minting of ids (``contracts.ids`` says what they look like)."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32


def new_id(prefix: str, *, region: str | None = None) -> str:
    """A fresh id: 48 bits of wall-clock milliseconds, then 80 random bits (the ULID layout)."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    chars = [""] * 26
    for i in range(25, -1, -1):
        chars[i] = _ALPHABET[number & 31]
        number >>= 5
    body = "".join(chars)
    return f"{prefix}_{region}_{body}" if region else f"{prefix}_{body}"
