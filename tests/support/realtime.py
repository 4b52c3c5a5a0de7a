"""A real-time edge served on a port of its own, and clients that connect to it.

Tokens here are unsigned and in the shape of a JWT: what the edge does with a verified token is under
test, not how one is verified.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import aiohttp
import socketio

from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Unauthenticated
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.sockets import free_port
from supportcarr.kit.redis.client import RedisClient
from supportcarr.realtime.app import RealtimeApp, build_realtime
from supportcarr.realtime.client_session import BackpressureLimits
from supportcarr.realtime.messages import PositionReport

AREAS = ("laval", "montreal")
WAIT = 10.0  # seconds a test waits for what must happen
AT = "2026-11-23T21:00:00Z"


def settings(**streams: Any) -> Settings:
    """Settings whose heads are told so rarely that a test sees only those it asks for."""
    values = {"heads_seconds": 600.0} | streams
    environment = {f"SUPPORTCARR_STREAMS_{name.upper()}": str(value) for name, value in values.items()}
    secrets = dict.fromkeys(_SECRETS, "k1:" + "x" * 43)
    return load_settings(environment | secrets, dotenv=None)


_SECRETS = (
    "SUPPORTCARR_AUTH_TOKEN_SECRETS",
    "SUPPORTCARR_AUTH_LOOKUP_SECRET",
    "SUPPORTCARR_STRIPE_API_KEY",
    "SUPPORTCARR_STRIPE_WEBHOOK_SECRET",
    "SUPPORTCARR_QUOTES_SECRET",
)


def token(user_id: str, *roles: str, exp: float | None = None) -> str:
    claims = {"sub": user_id, "roles": list(roles)} | ({"exp": exp} if exp else {})
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{body}.c2ln"


class FakeTokens:
    """Believes every token but those taken back."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()

    def verify(self, token: bytes) -> Principal:
        text = token.decode()
        if text in self.revoked or text.count(".") != 2:
            raise Unauthenticated
        body = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return Principal(claims["sub"], frozenset(claims["roles"]), "ses_1")

    def stale(self) -> bool:
        return False

    async def confirm(self, principal: Principal) -> None:
        raise AssertionError("nothing is stale here")


class FakeReports:
    """Keeps what was reported; raises ``refusal`` if there is one."""

    def __init__(self) -> None:
        self.fixes: list[tuple[str, PositionReport]] = []
        self.refusal: Exception | None = None

    async def report(self, driver_id: str, fix: PositionReport) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.fixes.append((driver_id, fix))


class Served:
    """One edge, listening."""

    def __init__(self, realtime: RealtimeApp, url: str, tokens: FakeTokens, reports: FakeReports) -> None:
        self.realtime = realtime
        self.url = url
        self.tokens = tokens
        self.reports = reports


@contextlib.asynccontextmanager
async def served(
    redis: RedisClient,
    *,
    bounds: BackpressureLimits | None = None,
    hello_seconds: float = 20.0,
    **streams: Any,
) -> AsyncIterator[Served]:
    """Serve an edge on a free port, as its process does."""
    chosen = settings(**streams)
    tokens, reports, lifecycle = FakeTokens(), FakeReports(), Lifecycle()
    realtime = build_realtime(
        chosen.deployment,
        chosen.streams,
        tokens,
        EventStreams(redis, chosen.streams),
        redis,
        reports,
        AREAS,
        lifecycle=lifecycle,
        limits=bounds,
        handshake_timeout_seconds=hello_seconds,
    )
    port = free_port()
    serving = asyncio.create_task(
        serve(realtime, "127.0.0.1", port, 5.0, lifecycle=lifecycle, websockets=True)
    )
    async with asyncio.timeout(WAIT):
        await realtime.fan_out.listening.wait()
    await _listens(port)
    try:
        yield Served(realtime, f"http://127.0.0.1:{port}", tokens, reports)
    finally:
        lifecycle.drain()
        await serving


async def _listens(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        return


class Heard:
    """What a client received, in order: (event name, payload)."""

    def __init__(self) -> None:
        self.all: list[tuple[str, Any]] = []
        self._more = asyncio.Condition()

    async def take(self, name: str, data: Any) -> None:
        self.all.append((name, data))
        async with self._more:
            self._more.notify_all()

    def named(self, name: str) -> list[Any]:
        return [data for event, data in self.all if event == name]

    @property
    def events(self) -> list[Any]:
        """The enveloped events, in the order they came."""
        return [data for _, data in self.all if isinstance(data, Mapping) and "cursor" in data]

    async def more_than(self, events: int) -> None:
        """Wait until more enveloped events than that were received."""
        await self.until(lambda heard: len(heard.events) > events)

    async def until(self, done: Callable[[Heard], bool]) -> None:
        """Wait until that is true of what was received."""
        async with asyncio.timeout(WAIT), self._more:
            await self._more.wait_for(lambda: done(self))


class Phone:
    """A Socket.IO client that writes down everything.  It never reconnects by itself."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.gone = asyncio.Event()
        self.refusal: Any = None
        self._sio: Any = None
        self._http: aiohttp.ClientSession | None = None

    async def connect(self, url: str, token: str, since: Mapping[str, str] | None = None) -> Phone:
        return await self.connect_with(url, {"token": token} | ({"since": dict(since)} if since else {}))

    async def connect_with(self, url: str, auth: Any) -> Phone:
        """Raises ``socketio.exceptions.ConnectionError``; ``refusal`` then holds what the server said."""
        self.gone.clear()
        await self._hang_up()
        self._http = aiohttp.ClientSession()
        sio = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=self._http)
        sio.on("*", self.heard.take)
        sio.on("disconnect", lambda *_: self.gone.set())
        sio.on("connect_error", self._refused)
        self._sio = sio
        await sio.connect(url, auth=auth, transports=["websocket"], wait_timeout=WAIT)
        return self

    def _refused(self, data: Any = None) -> None:
        self.refusal = data

    async def ask(self, name: str, data: Any) -> Any:
        """Emit, and answer the acknowledgement."""
        return await self._sio.call(name, data, timeout=WAIT)

    async def ended(self) -> None:
        async with asyncio.timeout(WAIT):
            await self.gone.wait()
        await self._hang_up()

    async def leave(self) -> None:
        """Close, as an app that is put away."""
        await self._sio.disconnect()
        await self._hang_up()

    async def _hang_up(self) -> None:
        """Close what python-socketio leaves open when the server says goodbye."""
        if self._http is not None:
            await self._http.close()

    async def vanish(self) -> None:
        """Break the connection without a word."""
        await self._sio.eio.ws.close()
        await self.ended()


@contextlib.asynccontextmanager
async def phone(url: str, token: str, since: Mapping[str, str] | None = None) -> AsyncIterator[Phone]:
    """A connected client that has heard its heads."""
    client = await Phone().connect(url, token, since)
    try:
        await client.heard.until(lambda heard: bool(heard.named("stream:heads")))
        yield client
    finally:
        await client.leave()


def entry(stream: str, n: int, *, name: str = "rescue:status_update") -> Publication:
    """The *n*-th event for a stream."""
    return Publication((stream,), f"{stream}.{n}", name, AT, b'{"n":%d}' % n)
