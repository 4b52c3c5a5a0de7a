"""One account is guessed at from many addresses: growing pauses, a notice, and the owner still gets in."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from support.http.server import AUTH, PASSWORD, Api, Reply, new_phone, serving
from support.ports import free_port
from support.sms import code_of
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.contracts.errors import Overloaded
from supportcarr.contracts.events import SignInAttemptsFailed
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.sqlite.engine import SqliteStore

FREE = AUTH.guesses_free


@pytest.fixture
def clock() -> Clock:
    """Wall time stands still: no pause ends while a test goes on, however long that takes."""
    now = time.time()
    return Clock(wall=lambda: now)


@pytest.fixture
async def api(store: SqliteStore, redis: RedisClient, clock: Clock) -> AsyncIterator[Api]:
    async with serving(store=store, redis=redis, clock=clock) as running:
        yield running


async def guess(api: Api, phone: str, password: str = "a wrong guess") -> Reply:
    """A sign-in from an address that nobody has used before."""
    return await api.anonymous().post("/auth/sign-in", {"phone": phone, "password": password})


async def signed_up(api: Api) -> tuple[Any, str]:
    """The owner of an account, at the address where its phone was verified, and the number."""
    owner, phone = api.anonymous(), new_phone()
    body = {"phone": phone, "password": PASSWORD, "name": "Ana", "role": "rider"}
    signed_up = (await owner.create("/auth/sign-up", body)).body
    owner.token = signed_up["access_token"]
    code = await code_of(api.store, AUTH.lookup_secret, signed_up["user"]["id"])
    assert (await owner.post("/auth/phone-verification", {"code": code})).status == 200
    return owner, phone


@pytest.mark.parametrize("account", ["known", "unknown"])
async def test_guesses_from_many_addresses_are_refused_after_the_free_ones(api: Api, account: str) -> None:
    phone = (await signed_up(api))[1] if account == "known" else new_phone()
    replies = [await guess(api, phone) for _ in range(FREE)]
    replies += await asyncio.gather(*(guess(api, phone) for _ in range(10)))  # a 429 is answered late
    statuses = [reply.status for reply in replies]
    assert statuses == [401] * FREE + [429] * 10
    assert (replies[-1].code, replies[-1].headers["retry-after"]) == ("rate_limited", "2")


async def test_guesses_at_the_same_time_do_not_count_as_one(api: Api) -> None:
    _, phone = await signed_up(api)
    replies = await asyncio.gather(*(guess(api, phone) for _ in range(FREE + 10)))
    assert Counter(reply.status for reply in replies) == {401: FREE, 429: 10}


async def test_the_owner_still_signs_in_where_they_did_before_and_keeps_the_session(api: Api) -> None:
    owner, phone = await signed_up(api)
    for _ in range(FREE + 1):
        await guess(api, phone)
    assert (await guess(api, phone, PASSWORD)).status == 429, "from elsewhere even the right one waits"
    body = {"phone": phone, "password": PASSWORD}
    for _ in range(3):
        reply = await owner.post("/auth/sign-in", body)
        assert reply.status == 200
    assert (await owner.get("/me")).status == 200
    refreshed = await owner.post("/auth/refresh", {"refresh_token": reply.body["refresh_token"]})
    assert refreshed.status == 200


async def test_a_network_on_which_the_owner_used_a_session_is_known_too(api: Api) -> None:
    owner, phone = await signed_up(api)
    body = {"phone": phone, "password": PASSWORD}
    session = (await owner.post("/auth/sign-in", body)).body
    mobile = api.anonymous()
    token = {"refresh_token": session["refresh_token"]}
    assert (await mobile.post("/auth/refresh", token)).status == 200
    for _ in range(FREE + 1):
        await guess(api, phone)
    assert (await guess(api, phone, PASSWORD)).status == 429
    assert (await mobile.post("/auth/sign-in", body)).status == 200


async def test_wrong_passwords_at_a_known_address_count_there_alone(api: Api) -> None:
    owner, phone = await signed_up(api)
    wrong, right = ({"phone": phone, "password": word} for word in ("not the password", PASSWORD))
    statuses = [(await owner.post("/auth/sign-in", wrong)).status for _ in range(FREE - 1)]
    assert statuses == [401] * (FREE - 1)
    assert (await owner.post("/auth/sign-in", right)).status == 200, "and the owner begins anew"
    statuses = [(await owner.post("/auth/sign-in", wrong)).status for _ in range(5)]
    assert statuses == [401] * 5
    assert (await guess(api, phone, PASSWORD)).status == 200


async def test_the_owner_is_told_once(api: Api, store: SqliteStore) -> None:
    told: list[str] = []

    def hear(_collection: str, _id: str, events: Any) -> None:
        told.extend(e.event.user_id for e in events if isinstance(e.event, SignInAttemptsFailed))

    store.subscribe(hear)
    owner, phone = await signed_up(api)
    user_id = (await owner.get("/me")).body["id"]
    for _ in range(FREE - 1):
        await guess(api, phone)
    assert told == []
    for _ in range(5):
        await guess(api, phone)
    assert told == [user_id]


async def test_an_attempt_whose_password_is_not_checked_does_not_count(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, phone = await signed_up(api)

    async def overloaded(*_: object) -> bool:
        raise Overloaded

    with monkeypatch.context() as patched:
        patched.setattr(PasswordHasher, "verify", overloaded)
        assert [(await guess(api, phone)).status for _ in range(FREE + 5)] == [503] * (FREE + 5)
    assert (await guess(api, phone, PASSWORD)).status == 200


async def test_the_count_survives_a_wiped_redis_and_a_restart(
    store: SqliteStore, redis: RedisClient, clock: Clock
) -> None:
    async with serving(store=store, redis=redis, clock=clock) as api:
        _, phone = await signed_up(api)
        assert [(await guess(api, phone)).status for _ in range(FREE)] == [401] * FREE
        await redis.call("FLUSHALL")
        assert (await guess(api, phone)).status == 429
    async with serving(store=store, redis=redis, clock=clock) as another:
        assert (await guess(another, phone)).status == 429


async def test_without_redis_the_count_goes_on(store: SqliteStore, clock: Clock) -> None:
    client = RedisClient(f"redis://127.0.0.1:{free_port()}", timeout=0.05)
    await client.open(at_once=False)
    try:
        async with serving(store=store, redis=client, clock=clock) as api:
            phone = new_phone()
            statuses = [(await guess(api, phone)).status for _ in range(FREE + 1)]
    finally:
        await client.close()
    assert statuses == [401] * FREE + [429]
