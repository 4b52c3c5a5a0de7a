"""Refresh tokens: ``SESSION.GENERATION.RANDOM.MAC``, opaque to whoever holds one.

The MAC tells a token that we once gave from one that somebody made up, so that knowing a session's id
(it stands in every access token) is not enough to end it as "reused".
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
    """Mints and reads refresh tokens under one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def issue(self, session_id: str, generation: int, random: bytes | None = None) -> str:
        """A token for that place of a family."""
        random_text = _text(os.urandom(_BYTES) if random is None else random)
        return (
            f"{session_id}.{generation}.{random_text}.{self._mac(session_id, str(generation), random_text)}"
        )

    def successor(self, token: str, session_id: str, generation: int, nonce: str | None) -> str:
        """The token of *generation* that follows *token*; with a nonce it is always the same one,
        known to nobody without *token* and our secret, so that it need not be kept to be given again."""
        if nonce is None:
            return self.issue(session_id, generation)
        random = keyed_digest(self._secret, "refresh successor", token, nonce)[:_BYTES]
        return self.issue(session_id, generation, random)

    def read(self, token: str, nonce: str | None) -> tuple[str, PresentedToken] | None:
        """(the session's id, what was presented); ``None`` if we never gave that token."""
        parts = token.split(".")
        if len(parts) != 4 or not token.isascii() or not parts[1].isdecimal():
            return None
        session_id, generation, random_text, mac = parts
        if not hmac.compare_digest(mac, self._mac(session_id, generation, random_text)):
            return None
        nonce_hash = None if nonce is None else keyed_hash(self._secret, "refresh nonce", nonce)
        return session_id, PresentedToken(int(generation), self.hash(token), nonce_hash)

    def hash(self, token: str) -> str:
        """What a session keeps of a token."""
        return keyed_hash(self._secret, "refresh token", token)

    def _mac(self, session_id: str, generation: str, random_text: str) -> str:
        return _text(keyed_digest(self._secret, "refresh mac", session_id, generation, random_text)[:_BYTES])
