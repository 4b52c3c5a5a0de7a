"""Which streams a principal may receive, and until when a token is valid.  Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

import msgspec

from supportcarr.contracts.actors import Principal
from supportcarr.realtime.event_mapping import ops_stream, user_stream


class _ExpiryClaim(msgspec.Struct):
    exp: float | None = None


def expiry(token: str) -> float | None:
    """The ``exp`` claim of a verified JWT (RFC 7519: Unix seconds); ``None`` if it has none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(padded), type=_ExpiryClaim).exp
    except (binascii.Error, msgspec.DecodeError):
        return None


def streams_of(principal: Principal, areas: Sequence[str]) -> tuple[str, ...]:
    """The principal's own stream; for operators also those of all areas."""
    own = user_stream(principal.user_id)
    return (own, *map(ops_stream, areas)) if principal.operator else (own,)
