"""Signed tokens of the local object store: policies of upload forms, and links.

A token is JSON in base64url, a dot, and an HMAC over it for one purpose.  It says everything that it
allows, so nothing is stored.
"""

from __future__ import annotations

import base64
import hmac
from typing import TypeVar

import msgspec

from supportcarr.kit.objects.port import UploadRefused
from supportcarr.kit.runtime.crypto import keyed_digest

LONGEST = 2048  # characters


class UploadPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an upload form allows; ``expires`` in seconds since 1970 (wall time)."""

    key: str
    content_type: str
    max_bytes: int
    expires: int


class LinkPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a link gives; ``expires`` in seconds since 1970 (wall time)."""

    key: str
    content_type: str
    file_name: str
    expires: int


P = TypeVar("P", UploadPolicy, LinkPolicy)


def sign(secret: str, policy: UploadPolicy | LinkPolicy) -> str:
    """The token of a policy."""
    text = _encode(msgspec.json.encode(policy))
    return f"{text}.{_signature(secret, type(policy), text)}"


def verify(secret: str, token: str, type_: type[P], now: float) -> P:
    """The policy of a token that was signed here for that use and has not expired.

    *now* is in seconds since 1970 (wall time).  Raises ``UploadRefused``.
    """
    text, _, signature = token.partition(".")
    if len(token) > LONGEST or not token.isascii():
        raise UploadRefused("The signature does not belong to this")
    if not hmac.compare_digest(signature, _signature(secret, type_, text)):
        raise UploadRefused("The signature does not belong to this")
    policy = msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=type_)
    if policy.expires <= now:
        raise UploadRefused("It has expired; ask for a new one")
    return policy


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signature(secret: str, type_: type, text: str) -> str:
    return _encode(keyed_digest(secret, f"objects.{type_.__name__}", text))
