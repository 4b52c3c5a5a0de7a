"""A person lists their sessions, ends them, and is signed out everywhere by a ban."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from support.bans import ban_account, lift_ban_of
from support.http.server import AUTH, PASSWORD, Api, Client, serving
from supportcarr.auth import signing_keys
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import USERS
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.session_activity import KEPT_SECONDS, SessionActivity
from supportcarr.auth.signing_keys import SigningKeys
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.sqlite.engine import SqliteStore

FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"}


@pytest.fixture
async def api(store: SqliteStore, redis: RedisClient) -> AsyncIterator[Api]:
    async with serving(store=store, redis=redis) as running:
        yield running


async def again(api: Api, person: Client, headers: dict[str, str] | None = None) -> Client:
    """The same person, signed in from another address."""
    phone = (await person.get("/me")).body["phone"]
    other = api.anonymous()
    reply = await other.post("/auth/sign-in", {"phone": phone, "password": PASSWORD}, headers=headers)
    other.token = reply.body["access_token"]
    return other


async def sessions_of(person: Client) -> list[dict[str, object]]:
    reply = await person.get("/auth/sessions")
    assert reply.status == 200
    return list(reply.body["items"])


async def test_sessions_are_listed_with_device_place_and_last_use(api: Api) -> None:
    first = await api.person("rider")
    second = await again(api, first, FIREFOX)
    newest, oldest = await sessions_of(second)
    assert (newest["device"], newest["current"], newest["app"]) == ("Firefox on Linux", True, None)
    assert newest["place"] == f"network {second.address.rpartition('.')[0]}.x"
    assert not oldest["current"]
    used = datetime.fromisoformat(str(newest["used_at"]))
    assert abs(datetime.now(UTC) - used) < timedelta(minutes=1)
    stranger = await api.person("rider")
    assert len(await sessions_of(stranger)) == 1
    page = await second.get("/auth/sessions?limit=1")
    following = await second.get(f"/auth/sessions?limit=1&cursor={page.body['next_cursor']}")
    assert [page.body["items"][0]["id"], following.body["items"][0]["id"]] == [newest["id"], oldest["id"]]


async def test_an_owner_ends_one_session_and_nobody_else_s(api: Api) -> None:
    first = await api.person("rider")
    second = await again(api, first)
    [mine, other] = await sessions_of(second)
    stranger = await api.person("rider")
    for path in (f"/auth/sessions/{other['id']}", "/auth/sessions/ses_01jtwn00000000000000000009"):
        assert (await stranger.delete(path)).status == 404
    assert (await first.get("/me")).status == 200
    assert (await second.delete(f"/auth/sessions/{other['id']}")).status == 204
    assert (await first.get("/me")).status == 401
    assert first.grant is not None
    token = {"refresh_token": first.grant.refresh_token}
    assert (await api.anonymous().post("/auth/refresh", token)).status == 401
    assert [session["id"] for session in await sessions_of(second)] == [mine["id"]]
    assert (await second.delete(f"/auth/sessions/{other['id']}")).status == 404, "it is over"


async def test_an_owner_ends_all_other_sessions(api: Api) -> None:
    first = await api.person("rider")
    others = [await again(api, first) for _ in range(3)]
    assert (await first.delete("/auth/sessions")).status == 204
    assert [(await other.get("/me")).status for other in others] == [401] * 3
    assert (await first.get("/me")).status == 200
    assert len(await sessions_of(first)) == 1


async def test_a_ban_ends_every_session_and_prevents_new_ones(api: Api) -> None:
    person = await api.person("rider")
    phone = (await person.get("/me")).body["phone"]
    await ban_account(api.store, api.auth, person.user_id)
    assert (await person.get("/me")).status == 401
    assert person.grant is not None
    token = {"refresh_token": person.grant.refresh_token}
    assert (await api.anonymous().post("/auth/refresh", token)).status == 401
    credentials = {"phone": phone, "password": PASSWORD}
    refused = await api.anonymous().post("/auth/sign-in", credentials)
    assert (refused.status, refused.code) == (403, "account_banned")
    wrong = await api.anonymous().post("/auth/sign-in", credentials | {"password": "wrong password"})
    assert (wrong.status, wrong.code) == (401, "unauthenticated"), "only the owner learns of the ban"
    await lift_ban_of(api.store, person.user_id)
    assert (await api.anonymous().post("/auth/sign-in", credentials)).status == 200
    assert (await api.anonymous().post("/auth/refresh", token)).status == 401, "the old one stays ended"


async def test_a_new_role_ends_access_tokens_but_no_session(api: Api) -> None:
    person = await api.person("rider")
    phone = (await person.get("/me")).body["phone"]
    await api.auth.ensure_account(phone, PASSWORD, "Ana", ("driver",))
    assert (await person.get("/me")).status == 401
    assert person.grant is not None
    reply = await person.post("/auth/refresh", {"refresh_token": person.grant.refresh_token})
    assert (reply.status, reply.body["user"]["roles"]) == (200, ["driver", "rider"])
    person.token = reply.body["access_token"]
    assert (await person.get("/me")).status == 200


async def test_uses_are_written_in_batches_and_kept_for_a_day_after_the_last(redis: RedisClient) -> None:
    now = [1_800_000_000.0]
    activity = SessionActivity(redis, Clock(wall=lambda: now[0]))
    for number in range(700):
        activity.note_use(f"ses_{number}")
    assert await redis.call("EXISTS", keys.session("ses_1")) == 0, "nothing is written while requests run"
    await activity.write()
    now[0] += 600
    activity.note_use("ses_1")
    await activity.write()
    used = await activity.last_uses(["ses_1", "ses_2", "ses_unknown"])
    assert {session: at.timestamp() for session, at in used.items()} == {
        "ses_1": now[0],
        "ses_2": now[0] - 600,
    }
    assert KEPT_SECONDS - 60 <= await redis.call("TTL", keys.session("ses_1")) <= KEPT_SECONDS
    assert activity.stats() == {"hits_total": 2, "misses_total": 1, "writes_total": 701, "dropped_total": 0}


async def test_without_redis_sessions_are_listed_from_the_store(api: Api, redis: RedisClient) -> None:
    person = await api.person("rider")
    await redis.close()
    try:
        assert len(await sessions_of(person)) == 1
    finally:
        await redis.open()


async def test_a_token_of_a_new_key_is_good_in_a_process_that_has_not_heard_of_it(
    api: Api, store: SqliteStore, redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_keys, "ACTIVATION_SECONDS", 0.0)
    monkeypatch.setattr(signing_keys, "LOOK_UP_EVERY_SECONDS", 0.0)
    person = await api.person("rider")
    user = await store.collection(USERS).get(person.user_id)
    assert user is not None
    assert person.grant is not None
    clock = Clock()
    keys_there = SigningKeys(AUTH, store, clock)
    await keys_there.rotate()
    there = AccessTokens(AUTH, Revocations(store, clock, AUTH, redis), keys_there)
    person.token = there.issue(user, person.grant.session_id)
    assert (await person.get("/me")).status == 200
    header, payload, signature = person.token.split(".")
    person.token = f"{header}.{payload}.{signature[::-1]}"
    assert (await person.get("/me")).status == 401
