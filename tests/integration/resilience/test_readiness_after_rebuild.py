"""A process is not ready before it knows the ended sessions, however slow the store is; by then they have
been written to an empty Redis, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
import socketio

from support.faults import wait_until
from support.http.server import PASSWORD, new_address, new_phone
from support.ports import free_port
from support.realtime import SocketClient
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.collections import SESSIONS
from supportcarr.auth.passwords import PasswordHasher
from supportcarr.auth.revocation_log import RevocationLog
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.service import AuthService
from supportcarr.auth.session_service import Grant
from supportcarr.bootstrap import processes
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.bootstrap.stores import store_of
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr.kit.store.port import Store
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

MAINS = {"api": processes._api, "realtime": processes._realtime, "worker": processes._worker}


class BlockingStore:
    """A store that does not return sessions until the test allows it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.queried, self.released = asyncio.Event(), asyncio.Event()

    def collection(self, spec: Any) -> Any:
        inner = self._store.collection(spec)
        return _BlockingCollection(self, inner) if spec is SESSIONS else inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _BlockingCollection:
    def __init__(self, store: BlockingStore, inner: Any) -> None:
        self._store, self._inner = store, inner

    async def find(self, *args: Any, **given: Any) -> Any:
        self._store.queried.set()
        await self._store.released.wait()
        return await self._inner.find(*args, **given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@dataclass(slots=True)
class Starting:
    """A process that is about to start with a wiped Redis; *gone* is a session that had ended before."""

    settings: Settings
    store: BlockingStore
    gone: Grant
    within: Grant

    @property
    def metrics(self) -> str:
        return f"http://127.0.0.1:{self.settings.servers.metrics_port}"


async def two_sessions(settings: Settings, redis_url: str) -> tuple[Grant, Grant]:
    """One session that has ended, and one that has not."""
    store = store_of(settings)
    async with RedisClient(redis_url) as redis:
        revocations = Revocations(store, Clock(), settings.auth, redis)
        tokens, passwords = AccessTokens(settings.auth, revocations), PasswordHasher(settings.auth)
        auth = AuthService(
            store, Clock(), settings.auth, tokens=tokens, passwords=passwords, revocations=revocations
        )
        await store.open()
        grants = []
        for _ in range(2):
            number = new_phone()
            await auth.ensure_account(number, PASSWORD, "Ana Roy", ("rider",))
            grants.append(await auth.sign_in(number, PASSWORD))
        await auth.end_session(grants[0].session_id)
        await store.close()
        passwords.close()
    return grants[0], grants[1]


@pytest.fixture
async def starting(
    tmp_path: Path, own_redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Starting]:
    port = free_port()
    given = {
        "DATA": str(tmp_path),
        "REDIS_URL": own_redis_server.url,
        "PORT": str(port),
        "REALTIME_PORT": str(port),
        "METRICS_PORT": str(free_port()),
        "AUTH_BCRYPT_COST": "4",
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "TWILIO_API_BASE": "http://127.0.0.1:9",
        "DRAIN_SECONDS": "2",
    }
    settings = load_settings({PREFIX + name: value for name, value in given.items()}, dotenv=None)
    gone, within = await two_sessions(settings, own_redis_server.url)
    own_redis_server.kill()
    own_redis_server.start()  # empty
    store = BlockingStore(store_of(settings))
    monkeypatch.setattr(processes, "store_of", lambda _: cast(Store, store))
    monkeypatch.setattr(processes, "tune_gc", lambda: None)
    yield Starting(settings, store, gone, within)


async def status_of(url: str, token: str = "") -> int | None:
    """The status; ``None``: the port is closed."""
    headers = {"x-forwarded-for": new_address()} | ({"authorization": f"Bearer {token}"} if token else {})
    try:
        async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
            return answer.status
    except aiohttp.ClientConnectionError:
        return None


@pytest.mark.parametrize("role", list(MAINS))
async def test_a_process_is_ready_only_when_it_knows_the_ended_sessions(
    starting: Starting, own_redis_server: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch, role: str
) -> None:
    lifecycle = Lifecycle()
    monkeypatch.setattr(lifecycle, "watch_signals", lambda: None)
    monkeypatch.setattr(processes, "Lifecycle", lambda: lifecycle)
    base = f"http://127.0.0.1:{starting.settings.servers.port}"
    running = asyncio.create_task(MAINS[role](starting.settings))
    try:
        await starting.store.queried.wait()
        assert await status_of(f"{starting.metrics}/healthz") == 200
        assert await status_of(f"{starting.metrics}/readyz") == 503
        assert await status_of(f"{base}/readyz") is None

        starting.store.released.set()

        async def ready() -> bool:
            assert not running.done()
            return await status_of(f"{starting.metrics}/readyz") == 200

        await wait_until(ready)
        async with RedisClient(own_redis_server.url, timeout=30) as redis:
            assert await RevocationLog(redis).is_revoked(starting.gone.session_id) is True
            assert await RevocationLog(redis).is_revoked(starting.within.session_id) is False
        if role == "api":

            async def serves() -> bool:
                return await status_of(f"{base}/readyz") == 200

            await wait_until(serves)
            assert await status_of(f"{base}/api/v1/me", starting.gone.access_token) == 401
            assert await status_of(f"{base}/api/v1/me", starting.within.access_token) == 200
        if role == "realtime":

            async def hears() -> bool:
                return await status_of(f"{base}/readyz") == 200

            await wait_until(hears)
            knocking = SocketClient()
            with pytest.raises(socketio.exceptions.ConnectionError):
                await knocking.connect(base, starting.gone.access_token)
            assert knocking.connect_error is not None
            await knocking.disconnect()
            await knocking.connect(base, starting.within.access_token)
            await knocking.disconnect()
    finally:
        starting.store.released.set()
        lifecycle.drain()
        await running
