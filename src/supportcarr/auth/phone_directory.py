"""Which verified account has a phone number: the numbers are found by keyed hashes.

While the look-up key is rotated, an account has the hashes of both keys, each unique, in two fields that keys
with even and odd numbers use in turn.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import structlog
from msgspec.structs import replace

from supportcarr.auth.collections import SIGN_IN_ADDRESSES, USERS
from supportcarr.auth.errors import PhoneTaken
from supportcarr.auth.model import User
from supportcarr.kit.sealing.lookup_keys import LookupHashes, LookupKeys
from supportcarr.kit.store.port import DuplicateKey, Store, StoreError, VersionConflict
from supportcarr.kit.store.purge import delete_document
from supportcarr.kit.store.update import update, without_events

PURPOSE = "phone"
FIELDS = ("phone_key", "phone_key_odd")
BATCH = 200

log = structlog.get_logger(__name__)


def field_of(number: int) -> str:
    """The field of ``User`` that has the hash of the key with that number."""
    return FIELDS[number % 2]


class PhoneDirectory:
    """Finds accounts by their number, and claims numbers.  Implements ``lookup_rotation.HashedData``."""

    name = "phone numbers"

    def __init__(self, store: Store, lookup_secrets: str) -> None:
        self._users = store.collection(USERS)
        self._addresses = store.collection(SIGN_IN_ADDRESSES)
        self._keys = LookupKeys(store, lookup_secrets)

    # --- finding ------------------------------------------------------------------------------

    async def find(self, number: str) -> User | None:
        """The verified account with that number (E.164)."""
        return (await self.look_up(number))[0]

    async def look_up(self, number: str) -> tuple[User | None, str]:
        """The verified account with that number, if there is one, and the keyed hash of the number."""
        state = await self._keys.state()
        while True:
            hashed = self._keys.made_by(state).to_find(PURPOSE, number)
            page = await self._users.find({field_of(state.complete): hashed}, limit=1)
            now = await self._keys.state()
            if now.complete == state.complete:  # else its hashes were removed in between
                return (page.items[0] if page.items else None), hashed
            state = now

    # --- claiming -----------------------------------------------------------------------------

    async def claimed(self, number: str) -> dict[str, str | None]:
        """The fields of an account that claims the number: save it with them, then call ``confirm``.

        The save raises ``DuplicateKey`` if another account has the number.
        """
        return _fields(await self._keys.hashes(), number)

    async def confirm(self, user: User) -> User:
        """The account after its claim was saved, with the hashes of a key that was added meanwhile.

        Raises ``PhoneTaken``, and withdraws the claim, if another account has claimed the number with that
        key: the process stood still between ``claimed`` and the save.  If it does so here, the keys may have
        changed again, so they are read again after each save.
        """
        number = user.phone
        while True:
            fields = await self.claimed(number)
            if _has(user, fields):
                return user
            try:
                change = partial(_claiming, number=number, fields=fields)
                user = await update(self._users, user.id, without_events(change))
            except DuplicateKey:
                change = partial(_withdrawing, number=number, fields=fields)
                user = await update(self._users, user.id, without_events(change))
            if not user.verified:  # withdrawn, here or by another confirmation of the same claim
                raise PhoneTaken
            if user.phone != number:
                return user  # its owner has moved to another number meanwhile

    # --- rotation -----------------------------------------------------------------------------

    async def add_hashes(self, number: int) -> int:
        hashes, done = await self._keys.hashes(), 0
        async for user in self._users.scan(batch=BATCH):
            if not user.verified or not user.phone:
                continue
            if getattr(user, field_of(number)) == hashes.of(number, PURPOSE, user.phone):
                continue
            try:
                await self._users.save(_with(user, hashes))
                done += 1
            except VersionConflict:
                done += 1  # the next pass sees whether it has the hash
            except DuplicateKey:  # a claim that was saved late, and not confirmed: the process died
                log.error("phone_claimed_twice", user_id=user.id)
                await self._withdraw_unless_complete(user, hashes)
        return done

    async def _withdraw_unless_complete(self, user: User, hashes: LookupHashes) -> None:
        """Withdraw the claim of an account that is not found by its number; another account has it."""
        if getattr(user, field_of(hashes.complete)) == hashes.of(hashes.complete, PURPOSE, user.phone):
            return
        with suppress(VersionConflict):  # it was changed meanwhile; the next pass looks again
            await self._users.save(replace(user, **_NOTHING))

    async def remove_hashes(self, number: int) -> int:
        hashes, field, done = await self._keys.hashes(), field_of(number), 0
        async for user in self._users.scan(batch=BATCH):
            old = getattr(user, field)
            if old is None:
                continue
            await delete_document(self._addresses, old)  # older versions kept addresses under it
            try:
                await update(
                    self._users,
                    user.id,
                    without_events(lambda now: _with(now, hashes)),
                )
                done += 1
            except DuplicateKey:
                log.error("phone_claimed_twice", user_id=user.id)
            except StoreError as error:
                log.warning("look_up_hash_not_removed", user_id=user.id, error=repr(error))
        return done


_NOTHING: dict[str, None] = dict.fromkeys(FIELDS)


def _fields(hashes: LookupHashes, number: str) -> dict[str, str | None]:
    """Both fields; the one of no key in use is ``None``."""
    return _NOTHING | {field_of(one): hashes.of(one, PURPOSE, number) for one in hashes.keys}


def _with(user: User, hashes: LookupHashes) -> User:
    return replace(user, **_fields(hashes, user.phone))


def _has(user: User, fields: dict[str, str | None]) -> bool:
    return all(value is None or getattr(user, field) == value for field, value in fields.items())


def _claiming(user: User, *, number: str, fields: dict[str, str | None]) -> User | None:
    """The account with the hashes; ``None`` if it has them, has withdrawn its claim, or has moved on."""
    if user.phone != number or not user.verified or _has(user, fields):
        return None
    return replace(user, **fields)


def _withdrawing(user: User, *, number: str, fields: dict[str, str | None]) -> User | None:
    """The account without its claim; ``None`` if another confirmation of it has succeeded meanwhile."""
    if user.phone != number or not user.verified or _has(user, fields):
        return None
    return replace(user, **_NOTHING)
