"""Sign up, verify the phone, add a role.

A sign-up creates a provisional account, whether or not an account has the number: nothing that a client sees
tells which it is, and what the request does is the same, so its time tells nothing either.  The number is
claimed by the code that was sent to it.  If it is taken, its owner gets a text that says how to sign in.

A provisional account has its session only.  Its number and password do not sign in: the password would have
to be compared with every provisional account of that number, which takes the longer the more there are.
Whoever has lost the session signs up again.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import msgspec

from supportcarr.auth import phones
from supportcarr.auth.collections import USERS
from supportcarr.auth.errors import AlreadyVerified, PhoneTaken, WrongCredentials
from supportcarr.auth.model import AcceptedTerms, Device, User, end_sessions
from supportcarr.auth.password_rules import check_new_password
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.auth.service import AuthService
from supportcarr.auth.session_service import Grant
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.sign_in_guard import SignInGuard
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.contracts.actors import SYSTEM, Actor, Role
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import ApiError, FieldChecks
from supportcarr.contracts.events import PersonErased, UserSignedUp
from supportcarr.contracts.languages import Language
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Range, Store, VersionConflict
from supportcarr.kit.store.update import update

PURGE_BATCH = 100


class NewAccount(msgspec.Struct, frozen=True):
    """What a person signs up with."""

    phone: str
    password: str
    name: str
    role: Role  # rider or driver
    language: Language = "en"
    accepted_terms: str | None = None  # the version


class Renewal(msgspec.Struct, frozen=True):
    """An account after a change, and an access token that says so; the session is the same."""

    user: User
    access_token: str
    expires_in: int  # seconds


def check_new_account(new: NewAccount) -> str:
    """The number in E.164.  Raises ``ValidationFailed``, which names each field that is not valid."""
    checks = FieldChecks()
    number = checks.run(lambda: phones.parse(new.phone))
    checks.run(lambda: check_new_password(new.password, number or "", new.name))
    checks.done()
    assert number is not None, "it is valid"
    return number


class Registration:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: AuthSettings,
        *,
        auth: AuthService,
        passwords: PasswordHasher,
        codes: SmsCodes,
        guard: SignInGuard,
    ) -> None:
        self._users = store.collection(USERS)
        self._clock = clock
        self._directory = PhoneDirectory(store, settings.lookup_secret)
        self._provisional = timedelta(seconds=settings.provisional_seconds)
        self._auth = auth
        self._access_seconds = settings.access_seconds
        self._passwords = passwords
        self._codes = codes
        self._guard = guard

    # --- signing up ---------------------------------------------------------------------------

    async def sign_up(
        self,
        user_id: str,
        new: NewAccount,
        *,
        address: str | None = None,
        device: Device | None = None,
    ) -> Grant:
        """Create the provisional account *user_id*, request its code and open its session.

        *address* is the client's.  Called again with the id of an existing account (a repeated request), it
        verifies the password and opens another session.  Raises ``ValidationFailed``; ``RateLimited`` if too
        many texts to the number were requested.
        """
        number = check_new_account(new)
        user = await self._create(user_id, number, new, address)
        if user is None:
            user = await self._auth.user(user_id)
            if not await self._passwords.verify(new.password, user.password_hash, address):
                raise WrongCredentials
        if not user.verified:
            await self._codes.request_first("phone", user.id, user.language)
        return await self._auth.open_session(user, device)

    async def _create(self, user_id: str, number: str, new: NewAccount, address: str | None) -> User | None:
        """The provisional account; ``None`` if there is one with that id."""
        if await self._users.get(user_id) is not None:
            return None
        await self._count_text(number, address, user_id)
        now, terms = self._clock.wall(), new.accepted_terms
        user = User(
            id=user_id,
            phone=number,
            provisional_until=now + self._provisional,
            language=new.language,
            name=new.name.strip(),
            password_hash=await self._passwords.hash(new.password, address),
            roles=(new.role,),
            created_at=self._clock.city(),
            accepted_terms=AcceptedTerms(terms, now) if terms is not None else None,
        )
        try:
            return await self._users.insert(user)
        except DuplicateKey:
            return None  # the same request, sent twice at once

    async def _count_text(self, number: str, address: str | None, request: str) -> None:
        owner, hashed = await self._directory.look_up(number)
        place = await self._guard.known_place(owner.id if owner else hashed, address)
        await self._codes.count_text(hashed, place, request)

    # --- the phone ----------------------------------------------------------------------------

    async def request_code(self, user_id: str, *, address: str | None = None) -> None:
        """Request another code for a provisional account; the one before it ends.

        Raises ``AlreadyVerified``, ``RateLimited``, ``NotFound``.
        """
        user = await self._auth.user(user_id)
        if user.verified:
            raise AlreadyVerified
        await self._count_text(user.phone, address, new_id("idm"))
        await self._codes.request("phone", user.id, user.language)

    async def verify_phone(
        self, user_id: str, session_id: str, digits: str, *, address: str | None = None
    ) -> Renewal:
        """Claim the number of a provisional account with the code that was sent to it.

        For a verified account this changes nothing, whatever the code.  Raises ``CodeWrong``, ``CodeEnded``,
        ``NotFound``; ``PhoneTaken`` if another account has claimed the number since the code was sent: only
        who has the phone learns this.
        """
        user = await self._auth.user(user_id)
        if not user.verified:
            code = await self._codes.check("phone", user.id, digits)
            user = await self._claim(user)
            with suppress(ApiError):  # it is of no use any more
                await self._codes.use(code)
        await self._guard.note(user.id, address)
        return await self._renewal(user, session_id)

    async def _claim(self, user: User) -> User:
        fields, now, city = await self._directory.claimed(user.phone), self._clock.wall(), self._clock.city()

        def claimed(current: User) -> tuple[User, PendingEvents] | None:
            if current.verified:
                return None
            events = tuple(UserSignedUp(user_id=current.id, role=role) for role in current.roles)
            changed = msgspec.structs.replace(
                current, **fields, phone_verified_at=now, provisional_until=None
            )
            return changed, PendingEvents(events, by=_as(current), at=city)

        try:
            return await self._directory.confirm(await update(self._users, user.id, claimed))
        except DuplicateKey:
            raise PhoneTaken from None

    # --- roles --------------------------------------------------------------------------------

    async def add_role(self, user_id: str, session_id: str, role: Role) -> Renewal:
        """Make a rider a driver too, or a driver a rider.  Idempotent.  Raises ``NotFound``."""
        city = self._clock.city()

        def added(user: User) -> tuple[User, PendingEvents | None] | None:
            if role in user.roles:
                return None
            changed = msgspec.structs.replace(user, roles=tuple(sorted({*user.roles, role})))
            if not user.verified:
                return changed, None  # published when the phone is verified
            event = UserSignedUp(user_id=user.id, role=role)
            return changed, PendingEvents((event,), by=Actor(role, user.id), at=city)

        return await self._renewal(await update(self._users, user_id, added), session_id)

    async def _renewal(self, user: User, session_id: str) -> Renewal:
        return Renewal(user, await self._auth.sessions.keep(session_id, user), self._access_seconds)

    # --- retention ----------------------------------------------------------------------------

    async def purge(self) -> None:
        """Delete provisional accounts whose time is over, with their sessions and codes."""
        expired = {"provisional_until": Range(lt=self._clock.wall())}
        while page := (await self._users.find(expired, sort="provisional_until", limit=PURGE_BATCH)).items:
            if not any([await self._delete(user) for user in page]):
                return

    async def _delete(self, user: User) -> bool:
        """Delete the account; false if it has been changed, maybe verified, at the same moment."""
        erased = PendingEvents((PersonErased(person_id=user.id),), SYSTEM, self._clock.city())
        try:
            saved = await self._users.save(user, erased)
            await self._users.delete(saved.id, saved.version)
        except VersionConflict:
            return False
        await self._codes.forget("phone", user.id)
        await self._auth.sessions.publish_end_of_tokens(end_sessions(user, self._clock.wall()))
        return True


def _as(user: User) -> Actor:
    return Actor(msgspec.convert(user.roles[0], Role), user.id)
