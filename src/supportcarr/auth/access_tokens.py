"""Access tokens: JWT, HS256, one secret per ``kid``, so that rotating secrets signs nobody out.

Claims: ``sub`` the user, ``sid`` the session, ``roles``, ``ver`` the account's version when it was
issued, ``iat`` and ``exp`` (wall time, seconds).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from supportcarr.auth.model import User
from supportcarr.auth.ports import RevocationList
from supportcarr.auth.settings import AuthSettings, token_keys
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Unauthenticated

CACHED_TOKENS_MAX = 50_000  # verified tokens cached by a process
TOKEN_BYTES_MAX = 4096  # bytes


class _AccessClaims(msgspec.Struct, frozen=True):
    sub: str
    sid: str
    roles: frozenset[str]
    ver: int
    exp: int


class AccessTokens:
    """Issues and verifies access tokens.

    A verified token is cached until it expires (45 µs the first time, 0.3 µs after that); whether this
    process knows its session to be *revoked* is checked each time.  Raises ``ValueError`` for a secret
    that is too short or not of the form KID:SECRET (``load_settings`` refuses it before).
    """

    def __init__(
        self, settings: AuthSettings, revoked: RevocationList, *, wall: Callable[[], float] = time.time
    ) -> None:
        self._keys = [_key(kid, secret) for kid, secret in token_keys(settings.token_secrets)]
        self._key_set = KeySet(list(self._keys))
        self._lifetime_seconds = settings.access_seconds
        self._revoked = revoked.known
        self.stale = revoked.stale  # if True, ``confirm`` the session of a verified token
        self._confirm = revoked.confirm
        self._wall = wall
        # Not a ``BoundedCache``: every request reads it, a ``BoundedCache`` takes twice as long (0.24 µs
        # instead of 0.12), and the expiry of a token is checked here in any case.
        self._verified: dict[bytes, tuple[Principal, float]] = {}

    @property
    def lifetime_seconds(self) -> int:
        return self._lifetime_seconds

    def issue(self, user: User, session_id: str) -> str:
        """An access token, signed with the first secret."""
        now = int(self._wall())
        signer = self._keys[0]
        claims = {
            "sub": user.id,
            "sid": session_id,
            "roles": list(user.roles),
            "ver": user.version,
            "iat": now,
            "exp": now + self._lifetime_seconds,
        }
        header = {"alg": "HS256", "typ": "JWT", "kid": signer.kid}
        return jwt.encode(header, claims, signer, algorithms=["HS256"])

    def verify(self, token: bytes) -> Principal:
        """The token's principal.

        Raises ``Unauthenticated`` if the token is invalid or expired or its session has ended.
        """
        cached = self._verified.get(token)
        if cached is None:
            cached = self._decode(token)
        principal, expires_at = cached
        if expires_at <= self._wall():
            self._verified.pop(token, None)
            raise Unauthenticated("The access token has expired")
        if principal.session_id in self._revoked:
            raise Unauthenticated("This session has ended; sign in again")
        return principal

    async def confirm(self, principal: Principal) -> None:
        """Check the session at its source.

        Raises ``Unauthenticated`` if it has ended, ``Overloaded`` if that cannot be checked.
        """
        await self._confirm(principal.session_id)

    def _decode(self, token: bytes) -> tuple[Principal, float]:
        if len(token) > TOKEN_BYTES_MAX:
            raise Unauthenticated("The access token is not valid")
        try:
            decoded = jwt.decode(token.decode("ascii"), self._key_set, algorithms=["HS256"])
            claims = msgspec.convert(decoded.claims, _AccessClaims)
        except (JoseError, ValueError):
            raise Unauthenticated("The access token is not valid") from None
        if len(self._verified) >= CACHED_TOKENS_MAX:
            self._verified.pop(next(iter(self._verified)))  # the oldest
        principal = Principal(claims.sub, claims.roles, claims.sid, totp=True)
        verified = principal, float(claims.exp)
        self._verified[token] = verified
        return verified


def _key(kid: str, secret: str) -> OctKey:
    return OctKey.import_key(secret, {"kid": kid, "use": "sig", "alg": "HS256"})
