"""Partners and their API keys.  Pure.

A key is ``sc_test_`` or ``sc_live_``, ten characters by which it is found, and forty secret ones.  Only a
keyed hash of it is stored.  Times are wall time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from supportcarr.contracts.documents import Document

Mode = Literal["test", "live"]
Scope = Literal["account:read", "quotes:write", "rescues:read", "rescues:write", "webhooks:write"]

FOUND_BY, SECRET = 10, 40  # characters
USE_NOTED_EVERY = timedelta(minutes=5)


class Partner(Document, frozen=True, kw_only=True):
    """A company that uses the API."""

    name: str
    created_at: datetime


class ApiKey(Document, frozen=True, kw_only=True):
    """One key of a partner."""

    partner_id: str
    prefix: str  # the part of the key by which it is found; unique
    key_hash: str  # keyed hash of the whole key
    mode: Mode
    scopes: tuple[str, ...]  # sorted
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    rotated_to: str | None = None  # the id of the key that takes its place
    last_used_at: datetime | None = None  # some minutes late at most

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def prefix_of(key: str) -> str | None:
    """The part by which a key is found; ``None`` if this is no key."""
    for mode in ("test", "live"):
        start = f"sc_{mode}_"
        if key.startswith(start) and len(key) == len(start) + FOUND_BY + SECRET:
            return key[: len(start) + FOUND_BY]
    return None


def revoked(key: ApiKey, now: datetime) -> ApiKey | None:
    """The key, revoked; ``None`` if it is."""
    return None if key.revoked_at is not None else msgspec.structs.replace(key, revoked_at=now)


def replaced(key: ApiKey, successor: str, until: datetime) -> ApiKey:
    """The key that a rotation lets end at that time, or earlier if it ends anyway."""
    ends = until if key.expires_at is None else min(until, key.expires_at)
    return msgspec.structs.replace(key, expires_at=ends, rotated_to=successor)


def use_noted(key: ApiKey, now: datetime) -> ApiKey | None:
    """The key with its last use; ``None`` if a recent one is noted."""
    if key.last_used_at is not None and now - key.last_used_at < USE_NOTED_EVERY:
        return None
    return msgspec.structs.replace(key, last_used_at=now)
