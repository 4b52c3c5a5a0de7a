"""The API process, as ``supportcarr api`` runs it, with some of its checks changed to measure what they cost.

``python unchecked_api.py [--verify-each-token] [--without-limits]``
"""

from __future__ import annotations

import sys
from typing import Any

from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.cli import main
from supportcarr.contracts.actors import Principal
from supportcarr.gateway.rate_limits import RequestLimits


def verify_each_token() -> None:
    """Forget each token before it is verified, so that its signature is checked each time."""
    verify = AccessTokens.verify

    def verified(self: AccessTokens, token: bytes) -> Principal:
        self._verified.pop(token, None)
        return verify(self, token)

    AccessTokens.verify = verified  # type: ignore[method-assign]


def without_limits() -> None:
    """Admit every request; its header is always the same."""

    def admitted(self: RequestLimits, *_: Any) -> tuple[bytes, bytes]:
        return b"ratelimit", b'"user";r=300'

    RequestLimits.admit_now = admitted  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    if "--verify-each-token" in sys.argv:
        verify_each_token()
    if "--without-limits" in sys.argv:
        without_limits()
    main(["api"])
