"""Sign up, sign in, sign out, and the caller's account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from support.http.server import PASSWORD, Api, Client, new_phone, serving
from support.rescues.fixtures import expect
from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.auth.errors import WrongCredentials
from supportcarr.auth.settings import LegalSettings
from supportcarr.contracts.errors import NotFound
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.store.sqlite.engine import SqliteStore


@pytest.fixture
async def api(store: SqliteStore, redis: RedisClient) -> AsyncIterator[Api]:
    async with serving(store=store, redis=redis) as running:
        yield running


def sign_up(phone: str, **changes: object) -> dict[str, object]:
    return {"phone": phone, "password": PASSWORD, "name": "Ana Roy", "role": "rider", **changes}


async def test_signing_up_signs_in(api: Api) -> None:
    phone = new_phone()
    anybody = api.anonymous()
    reply = await anybody.create("/auth/sign-up", sign_up(phone))
    assert reply.status == 201
    assert (reply.body["token_type"], reply.body["expires_in"]) == ("Bearer", 900)
    assert reply.body["user"]["phone"] == phone
    anybody.token = reply.body["access_token"]
    me = await anybody.get("/me")
    own = {"new_phone": None, "preferences": me.body["preferences"]}
    assert (me.status, me.body) == (200, {**reply.body["user"], **own})
    assert (me.body["roles"], me.body["phone_verified"]) == (["rider"], False)


async def test_a_repeated_sign_up_opens_another_session_of_the_same_account(
    api: Api, store: SqliteStore
) -> None:
    anybody, body = api.anonymous(), sign_up(new_phone())
    replies = await asyncio.gather(*(anybody.post("/auth/sign-up", body, key="k") for _ in range(4)))
    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["user"]["id"] for reply in replies}) == 1
    assert len({reply.body["refresh_token"] for reply in replies}) == 4
    assert await store.collection(USERS).count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone": "514 555 0142"}, "phone"),
        ({"phone": "not a phone"}, "phone"),
        ({"phone": 15145550142}, "phone"),
        ({"password": "short"}, "password"),
        ({"password": "nine char"}, "password"),
        ({"password": "qwertyuiop"}, "password"),
        ({"password": "x" * 73}, "password"),
        ({"password": "é" * 37}, "password"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"role": "admin"}, "role"),
        ({"role": "support"}, "role"),
        ({"roles": ["admin"]}, "roles"),
        ({"language": "de"}, "language"),
    ],
)
async def test_invalid_fields_are_named_in_the_error(
    api: Api, store: SqliteStore, changes: dict[str, object], field: str
) -> None:
    reply = await api.anonymous().create("/auth/sign-up", sign_up(new_phone()) | changes)
    assert (reply.status, reply.code) == (422, "validation_failed")
    assert field in [error["field"] for error in reply.body["errors"]]
    assert await store.collection(USERS).count() == 0


async def test_signing_in_needs_a_known_number_and_its_password(api: Api) -> None:
    person = await api.person("rider", "driver")
    phone = (await person.get("/me")).body["phone"]
    anybody = api.anonymous()
    good = await anybody.post("/auth/sign-in", {"phone": phone, "password": PASSWORD})
    assert (good.status, good.body["user"]["roles"]) == (200, ["driver", "rider"])
    wrong = await anybody.post("/auth/sign-in", {"phone": phone, "password": "wrong password"})
    unknown = await anybody.post("/auth/sign-in", {"phone": new_phone(), "password": PASSWORD})
    for refused in (wrong, unknown):
        assert (refused.status, refused.code) == (401, "unauthenticated")
    assert wrong.body["detail"] == unknown.body["detail"]


async def test_passwords_and_tokens_are_not_stored_in_clear_text(api: Api, store: SqliteStore) -> None:
    person = await api.person("rider")
    assert person.grant is not None
    kept = repr((await store.collection(USERS).find()).items) + repr(
        (await store.collection(SESSIONS).find()).items
    )
    assert PASSWORD not in kept
    assert person.grant.refresh_token not in kept
    assert person.grant.access_token not in kept


async def test_a_user_can_change_their_name(api: Api) -> None:
    person = await api.person("rider")
    stale = await person.patch("/me", {"name": "Zoë"}, if_match=7)
    assert (stale.status, stale.code) == (412, "stale_version")
    renamed = await person.patch("/me", {"name": "  Zoë  "}, if_match=1)
    assert (renamed.status, renamed.body["name"], renamed.headers["etag"]) == (200, "Zoë", '"2"')
    same = await person.patch("/me", {"name": "Zoë"})
    assert same.headers["etag"] == '"2"'


async def test_the_other_party_sees_the_name_and_a_masked_number(api: Api) -> None:
    person = await api.person("rider", name="Ana Roy", phone="+15145559942")
    seen = await api.auth.person(person.user_id)
    assert (seen.name, seen.phone_masked) == ("Ana Roy", "+1 514 ••• ••42")
    with pytest.raises(NotFound):
        await api.auth.person("usr_nobody")


async def test_an_ensured_account_gets_its_missing_roles(api: Api, store: SqliteStore) -> None:
    phone = new_phone()
    users = await asyncio.gather(
        *(api.auth.ensure_account(phone, PASSWORD, "Op", ("support",)) for _ in range(4))
    )
    assert len({user.id for user in users}) == 1
    grown = await api.auth.ensure_account(phone, PASSWORD, "Other", ("admin",))
    assert (grown.roles, grown.name) == (("admin", "support"), "Op")
    assert (await api.auth.sign_in(phone, PASSWORD)).user.id == grown.id
    assert await store.collection(USERS).count() == 1


async def test_signing_up_with_an_operators_number_does_not_grant_the_role(api: Api) -> None:
    stranger = await api.person("rider", phone=(phone := new_phone()))
    with pytest.raises(WrongCredentials):
        await api.auth.ensure_account(phone, "the operator's own", "Admin", ("admin",))
    assert (await api.auth.user(stranger.user_id)).roles == ("rider",)


async def test_signing_out_ends_this_session_only(api: Api) -> None:
    first = await api.person("rider")
    phone = (await first.get("/me")).body["phone"]
    second = Client(api, first.address, await api.auth.sign_in(phone, PASSWORD))
    assert (await first.post("/auth/sign-out")).status == 204
    assert (await first.get("/me")).status == 401
    assert (await second.get("/me")).status == 200
    assert first.grant is not None
    reply = await second.post("/auth/refresh", {"refresh_token": first.grant.refresh_token})
    assert (reply.status, reply.code) == (401, "unauthenticated")


async def test_sign_in_is_limited_by_address(api: Api) -> None:
    anybody, statuses, began = api.anonymous(), [401], time.monotonic()
    while statuses[-1] == 401:
        body = {"phone": new_phone(), "password": PASSWORD}
        statuses.append((await anybody.post("/auth/sign-in", body)).status)
    grown = (time.monotonic() - began) / 3  # a minute has twenty
    assert statuses[-1] == 429
    assert 20 <= statuses[1:].count(401) <= 20 + grown


async def test_web_apps_say_which_terms_were_accepted_and_machines_may(api: Api) -> None:
    body, web = sign_up(new_phone()), {"X-Supportcarr-App": "rider"}
    for wrong in ({}, {"accepted_terms": "1999"}):
        refused = await api.anonymous().create("/auth/sign-up", body | wrong, headers=web)
        assert (refused.status, refused.code) == (422, "validation_failed")
        assert [error["field"] for error in refused.body["errors"]] == ["accepted_terms"]
    version = LegalSettings().terms_version
    for headers in (web, None):
        sent = sign_up(new_phone()) | {"accepted_terms": version}
        made = expect(await api.anonymous().create("/auth/sign-up", sent, headers=headers), 201)
        user = await api.store.collection(USERS).get(made["user"]["id"])
        assert user is not None and user.accepted_terms is not None
        assert user.accepted_terms.version == version
    plain = expect(await api.anonymous().create("/auth/sign-up", body), 201)
    user = await api.store.collection(USERS).get(plain["user"]["id"])
    assert user is not None and user.accepted_terms is None
