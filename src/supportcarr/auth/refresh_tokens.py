"""Refresh tokens: ``SESSION.GENERATION.RANDOM.MAC``, opaque to clients.

The MAC distinguishes tokens that we issued from invented ones.  Without it, anyone who knows a session's
id (every access token contains it) could end the session with an invented token, as "reused".
"""

from __future__ import annotations

import base64
import hmac
import os

from supportcarr.auth.model import PresentedToken
from supportcarr.kit.runtime.crypto import keyed_digest, keyed_hash

_BYTES = 16


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class RefreshTokens:
    """Issues and reads refresh tokens under one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def issue(self, session_id: str, generation: int, random: bytes | None = None) -> str:
        """A token of that session and generation."""
        random_text = _text(os.urandom(_BYTES) if random is None else random)
        return (
            f"{session_id}.{generation}.{random_text}.{self._mac(session_id, str(generation), random_text)}"
        )

    def successor(self, token: str, session_id: str, generation: int, nonce: str | None) -> str:
        """The token of *generation* that follows *token*.

        With a nonce it is derived from *token*, the nonce and our secret, so it can be returned again
        without being stored.
        """
        if nonce is None:
            return self.issue(session_id, generation)
        random = keyed_digest(self._secret, "refresh successor", token, nonce)[:_BYTES]
        return self.issue(session_id, generation, random)

    def read(self, token: str, nonce: str | None) -> tuple[str, PresentedToken] | None:
        """The session's id and the presented token; ``None`` if we did not issue it."""
        parts = token.split(".")
        if len(parts) != 4 or not token.isascii() or not parts[1].isdecimal():
            return None
        session_id, generation, random_text, mac = parts
        if not hmac.compare_digest(mac, self._mac(session_id, generation, random_text)):
            return None
        nonce_hash = None if nonce is None else keyed_hash(self._secret, "refresh nonce", nonce)
        return session_id, PresentedToken(int(generation), self.hash(token), nonce_hash)

    def hash(self, token: str) -> str:
        """The hash of a token that its session stores."""
        return keyed_hash(self._secret, "refresh token", token)

    def _mac(self, session_id: str, generation: str, random_text: str) -> str:
        return _text(keyed_digest(self._secret, "refresh mac", session_id, generation, random_text)[:_BYTES])
