"""Two-factor sign-in: enrolment of TOTP, codes at sign-in, and step-ups."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import structlog

from supportcarr.auth.collections import SECOND_FACTORS, SESSIONS, USERS
from supportcarr.auth.errors import TotpAlreadyEnrolled, TotpCodeRequired, TotpCodeWrong, TotpNotEnrolled
from supportcarr.auth.guesses import TOTP, GuessLimiter
from supportcarr.auth.model import Session, User
from supportcarr.auth.ports import SecretSeal
from supportcarr.auth.second_factors import (
    SecondFactor,
    matching_step,
    new_recovery_codes,
    new_secret,
    plain_recovery_code,
    provisioning_uri,
    with_code_used,
    without_recovery_code,
)
from supportcarr.contracts.actors import Actor, Principal
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, NotFound
from supportcarr.contracts.events import OperatorActed, TotpRemoved
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import keyed_hash, secrets_of
from supportcarr.kit.store.port import DuplicateKey, Store, VersionConflict
from supportcarr.kit.store.update import update, without_events

PURPOSE = "auth.totp"  # of the sealed secret
STEP_UP = timedelta(minutes=5)
RACES = 3

log = structlog.get_logger(__name__)


class Enrolment(msgspec.Struct, frozen=True):
    """A new secret, and the URI of its QR code."""

    secret: str
    uri: str


class TotpService:
    """Second factors of accounts, and what they give to sessions.

    *issue* makes an access token for an account and its session.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        secret: str,
        seal: SecretSeal,
        guesses: GuessLimiter,
        issue: Callable[[User, Session], str],
    ) -> None:
        self._factors = store.collection(SECOND_FACTORS)
        self._sessions = store.collection(SESSIONS)
        self._users = store.collection(USERS)
        self._clock = clock
        self._secrets = secrets_of(secret)
        self._seal = seal
        self._guesses = guesses
        self._issue = issue

    # --- enrolment ----------------------------------------------------------------------------

    async def enrol(self, user_id: str) -> Enrolment:
        """A new secret, which counts once it is confirmed.  Raises ``TotpAlreadyEnrolled``."""
        user = await self._user(user_id)
        secret = new_secret()
        await self._store_new(user_id, secret)
        return Enrolment(secret, provisioning_uri(secret, user.phone))

    async def _store_new(self, user_id: str, secret: str, *, confirmed: bool = False) -> None:
        now = self._clock.wall()
        sealed = await self._seal.seal(user_id, PURPOSE, secret.encode())
        factor = SecondFactor(
            id=user_id, secret=sealed, created_at=now, confirmed_at=now if confirmed else None
        )
        for _ in range(RACES):
            known = await self._factors.get(user_id)
            if known is not None and known.confirmed_at is not None:
                raise TotpAlreadyEnrolled
            try:
                if known is None:
                    await self._factors.insert(factor)
                else:
                    await self._factors.save(msgspec.structs.replace(factor, version=known.version))
                return
            except (DuplicateKey, VersionConflict):
                continue
        raise Conflict

    async def ensure(self, user_id: str, secret: str) -> None:
        """Give an account that secret, confirmed, unless it has one; for accounts made on this machine."""
        try:
            await self._store_new(user_id, secret, confirmed=True)
        except TotpAlreadyEnrolled:
            return

    async def confirm(self, caller: Principal, code: str, origin: Origin) -> tuple[list[str], str]:
        """Confirm the new secret by a code of it.

        Returns the recovery codes, which are shown once, and an access token of the same session.  Raises
        ``TotpNotEnrolled``, ``TotpAlreadyEnrolled``, ``TotpCodeWrong``, ``RateLimited``.
        """
        factor = await self._factors.get(caller.user_id)
        if factor is None:
            raise TotpNotEnrolled
        if factor.confirmed_at is not None:
            raise TotpAlreadyEnrolled
        codes = new_recovery_codes()
        hashes = tuple(self._recovery_hashes(caller.user_id, code)[0] for code in codes)

        def confirmed(current: SecondFactor) -> SecondFactor:
            return msgspec.structs.replace(current, confirmed_at=self._clock.wall(), recovery_hashes=hashes)

        pending = PendingEvents((_enrolled(caller, origin),), _by(caller), self._clock.city())
        await self._use(factor, code, pending, confirmed)
        return codes, await self._upgrade(caller)

    async def remove(self, user_id: str, by: Actor, origin: Origin) -> None:
        """Forget the secret and the recovery codes of an account, and tell its owner.

        Raises ``TotpNotEnrolled``.
        """
        factor = await self._factors.get(user_id)
        if factor is None:
            raise TotpNotEnrolled
        event = OperatorActed(action="users.remove_totp", subject=user_id, person_id=user_id, origin=origin)
        removed = TotpRemoved(user_id=user_id)
        pending = PendingEvents((event, removed), by, self._clock.city())
        # A document is deleted without events: the last save of it carries them.
        emptied = await self._factors.save(
            msgspec.structs.replace(factor, secret="", confirmed_at=None, recovery_hashes=()), pending
        )
        await self._factors.delete(user_id, emptied.version)

    async def is_enrolled(self, user_id: str) -> bool:
        factor = await self._factors.get(user_id)
        return factor is not None and factor.confirmed_at is not None

    # --- codes --------------------------------------------------------------------------------

    async def check_sign_in(self, user: User, code: str | None) -> bool:
        """Whether the session may count as opened with TOTP; the password is right.

        ``False``: the account has no second factor.  Raises ``TotpCodeRequired``, ``TotpCodeWrong``,
        ``RateLimited``.
        """
        factor = await self._factors.get(user.id)
        if factor is None or factor.confirmed_at is None:
            return False
        if code is None:
            raise TotpCodeRequired
        await self._use(factor, code, recovery=True)
        return True

    async def step_up(self, caller: Principal, code: str) -> str:
        """Note in the session that its owner has just given a code.  Returns an access token of it.

        Raises ``TotpNotEnrolled``, ``TotpCodeWrong``, ``RateLimited``.
        """
        factor = await self._factors.get(caller.user_id)
        if factor is None or factor.confirmed_at is None:
            raise TotpNotEnrolled
        await self._use(factor, code)
        return await self._upgrade(caller)

    async def _use(
        self,
        factor: SecondFactor,
        code: str,
        pending: PendingEvents | None = None,
        change: Callable[[SecondFactor], SecondFactor] = lambda factor: factor,
        *,
        recovery: bool = False,
    ) -> None:
        """Accept a code once, and save the factor as *change* makes it.  Every guess is counted before."""
        attempt = await self._guesses.attempt(TOTP, factor.id)
        current: SecondFactor | None = factor
        for _ in range(RACES):
            if current is None:
                break
            used = await self._with_use(current, code, recovery=recovery)
            if used is None:
                raise TotpCodeWrong
            try:
                await self._factors.save(change(used), pending)
            except VersionConflict:
                current = await self._factors.get(factor.id)  # perhaps the same code was just used
                continue
            await self._guesses.forget(attempt)
            return
        raise Conflict

    async def _with_use(self, factor: SecondFactor, code: str, *, recovery: bool) -> SecondFactor | None:
        """The factor after the use of that code; ``None`` if the code is wrong or was used."""
        if len(code) == 6 and code.isascii() and code.isdigit():
            opened = await self._seal.open(factor.id, PURPOSE, factor.secret)
            if opened is None:
                log.error("totp_secret_not_readable", user_id=factor.id)
                return None
            now = self._clock.wall().timestamp()
            step = matching_step(opened.decode(), code, now, factor.used_step)
            return None if step is None else with_code_used(factor, step)
        if not recovery:
            return None
        for hashed in self._recovery_hashes(factor.id, code):
            if hashed in factor.recovery_hashes:
                return without_recovery_code(factor, hashed)
        return None

    def _recovery_hashes(self, user_id: str, code: str) -> list[str]:
        """The hashes of a code under each secret; that of the first is stored of a new one."""
        plain = plain_recovery_code(code)
        return [keyed_hash(secret, "recovery code", user_id, plain) for secret in self._secrets]

    # --- sessions -----------------------------------------------------------------------------

    async def _upgrade(self, caller: Principal) -> str:
        """An access token of the caller's session, in which a code was given just now."""
        until = self._clock.wall() + STEP_UP

        def upgraded(session: Session) -> Session:
            return msgspec.structs.replace(session, totp=True, stepped_up_until=until)

        session = await update(self._sessions, caller.session_id, without_events(upgraded))
        return self._issue(await self._user(caller.user_id), session)

    async def _user(self, user_id: str) -> User:
        user = await self._users.get(user_id)
        if user is None:
            raise NotFound("There is no such account")
        return user


def _by(caller: Principal) -> Actor:
    return caller.operator or caller.acting_as("rider", "driver")


def _enrolled(caller: Principal, origin: Origin) -> OperatorActed:
    user_id = caller.user_id
    return OperatorActed(action="users.enrol_totp", subject=user_id, person_id=user_id, origin=origin)
