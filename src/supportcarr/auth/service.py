"""Accounts and sessions: sign in, refresh, sign out, look up people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Literal

import msgspec

from supportcarr.auth import phones
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import USERS
from supportcarr.auth.errors import AccountBanned, PhoneTaken, TotpCodeWrong, WrongCredentials
from supportcarr.auth.failed_sign_ins import FailedSignIns, Failure
from supportcarr.auth.model import (
    AccountChanges,
    Device,
    User,
    end_sessions,
    end_tokens,
    wanted_channels,
    with_changes,
)
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.session_activity import SessionActivity
from supportcarr.auth.session_service import Grant, SessionService
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.sign_in_guard import SignInGuard
from supportcarr.auth.staff_list import StaffList
from supportcarr.auth.totp_service import TotpService
from supportcarr.contracts.actors import OPERATOR_ROLES, SYSTEM
from supportcarr.contracts.audit import NOWHERE, Origin
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, NotFound, StaleVersion
from supportcarr.contracts.events import PersonRenamed, UserSignedUp
from supportcarr.contracts.ids import USER
from supportcarr.contracts.languages import Language
from supportcarr.contracts.value_objects import Person
from supportcarr.kit.runtime.cache import BoundedCache
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import Collection, DuplicateKey, Store
from supportcarr.kit.store.update import update, without_events

MASKED_NUMBERS, MASKED_SECONDS = 10_000, 3600.0  # cached in one process


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
        activity: SessionActivity | None = None,
        totp: TotpService | None = None,
        failures: FailedSignIns | None = None,
    ) -> None:
        """Without a *guard* (a command on this machine) wrong passwords are not limited.

        *failures* audits those of operators.
        """
        self._users: Collection[User] = store.collection(USERS)
        self._clock = clock
        self._directory = PhoneDirectory(store, settings.lookup_secret)
        self._passwords = passwords
        self._guard = guard
        self._totp = totp
        self._failures = failures
        # Formatting a number takes 35 µs, and each view of a rescue shows two people.
        self._masked: BoundedCache[tuple[str, int], str] = BoundedCache(MASKED_NUMBERS, MASKED_SECONDS)
        self.staff = StaffList(store)
        self.sessions = SessionService(
            store, clock, settings, tokens=tokens, revocations=revocations, activity=activity
        )

    # --- accounts -----------------------------------------------------------------------------

    async def ensure_account(self, phone: str, password: str, name: str, roles: Iterable[str]) -> User:
        """Find or create the account with that number and give it at least those roles.

        The password of an existing account is not changed, and it must match before the account is given
        a role: a stranger who signed up with the number must not become an operator.  Raises
        ``WrongCredentials``.
        """
        user = await self._ensure_account(phones.parse(phone), password, name, set(roles))
        if not OPERATOR_ROLES.isdisjoint(user.roles):
            await self.staff.note(user.id, user.roles)
        return user

    async def _ensure_account(self, number: str, password: str, name: str, wanted_roles: set[str]) -> User:
        for _ in range(2):
            user = await self.by_phone(number)
            if user is None:
                user = await self._create(number, password, name, wanted_roles)
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
            changed = end_tokens(msgspec.structs.replace(current, roles=roles), self._clock.wall())
            return changed, PendingEvents(events, by=SYSTEM, at=self._clock.city())

        grown = await update(self._users, user.id, add)
        await self.sessions.publish_end_of_tokens(grown)
        return grown

    async def user(self, user_id: str) -> User:
        """Raises ``NotFound``."""
        user = await self._users.get(user_id)
        if user is None:
            raise NotFound
        return user

    async def person(self, user_id: str) -> Person:
        """The account as the other party of a rescue sees it.  Raises ``NotFound``."""
        user = await self.user(user_id)
        key = user.id, user.version
        masked = self._masked.get(key)
        if masked is None:
            masked = phones.masked(user.phone)
            self._masked.put(key, masked)
        return Person(user.id, user.name, masked)

    async def wanted_channels(self, user_id: str) -> frozenset[Literal["push", "sms", "email"]]:
        """The channels that the person has not turned off; none if there is no such account."""
        user = await self._users.get(user_id)
        return wanted_channels(user.preferences) if user else frozenset()

    async def language_of(self, user_id: str) -> Language:
        """The language of the person's account; English if there is no such account."""
        user = await self._users.get(user_id)
        return user.language if user else "en"

    async def change_account(self, user_id: str, changes: AccountChanges, if_match: int | None) -> User:
        """Change the name and preferences.  Raises ``StaleVersion``: the account is not at *if_match*."""

        def changed(user: User) -> tuple[User, PendingEvents | None] | None:
            if if_match is not None and user.version != if_match:
                raise StaleVersion
            after = with_changes(user, changes)
            if after == user:
                return None
            renamed = (PersonRenamed(user_id=user.id),) if after.name != user.name else ()
            return after, PendingEvents(renamed, by=SYSTEM, at=self._clock.city()) if renamed else None

        return await update(self._users, user_id, changed)

    async def _create(self, number: str, password: str, name: str, roles: set[str]) -> User | None:
        """Create a verified account; ``None`` if its number is taken."""
        now = self._clock.city()
        user = User(
            id=new_id(USER),
            phone=number,
            phone_verified_at=self._clock.wall(),
            name=name.strip(),
            password_hash=await self._passwords.hash(password),
            roles=tuple(sorted(roles)),
            created_at=now,
        )
        events = tuple(UserSignedUp(user_id=user.id, role=role) for role in user.roles)
        try:
            user = msgspec.structs.replace(user, **await self._directory.claimed(number))
            created = await self._users.insert(user, PendingEvents(events, by=SYSTEM, at=now))
            return await self._directory.confirm(created)
        except (DuplicateKey, PhoneTaken):
            return None

    async def by_phone(self, number: str) -> User | None:
        """The account with that number (E.164)."""
        return await self._directory.find(number)

    # --- sessions -----------------------------------------------------------------------------

    async def sign_in(
        self,
        phone: str,
        password: str,
        *,
        totp_code: str | None = None,
        address: str | None = None,
        device: Device | None = None,
    ) -> Grant:
        """Open a session; *address* and *device* are the client's.

        Raises ``WrongCredentials``, and ``RateLimited`` after several of them; both in the same time for
        unknown numbers.  With the right password also ``AccountBanned``, ``TotpCodeRequired`` and
        ``TotpCodeWrong``.
        """
        number = phones.parse(phone)
        user, hashed = await self._directory.look_up(number)
        account = user.id if user is not None else hashed
        if self._guard is None:
            return await self._sign_in(user, password, totp_code, address, device)
        attempt = await self._guard.admit(account, address)
        try:
            grant, _ = await asyncio.gather(
                self._sign_in(user, password, totp_code, address, device),
                self._guard.warn_owner(attempt, account, user.id if user else None),
            )
        except (WrongCredentials, AccountBanned):
            raise
        except BaseException:  # overloaded, or cancelled: not checked; or only the second factor is wrong
            await self._guard.not_made(attempt)
            raise
        await self._guard.opened(attempt, account, address)
        return grant

    async def _sign_in(
        self,
        user: User | None,
        password: str,
        totp_code: str | None,
        address: str | None,
        device: Device | None,
    ) -> Grant:
        matches = await self._passwords.verify(password, user.password_hash if user else None, address)
        if user is None:
            raise WrongCredentials
        origin = device.origin if device is not None else NOWHERE
        if not matches:
            self.note_failure(user, "auth.sign_in_failed", origin)
            raise WrongCredentials
        if user.banned:
            raise AccountBanned
        try:
            totp = self._totp is not None and await self._totp.check_sign_in(user, totp_code)
        except TotpCodeWrong:
            self.note_failure(user, "auth.totp_failed", origin)
            raise
        return await self.open_session(user, device, totp=totp)

    def note_failure(self, user: User, what: Failure, origin: Origin) -> None:
        """Audit a wrong password or code of an operator's account."""
        if self._failures is not None:
            self._failures.note(user, what, origin)

    async def open_session(self, user: User, device: Device | None, *, totp: bool = False) -> Grant:
        """Open a session of an account whose password, as it was in *user*, has been checked.

        The check took a while: if the sessions of the account were ended meanwhile (a new password, a ban),
        this one has ended as well, because *user* is of an older version.
        """
        if user.banned:
            raise AccountBanned
        return await self.sessions.open(user, device, totp=totp)

    async def refresh(
        self, token: str, nonce: str | None, *, address: str | None = None, device: Device | None = None
    ) -> Grant:
        """The next tokens of a session.

        *address* is the client's: it is the owner's from now on, who may have to sign in there.  Raises
        ``SessionEnded``.
        """
        grant = await self.sessions.refresh(token, nonce, device)
        if self._guard is not None and grant.user.verified:
            await self._guard.note(grant.user.id, address)
        return grant

    async def end_session(self, session_id: str, reason: str = "signed_out") -> None:
        """End a session and revoke its access tokens in every process.  Idempotent."""
        await self.sessions.end(session_id, reason)

    async def sign_out_everywhere(self, user_id: str) -> None:
        """End all sessions and tokens of an account, in every process.  Raises ``NotFound``."""
        now = self._clock.wall()
        user = await update(self._users, user_id, without_events(lambda user: end_sessions(user, now)))
        await self.sessions.publish_end_of_tokens(user)
