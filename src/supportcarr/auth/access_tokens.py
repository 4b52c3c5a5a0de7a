"""Access tokens: JWT, HS256, a secret for each ``kid`` so that secrets rotate without signing anybody out.

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
from supportcarr.auth.settings import AuthSettings
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Unauthenticated
from supportcarr.kit.runtime.settings import SettingsError

CACHED_TOKENS_MAX = 50_000  # verified tokens that a process keeps
TOKEN_BYTES_MAX = 4096  # bytes
_SHORTEST_SECRET = 32  # bytes: as long as the hash (RFC 7518, 3.2)


class _Claims(msgspec.Struct, frozen=True):
    sub: str
    sid: str
    roles: frozenset[str]
    ver: int
    exp: int


class AccessTokens:
    """Issues and verifies access tokens.

    A verified token is remembered until it is over (45 µs the first time, 0.3 after that); whether
    its session is *revoked*, as far as this process knows, is looked at each time.  Raises
    ``SettingsError`` for a secret that is too short or not written as KID:SECRET.
    """

    def __init__(
        self, settings: AuthSettings, revoked: RevocationList, *, wall: Callable[[], float] = time.time
    ) -> None:
        self._keys = [_key(entry) for entry in settings.token_secrets.split(",")]
        self._key_set = KeySet(list(self._keys))
        self._lives = settings.access_seconds
        self._ended = revoked.known
        self.stale = revoked.stale  # True: a session may have ended that is not known here; ``confirm`` it
        self._confirm = revoked.confirm
        self._wall = wall
        # Not a ``BoundedCache``: every request looks here, that takes twice as long (0.24 µs for 0.12),
        # and a token ends at its own wall time, which is looked at anyway.
        self._verified: dict[bytes, tuple[Principal, float]] = {}

    @property
    def lifetime_seconds(self) -> int:
        return self._lives

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
            "exp": now + self._lives,
        }
        header = {"alg": "HS256", "typ": "JWT", "kid": signer.kid}
        return jwt.encode(header, claims, signer, algorithms=["HS256"])

    def verify(self, token: bytes) -> Principal:
        """Whose token it is.  Raises ``Unauthenticated``: not ours, over, or its session has ended."""
        known = self._verified.get(token)
        if known is None:
            known = self._check(token)
        principal, until = known
        if until <= self._wall():
            self._verified.pop(token, None)
            raise Unauthenticated("The access token is over")
        if principal.session_id in self._ended:
            raise Unauthenticated("This session is over; sign in again")
        return principal

    async def confirm(self, principal: Principal) -> None:
        """Ask whether the session lives.  Raises ``Unauthenticated``; ``Overloaded``: nobody can tell."""
        await self._confirm(principal.session_id)

    def _check(self, token: bytes) -> tuple[Principal, float]:
        if len(token) > TOKEN_BYTES_MAX:
            raise Unauthenticated("The access token is not valid")
        try:
            decoded = jwt.decode(token.decode("ascii"), self._key_set, algorithms=["HS256"])
            claims = msgspec.convert(decoded.claims, _Claims)
        except (JoseError, ValueError):
            raise Unauthenticated("The access token is not valid") from None
        if len(self._verified) >= CACHED_TOKENS_MAX:
            self._verified.pop(next(iter(self._verified)))  # the one that was remembered first
        known = Principal(claims.sub, claims.roles, claims.sid), float(claims.exp)
        self._verified[token] = known
        return known


def _key(entry: str) -> OctKey:
    kid, separator, secret = entry.strip().partition(":")
    if not separator or not kid or len(secret.encode()) < _SHORTEST_SECRET:
        raise SettingsError(
            "SUPPORTCARR_AUTH_TOKEN_SECRETS must be KID:SECRET, comma-separated, each secret of at least "
            f"{_SHORTEST_SECRET} bytes."
        )
    return OctKey.import_key(secret, {"kid": kid, "use": "sig", "alg": "HS256"})
