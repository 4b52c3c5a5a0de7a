"""Revocations reach every process, whatever happens to Redis in the meantime."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from support.bans import ban_account
from support.faults import FaultyProxy, FaultyStore, wait_until
from support.http.server import AUTH, PASSWORD, new_phone
from supportcarr.auth import revocations
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import SESSIONS
from supportcarr.auth.model import end_session
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.revocation_log import LookUp, Revocation, RevocationLog
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.service import AuthService
from supportcarr.auth.session_service import Grant
from supportcarr.contracts.errors import Overloaded, Unauthenticated
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

NEVER = 1e6  # seconds


class Process:
    """The auth objects of one process, with its own proxies to Redis and to the store."""

    def __init__(self, store: SqliteStore, redis_server: EmbeddedRedis) -> None:
        self.store = FaultyStore(store)
        self.proxy = FaultyProxy(redis_server.port or 0)
        self._url = redis_server.url
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Process:
        self._closing.enter_context(self.proxy)
        self.redis = await RedisClient(self.proxy.redis_url(self._url)).open(at_once=False)
        self._closing.push_async_callback(self.redis.close)
        await wait_until(lambda: self.redis.connected)
        store, clock = self.store.as_store, Clock()
        self.revocations = Revocations(store, clock, AUTH, self.redis)
        self.tokens = AccessTokens(AUTH, self.revocations)
        passwords = PasswordHasher(AUTH)
        self._closing.callback(passwords.close)
        self.service = AuthService(
            store, clock, AUTH, tokens=self.tokens, passwords=passwords, revocations=self.revocations
        )
        await self.revocations.open()
        self._closing.push_async_callback(self.revocations.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._closing.aclose()

    async def sign_in(self) -> Grant:
        phone = new_phone()
        await self.service.ensure_account(phone, PASSWORD, "Ana", ("rider",))
        return await self.service.sign_in(phone, PASSWORD)

    async def stop_polling(self) -> None:
        """Stop polling the revocation log."""
        await self.revocations.close()
        await wait_until(self.tokens.stale)

    async def accepts(self, grant: Grant) -> bool:
        """True if the gateway would accept the token.  Raises ``Overloaded``."""
        try:
            principal = self.tokens.verify(grant.access_token.encode())
            if self.tokens.stale():
                await self.tokens.confirm(principal)
        except Unauthenticated:
            return False
        return True

    async def wait_until_rejected(self, grant: Grant) -> None:
        async def refused() -> bool:
            return not await self.accepts(grant)

        await wait_until(refused)

    def knows_of(self, grant: Grant) -> bool:
        return grant.session_id in self.revocations.known

    def metric(self, name: str) -> int:
        return self.revocations.stats()[name]


@pytest.fixture(autouse=True)
def _the_store_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Revocations come from Redis alone, unless a test changes that."""
    monkeypatch.setattr(revocations, "RELOAD_SECONDS", NEVER)
    monkeypatch.setattr(revocations, "STALE_RELOAD_SECONDS", NEVER)


@pytest.fixture(autouse=True)
def _redis_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no outage; one that is unreachable is noticed at once all the same."""
    monkeypatch.setattr(revocations, "_REDIS_TIMEOUT_SECONDS", 30.0)


def do_not_wait_for_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations, "_REDIS_TIMEOUT_SECONDS", 0.3)


async def stay_fresh(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not count the process as stale if this machine leaves it without time for a moment."""
    monkeypatch.setattr(revocations, "STALE_SECONDS", 300.0)
    until = process.revocations._fresh_until
    await wait_until(lambda: process.revocations._fresh_until > until + 100)


@pytest.fixture
def server(own_redis_server: EmbeddedRedis) -> EmbeddedRedis:
    return own_redis_server


@pytest.fixture
async def here(store: SqliteStore, own_redis_server: EmbeddedRedis) -> AsyncIterator[Process]:
    async with Process(store, own_redis_server) as process:
        yield process


@pytest.fixture
async def there(store: SqliteStore, own_redis_server: EmbeddedRedis) -> AsyncIterator[Process]:
    async with Process(store, own_redis_server) as process:
        yield process


async def test_an_ended_session_is_rejected_by_other_processes_without_a_lookup(
    here: Process, there: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stay_fresh(there, monkeypatch)
    grant = await here.sign_in()
    assert await there.accepts(grant)
    await here.service.end_session(grant.session_id)
    assert not await here.accepts(grant)
    await wait_until(lambda: there.knows_of(grant))
    assert there.metric("redis_lookups_total") == there.metric("store_lookups_total") == 0


async def test_a_disconnected_process_continues_at_its_offset(here: Process, there: Process) -> None:
    grants = [await here.sign_in() for _ in range(3)]
    there.proxy.refuse_connections()
    there.store.fails = True  # the log is the only source
    for grant in grants:
        await here.service.end_session(grant.session_id)
    await wait_until(there.tokens.stale)
    there.proxy.restore()
    await wait_until(lambda: all(there.knows_of(grant) for grant in grants))
    await wait_until(lambda: not there.tokens.stale())


async def test_a_process_without_news_asks_redis(here: Process, there: Process) -> None:
    gone, living = await here.sign_in(), await here.sign_in()
    await there.stop_polling()
    await here.service.end_session(gone.session_id)
    there.store.fails = True
    assert not await there.accepts(gone)
    assert await there.accepts(living)
    assert there.metric("redis_lookups_total") == 2
    assert there.metric("stale") == 1
    assert there.knows_of(gone)


async def test_without_redis_the_store_is_asked(here: Process, there: Process, server: EmbeddedRedis) -> None:
    gone, living = await here.sign_in(), await here.sign_in()
    server.kill()
    await wait_until(there.tokens.stale)
    await here.service.end_session(gone.session_id)
    assert not await there.accepts(gone)
    assert await there.accepts(living)
    assert there.metric("store_lookups_total") == 2
    assert there.metric("redis_lookups_total") == 0


@pytest.mark.parametrize("fault", ["stall", "slow"])
async def test_a_slow_redis_is_not_waited_for(
    here: Process, there: Process, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    do_not_wait_for_redis(monkeypatch)
    grants = [await here.sign_in() for _ in range(40)]
    if fault == "stall":
        there.proxy.stall()
    else:
        there.proxy.delay_responses(5.0)
    await wait_until(there.tokens.stale)
    asked: list[float] = []
    look_up = there.revocations._log.look_up

    async def counted(session_id: str, user_id: str) -> LookUp:
        asked.append(time.monotonic())
        return await look_up(session_id, user_id)

    monkeypatch.setattr(there.revocations._log, "look_up", counted)
    for grant in grants:
        assert await there.accepts(grant)
    # Whoever does not ask Redis does not wait for it: after each attempt nobody does for a while.
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert all(pause >= revocations._BREAKER_SECONDS for pause in pauses)
    assert asked and there.metric("store_lookups_total") == len(grants)


async def test_without_redis_and_store_every_request_is_rejected(
    here: Process, there: Process, server: EmbeddedRedis
) -> None:
    grant = await here.sign_in()
    server.kill()
    await wait_until(there.tokens.stale)
    there.store.fails = True
    with pytest.raises(Overloaded) as refusal:
        await there.accepts(grant)
    assert refusal.value.retry_after
    assert there.metric("lookup_failures_total") == 1
    there.store.restore()
    assert await there.accepts(grant)
    server.start()
    await wait_until(lambda: not there.tokens.stale())


async def test_a_wiped_redis_confirms_no_token_until_the_log_is_rebuilt(
    here: Process, there: Process, server: EmbeddedRedis
) -> None:
    before, between = await here.sign_in(), await here.sign_in()
    await here.service.end_session(before.session_id)
    there.proxy.refuse_connections()
    server.kill()
    await here.service.end_session(between.session_id)
    await here.revocations.close()  # otherwise it would rebuild at once
    server.start()
    async with RedisClient(server.url, timeout=30) as redis:
        log = RevocationLog(redis)
        assert await log.is_revoked(before.session_id) is None
        there.proxy.restore()
        await wait_until(lambda: there.metric("rebuilds_total") == 1)
        assert there.knows_of(before)
        assert there.knows_of(between)
        assert [await log.is_revoked(grant.session_id) for grant in (before, between)] == [True, True]
        assert await log.is_revoked("ses_another") is False


async def test_two_processes_can_rebuild_the_log_at_once(
    here: Process, there: Process, server: EmbeddedRedis
) -> None:
    grants = [await here.sign_in() for _ in range(5)]
    for grant in grants[:3]:
        await here.service.end_session(grant.session_id)
    server.kill()
    server.start()
    for grant in grants[3:]:
        await (here if grant is grants[3] else there).service.end_session(grant.session_id)
    for process in (here, there):
        await wait_until(lambda: all(process.knows_of(grant) for grant in grants))  # noqa: B023
        await wait_until(lambda: not process.tokens.stale())  # noqa: B023
        await process.stop_polling()
        process.store.fails = True
        for grant in grants:
            assert not await process.accepts(grant)


async def test_a_process_that_starts_with_an_empty_redis_reads_the_store(
    here: Process, store: SqliteStore, server: EmbeddedRedis
) -> None:
    grant = await here.sign_in()
    await here.service.end_session(grant.session_id)
    await here.revocations.close()
    server.kill()
    server.start()
    async with Process(store, server) as later:
        assert not later.tokens.stale()
        assert later.knows_of(grant)
        assert await RevocationLog(later.redis).is_revoked(grant.session_id) is True


async def test_a_redis_that_lost_entries_confirms_no_token(here: Process, there: Process) -> None:
    first, second = await here.sign_in(), await here.sign_in()
    await here.service.end_session(first.session_id)
    await wait_until(lambda: there.knows_of(first))
    there.proxy.stall()
    await here.revocations.close()
    # the data of a replica that was promoted without the last entry
    await here.redis.call("DEL", keys.revoked_session(first.session_id), keys.revoked_log())
    await here.redis.call("HSET", keys.revoked_head(), "seq", 0)
    await here.service.end_session(second.session_id)
    await here.redis.call("DEL", keys.revoked_session(second.session_id))
    await here.redis.call("HSET", keys.revoked_head(), "seq", 0)
    there.proxy.restore()
    await wait_until(lambda: there.knows_of(second))
    log = RevocationLog(there.redis)

    async def told_again() -> bool:
        return (
            await log.is_revoked(first.session_id) is True and await log.is_revoked(second.session_id) is True
        )

    await wait_until(told_again)


async def test_a_process_behind_the_trimmed_log_reads_the_store(
    here: Process, there: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.auth.revocation_log._LENGTH", 1)
    grants = [await here.sign_in() for _ in range(3)]
    there.proxy.refuse_connections()
    for grant in grants:
        await here.service.end_session(grant.session_id)
    await here.redis.call("XTRIM", keys.revoked_log(), "MAXLEN", 1)  # "~" would keep more entries
    there.proxy.restore()
    await wait_until(lambda: all(there.knows_of(grant) for grant in grants))


async def test_many_revocations_are_read_in_batches(
    here: Process, there: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.auth.revocation_log._READ_AT_ONCE", 7)
    there.proxy.refuse_connections()
    there.store.fails = True
    await RevocationLog(here.redis).append((Revocation(f"ses_{n}"), 60) for n in range(450))
    there.proxy.restore()
    await wait_until(lambda: there.metric("known_sessions") == 450)


async def test_revocations_left_unpublished_by_a_crash_are_published(
    here: Process, store: SqliteStore, server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "RELOAD_SECONDS", 0.1)
    monkeypatch.setattr(revocations, "STALE_RELOAD_SECONDS", 0.1)
    grant = await here.sign_in()
    async with Process(store, server) as finder, Process(store, server) as other:
        sessions = store.collection(SESSIONS)
        session = await sessions.get(grant.session_id)
        assert session is not None
        changed = end_session(session, "signed_out", datetime.now(UTC))
        assert changed is not None
        await sessions.save(changed)  # and then its process died
        await wait_until(lambda: finder.knows_of(grant) and other.knows_of(grant))
        log = RevocationLog(finder.redis)

        async def is_published() -> bool:
            return await log.is_revoked(grant.session_id) is True

        await wait_until(is_published)


async def test_an_outage_of_the_store_is_logged_by_the_store_alone(
    store: SqliteStore, server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "RELOAD_SECONDS", 0.0)
    monkeypatch.setattr(revocations, "STALE_RELOAD_SECONDS", 0.01)
    async with Process(store, server) as process:
        tries = 0
        load = process.revocations._load

        async def counted() -> None:
            nonlocal tries
            tries += 1
            await load()

        monkeypatch.setattr(process.revocations, "_load", counted)
        process.store.fails = True
        with capture_logs() as logs:
            await wait_until(lambda: tries > 2)
        assert [line["event"] for line in logs] == []


async def test_revocations_are_published_when_redis_returns(here: Process, there: Process) -> None:
    grant = await here.sign_in()
    here.proxy.refuse_connections()
    await wait_until(here.tokens.stale)
    await here.service.end_session(grant.session_id)
    assert here.metric("unpublished_sessions") == 1
    here.proxy.restore()
    await wait_until(lambda: there.knows_of(grant))
    await wait_until(lambda: here.metric("unpublished_sessions") == 0)


@pytest.mark.parametrize("fault", ["none", "cut", "no redis"])
async def test_a_ban_is_known_everywhere(
    here: Process, there: Process, server: EmbeddedRedis, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant, other = await here.sign_in(), await here.sign_in()
    assert await there.accepts(grant)  # and cached
    if fault == "cut":
        do_not_wait_for_redis(monkeypatch)
    if fault == "cut":
        there.proxy.stall()
    elif fault == "no redis":
        server.kill()
    if fault == "none":
        await stay_fresh(there, monkeypatch)
    else:
        await wait_until(there.tokens.stale)
    await ban_account(here.store.as_store, here.service, grant.user.id)
    assert not await here.accepts(grant)
    await there.wait_until_rejected(grant)
    assert await there.accepts(other)
    assert there.metric("store_lookups_total") == (0 if fault == "none" else 2)


async def test_a_change_of_roles_is_known_everywhere_and_a_refreshed_token_is_good(
    here: Process, there: Process
) -> None:
    grant = await here.sign_in()
    assert await there.accepts(grant)
    await there.stop_polling()  # it has to ask
    await here.service.ensure_account(grant.user.phone, PASSWORD, "Ana", ("driver",))
    assert not await there.accepts(grant)
    refreshed = await here.service.refresh(grant.refresh_token, None)
    assert refreshed.user.roles == ("driver", "rider")
    assert await there.accepts(refreshed)


async def test_a_wiped_redis_learns_of_bans_again(
    here: Process, there: Process, server: EmbeddedRedis
) -> None:
    grant = await here.sign_in()
    await ban_account(here.store.as_store, here.service, grant.user.id)
    server.kill()
    server.start()
    async with RedisClient(server.url, timeout=30) as redis:
        log = RevocationLog(redis)

        async def is_complete() -> bool:
            return (await log.look_up(grant.session_id, grant.user.id)).complete

        await wait_until(is_complete)
        found = await log.look_up(grant.session_id, grant.user.id)
    assert found.first_version > grant.user.version


async def test_a_full_memory_of_revocations_makes_a_process_ask(
    here: Process, there: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "KNOWN_MAX", 2)
    grants = [await here.sign_in() for _ in range(4)]
    for grant in grants[:3]:
        await here.service.end_session(grant.session_id)
    await there.wait_until_rejected(grants[2])
    assert there.metric("known_sessions") == 2
    assert there.tokens.stale()
    assert [await there.accepts(grant) for grant in grants] == [False, False, False, True]
    assert [await here.accepts(grant) for grant in grants] == [False, False, False, True]


async def test_listeners_hear_of_sessions_and_accounts_soon_also_without_redis(
    here: Process, there: Process, server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends open sockets, which are not checked by requests."""
    monkeypatch.setattr(revocations, "STALE_RELOAD_SECONDS", 0.2)
    heard: set[str] = set()
    there.revocations.on_revoked(lambda sessions, users: heard.update(sessions, users))
    first, second = await here.sign_in(), await here.sign_in()
    await here.service.end_session(first.session_id)
    await wait_until(lambda: first.session_id in heard)
    async with Process(here.store.as_store, server) as deaf:  # type: ignore[arg-type]
        deaf.revocations.on_revoked(lambda sessions, users: heard.update(sessions, users))
        server.kill()
        await ban_account(here.store.as_store, here.service, second.user.id)
        await wait_until(lambda: second.user.id in heard)
