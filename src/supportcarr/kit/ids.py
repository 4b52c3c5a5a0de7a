"""Minting of ids (``contracts.ids`` says what they look like)."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
_PAIRS = [a + b for a in _ALPHABET for b in _ALPHABET]  # ten bits each
_TIME = tuple(range(40, -1, -10))
_CHANCE = tuple(range(70, -1, -10))


def new_id(prefix: str, *, region: str | None = None) -> str:
    """A fresh id: 48 bits of wall-clock milliseconds, then 80 random bits (the ULID layout)."""
    now, chance = time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10))
    pairs = [_PAIRS[now >> shift & 1023] for shift in _TIME]
    pairs += [_PAIRS[chance >> shift & 1023] for shift in _CHANCE]
    body = "".join(pairs)
    return f"{prefix}_{region}_{body}" if region else f"{prefix}_{body}"
