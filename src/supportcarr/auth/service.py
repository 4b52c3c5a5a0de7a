"""Accounts and sessions: sign up, sign in, refresh, sign out, who somebody is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec
import structlog

from supportcarr.auth import phones
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.auth.errors import PhoneTaken, SessionEnded, WrongCredentials
from supportcarr.auth.model import PresentedToken, Session, User, decide_refresh, end_session, rotate
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.refresh_tokens import RefreshTokens
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.settings import AuthSettings
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
    """What somebody who is signed in holds."""

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
    ) -> None:
        self._users: Collection[User] = store.collection(USERS)
        self._sessions: Collection[Session] = store.collection(SESSIONS)
        self._clock = clock
        self._secret = settings.lookup_secret
        self._session_lives = timedelta(seconds=settings.refresh_seconds)
        self._tokens = tokens
        self._passwords = passwords
        self._revocations = revocations
        self._refresh_tokens = RefreshTokens(settings.lookup_secret)

    # --- accounts -----------------------------------------------------------------------------

    async def sign_up(self, user_id: str, phone: str, password: str, name: str, role: Role) -> Grant:
        """Create the account *user_id* and open its first session.

        Called again with the id of an account that exists (a repeated request) it verifies the
        password and opens another session.  Raises ``PhoneTaken``: that tells who asks that the
        number has an account, which somebody who signs up must be told; the route's strict limit
        keeps it from being asked of every number.
        """
        number = phones.parse(phone)
        user = await self._users.get(user_id)
        if user is None:
            user = await self._create(user_id, number, password, name, {role}, Actor(role, user_id))
            if user is not None:
                return await self._open_session(user)
            user = await self._users.get(user_id)
        if user is None or user.phone_key != self._phone_key(number):
            raise PhoneTaken
        if not await self._passwords.verify(password, user.password_hash):
            raise WrongCredentials
        return await self._open_session(user)

    async def ensure_account(self, phone: str, password: str, name: str, roles: Iterable[str]) -> User:
        """The account with that number, made if there is none, with at least those roles.

        The password of an account that exists is left alone.  It must be this one before the account
        is given a role: whoever signed up with the number first must not become an operator by that.
        Raises ``WrongCredentials``.
        """
        number = phones.parse(phone)
        wanted = set(roles)
        for _ in range(2):
            user = await self._by_phone(number)
            if user is None:
                user = await self._create(new_id(USER), number, password, name, wanted, SYSTEM)
            if user is not None:
                if wanted <= set(user.roles):
                    return user
                if not await self._passwords.verify(password, user.password_hash):
                    raise WrongCredentials
                return await self._with_roles(user, wanted)
        raise Conflict

    async def _with_roles(self, user: User, wanted: set[str]) -> User:
        def add(current: User) -> tuple[User, PendingEvents | None] | None:
            missing = sorted(wanted - set(current.roles))
            if not missing:
                return None
            facts = tuple(UserSignedUp(user_id=current.id, role=role) for role in missing)
            roles = tuple(sorted({*current.roles, *missing}))
            changed = msgspec.structs.replace(current, roles=roles)
            return changed, PendingEvents(facts, by=SYSTEM, at=self._clock.city())

        return await update(self._users, user.id, add)

    async def user(self, user_id: str) -> User:
        """Raises ``NotFound``."""
        user = await self._users.get(user_id)
        if user is None:
            raise NotFound
        return user

    async def person(self, user_id: str) -> Person:
        """What the other side of a rescue may see of somebody.  Raises ``NotFound``."""
        user = await self.user(user_id)
        return Person(user.id, user.name, phones.masked(user.phone))

    async def rename(self, user_id: str, name: str, if_match: int | None) -> User:
        """Raises ``StaleVersion`` if the account is not at version *if_match* any more."""

        def renamed(user: User) -> tuple[User, PendingEvents | None] | None:
            if if_match is not None and user.version != if_match:
                raise StaleVersion
            if user.name == name.strip():
                return None
            return msgspec.structs.replace(user, name=name.strip()), None

        return await update(self._users, user_id, renamed)

    async def _create(
        self, user_id: str, number: str, password: str, name: str, roles: set[str], by: Actor
    ) -> User | None:
        """The new account; ``None`` if its id or number is taken."""
        if await self._by_phone(number) is not None:
            return None  # before a quarter of a second is spent on the hash
        now = self._clock.city()
        user = User(
            id=user_id,
            phone=number,
            phone_key=self._phone_key(number),
            name=name.strip(),
            password_hash=await self._passwords.hash(password),
            roles=tuple(sorted(roles)),
            created_at=now,
        )
        facts = tuple(UserSignedUp(user_id=user_id, role=role) for role in user.roles)
        try:
            return await self._users.insert(user, PendingEvents(facts, by=by, at=now))
        except DuplicateKey:
            return None

    async def _by_phone(self, number: str) -> User | None:
        page = await self._users.find({"phone_key": self._phone_key(number)}, limit=1)
        return page.items[0] if page.items else None

    def _phone_key(self, number: str) -> str:
        return keyed_hash(self._secret, "phone", number)

    # --- sessions -----------------------------------------------------------------------------

    async def sign_in(self, phone: str, password: str) -> Grant:
        """Open a session.  Raises ``WrongCredentials``, after the same time for an unknown number."""
        user = await self._by_phone(phones.parse(phone))
        if not await self._passwords.verify(password, user.password_hash if user else None) or user is None:
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
                expires_at=now + self._session_lives,
            )
        )
        return self._grant(user, session_id, token)

    def _grant(self, user: User, session_id: str, refresh_token: str) -> Grant:
        access_token = self._tokens.issue(user, session_id)
        return Grant(user, session_id, access_token, refresh_token, self._tokens.lifetime_seconds)

    async def refresh(self, token: str, nonce: str | None) -> Grant:
        """The next tokens of a session (``model.judge`` has the rule).

        A token that was used before ends its session.  Raises ``SessionOver``.
        """
        read = self._refresh_tokens.read(token, nonce)
        if read is None:
            raise SessionEnded
        session_id, presented = read
        for _ in range(3):
            session = await self._sessions.get(session_id)
            if session is None:
                raise SessionEnded
            judgement = decide_refresh(session, presented, self._clock.wall())
            if judgement == "over":
                raise SessionEnded
            if judgement == "reused":
                log.warning("refresh_token_reused", session_id=session_id, user_id=session.user_id)
                await self.end_session(session_id, "token_reused")
                raise SessionEnded
            successor = self._refresh_tokens.successor(token, session_id, presented.generation + 1, nonce)
            if judgement == "rotate" and not await self._rotate(session, presented, successor):
                continue  # somebody was faster; what that means is judged again
            return self._grant(await self.user(session.user_id), session_id, successor)
        raise Conflict

    async def _rotate(self, session: Session, presented: PresentedToken, successor: str) -> bool:
        now = self._clock.wall()
        successor_hash = self._refresh_tokens.hash(successor)
        try:
            await self._sessions.save(rotate(session, presented, successor_hash, now, self._session_lives))
        except VersionConflict:
            return False
        return True

    async def end_session(self, session_id: str, reason: str = "signed_out") -> None:
        """End a session and refuse its access tokens everywhere; harmless when repeated."""

        def over(session: Session) -> tuple[Session, PendingEvents | None] | None:
            changed = end_session(session, reason, self._clock.wall())
            return None if changed is None else (changed, None)

        await update(self._sessions, session_id, over)
        await self._revocations.revoke(session_id)

    async def purge_sessions(self) -> None:
        """Remove sessions that were over a day ago or longer."""
        await purge_expired(self._sessions, "expires_at", self._clock.wall() - timedelta(days=1))
