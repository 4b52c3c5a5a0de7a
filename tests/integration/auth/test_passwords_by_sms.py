"""Change a password, and reset it by SMS: other sessions end, and nobody learns who has an account."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from support.http.server import AUTH, PASSWORD, Api, Client, new_phone, serving
from support.sms import another_code, code_of
from supportcarr.auth.codes import TRIES_MAX
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.events import PasswordChanged
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.port import Store

NEW = "a new good password"


@pytest.fixture
async def api(service_store: Store, redis: RedisClient) -> AsyncIterator[Api]:
    async with serving(store=service_store, redis=redis) as running:
        yield running


async def code_for(api: Api, phone: str) -> str:
    owner, hashed = await PhoneDirectory(api.store, AUTH.lookup_secret).look_up(phone)
    return await code_of(api.store, AUTH.lookup_secret, owner.id if owner else hashed, "password")


async def sign_in(api: Api, phone: str, password: str) -> int:
    return (await api.anonymous().post("/auth/sign-in", {"phone": phone, "password": password})).status


async def test_a_changed_password_ends_the_other_sessions(api: Api) -> None:
    here = await api.person("rider", phone=(phone := new_phone()))
    there = Client(api, "198.18.7.7", await api.auth.sign_in(phone, PASSWORD))
    events: list[EventEnvelope] = []
    api.store.subscribe(lambda _collection, _id, published: events.extend(published))

    body = {"current_password": "not this one", "new_password": NEW}
    wrong = await here.put("/auth/password", body)
    assert (wrong.status, wrong.body["errors"][0]["field"]) == (422, "current_password")
    leaked = await here.put("/auth/password", {"current_password": PASSWORD, "new_password": "qwertyuiop"})
    assert (leaked.status, leaked.body["errors"][0]["code"]) == (422, "leaked")
    assert await sign_in(api, phone, PASSWORD) == 200

    changed = await here.put("/auth/password", {"current_password": PASSWORD, "new_password": NEW})
    assert changed.status == 200
    assert (await there.get("/me")).status == 401
    assert there.grant is not None
    assert (await there.post("/auth/refresh", {"refresh_token": there.grant.refresh_token})).status == 401
    here.token = changed.body["access_token"]
    assert (await here.get("/me")).status == 200
    assert here.grant is not None
    assert (await here.post("/auth/refresh", {"refresh_token": here.grant.refresh_token})).status == 200
    assert (await sign_in(api, phone, PASSWORD), await sign_in(api, phone, NEW)) == (401, 200)
    assert PasswordChanged(user_id=here.user_id) in [envelope.event for envelope in events]


async def test_a_reset_by_sms_ends_all_sessions(api: Api) -> None:
    person = await api.person("rider", phone=(phone := new_phone()))
    stranger = api.anonymous()
    asked = await stranger.post("/auth/password-resets", {"phone": phone})
    assert (asked.status, asked.body) == (202, {"expires_in": 600})
    code = await code_for(api, phone)
    body = {"phone": phone, "code": another_code(code), "password": NEW}
    assert (await stranger.post("/auth/password-resets/confirmation", body)).code == "code_wrong"
    assert (await person.get("/me")).status == 200
    body["code"] = code
    replies = [await stranger.post("/auth/password-resets/confirmation", body) for _ in range(2)]
    assert [reply.status for reply in replies] == [204, 409], "a code is good once"
    assert (await person.get("/me")).status == 401
    assert (await sign_in(api, phone, PASSWORD), await sign_in(api, phone, NEW)) == (401, 200)


async def test_numbers_without_an_account_get_the_same_answers(api: Api) -> None:
    await api.person("rider", phone=(taken := new_phone()))
    seen = {}
    for phone in (taken, new_phone()):
        anybody = api.anonymous()
        confirmation = {"phone": phone, "code": "000000", "password": NEW}
        replies = [await anybody.post("/auth/password-resets/confirmation", confirmation)]
        replies += [await anybody.post("/auth/password-resets", {"phone": phone}) for _ in range(2)]
        confirmation["code"] = another_code(await code_for(api, phone))
        for _ in range(TRIES_MAX + 1):
            replies.append(await anybody.post("/auth/password-resets/confirmation", confirmation))
        seen[phone] = [(reply.status, reply.code) for reply in replies]
    first, second = seen.values()
    assert first == second
    assert [code for _, code in first] == [
        "code_ended",
        None,
        "rate_limited",
        *["code_wrong"] * 5,
        "code_ended",
    ]


async def test_the_code_of_a_number_without_an_account_opens_nothing(api: Api) -> None:
    anybody, phone = api.anonymous(), new_phone()
    await anybody.post("/auth/password-resets", {"phone": phone})
    body = {"phone": phone, "code": await code_for(api, phone), "password": NEW}
    assert (await anybody.post("/auth/password-resets/confirmation", body)).code == "code_wrong"


async def test_one_of_many_confirmations_at_once_takes_effect(api: Api) -> None:
    await api.person("rider", phone=(phone := new_phone()))
    await api.anonymous().post("/auth/password-resets", {"phone": phone})
    code = await code_for(api, phone)
    replies = await asyncio.gather(
        *(
            api.anonymous().post(
                "/auth/password-resets/confirmation", {"phone": phone, "code": code, "password": f"{NEW} {n}"}
            )
            for n in range(4)
        )
    )
    assert sorted(reply.status for reply in replies) == [204, 409, 409, 409]
    winner = [reply.status for reply in replies].index(204)
    assert await sign_in(api, phone, f"{NEW} {winner}") == 200
