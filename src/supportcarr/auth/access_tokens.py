"""Access tokens: JWT, HS256, signed and verified by the keys of ``auth.signing_keys``.

Claims: ``sub`` the user, ``sid`` the session, ``roles``, ``ver`` the account's version when it was
issued, ``vfd`` false while the phone is not verified, ``totp`` if the session was opened with a TOTP code,
``sup`` until when it counts as stepped up, ``iat`` and ``exp`` (wall time, seconds).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Set

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OctKey

from supportcarr.auth.model import Session, User
from supportcarr.auth.ports import KeyVerifier, RevocationList, SessionUse
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.signing_keys import CLOCK_TOLERANCE_SECONDS, SigningKeys
from supportcarr.contracts.actors import OPERATOR_ROLES, Principal
from supportcarr.contracts.errors import Unauthenticated, UnknownSigningKey

CACHED_TOKENS_MAX = 50_000  # verified tokens cached by a process
TOKEN_BYTES_MAX = 4096  # bytes
KEY = b"sc_"  # how a partner's API key begins; no JWT does
USE_NOTED_EVERY = 300.0  # seconds; how often a process notes that a session is in use


class _AccessClaims(msgspec.Struct, frozen=True):
    sub: str
    sid: str
    roles: frozenset[str]
    ver: int
    exp: int
    iat: int = 0
    vfd: bool = True
    totp: bool = False
    sup: float = 0.0


class AccessTokens:
    """Issues and verifies access tokens.

    A verified token is cached for some minutes (45 µs the first time, 0.3 µs after that); whether this
    process knows its session to be *revoked* is checked each time.  When the tokens of an account end (a ban,
    other roles), they are dropped from the cache; then they are refused by the version in them.
    Raises ``ValueError`` for a secret that is too short or not of the form KID:SECRET (``load_settings``
    refuses it before).
    """

    def __init__(
        self,
        settings: AuthSettings,
        revoked: RevocationList,
        keys: SigningKeys | None = None,
        *,
        wall: Callable[[], float] = time.time,
        sessions: SessionUse | None = None,
        partner_keys: KeyVerifier | None = None,
    ) -> None:
        self._keys = keys or SigningKeys(settings, wall=wall)
        self._keys.on_dropped = self._forget_all
        self._lifetime_seconds = settings.access_seconds
        self._revoked = revoked.known
        self._first_version_of = revoked.first_version_of
        self.stale = revoked.stale  # if True, ``confirm`` the session of a verified token
        self._confirm = revoked.confirm
        revoked.on_revoked(self._forget_users)
        self.on_revoked = revoked.on_revoked
        self._wall = wall
        self._sessions = sessions
        self._partner_keys = partner_keys
        # Not a ``BoundedCache``: every request reads it, a ``BoundedCache`` takes twice as long (0.24 µs
        # instead of 0.12), and the expiry of a token is checked here in any case.
        # The second value is the time (wall) at which the token is verified again: its expiry, or sooner.
        self._verified: dict[bytes, tuple[Principal, float]] = {}

    @property
    def lifetime_seconds(self) -> int:
        return self._lifetime_seconds

    def issue_for(self, user: User, session: Session) -> str:
        """An access token of that session, with what its owner has proved in it."""
        until = session.stepped_up_until
        return self.issue(
            user, session.id, totp=session.totp, stepped_up_until=until.timestamp() if until else 0.0
        )

    def issue(self, user: User, session_id: str, *, totp: bool = False, stepped_up_until: float = 0.0) -> str:
        """An access token, signed with the current key."""
        now = int(self._wall())
        signer = self._keys.signer()
        claims: dict[str, object] = {
            "sub": user.id,
            "sid": session_id,
            "roles": list(user.roles),
            "ver": user.version,
            "iat": now,
            "exp": now + self._lifetime_seconds,
        }
        if not user.verified:
            claims["vfd"] = False
        if totp:
            claims["totp"] = True
        if stepped_up_until > now:
            claims["sup"] = stepped_up_until
        header = {"alg": "HS256", "typ": "JWT", "kid": signer.kid}
        return jwt.encode(header, claims, signer, algorithms=["HS256"])

    def verify(self, token: bytes) -> Principal:
        """The token's principal.

        Raises ``Unauthenticated`` if the token is invalid or expired or its session has ended;
        ``UnknownSigningKey`` if ``verify_with_new_keys`` may accept it.
        """
        cached = self._verified.get(token)
        if cached is None or cached[1] <= self._wall():
            cached = self._decode(token)
        principal = cached[0]
        if principal.session_id in self._revoked:
            raise Unauthenticated("This session has ended; sign in again")
        return principal

    async def verify_with_new_keys(self, token: bytes) -> Principal:
        """Verify a token by a signing key, or a partner's key, that this process does not know yet.

        Raises as ``verify`` does; ``Overloaded`` if the keys cannot be read.
        """
        if self._partner_keys is not None and token.startswith(KEY):
            return await self._partner_keys.look_up(token)
        await self._keys.look_up()
        return self.verify(token)

    async def confirm(self, principal: Principal) -> None:
        """Check the session at its source.

        Raises ``Unauthenticated`` if it has ended, ``Overloaded`` if that cannot be checked.
        """
        if principal.key_id is None:  # a partner's key has no session, and was read just now
            await self._confirm(principal)

    def _decode(self, token: bytes) -> tuple[Principal, float]:
        self._verified.pop(token, None)
        if self._partner_keys is not None and token.startswith(KEY):
            return self._partner_keys.known(token), 0.0  # they are remembered there
        if len(token) > TOKEN_BYTES_MAX:
            raise Unauthenticated("The access token is not valid")
        try:
            decoded = jwt.decode(token.decode("ascii"), self._key_of, algorithms=["HS256"])
            claims = msgspec.convert(decoded.claims, _AccessClaims)
        except (JoseError, ValueError):
            raise Unauthenticated("The access token is not valid") from None
        now = self._wall()
        if claims.exp <= now:
            raise Unauthenticated("The access token has expired")
        if claims.iat > now + CLOCK_TOLERANCE_SECONDS:
            raise Unauthenticated("The access token is not valid yet")
        if claims.ver < self._first_version_of(claims.sub):
            raise Unauthenticated("Your account has changed since this token was issued; refresh it")
        if self._sessions is not None:
            self._sessions.note_use(claims.sid)
        if len(self._verified) >= CACHED_TOKENS_MAX:
            self._verified.pop(next(iter(self._verified)))  # the oldest
        principal = Principal(
            claims.sub,
            claims.roles,
            claims.sid,
            verified=claims.vfd,
            totp=claims.totp or OPERATOR_ROLES.isdisjoint(claims.roles),
            stepped_up_until=claims.sup,
            account_version=claims.ver,
        )
        verified = principal, min(float(claims.exp), now + USE_NOTED_EVERY)
        self._verified[token] = verified
        return verified

    def _key_of(self, token: GuestProtocol) -> OctKey:
        """The key of a token's ``kid``, for joserfc.  Nothing but the exact name of a key is accepted."""
        kid = token.headers().get("kid")
        key = self._keys.find(kid)
        if key is not None:
            return key
        if self._keys.may_exist(kid):
            raise UnknownSigningKey
        raise Unauthenticated("The access token is not valid")

    def _forget_users(self, _: Set[str], user_ids: Set[str]) -> None:
        """Verify the tokens of those accounts again.  Takes some milliseconds, for all of them together."""
        if not user_ids:
            return
        for token in [t for t, (principal, _) in self._verified.items() if principal.user_id in user_ids]:
            del self._verified[token]

    def _forget_all(self) -> None:
        self._verified.clear()
