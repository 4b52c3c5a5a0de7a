"""Accounts and sessions: sign up, sign in, refresh, sign out, look up people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import msgspec
import structlog

from supportcarr.auth import phones
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.auth.errors import PhoneTaken, SessionEnded, WrongCredentials
from supportcarr.auth.model import (
    REUSED,
    PresentedToken,
    Session,
    User,
    decide_refresh,
    end_session,
    rotate,
)
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.refresh_tokens import RefreshTokens
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.sign_in_guard import SignInGuard
from supportcarr.contracts.actors import SYSTEM, Actor, Role
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, NotFound, StaleVersion
from supportcarr.contracts.events import UserSignedUp
from supportcarr.contracts.ids import SESSION, USER
from supportcarr.contracts.value_objects import Person
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import keyed_hash
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import (
    Collection,
    DuplicateKey,
    Store,
    VersionConflict,
)
from supportcarr.kit.store.purge import purge_expired
from supportcarr.kit.store.update import update

log = structlog.get_logger(__name__)


class Grant(msgspec.Struct, frozen=True):
    """A session as it is handed to the client: the account and its tokens."""

    user: User
    session_id: str
    access_token: str
    refresh_token: str
    expires_in: int


class AuthService:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: AuthSettings,
        *,
        tokens: AccessTokens,
        passwords: PasswordHasher,
        revocations: Revocations,
        guard: SignInGuard | None = None,
    ) -> None:
        """Without a *guard* (a command on this machine) wrong passwords are not limited."""
        self._users: Collection[User] = store.collection(USERS)
        self._sessions: Collection[Session] = store.collection(SESSIONS)
        self._clock = clock
        self._secret = settings.lookup_secret
        self._session_lifetime = timedelta(seconds=settings.refresh_seconds)
        self._tokens = tokens
        self._passwords = passwords
        self._revocations = revocations
        self._guard = guard
        self._refresh_tokens = RefreshTokens(settings.lookup_secret)

    # --- accounts -----------------------------------------------------------------------------

    async def sign_up(
        self, user_id: str, phone: str, password: str, name: str, role: Role, *, address: str | None = None
    ) -> Grant:
        """Create the account *user_id* and open its first session; *address* is the client's.

        Called again with the id of an existing account (a repeated request), it verifies the password
        and opens another session.  Raises ``PhoneTaken``.  That error reveals that a number has an
        account, which a person who signs up must know; the route's strict rate limit prevents scanning.
        """
        number = phones.parse(phone)
        grant = await self._sign_up(user_id, number, password, name, role, address)
        if self._guard is not None and grant.user.phone_key is not None:
            await self._guard.note(grant.user.phone_key, address)
        return grant

    async def _sign_up(
        self, user_id: str, number: str, password: str, name: str, role: Role, address: str | None
    ) -> Grant:
        user = await self._users.get(user_id)
        if user is None:
            user = await self._create(user_id, number, password, name, {role}, Actor(role, user_id), address)
            if user is not None:
                return await self._open_session(user)
            user = await self._users.get(user_id)
        if user is None or user.phone_key != self._phone_key(number):
            raise PhoneTaken
        if not await self._passwords.verify(password, user.password_hash, address):
            raise WrongCredentials
        return await self._open_session(user)

    async def ensure_account(self, phone: str, password: str, name: str, roles: Iterable[str]) -> User:
        """Find or create the account with that number and give it at least those roles.

        The password of an existing account is not changed, and it must match before the account is given
        a role: a stranger who signed up with the number must not become an operator.  Raises
        ``WrongCredentials``.
        """
        number = phones.parse(phone)
        wanted_roles = set(roles)
        for _ in range(2):
            user = await self._by_phone(number)
            if user is None:
                user = await self._create(new_id(USER), number, password, name, wanted_roles, SYSTEM)
            if user is not None:
                if wanted_roles <= set(user.roles):
                    return user
                if not await self._passwords.verify(password, user.password_hash):
                    raise WrongCredentials
                return await self._with_roles(user, wanted_roles)
        raise Conflict

    async def _with_roles(self, user: User, wanted_roles: set[str]) -> User:
        def add(current: User) -> tuple[User, PendingEvents | None] | None:
            missing = sorted(wanted_roles - set(current.roles))
            if not missing:
                return None
            events = tuple(UserSignedUp(user_id=current.id, role=role) for role in missing)
            roles = tuple(sorted({*current.roles, *missing}))
            changed = msgspec.structs.replace(current, roles=roles)
            return changed, PendingEvents(events, by=SYSTEM, at=self._clock.city())

        return await update(self._users, user.id, add)

    async def user(self, user_id: str) -> User:
        """Raises ``NotFound``."""
        user = await self._users.get(user_id)
        if user is None:
            raise NotFound
        return user

    async def person(self, user_id: str) -> Person:
        """The account as the other party of a rescue sees it.  Raises ``NotFound``."""
        user = await self.user(user_id)
        return Person(user.id, user.name, phones.masked(user.phone))

    async def rename(self, user_id: str, name: str, if_match: int | None) -> User:
        """Change the name.  Raises ``StaleVersion`` if the account is not at version *if_match*."""

        def renamed(user: User) -> tuple[User, PendingEvents | None] | None:
            if if_match is not None and user.version != if_match:
                raise StaleVersion
            if user.name == name.strip():
                return None
            return msgspec.structs.replace(user, name=name.strip()), None

        return await update(self._users, user_id, renamed)

    async def _create(
        self,
        user_id: str,
        number: str,
        password: str,
        name: str,
        roles: set[str],
        by: Actor,
        address: str | None = None,
    ) -> User | None:
        """Create an account; ``None`` if its id or number is taken."""
        if await self._by_phone(number) is not None:
            return None  # before the hash, which takes a quarter of a second
        now = self._clock.city()
        user = User(
            id=user_id,
            phone=number,
            phone_key=self._phone_key(number),
            name=name.strip(),
            password_hash=await self._passwords.hash(password, address),
            roles=tuple(sorted(roles)),
            created_at=now,
        )
        events = tuple(UserSignedUp(user_id=user_id, role=role) for role in user.roles)
        try:
            return await self._users.insert(user, PendingEvents(events, by=by, at=now))
        except DuplicateKey:
            return None

    async def _by_phone(self, number: str) -> User | None:
        page = await self._users.find({"phone_key": self._phone_key(number)}, limit=1)
        return page.items[0] if page.items else None

    def _phone_key(self, number: str) -> str:
        return keyed_hash(self._secret, "phone", number)

    # --- sessions -----------------------------------------------------------------------------

    async def sign_in(self, phone: str, password: str, *, address: str | None = None) -> Grant:
        """Open a session; *address* is the client's.

        Raises ``WrongCredentials``, and ``RateLimited`` after several of them; both in the same time for
        unknown numbers.
        """
        number = phones.parse(phone)
        user, account = await self._by_phone(number), self._phone_key(number)
        if self._guard is None:
            return await self._sign_in(user, password, address)
        attempt = await self._guard.admit(account, address)
        try:
            grant, _ = await asyncio.gather(
                self._sign_in(user, password, address),
                self._guard.warn_owner(attempt, account, user.id if user else None),
            )
        except WrongCredentials:
            raise
        except BaseException:  # overloaded, or cancelled: the password was not checked
            await self._guard.not_made(attempt)
            raise
        await self._guard.opened(attempt, account, address)
        return grant

    async def _sign_in(self, user: User | None, password: str, address: str | None) -> Grant:
        matches = await self._passwords.verify(password, user.password_hash if user else None, address)
        if not matches or user is None:
            raise WrongCredentials
        return await self._open_session(user)

    async def _open_session(self, user: User) -> Grant:
        now = self._clock.wall()
        session_id = new_id(SESSION)
        token = self._refresh_tokens.issue(session_id, 1)
        await self._sessions.insert(
            Session(
                id=session_id,
                user_id=user.id,
                token_hash=self._refresh_tokens.hash(token),
                created_at=now,
                expires_at=now + self._session_lifetime,
            )
        )
        return self._grant(user, session_id, token)

    def _grant(self, user: User, session_id: str, refresh_token: str) -> Grant:
        access_token = self._tokens.issue(user, session_id)
        return Grant(user, session_id, access_token, refresh_token, self._tokens.lifetime_seconds)

    async def refresh(self, token: str, nonce: str | None, *, address: str | None = None) -> Grant:
        """The next tokens of a session, by the rule in ``model.decide_refresh``.

        A reused token ends its session.  *address* is the client's: it is the owner's from now on, who
        may have to sign in there.  Raises ``SessionEnded``.
        """
        grant = await self._refresh(token, nonce)
        if self._guard is not None and grant.user.phone_key is not None:
            await self._guard.note(grant.user.phone_key, address)
        return grant

    async def _refresh(self, token: str, nonce: str | None) -> Grant:
        parsed = self._refresh_tokens.read(token, nonce)
        if parsed is None:
            raise SessionEnded
        session_id, presented = parsed
        for _ in range(3):
            session = await self._sessions.get(session_id)
            if session is None:
                raise SessionEnded
            decision = decide_refresh(session, presented, self._clock.wall())
            if decision == "ended":
                raise SessionEnded.reused() if session.ended_because == REUSED else SessionEnded
            if decision == "reused":
                log.warning("refresh_token_reused", session_id=session_id, user_id=session.user_id)
                await self.end_session(session_id, REUSED)
                raise SessionEnded.reused()
            successor = self._refresh_tokens.successor(token, session_id, presented.generation + 1, nonce)
            if decision == "rotate" and not await self._rotate(session, presented, successor):
                continue  # another request was faster: decide again
            return self._grant(await self.user(session.user_id), session_id, successor)
        raise Conflict

    async def _rotate(self, session: Session, presented: PresentedToken, successor: str) -> bool:
        now = self._clock.wall()
        successor_hash = self._refresh_tokens.hash(successor)
        try:
            await self._sessions.save(rotate(session, presented, successor_hash, now, self._session_lifetime))
        except VersionConflict:
            return False
        return True

    async def end_session(self, session_id: str, reason: str = "signed_out") -> None:
        """End a session and revoke its access tokens in every process.  Idempotent."""

        def end(session: Session) -> tuple[Session, PendingEvents | None] | None:
            changed = end_session(session, reason, self._clock.wall())
            return None if changed is None else (changed, None)

        await update(self._sessions, session_id, end)
        await self._revocations.revoke(session_id)

    async def purge_sessions(self) -> None:
        """Delete sessions that ended a day ago or earlier."""
        await purge_expired(self._sessions, "expires_at", self._clock.wall() - timedelta(days=1))
