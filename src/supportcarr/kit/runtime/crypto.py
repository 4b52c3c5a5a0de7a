"""Keyed hashes: look-up values for data that must be found again but must not be readable."""

from __future__ import annotations

import base64
import hashlib
import hmac


def keyed_digest(secret: str, purpose: str, *parts: str | bytes) -> bytes:
    """HMAC-SHA256 (32 bytes) of the parts.

    Each part is framed by its length, so different lists of parts never collide.  *purpose*
    separates uses that share one secret.
    """
    mac = hmac.new(secret.encode(), digestmod=hashlib.sha256)
    for part in (purpose, *parts):
        data = part.encode() if isinstance(part, str) else part
        mac.update(len(data).to_bytes(8, "big") + data)
    return mac.digest()


def keyed_hash(secret: str, purpose: str, *parts: str | bytes) -> str:
    """``keyed_digest`` as 43 characters of base64url, for a document's field or id."""
    return base64.urlsafe_b64encode(keyed_digest(secret, purpose, *parts)).rstrip(b"=").decode()


def secrets_of(text: str) -> tuple[str, ...]:
    """The secrets of a setting, comma-separated.  The first makes what is new; all of them verify."""
    return tuple(secret for entry in text.split(",") if (secret := entry.strip())) or ("",)
