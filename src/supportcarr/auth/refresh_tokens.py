"""Refresh tokens: ``SESSION.GENERATION.RANDOM.MAC``, opaque to clients.

The MAC distinguishes tokens that we issued from invented ones.  Without it, anyone who knows a session's
id (every access token contains it) could end the session with an invented token, as "reused".
"""

from __future__ import annotations

import base64
import hmac
import os

from supportcarr.auth.model import PresentedToken
from supportcarr.kit.runtime.crypto import keyed_digest, keyed_hash, secrets_of

_BYTES = 16


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class RefreshTokens:
    """Issues and reads refresh tokens.

    The first of the *secrets* issues; a token is verified, hashed and followed by a successor under the
    secret that issued it, so tokens of the others are good until they end.
    """

    def __init__(self, secrets: str) -> None:
        self._secrets = secrets_of(secrets)

    def issue(self, session_id: str, generation: int) -> str:
        """A token of that session and generation."""
        return self._made(self._secrets[0], session_id, str(generation), os.urandom(_BYTES))

    def _made(self, secret: str, session_id: str, generation: str, random: bytes) -> str:
        random_text = _text(random)
        return f"{session_id}.{generation}.{random_text}.{_mac(secret, session_id, generation, random_text)}"

    def successor(
        self, token: str, session_id: str, generation: int, nonce: str | None, stored_hash: str | None = None
    ) -> str:
        """The token of *generation* that follows *token*.

        With a nonce it is derived from *token*, the nonce and our secret, so it can be returned again without
        being stored: then *stored_hash* is its hash, because the secret may have been replaced meanwhile.
        """
        if nonce is None:
            return self.issue(session_id, generation)
        made = [
            self._made(
                secret,
                session_id,
                str(generation),
                keyed_digest(secret, "refresh successor", token, nonce)[:_BYTES],
            )
            for secret in (self._secrets if stored_hash is not None else self._secrets[:1])
        ]
        return next((one for one in made if self.hash(one) == stored_hash), made[0])

    def read(self, token: str, nonce: str | None) -> tuple[str, PresentedToken] | None:
        """The session's id and the presented token; ``None`` if we did not issue it."""
        secret = self._issuer(token)
        if secret is None:
            return None
        session_id, generation, _, _ = token.split(".")
        # Repeated requests must agree on the hash of the nonce, whichever secret is the first one.
        nonce_hash = None if nonce is None else keyed_hash(secret, "refresh nonce", nonce)
        return session_id, PresentedToken(int(generation), _hash(secret, token), nonce_hash)

    def hash(self, token: str) -> str:
        """The hash of a token of ours that its session stores."""
        return _hash(self._issuer(token) or self._secrets[0], token)

    def _issuer(self, token: str) -> str | None:
        """The secret that the token was issued under; ``None`` if it is not ours."""
        parts = token.split(".")
        if len(parts) != 4 or not token.isascii() or not parts[1].isdecimal():
            return None
        session_id, generation, random_text, mac = parts
        for secret in self._secrets:
            if hmac.compare_digest(mac, _mac(secret, session_id, generation, random_text)):
                return secret
        return None


def _hash(secret: str, token: str) -> str:
    return keyed_hash(secret, "refresh token", token)


def _mac(secret: str, session_id: str, generation: str, random_text: str) -> str:
    return _text(keyed_digest(secret, "refresh mac", session_id, generation, random_text)[:_BYTES])
