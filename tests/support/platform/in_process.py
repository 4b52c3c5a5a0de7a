"""A whole platform in the test's process: every part, the gateway, Redis, SQLite, the Stripe emulator.

    async with running_platform(tmp_path) as platform:
        rider = await platform.person("rider")
        reply = await rider.post("/quotes", {...})
        await platform.settle()

``settle`` returns when all events and jobs that requests caused are processed.  City time stands still
until a test advances it, so that no deadline fires by itself.  A test can break Redis, the emulator and the
store through ``faults``.  Every response is checked against the OpenAPI document
(``support.http.openapi_contract``).  The Stripe emulator sends no webhooks: a test that needs one signs it
itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec

from support.faults import Faults, FaultyProxy, FaultyStore
from support.http.openapi_contract import Contract
from support.http.server import PASSWORD, Api, Client, Reply, new_address, new_phone
from support.http.staff import proved
from support.payments.world import BACKGROUND, IDENTITY, Emulator, running_emulator, serving
from support.ports import free_port
from supportcarr.auth.session_service import Grant
from supportcarr.auth.text_message import TextMessage
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.container import Container
from supportcarr.bootstrap.parts.core import RedisClients
from supportcarr.bootstrap.processes import gateway_of
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.kit.events.relay import Relay
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.types import ASGIApp
from supportcarr.kit.jobs.service import Job
from supportcarr.kit.jobs.worker import JobWorker
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr.kit.sealing.keyset import Keyset, new_keyset
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.pricing.areas import seed_demo
from supportcarr.supervisor.embedded_redis import EmbeddedRedis

TOKEN_SECRET = "first-secret-of-the-tests-0123456789"
LOOKUP_SECRET = "look-up secret of the tests"
QUOTES_SECRET = "quotes' secret of the tests"
AUDIT_SECRET = "audit log's secret of the tests"
SETTLE_TIMEOUT_SECONDS = 60.0

# Collections in which a refused request may leave something, or which change by themselves.  An idempotency
# key is stored with its body.  Leases and the city's clock do not depend on requests, and location history
# is written some seconds after its positions were accepted.  Redis holds rate limits and positions only.
IGNORED_COLLECTIONS = frozenset({"idempotency", "leases", "cityclock", "trails"})

Digest = Mapping[str, str]


class ManualCityClock(Clock):
    """City time stands still until ``advance``; wall time runs."""

    def __init__(self) -> None:
        super().__init__()
        self._now = float(int(super().city_seconds()))

    def city_seconds(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


class CheckedClient(Client):
    """Checks every response against the contract."""

    def __init__(self, api: Api, contract: Contract, address: str, grant: Grant | None = None) -> None:
        super().__init__(api, address, grant)
        self._contract = contract

    async def send(self, method: str, path: str, body: Any = None, **given: Any) -> Reply:
        reply = await super().send(method, path, body, **given)
        self._contract.check(method, path, reply)
        return reply


@dataclass(slots=True)
class Platform:
    """A running platform, with access to its internals."""

    container: Container
    api: Api
    contract: Contract
    relay: Relay
    clock: ManualCityClock
    emulator: Emulator
    redis_server: EmbeddedRedis
    faults: Faults

    # --- people -----------------------------------------------------------------------------------

    def anonymous(self) -> CheckedClient:
        """A client without an account."""
        return CheckedClient(self.api, self.contract, new_address())

    async def person(self, *roles: str, name: str = "Ana Roy", phone: str | None = None) -> CheckedClient:
        """A signed-in client with those roles."""
        number = phone or new_phone()
        await self.container.auth.ensure_account(number, PASSWORD, name, roles)
        grant = await self.container.auth.sign_in(number, PASSWORD)
        grant = await proved(grant, self.container.store, self.container.tokens, self.clock)
        await self.settle()
        return CheckedClient(self.api, self.contract, new_address(), grant)

    async def signed_in_again(self, phone: str) -> CheckedClient:
        """A client of the person with that number, in a new session."""
        grant = await self.container.auth.sign_in(phone, PASSWORD)
        return CheckedClient(self.api, self.contract, new_address(), grant)

    # --- time and background work ------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until every event and job in progress is processed."""
        deadline = asyncio.get_running_loop().time() + SETTLE_TIMEOUT_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            assert await self.relay.drain(SETTLE_TIMEOUT_SECONDS)
            if not await self._jobs_under_way() and not self.relay.stats()["waiting"]:
                return
            await asyncio.sleep(0.005)
        raise TimeoutError(f"jobs still ready: {(await self.container.jobs.find('ready')).items}")

    async def _jobs_under_way(self) -> bool:
        """True while a job runs or is due within 1.5 s.  A job that is due later (it polls for 3-D Secure,
        for example) has nothing to do now."""
        soon = self.container.clock.wall() + timedelta(seconds=1.5)
        ready = (await self.container.jobs.find("ready", limit=200)).items
        return any(job.running or job.run_at < soon for job in ready)

    async def fire_deadline(self, collection: str, id: str) -> None:
        """Fire the deadline of that document, as a worker does when it is due."""
        [deadline] = [d for d in self.container.deadlines() if d.spec.name == collection]
        await deadline.fire(id)
        await self.settle()

    # --- stored documents ---------------------------------------------------------------------------

    async def digest(self) -> Digest:
        """One hash per collection; equal digests mean that no document was inserted, changed or deleted."""
        await self.settle()
        encode = msgspec.json.Encoder(order="deterministic").encode
        digests = {}
        for spec in SPECS:
            if spec.name not in IGNORED_COLLECTIONS:
                hashed = blake2b(digest_size=16)
                async for document in self.container.store.collection(spec).scan():
                    if not (isinstance(document, Job) and document.state == "ready"):  # it may be retried
                        hashed.update(encode(_without_report(document)))
                digests[spec.name] = hashed.hexdigest()
        return digests


def _without_report(document: Any) -> Any:
    """A text message without what Twilio's emulator reports of it, which comes whenever it comes."""
    if isinstance(document, TextMessage):
        return msgspec.structs.replace(document, version=0, state="sent", error=None)
    return document


def settings_for(folder: Path, *, port: int, redis_url: str, emulator: Emulator, **changed: str) -> Settings:
    """Settings of a local platform with cheap password hashes and high rate limits."""
    given = {
        "DATA": str(folder),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "REDIS_URL": redis_url,
        "DRAIN_SECONDS": "2",
        "REQUEST_SECONDS": "60",
        "STRIPE_TIMEOUT_SECONDS": "30",
        "TWILIO_TIMEOUT_SECONDS": "30",
        "AUTH_TOKEN_SECRETS": f"t1:{TOKEN_SECRET}",
        "AUTH_LOOKUP_SECRET": LOOKUP_SECRET,
        "AUTH_BCRYPT_COST": "4",
        "AUDIT_SECRET": AUDIT_SECRET,
        "QUOTES_SECRET": QUOTES_SECRET,
        "STRIPE_API_KEY": emulator.settings.api_key,
        "STRIPE_WEBHOOK_SECRET": emulator.settings.webhook_secret,
        "STRIPE_API_BASE": emulator.base,
        "TWILIO_ACCOUNT_SID": emulator.twilio_settings.account_sid,
        "TWILIO_AUTH_TOKEN": emulator.twilio_settings.auth_token,
        "TWILIO_API_BASE": emulator.base,
        "LIMITS_USER_PER_MINUTE": "1000000",
        "LIMITS_ADDRESS_PER_MINUTE": "1000000",
        "LIMITS_SENSITIVE_PER_MINUTE": "1000000",
        "LIMITS_QUOTES_PER_MINUTE": "1000000",
        "LIMITS_GEOCODING_PER_MINUTE": "1000000",
        "LIMITS_PINS_PER_MINUTE": "1000000",
        "LIMITS_TEXTS_PER_ADDRESS_PER_HOUR": "1000000",
        "LIMITS_TEXTS_PER_ADDRESS_PER_DAY": "1000000",
    } | changed
    return load_settings({PREFIX + name: value for name, value in given.items()}, dotenv=None)


def _check_settings(emulator_url: str) -> dict[str, str]:
    """Settings with which the emulator checks drivers."""
    return {
        f"{kind.upper()}_CHECKS_{name}": value
        for kind, account in (("identity", IDENTITY), ("background", BACKGROUND))
        for name, value in (
            ("API_BASE", f"{emulator_url}/checks/{kind}"),
            ("API_KEY", account.api_key),
            ("WEBHOOK_SECRET", account.webhook_secret),
            ("TIMEOUT_SECONDS", "60"),
        )
    }


@asynccontextmanager
async def running_platform(
    folder: Path,
    *,
    timeout_s: float = 30.0,
    redis_timeout_s: float = 30.0,
    store: Store | None = None,
    checks: bool = False,
    **changed: str,
) -> AsyncIterator[Platform]:
    """A platform with its data in *folder*; *changed* are settings, by name without the prefix.

    *timeout_s* is how long the store waits for another process's lock, *redis_timeout_s* how long a call
    waits for Redis: long enough for a busy machine, unless a test is about an outage.  *store*: an open one
    in place of a file; the caller closes it.  *checks*: drivers who apply are checked by the emulator.
    """
    async with AsyncExitStack() as closing:
        server = EmbeddedRedis(folder / "redis", port=free_port())
        server.start()
        closing.callback(server.stop)
        port = free_port()
        emulator = await closing.enter_async_context(
            running_emulator(folder / "emulator", api_url=f"http://127.0.0.1:{port}/api/v1")
        )
        redis_door = closing.enter_context(FaultyProxy(server.port or 0))
        emulator_door = closing.enter_context(FaultyProxy(int(emulator.base.rpartition(":")[2])))
        redis_url = redis_door.redis_url(server.url)
        doors = {"STRIPE_API_BASE": emulator_door.http_url, "TWILIO_API_BASE": emulator_door.http_url}
        changed = doors | (_check_settings(emulator_door.http_url) if checks else {}) | changed
        settings = settings_for(folder, port=port, redis_url=redis_url, emulator=emulator, **changed)

        if store is None:
            store = SqliteStore(folder / "store.sqlite3", timeout_s=timeout_s)
            await store.open()
            closing.push_async_callback(store.close)
        faults = Faults(redis_door, emulator_door, FaultyStore(store))
        store = SealingStore(faults.store.as_store, Keyset(new_keyset()))
        redis = await closing.enter_async_context(RedisClient(redis_url, timeout=redis_timeout_s))
        clock = ManualCityClock()
        container = Container(
            settings,
            store,
            clock,
            RedisClients(redis, redis),
            durable_url=redis_url,
            data_keys=store.data_keys,
        )
        closing.push_async_callback(container.close)
        await seed_demo(store)
        await container.revocations.open()
        closing.push_async_callback(container.revocations.close)

        relay = Relay(store, container.consumers(), container.jobs)
        closing.push_async_callback(relay.stop)
        worker = JobWorker(container.jobs, container.job_handlers(), settings.jobs)
        worker.start()
        closing.push_async_callback(worker.close, 2.0)

        metrics, lifecycle = Metrics(), Lifecycle()
        gateway = gateway_of(container, metrics, lifecycle)
        lifecycle.mark_ready()
        url = await closing.enter_async_context(serving(cast(ASGIApp, gateway), port, gateway))
        session = await closing.enter_async_context(
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=240), connector=aiohttp.TCPConnector(limit=0)
            )
        )
        routes = container.routes()
        api = Api(
            url,
            session,
            container.auth,
            container.registration,
            container.tokens,
            gateway,
            metrics,
            lifecycle,
            clock,
            store,
            routes,
        )
        async with session.get(f"{url}/openapi.json") as response:
            contract = Contract(await response.json(), routes)
        yield Platform(container, api, contract, relay, clock, emulator, server, faults)
