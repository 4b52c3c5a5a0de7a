"""A real HTTP server in the test's process for a list of routes, and signed-in clients.

    async with serving(rescues_routes, store=store, redis=redis) as api:
        rider = await api.person("rider")
        reply = await rider.post("/quotes", {...})
        assert reply.status == 201

Auth's routes are always included.  Each client has its own address, like those of the simulator.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from multidict import CIMultiDictProxy

from support.http.staff import proved
from support.ports import free_port
from supportcarr.auth import account_routes, password_routes
from supportcarr.auth.access_tokens import AccessTokens
from supportcarr.auth.guesses import GuessLimiter, GuessRules
from supportcarr.auth.legal_documents import LegalDocuments
from supportcarr.auth.password_service import PasswordService
from supportcarr.auth.passwords import DEADLINE_SECONDS, PasswordHasher
from supportcarr.auth.phone_change import PhoneChange
from supportcarr.auth.registration import Registration
from supportcarr.auth.revocations import Revocations
from supportcarr.auth.routes import routes as auth_routes
from supportcarr.auth.service import AuthService
from supportcarr.auth.session_activity import SessionActivity
from supportcarr.auth.session_service import Grant
from supportcarr.auth.settings import AuthSettings, LegalSettings
from supportcarr.auth.sign_in_guard import SignInGuard
from supportcarr.auth.signing_keys import SigningKeys
from supportcarr.auth.sms_codes import SmsCodes
from supportcarr.contracts.routing import Route
from supportcarr.gateway.app import Gateway, build
from supportcarr.gateway.map_tiles import TilesFile
from supportcarr.gateway.ports import Check
from supportcarr.gateway.settings import HttpSettings, LimitSettings
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import serve
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.observability.structured_log import LogWriter
from supportcarr.kit.ratelimit.limiter import Limiter
from supportcarr.kit.redis.client import RedisClient
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import Deployment
from supportcarr.kit.store.port import Store

PASSWORD = "correct horse battery"
DRAIN_SECONDS = 2.0
AUTH = AuthSettings(
    token_secrets="t2:"
    + "second-secret-of-the-tests-0123456789"
    + ",t1:"
    + "first-secret-of-the-tests-0123456789",
    lookup_secret="look-up secret of the tests",
    bcrypt_cost=4,
)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: ``body`` is decoded JSON, or the bytes if it is not JSON."""

    status: int
    headers: CIMultiDictProxy[str]
    body: Any

    @property
    def code(self) -> str | None:
        """The problem's code."""
        return self.body.get("code") if isinstance(self.body, dict) else None


class Client:
    """Sends requests from one address, with a token if it has one."""

    def __init__(self, api: Api, address: str, grant: Grant | None = None) -> None:
        self._api = api
        self.address = address
        self.grant = grant
        self.token = grant.access_token if grant else None

    @property
    def user_id(self) -> str:
        assert self.grant is not None
        return self.grant.user.id

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        key: str | None = None,
        if_match: int | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request; *path* is below ``/api/v1`` unless it begins with ``//`` (then below the root).

        *raw* is sent as it is; *key* is the Idempotency-Key; *if_match* a version, or a raw header.
        """
        sent = {"x-forwarded-for": self.address, **(headers or {})}
        if self.token is not None:
            sent.setdefault("authorization", f"Bearer {self.token}")
        if key is not None:
            sent["idempotency-key"] = key
        if if_match is not None:
            sent["if-match"] = f'"{if_match}"' if isinstance(if_match, int) else if_match
        if raw is None and body is not None:
            raw = msgspec.json.encode(body)
        if raw is not None:
            sent.setdefault("content-type", "application/json")
        url = self._api.url + (path[1:] if path.startswith("//") else f"/api/v1{path}")
        async with self._api.session.request(
            method, url, data=raw, headers=sent, allow_redirects=False
        ) as answer:
            content = await answer.read()
            is_json = "json" in answer.headers.get("content-type", "")
            return Reply(
                answer.status,
                answer.headers,
                msgspec.json.decode(content) if is_json and content else content,
            )

    async def get(self, path: str, **given: Any) -> Reply:
        return await self.send("GET", path, **given)

    async def post(self, path: str, body: Any = None, **given: Any) -> Reply:
        return await self.send("POST", path, body, **given)

    async def put(self, path: str, body: Any = None, **given: Any) -> Reply:
        return await self.send("PUT", path, body, **given)

    async def patch(self, path: str, body: Any = None, **given: Any) -> Reply:
        return await self.send("PATCH", path, body, **given)

    async def delete(self, path: str, **given: Any) -> Reply:
        return await self.send("DELETE", path, **given)

    async def create(self, path: str, body: Any = None, **given: Any) -> Reply:
        """A POST with a new idempotency key."""
        return await self.send("POST", path, body, key=uuid.uuid4().hex, **given)


@dataclass
class Api:
    """A running server and its parts."""

    url: str
    session: aiohttp.ClientSession
    auth: AuthService
    registration: Registration
    tokens: AccessTokens
    gateway: Gateway
    metrics: Metrics
    lifecycle: Lifecycle
    clock: Clock
    store: Store
    routes: Sequence[Route] = field(default_factory=list)

    def anonymous(self, address: str | None = None) -> Client:
        """A client without an account."""
        return Client(self, address or new_address())

    async def person(self, *roles: str, name: str = "Ana Roy", phone: str | None = None) -> Client:
        """A signed-in client with those roles (by default a rider)."""
        number = phone or new_phone()
        await self.auth.ensure_account(number, PASSWORD, name, roles or ("rider",))
        grant = await self.auth.sign_in(number, PASSWORD)
        return Client(self, new_address(), await proved(grant, self.store, self.tokens, self.clock))


def new_phone() -> str:
    """A phone number that is unique in this process, and none that a test writes out (``+1514555…``)."""
    return f"+1514{5_560_000 + next(_numbers)}"


def new_address() -> str:
    """An address (of the benchmarking network, RFC 2544) that is unique in this test run."""
    number = next(_numbers)
    return f"198.18.{number // 250 % 250}.{number % 250 + 1}"


@asynccontextmanager
async def serving(
    routes: Sequence[Route] = (),
    *,
    store: Store,
    redis: RedisClient,
    clock: Clock | None = None,
    auth: AuthSettings = AUTH,
    limits: LimitSettings | None = None,
    http: HttpSettings | None = None,
    checks: Mapping[str, Check] | None = None,
    apps: Mapping[str, Path] | None = None,
    redirects: Mapping[str, str] | None = None,
    access_log: LogWriter | None = None,
    hash_deadline_s: float = DEADLINE_SECONDS,
    allowed_origins: str = "",
    map_tiles: TilesFile = lambda: None,
) -> AsyncIterator[Api]:
    """The gateway with those routes and auth's, on a free port, as in production."""
    clock = clock or Clock()
    port = free_port()
    place = Deployment(public_url=f"http://127.0.0.1:{port}", allowed_origins=allowed_origins)
    revocations = Revocations(store, clock, auth, redis)
    keys, activity = SigningKeys(auth, store, clock), SessionActivity(redis, clock)
    tokens = AccessTokens(auth, revocations, keys, sessions=activity)
    passwords = PasswordHasher(auth, deadline_seconds=hash_deadline_s)
    guesses = GuessLimiter(store, clock, GuessRules.from_settings(auth))
    guard = SignInGuard(store, clock, guesses, auth.lookup_secret)
    service = AuthService(
        store,
        clock,
        auth,
        tokens=tokens,
        passwords=passwords,
        revocations=revocations,
        guard=guard,
        activity=activity,
    )
    codes = SmsCodes(store, clock, auth)
    registration = Registration(
        store, clock, auth, auth=service, passwords=passwords, codes=codes, guard=guard
    )
    password_service = PasswordService(
        store, clock, auth, auth=service, passwords=passwords, codes=codes, guard=guard
    )
    phone_change = PhoneChange(
        store, clock, auth, auth=service, passwords=passwords, codes=codes, guard=guard
    )
    metrics, lifecycle = Metrics(), Lifecycle()
    all_routes = [
        *account_routes.routes(registration, phone_change, LegalDocuments(LegalSettings())),
        *password_routes.routes(password_service),
        *auth_routes(service),
        *routes,
    ]
    gateway = build(
        all_routes,
        store=store,
        clock=clock,
        tokens=tokens,
        limiter=Limiter(redis),
        metrics=metrics,
        lifecycle=lifecycle,
        deployment=place,
        http=http or HttpSettings(),
        limits=limits or LimitSettings(),
        secret=auth.lookup_secret,
        checks=checks or {"store": store.ping},
        config=lambda: {"realtime_url": place.realtime_url},
        apps=apps,
        redirects=redirects,
        map_tiles=map_tiles,
        access_log=access_log,
    )
    await keys.open()
    await revocations.open()
    activity.start()
    running = asyncio.create_task(
        serve(gateway, "127.0.0.1", port, DRAIN_SECONDS, lifecycle=lifecycle, fast_path=gateway)
    )
    try:
        await _listens(port, running)
        lifecycle.mark_ready()
        crowd = aiohttp.TCPConnector(limit=0)  # no limit of concurrent connections
        patience = aiohttp.ClientTimeout(total=240)
        async with aiohttp.ClientSession(timeout=patience, connector=crowd) as session:
            yield Api(
                place.public_url,
                session,
                service,
                registration,
                tokens,
                gateway,
                metrics,
                lifecycle,
                clock,
                store,
                all_routes,
            )
    finally:
        lifecycle.drain()
        await running
        await activity.close()
        await revocations.close()
        await keys.close()
        passwords.close()


async def _listens(port: int, running: asyncio.Task[None]) -> None:
    """Return when the port accepts connections; raise the error of *running* if it ends before."""
    async with asyncio.timeout(60):
        while True:
            if running.done():
                running.result()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            await writer.wait_closed()
            return
