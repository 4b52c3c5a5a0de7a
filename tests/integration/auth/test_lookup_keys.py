"""Look-up keys rotate while the platform runs: whatever is killed, all is found, and numbers are unique."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from support.http.server import AUTH
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import USERS
from supportcarr.auth.errors import PhoneTaken
from supportcarr.auth.model import User
from supportcarr.auth.name_index import NameIndex
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.service import AuthService
from supportcarr.drivers.collections import VEHICLES
from supportcarr.drivers.model import Vehicle
from supportcarr.drivers.plates import Plates
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.sealing.lookup_keys import (
    LOOKUP_KEYS,
    STATE_ID,
    LookupHashes,
    LookupKeyMissing,
    LookupKeys,
)
from supportcarr.kit.sealing.lookup_rotation import HashedData, rotate
from supportcarr.kit.sealing.search_terms import SEARCH_TERMS
from supportcarr.kit.store.port import DuplicateKey, Store

SECRET = AUTH.lookup_secret
PHONE, OTHER = "+15145550142", "+15145550199"


def account(number: int, phone: str, name: str = "Zoé Martin") -> User:
    return User(
        id=f"usr_{number}",
        phone=phone,
        name=name,
        password_hash="x",
        roles=("rider",),
        created_at=Clock().wall(),
    )


async def claim(store: Store, user: User, secret: str = SECRET) -> User:
    """Claim the number as a process does.  Raises ``PhoneTaken``."""
    directory = PhoneDirectory(store, secret)
    try:
        claiming = replace(user, **await directory.claimed(user.phone))
        return await directory.confirm(await store.collection(USERS).insert(claiming))
    except DuplicateKey:
        raise PhoneTaken from None


async def add_vehicle(store: Store, secret: str = SECRET) -> None:
    vehicle = Vehicle(
        id="veh_1",
        driver_id="usr_1",
        type="pickup",
        make="Ford",
        model="F-150",
        colour="blue",
        plate="ABC 123",
        bed_length_cm=200,
        capacity=2,
        created_at=Clock().wall(),
    )
    await store.collection(VEHICLES).insert(await Plates(store, secret).with_hashes(vehicle))


class Killed(BaseException):
    pass


@dataclass
class Step:
    """Does something when the rotation comes to it: ``add`` or ``remove``."""

    at: str
    act: Callable[[], Awaitable[None]]
    name: str = "a step of the test"

    async def add_hashes(self, number: int) -> int:
        await self._run("add")
        return 0

    async def remove_hashes(self, number: int) -> int:
        await self._run("remove")
        return 0

    async def _run(self, now: str) -> None:
        if now == self.at:
            await self.act()


def data(store: Store, *steps: Step, secret: str = SECRET) -> list[HashedData]:
    parts: list[HashedData] = [PhoneDirectory(store, secret), NameIndex(store, secret), Plates(store, secret)]
    before = [step for step in steps if step.name == "first"]
    return [*before, *parts, *(step for step in steps if step.name != "first")]


async def is_found(store: Store, secret: str = SECRET) -> bool:
    """Whether the account is found by number and name, and its vehicle by the plate."""
    by_phone = await PhoneDirectory(store, secret).find(PHONE)
    by_name = await NameIndex(store, secret).find("mart", 10)
    by_plate = await Plates(store, secret).drivers_with("abc-123")
    return by_phone is not None and [one.id for one in by_name] == ["usr_1"] and by_plate == ["usr_1"]


@pytest.mark.parametrize("name", ["first", "last"])
@pytest.mark.parametrize("at", ["add", "remove"])
async def test_in_each_step_everything_is_found_and_no_number_is_claimed_twice(
    service_store: Store, at: str, name: str
) -> None:
    store, keys = service_store, LookupKeys(service_store, SECRET)
    await claim(store, account(1, PHONE))
    await NameIndex(store, SECRET).update("usr_1")
    await add_vehicle(store)
    seen: list[bool] = []

    async def look() -> None:
        seen.append(await is_found(store))
        with pytest.raises(PhoneTaken):
            await claim(store, account(2, PHONE))
        await claim(store, account(3, OTHER, "Ana Tremblay"))
        with pytest.raises(PhoneTaken):
            await claim(store, account(4, OTHER))

    step = Step(at, look, name)
    assert await rotate(keys, data(store, step), settle_seconds=0) == 1
    assert seen == [True]
    assert await is_found(store)
    assert await PhoneDirectory(store, SECRET).find(OTHER) is not None
    users = store.collection(USERS)
    assert [user.phone_key async for user in users.scan()] == [None, None]
    terms = [term async for term in store.collection(SEARCH_TERMS).scan()]
    assert terms and {term.key_number for term in terms} == {1}
    assert await rotate(keys, data(store), settle_seconds=0) == 2, "and again, in the first field"
    assert await is_found(store)


@pytest.mark.parametrize("name", ["first", "last"])
@pytest.mark.parametrize("at", ["add", "remove"])
async def test_a_rotation_that_was_killed_is_finished_by_the_next(
    service_store: Store, at: str, name: str
) -> None:
    store, keys = service_store, LookupKeys(service_store, SECRET)
    await claim(store, account(1, PHONE))
    await NameIndex(store, SECRET).update("usr_1")
    await add_vehicle(store)

    async def die() -> None:
        raise Killed

    with pytest.raises(Killed):
        await rotate(keys, data(store, Step(at, die, name)), settle_seconds=0)
    assert await is_found(store)
    with pytest.raises(PhoneTaken):
        await claim(store, account(2, PHONE))
    assert await rotate(LookupKeys(store, SECRET), data(store), settle_seconds=0) == 1, "the same key"
    assert await is_found(store)
    state = await keys.state()
    assert ([key.number for key in state.keys], state.complete, state.removing) == ([1], 1, None)


def once_after_reading_keys(directory: PhoneDirectory, act: Callable[[], Awaitable[object]]) -> None:
    """Let something happen after the directory has read the keys for the first time."""
    read, acted = directory._keys.hashes, False

    async def hashes() -> LookupHashes:
        nonlocal acted
        found = await read()
        if not acted:
            acted = True
            await act()
        return found

    directory._keys.hashes = hashes  # type: ignore[method-assign]  # of this one object


async def late_claim(store: Store) -> User:
    """An account that was saved with the hash of a key that is gone, and is not confirmed yet."""
    stopped = replace(account(1, PHONE), **await PhoneDirectory(store, SECRET).claimed(PHONE))
    await rotate(LookupKeys(store, SECRET), data(store), settle_seconds=0)
    return await store.collection(USERS).insert(stopped)


async def test_two_confirmations_at_once_of_a_lost_claim_are_both_refused(service_store: Store) -> None:
    store, directory = service_store, PhoneDirectory(service_store, SECRET)
    saved = await late_claim(store)
    await claim(store, account(2, PHONE))

    async def another_confirmation() -> None:
        with pytest.raises(PhoneTaken):
            await PhoneDirectory(store, SECRET).confirm(saved)

    once_after_reading_keys(directory, another_confirmation)
    with pytest.raises(PhoneTaken):
        await directory.confirm(saved)
    withdrawn = await store.collection(USERS).get("usr_1")
    assert withdrawn is not None and not withdrawn.verified


async def test_two_accounts_that_confirm_one_number_at_once_leave_one_owner(service_store: Store) -> None:
    store, directory = service_store, PhoneDirectory(service_store, SECRET)
    first = await late_claim(store)
    won: list[User] = []

    async def another_account() -> None:
        won.append(await claim(store, account(2, PHONE)))

    once_after_reading_keys(directory, another_account)
    with pytest.raises(PhoneTaken):
        await directory.confirm(first)
    assert await PhoneDirectory(store, SECRET).find(PHONE) == won[0]


async def test_a_success_of_another_confirmation_is_not_withdrawn(service_store: Store) -> None:
    """The account that was in the way is gone before this confirmation withdraws."""
    store, directory = service_store, PhoneDirectory(service_store, SECRET)
    saved, users = await late_claim(store), store.collection(USERS)
    rival = await claim(store, account(2, PHONE))
    withdraw = directory._users.save

    async def save(document: User, *more: object) -> User:
        try:
            return await withdraw(document, *more)  # type: ignore[arg-type]  # as it was called
        except DuplicateKey:
            await users.delete(rival.id, rival.version)
            await PhoneDirectory(store, SECRET).confirm(saved)
            raise

    directory._users = SimpleNamespace(get=users.get, save=save)
    confirmed = await directory.confirm(saved)
    assert confirmed.verified
    assert await PhoneDirectory(store, SECRET).find(PHONE) == confirmed


async def test_a_confirmation_that_stands_still_through_a_rotation_is_found_afterwards(
    service_store: Store,
) -> None:
    store, directory = service_store, PhoneDirectory(service_store, SECRET)
    saved = await late_claim(store)
    keys = LookupKeys(store, SECRET)
    once_after_reading_keys(directory, lambda: rotate(keys, data(store), settle_seconds=0))
    confirmed = await directory.confirm(saved)
    assert await PhoneDirectory(store, SECRET).find(PHONE) == confirmed
    await rotate(keys, data(store), settle_seconds=0)
    assert await PhoneDirectory(store, SECRET).find(PHONE) is not None


async def test_a_confirmation_leaves_a_number_alone_that_was_chosen_meanwhile(service_store: Store) -> None:
    store, directory = service_store, PhoneDirectory(service_store, SECRET)
    saved = await late_claim(store)

    async def move() -> None:
        fields = await PhoneDirectory(store, SECRET).claimed(OTHER)
        await store.collection(USERS).save(replace(saved, phone=OTHER, **fields))

    once_after_reading_keys(directory, move)
    moved = await directory.confirm(saved)
    assert moved.phone == OTHER
    assert await PhoneDirectory(store, SECRET).find(OTHER) == moved
    assert await PhoneDirectory(store, SECRET).find(PHONE) is None


async def test_a_late_claim_whose_process_died_does_not_stop_a_rotation(service_store: Store) -> None:
    store = service_store
    await late_claim(store)
    owner = await claim(store, account(2, PHONE))
    assert await rotate(LookupKeys(store, SECRET), data(store), settle_seconds=0) == 2
    found = await PhoneDirectory(store, SECRET).find(PHONE)
    assert found is not None and found.id == owner.id
    withdrawn = await store.collection(USERS).get("usr_1")
    assert withdrawn is not None and not withdrawn.verified


async def test_a_claim_that_stood_still_through_a_rotation_is_refused(service_store: Store) -> None:
    store, directory = service_store, PhoneDirectory(service_store, SECRET)
    users, keys = store.collection(USERS), LookupKeys(service_store, SECRET)
    stopped = replace(account(1, PHONE), **await directory.claimed(PHONE))
    await rotate(keys, data(store), settle_seconds=0)
    await claim(store, account(2, PHONE))
    saved = await users.insert(stopped)
    with pytest.raises(PhoneTaken):
        await directory.confirm(saved)
    found = await directory.find(PHONE)
    assert found is not None and found.id == "usr_2"
    withdrawn = await users.get("usr_1")
    assert withdrawn is not None and not withdrawn.verified


async def test_the_secret_is_replaced_by_adding_the_new_one_first(service_store: Store) -> None:
    store, new = service_store, "another look-up secret of the tests"
    await claim(store, account(1, PHONE))
    await NameIndex(store, SECRET).update("usr_1")
    await add_vehicle(store)
    with pytest.raises(LookupKeyMissing, match="SUPPORTCARR_AUTH_LOOKUP_SECRET lacks"):
        await LookupKeys(store, new).probe()
    both = f"{new},{SECRET}"
    await LookupKeys(store, both).probe()
    assert await is_found(store, both)
    await rotate(LookupKeys(store, both), data(store, secret=both), settle_seconds=0)
    await LookupKeys(store, new).probe()
    assert await is_found(store, new)
    with pytest.raises(LookupKeyMissing):
        await LookupKeys(store, SECRET).probe()


async def test_the_store_has_neither_the_key_nor_the_secret(service_store: Store) -> None:
    keys = LookupKeys(service_store, SECRET)
    await rotate(keys, [], settle_seconds=0)
    state = await service_store.collection(LOOKUP_KEYS).get(STATE_ID)
    assert SECRET not in repr(state)
    (key,) = (await keys.hashes()).keys.values()
    assert key not in repr(state)


async def test_sessions_of_a_replaced_secret_go_on(service_store: Store, redis: RedisClient) -> None:
    """Refresh tokens verify under the secret that issued them; a repeat gets the same successor."""
    store, clock = service_store, Clock()
    new = "another look-up secret of the tests"

    def process(secret: str) -> AuthService:
        settings = replace(AUTH, lookup_secret=secret)
        revocations = Revocations(store, clock, settings, redis)
        tokens, passwords = AccessTokens(settings, revocations), PasswordHasher(settings)
        return AuthService(
            store, clock, settings, tokens=tokens, passwords=passwords, revocations=revocations
        )

    before, after, last = process(SECRET), process(f"{new},{SECRET}"), process(new)
    user = await claim(store, account(1, PHONE))
    grant = await before.sessions.open(user)
    first = await before.sessions.refresh(grant.refresh_token, "nonce-0001")
    repeat = await after.sessions.refresh(grant.refresh_token, "nonce-0001")
    assert repeat.refresh_token == first.refresh_token
    second = await after.sessions.refresh(first.refresh_token, "nonce-0002")
    assert (await last.sessions.refresh(second.refresh_token, None)).session_id == grant.session_id
