"""Change the phone number of an account: a code proves that the new number is its owner's.

As in a sign-up, what a client sees does not tell whether the new number has an account; the owner of that
account gets a text instead of a code.  Sessions stay.  The old number is told.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from msgspec.structs import replace

from supportcarr.auth import phones
from supportcarr.auth.codes import new_phone_holder
from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.auth.errors import CodeEnded, PasswordRequired, PhoneTaken
from supportcarr.auth.model import User
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.auth.service import AuthService
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.sign_in_guard import SignInGuard
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import ApiError, ValidationFailed
from supportcarr.contracts.events import PhoneChanged
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import secrets_of
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.update import update, without_events

FRESH = timedelta(minutes=10)  # wall time: a session that was opened since then needs no password


class PhoneChange:
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
        self._sessions = store.collection(SESSIONS)
        self._clock = clock
        self._directory = PhoneDirectory(store, settings.lookup_secret)
        (self._secret, *_) = secrets_of(settings.lookup_secret)
        self._auth = auth
        self._passwords = passwords
        self._codes = codes
        self._guard = guard

    async def request(
        self,
        user_id: str,
        session_id: str,
        phone: str,
        password: str | None,
        *,
        address: str | None = None,
    ) -> None:
        """Have a code sent to the new number; a code that was requested before ends.

        Without *password* the session must be new, or stepped up.  Wrong passwords are limited as those of
        sign-ins are.  Texts are counted by number and by account.
        Raises ``ValidationFailed``, ``PasswordRequired``, ``RateLimited``, ``Overloaded``, ``NotFound``.
        """
        number = phones.parse(phone)
        user = await self._auth.user(user_id)
        if number == user.phone:
            raise ValidationFailed.of("phone", "same", "This is the phone number of your account")
        await self._check_owner(user, session_id, password, address)
        request, (_, hashed) = new_id("idm"), await self._directory.look_up(number)
        await self._codes.count_text(user.id, None, request)
        await self._codes.count_text(hashed, None, request)
        await update(self._users, user.id, without_events(lambda current: _asked(current, number)))
        await self._codes.request("new_phone", self._holder(user.id, number), user.language)

    def _holder(self, user_id: str, number: str) -> str:
        return new_phone_holder(self._secret, user_id, number)

    async def _check_owner(
        self, user: User, session_id: str, password: str | None, address: str | None
    ) -> None:
        if password is None:
            session, now = await self._sessions.get(session_id), self._clock.wall()
            stepped_up = session is not None and (session.stepped_up_until or now) > now
            if session is None or not (stepped_up or now - session.created_at <= FRESH):
                raise PasswordRequired
            return
        attempt = await self._guard.admit(f"{user.id}:change", None)
        try:
            matches = await self._passwords.verify(password, user.password_hash, address)
        except BaseException:  # overloaded, or cancelled: it was not checked
            await self._guard.not_made(attempt)
            raise
        if not matches:
            raise ValidationFailed.of("password", "wrong", "This is not your password")
        await self._guard.not_made(attempt)

    async def confirm(self, user_id: str, digits: str, *, address: str | None = None) -> User:
        """Move the account to the new number with the code that was sent to it.

        Raises ``CodeWrong``, ``CodeEnded``, ``NotFound``; ``PhoneTaken`` if another account has claimed the
        number since the code was sent: only who has the phone learns this.
        """
        user = await self._auth.user(user_id)
        number = user.new_phone
        if number is None:
            raise CodeEnded
        code = await self._codes.check("new_phone", self._holder(user.id, number), digits)
        fields, now = await self._directory.claimed(number), self._clock.wall()
        pending = PendingEvents((PhoneChanged(user_id=user.id),), SYSTEM, self._clock.city())

        def moved(current: User) -> tuple[User, PendingEvents]:
            if current.new_phone != number:
                raise CodeEnded
            changed = replace(
                current,
                phone=number,
                **fields,
                phone_verified_at=now,
                new_phone=None,
                old_phones=(*(current.old_phones or ()), current.phone),
            )
            return changed, pending

        try:
            user = await self._directory.confirm(await update(self._users, user.id, moved))
        except DuplicateKey:
            raise PhoneTaken from None
        with suppress(ApiError):  # it is of no use any more
            await self._codes.use(code)
        await self._guard.note(user.id, address)
        return user


def _asked(user: User, number: str) -> User | None:
    return None if user.new_phone == number else replace(user, new_phone=number)
