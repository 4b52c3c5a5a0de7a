"""Limits wrong passwords of one account, and tells its owner about them.

A client at an address at which the account was used before (a sign-in, or the refresh of a session) has a
count of its own (``auth.guesses``).  Numbers with and without an account are treated in the same way, also
in time.
"""

from __future__ import annotations

import structlog

from supportcarr.auth.collections import SIGN_IN_ADDRESSES
from supportcarr.auth.guesses import PASSWORD, Attempt, GuessLimiter
from supportcarr.auth.sign_in_addresses import (
    SignInAddresses,
    is_known,
    network_of,
    with_address,
    with_warning,
)
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import ApiError
from supportcarr.contracts.events import SignInAttemptsFailed
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.crypto import keyed_hash, secrets_of
from supportcarr.kit.store.port import DuplicateKey, Store, StoreError
from supportcarr.kit.store.update import update

log = structlog.get_logger(__name__)


class SignInGuard:
    """Accounts are named by their id, and numbers without an account by their keyed hash."""

    def __init__(self, store: Store, clock: Clock, limiter: GuessLimiter, secret: str) -> None:
        self._seen = store.collection(SIGN_IN_ADDRESSES)
        self._clock = clock
        self._limiter = limiter
        (self._secret, *_) = secrets_of(secret)

    async def admit(self, account: str, address: str | None) -> Attempt:
        """Count an attempt that is about to be made.  Raises ``RateLimited`` with the seconds to wait."""
        seen = await self._seen.get(account)
        key = self._key_of(account, address)
        if key is not None and is_known(seen, key, self._clock.wall()):
            return await self._limiter.attempt(PASSWORD, account, key)
        return await self._limiter.attempt(PASSWORD, account)

    async def known_place(self, account: str, address: str | None) -> str | None:
        """The keyed hash of the address, if the account was used there in the last months."""
        seen = await self._seen.get(account)
        key = self._key_of(account, address)
        return key if is_known(seen, key or "", self._clock.wall()) else None

    async def not_made(self, attempt: Attempt) -> None:
        """The password was not checked after all: the attempt does not count."""
        await self._limiter.take_back(attempt)

    async def opened(self, attempt: Attempt, account: str, address: str | None) -> None:
        """The password was right: the attempt does not count, and the address is known from now on.

        From a known address the failures before it are forgotten too; they were the owner's.
        """
        if len(attempt.who) > 1:
            await self._limiter.forget(attempt)
        else:
            await self._limiter.take_back(attempt)
        await self.note(account, address)

    async def note(self, account: str, address: str | None) -> None:
        """Remember that the owner used the account at that address.  Never fails the request."""
        key = self._key_of(account, address)
        if key is None:
            return
        now = self._clock.wall()

        def noted(seen: SignInAddresses) -> tuple[SignInAddresses, None] | None:
            changed = with_address(seen, key, now)
            return None if changed is None else (changed, None)

        try:
            if (seen := await self._seen.get(account)) is not None and noted(seen) is None:
                return
            if seen is None:
                first = with_address(SignInAddresses(id=account), key, now)
                assert first is not None, "nothing is noted yet"
                try:
                    await self._seen.insert(first)
                    return
                except DuplicateKey:
                    pass  # another sign-in at the same time
            await update(self._seen, account, noted)
        except (StoreError, ApiError) as error:
            log.warning("sign_in_address_not_noted", error=repr(error))

    async def warn_owner(self, attempt: Attempt, account: str, user_id: str | None) -> None:
        """Tell the owner, once a day, that the free attempts are used up.  Never fails the sign-in.

        It runs while the password is checked, so that it does not show who has an account.
        """
        if user_id is None or attempt.number < self._limiter.rules_of(attempt.kind).free:
            return
        now = self._clock.wall()
        failed = SignInAttemptsFailed(user_id=user_id)
        pending = PendingEvents((failed,), SYSTEM, self._clock.city())

        def warned(seen: SignInAddresses) -> tuple[SignInAddresses, PendingEvents] | None:
            changed = with_warning(seen, now)
            return None if changed is None else (changed, pending)

        try:
            if await self._seen.get(account) is None:
                try:
                    await self._seen.insert(SignInAddresses(id=account, warned_at=now), pending)
                    return
                except DuplicateKey:
                    pass
            await update(self._seen, account, warned)
        except (StoreError, ApiError) as error:
            log.warning("owner_not_warned", error=repr(error))

    def _key_of(self, account: str, address: str | None) -> str | None:
        if address is None:
            return None
        return keyed_hash(self._secret, "sign-in address", account, network_of(address))
