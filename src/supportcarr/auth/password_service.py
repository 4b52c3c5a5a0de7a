"""Change a password, or reset it by SMS."""

from __future__ import annotations

import secrets

from msgspec.structs import replace

from supportcarr.auth import phones
from supportcarr.auth.collections import USERS
from supportcarr.auth.errors import CodeWrong
from supportcarr.auth.model import User, end_sessions
from supportcarr.auth.password_rules import check_new_password
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.auth.registration import Renewal
from supportcarr.auth.service import AuthService
from supportcarr.auth.settings import AuthSettings
from supportcarr.auth.sign_in_guard import SignInGuard
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import FieldChecks, ValidationFailed
from supportcarr.contracts.events import PasswordChanged
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.update import update


class PasswordService:
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
        self._directory = PhoneDirectory(store, settings.lookup_secret)
        self._clock = clock
        self._access_seconds = settings.access_seconds
        self._auth = auth
        self._passwords = passwords
        self._codes = codes
        self._guard = guard

    async def change(
        self, user_id: str, session_id: str, current: str, new: str, *, address: str | None = None
    ) -> Renewal:
        """Change the password; all other sessions of the account end.

        Wrong current passwords are limited as those of sign-ins are, by a count of their own.
        Raises ``ValidationFailed``, ``RateLimited``, ``Overloaded``, ``NotFound``.
        """
        user = await self._auth.user(user_id)
        check_new_password(new, user.phone, user.name, "new_password")
        attempt = await self._guard.admit(f"{user.id}:change", None)
        try:
            matches = await self._passwords.verify(current, user.password_hash, address)
        except BaseException:  # overloaded, or cancelled: it was not checked
            await self._guard.not_made(attempt)
            raise
        if not matches:
            raise ValidationFailed.of("current_password", "wrong", "This is not your current password")
        await self._guard.not_made(attempt)
        user = await self._set(user, await self._passwords.hash(new, address))
        token = await self._auth.sessions.keep(session_id, user)
        await self._auth.sessions.publish_end_of_tokens(user)
        return Renewal(user, token, self._access_seconds)

    async def request_reset(self, phone: str, *, address: str | None = None) -> None:
        """Request the code for a new password, in the account's language; other numbers get no text.

        Raises ``ValidationFailed``, ``RateLimited``.
        """
        owner, hashed = await self._directory.look_up(phones.parse(phone))
        account = owner.id if owner is not None else hashed
        place = await self._guard.known_place(account, address)
        await self._codes.count_text(hashed, place, secrets.token_urlsafe(16))
        await self._codes.request("password", account, "en")

    async def reset(self, phone: str, digits: str, new: str, *, address: str | None = None) -> None:
        """Set a new password with the code that was sent; all sessions of the account end.

        Raises ``ValidationFailed``, ``CodeWrong``, ``CodeEnded``, ``Overloaded``.
        """
        checks = FieldChecks()
        number = checks.run(lambda: phones.parse(phone))
        checks.run(lambda: check_new_password(new, number or "", ""))
        checks.done()
        assert number is not None, "it is valid"
        user, hashed = await self._directory.look_up(number)
        code = await self._codes.check("password", user.id if user is not None else hashed, digits)
        if user is None:  # a lucky guess of a code that was never sent
            raise CodeWrong
        check_new_password(new, number, user.name)
        hashed = await self._passwords.hash(new, address)
        await self._codes.use(code)
        user = await self._set(user, hashed)
        await self._auth.sessions.publish_end_of_tokens(user)
        await self._guard.note(user.id, address)

    async def _set(self, user: User, hashed: str) -> User:
        now = self._clock.wall()
        pending = PendingEvents((PasswordChanged(user_id=user.id),), SYSTEM, self._clock.city())

        def changed(current: User) -> tuple[User, PendingEvents]:
            return end_sessions(replace(current, password_hash=hashed), now), pending

        return await update(self._users, user.id, changed)
