"""Refresh tokens over HTTP and in races; revocations between processes; purging of sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from support.http.server import AUTH, PASSWORD, Api, Client, Reply, new_phone, serving
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.service import AuthService
from supportcarr.auth.signing_keys import CLOCK_TOLERANCE_SECONDS
from supportcarr.contracts.errors import Unauthenticated
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.sqlite.engine import SqliteStore

NONCE = "nonce-0001"


@pytest.fixture
async def api(store: SqliteStore, redis: RedisClient) -> AsyncIterator[Api]:
    async with serving(store=store, redis=redis) as running:
        yield running


async def refresh(client: Client, token: str, nonce: str | None = None) -> Reply:
    body = {"refresh_token": token} | ({"nonce": nonce} if nonce else {})
    return await client.post("/auth/refresh", body)


def first_token(client: Client) -> str:
    assert client.grant is not None
    return client.grant.refresh_token


async def test_a_refresh_gives_the_next_tokens(api: Api) -> None:
    person = await api.person("rider")
    token = first_token(person)
    for _ in range(3):
        reply = await refresh(person, token)
        assert (reply.status, reply.body["user"]["id"]) == (200, person.user_id)
        assert reply.body["refresh_token"] != token
        token = reply.body["refresh_token"]
        person.token = reply.body["access_token"]
        assert (await person.get("/me")).status == 200


async def test_a_lost_response_is_repeated_for_the_same_nonce(api: Api) -> None:
    person = await api.person("rider")
    first = await refresh(person, first_token(person), NONCE)
    again = await refresh(person, first_token(person), NONCE)
    assert (first.status, again.status) == (200, 200)
    assert first.body["refresh_token"] == again.body["refresh_token"]
    assert (await refresh(person, again.body["refresh_token"], "nonce-0002")).status == 200


@pytest.mark.parametrize("nonces", [(None, None), (NONCE, None), (None, NONCE), (NONCE, "nonce-0002")])
async def test_a_refresh_token_used_twice_ends_its_session(
    api: Api, nonces: tuple[str | None, str | None]
) -> None:
    person = await api.person("rider")
    first = await refresh(person, first_token(person), nonces[0])
    stolen = await refresh(person, first_token(person), nonces[1])
    assert (stolen.status, stolen.code) == (401, "unauthenticated")
    last = await refresh(person, first.body["refresh_token"])
    assert last.status == 401
    for reply in (stolen, last):  # both parties learn why
        (error,) = reply.body["errors"]
        assert (error["field"], error["code"]) == ("refresh_token", "reused")
        assert "used twice" in reply.body["detail"]
    for token in (person.token, first.body["access_token"]):
        person.token = token
        assert (await person.get("/me")).status == 401


async def test_a_repeat_after_the_successor_was_used_ends_the_session(api: Api) -> None:
    person = await api.person("rider")
    first = await refresh(person, first_token(person), NONCE)
    second = await refresh(person, first.body["refresh_token"], "nonce-0002")
    assert second.status == 200
    assert (await refresh(person, first_token(person), NONCE)).status == 401
    assert (await refresh(person, second.body["refresh_token"])).status == 401


async def test_unknown_token_ends_no_session(api: Api) -> None:
    person = await api.person("rider")
    session_id = first_token(person).partition(".")[0]
    for invented in (
        f"{session_id}.1.AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
        "x",
        f"{session_id}.1.x.y",
    ):
        assert (await refresh(person, invented)).status == 401
    assert (await refresh(person, first_token(person))).status == 200


async def test_concurrent_repeats_of_a_refresh_get_one_successor(api: Api) -> None:
    person = await api.person("rider")
    replies = await asyncio.gather(*(refresh(person, first_token(person), NONCE) for _ in range(8)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body["refresh_token"] for reply in replies}) == 1


async def test_two_clients_using_one_refresh_token_end_the_session(api: Api) -> None:
    person = await api.person("rider")
    replies = await asyncio.gather(*(refresh(person, first_token(person), f"nonce-000{n}") for n in range(2)))
    assert sorted(reply.status for reply in replies) == [200, 401]
    (winner,) = [reply for reply in replies if reply.status == 200]
    assert (await refresh(person, winner.body["refresh_token"])).status == 401


async def test_an_unused_session_ends_after_thirty_days(store: SqliteStore, redis: RedisClient) -> None:
    now = [datetime.now(UTC).timestamp()]
    clock = Clock(wall=lambda: now[0])
    async with serving(store=store, redis=redis, clock=clock) as api:
        person = await api.person("rider")
        now[0] += timedelta(days=29).total_seconds()
        kept = await refresh(person, first_token(person))
        assert kept.status == 200
        now[0] += timedelta(days=31).total_seconds()
        assert (await refresh(person, kept.body["refresh_token"])).status == 401


async def test_a_session_in_use_ends_after_ninety_days(store: SqliteStore, redis: RedisClient) -> None:
    now = [datetime.now(UTC).timestamp()]
    clock = Clock(wall=lambda: now[0])
    async with serving(store=store, redis=redis, clock=clock) as api:
        person = await api.person("rider")
        token = first_token(person)
        for _ in range(4):
            now[0] += timedelta(days=20).total_seconds()
            kept = await refresh(person, token)
            assert kept.status == 200
            token = kept.body["refresh_token"]
        now[0] += timedelta(days=11).total_seconds()
        ended = await refresh(person, token)
        assert (ended.status, ended.code) == (401, "unauthenticated")


class Process:
    """The auth service as another process has it."""

    def __init__(self, store: SqliteStore, redis: RedisClient, clock: Clock | None = None) -> None:
        clock = clock or Clock()
        self.revocations = Revocations(store, clock, AUTH, redis)
        self.tokens = AccessTokens(AUTH, self.revocations)
        self.passwords = PasswordHasher(AUTH)
        self.service = AuthService(
            store, clock, AUTH, tokens=self.tokens, passwords=self.passwords, revocations=self.revocations
        )

    async def __aenter__(self) -> Process:
        await self.revocations.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.revocations.close()
        self.passwords.close()

    async def refuses(self, token: bytes) -> bool:
        """Wait until the process refuses the token."""
        async with asyncio.timeout(45):
            while True:
                try:
                    self.tokens.verify(token)
                except Unauthenticated:
                    return True
                await asyncio.sleep(0.01)


async def test_a_session_ended_in_one_process_is_refused_in_another(
    store: SqliteStore, redis: RedisClient
) -> None:
    async with Process(store, redis) as first, Process(store, redis) as second:
        phone = new_phone()
        await first.service.ensure_account(phone, PASSWORD, "Ana", ("rider",))
        grant = await first.service.sign_in(phone, PASSWORD)
        token = grant.access_token.encode()
        second.tokens.verify(token)  # cached in the second process
        await first.service.end_session(grant.session_id)
        with pytest.raises(Unauthenticated):
            first.tokens.verify(token)
        assert await second.refuses(token)


async def test_a_new_process_knows_sessions_that_ended_before(store: SqliteStore, redis: RedisClient) -> None:
    async with Process(store, redis) as first:
        phone = new_phone()
        await first.service.ensure_account(phone, PASSWORD, "Ana", ("rider",))
        grant = await first.service.sign_in(phone, PASSWORD)
        await first.service.end_session(grant.session_id)
    async with Process(store, redis) as later:
        with pytest.raises(Unauthenticated):
            later.tokens.verify(grant.access_token.encode())


async def test_revocations_are_dropped_when_their_tokens_have_expired(
    store: SqliteStore, redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.auth.revocations.RELOAD_SECONDS", 0.05)
    monkeypatch.setattr("supportcarr.auth.revocations.STALE_RELOAD_SECONDS", 0.05)
    # Else the log might tell it of its own revocation after the clock's jump, as if that were new.
    monkeypatch.setattr("supportcarr.auth.revocations.POLL_SECONDS", 3600)
    now = [datetime.now(UTC).timestamp()]
    clock = Clock(wall=lambda: now[0])
    async with Process(store, redis, clock) as process:
        phone = new_phone()
        await process.service.ensure_account(phone, PASSWORD, "Ana", ("rider",))
        grant = await process.service.sign_in(phone, PASSWORD)
        await process.service.end_session(grant.session_id)
        assert grant.session_id in process.revocations.known
        now[0] += AUTH.access_seconds + 2 * CLOCK_TOLERANCE_SECONDS + 1
        async with asyncio.timeout(45):
            while grant.session_id in process.revocations.known:
                await asyncio.sleep(0.01)
    async with Process(store, redis, clock) as later:
        assert later.revocations.stats()["known_sessions"] == 0


async def test_old_sessions_are_purged_and_open_ones_kept(store: SqliteStore, redis: RedisClient) -> None:
    now = [datetime.now(UTC).timestamp()]
    clock = Clock(wall=lambda: now[0])
    async with Process(store, redis, clock) as process:
        phone = new_phone()
        await process.service.ensure_account(phone, PASSWORD, "Ana", ("rider",))
        await process.service.sign_in(phone, PASSWORD)
        now[0] += timedelta(days=32).total_seconds()
        living = await process.service.sign_in(phone, PASSWORD)
        await process.service.sessions.purge()
        assert [s.id for s in (await store.collection(SESSIONS).find()).items] == [living.session_id]


async def test_a_person_is_shown_with_the_number_that_the_account_has_now(
    store: SqliteStore, redis: RedisClient
) -> None:
    users = store.collection(USERS)
    async with Process(store, redis) as process:
        user = await process.service.ensure_account("+15145550142", PASSWORD, "Ana Roy", ("rider",))
        for _ in range(2):
            assert (await process.service.person(user.id)).phone_masked == "+1 514 ••• ••42"
        await users.save(replace(await process.service.user(user.id), phone="+15145550199"))
        assert (await process.service.person(user.id)).phone_masked == "+1 514 ••• ••99"
        await users.save(replace(await process.service.user(user.id), phone=""))
        assert (await process.service.person(user.id)).phone_masked == ""
