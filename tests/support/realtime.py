"""A real-time server on a port of its own, and clients that connect to it.

Tokens are unsigned JWTs: the tests are about what the server does with a verified token.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Set
from typing import Any

import aiohttp
import socketio

from support.ports import free_port
from supportcarr.bootstrap.settings import Settings, load_settings
from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Unauthenticated
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.server import serve
from supportcarr.kit.redis.client import RedisClient
from supportcarr.realtime.app import RealtimeApp, build_realtime
from supportcarr.realtime.client_session import BackpressureLimits
from supportcarr.realtime.connection_shares import ConnectionShares
from supportcarr.realtime.messages import PositionReport

AREAS = ("laval", "montreal")
TIMEOUT_SECONDS = 120.0  # for events that must happen
EVENT_TIME = "2026-11-23T21:00:00Z"


def settings(**streams: Any) -> Settings:
    """Settings with broadcasts of stream positions so rare that a test sees only those it causes."""
    values = {"heads_seconds": 600.0} | streams
    environment = {f"SUPPORTCARR_STREAMS_{name.upper()}": str(value) for name, value in values.items()}
    secrets = dict.fromkeys(_SECRETS, "k1:" + "x" * 43)
    return load_settings(environment | secrets, dotenv=None)


_SECRETS = (
    "SUPPORTCARR_AUTH_TOKEN_SECRETS",
    "SUPPORTCARR_AUTH_LOOKUP_SECRET",
    "SUPPORTCARR_STRIPE_API_KEY",
    "SUPPORTCARR_STRIPE_WEBHOOK_SECRET",
    "SUPPORTCARR_TWILIO_ACCOUNT_SID",
    "SUPPORTCARR_TWILIO_AUTH_TOKEN",
    "SUPPORTCARR_QUOTES_SECRET",
    "SUPPORTCARR_AUDIT_SECRET",
)


def token_of(user_id: str, *roles: str, exp: float | None = None) -> str:
    claims = {"sub": user_id, "roles": list(roles)} | ({"exp": exp} if exp else {})
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{body}.c2ln"


class FakeTokenVerifier:
    """Accepts every token that is not revoked."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.tell: Callable[[Set[str], Set[str]], None] = lambda sessions, users: None

    def verify(self, token: bytes) -> Principal:
        text = token.decode("utf-8", "replace")
        if text in self.revoked or text.count(".") != 2:
            raise Unauthenticated
        body = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return Principal(claims["sub"], frozenset(claims["roles"]), "ses_1", totp=True)

    async def verify_with_new_keys(self, token: bytes) -> Principal:
        raise AssertionError("every key is known here")

    def on_revoked(self, listener: Callable[[Set[str], Set[str]], None]) -> None:
        self.tell = listener

    def stale(self) -> bool:
        return False

    async def confirm(self, principal: Principal) -> None:
        raise AssertionError("nothing is stale here")


class FakePositionSink:
    """Collects reports; raises ``error`` if it is set."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, PositionReport]] = []
        self.error: Exception | None = None

    async def report(self, driver_id: str, report: PositionReport) -> None:
        if self.error is not None:
            raise self.error
        self.reports.append((driver_id, report))


class RunningServer:
    """One real-time server that listens."""

    def __init__(
        self, app: RealtimeApp, url: str, tokens: FakeTokenVerifier, reports: FakePositionSink
    ) -> None:
        self.app = app
        self.url = url
        self.tokens = tokens
        self.position_sink = reports


@contextlib.asynccontextmanager
async def running_server(
    redis: RedisClient,
    *,
    limits: BackpressureLimits | None = None,
    shares: ConnectionShares | None = None,
    **streams: Any,
) -> AsyncIterator[RunningServer]:
    """Run a real-time server on a free port, as its process does."""
    loaded = settings(**streams)
    tokens, reports, lifecycle = FakeTokenVerifier(), FakePositionSink(), Lifecycle()
    app = build_realtime(
        loaded.deployment,
        loaded.streams,
        tokens,
        EventStreams(redis, loaded.streams),
        redis,
        reports,
        AREAS,
        lifecycle=lifecycle,
        limits=limits,
        shares=shares,
    )
    port = free_port()
    serving = asyncio.create_task(serve(app, "127.0.0.1", port, 5.0, lifecycle=lifecycle, websockets=True))
    async with asyncio.timeout(TIMEOUT_SECONDS):
        await app.fan_out.listening.wait()
    await _wait_until_listening(port)
    try:
        yield RunningServer(app, f"http://127.0.0.1:{port}", tokens, reports)
    finally:
        lifecycle.drain()
        await serving


async def _wait_until_listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        return


class Received:
    """What a client received, in order: event names and payloads."""

    def __init__(self) -> None:
        self.all: list[tuple[str, Any]] = []
        self._more = asyncio.Condition()

    async def record(self, name: str, data: Any) -> None:
        self.all.append((name, data))
        async with self._more:
            self._more.notify_all()

    def payloads(self, name: str) -> list[Any]:
        return [data for event, data in self.all if event == name]

    @property
    def events(self) -> list[Any]:
        """The events of streams, in the order of arrival."""
        return [data for _, data in self.all if isinstance(data, Mapping) and "cursor" in data]

    async def wait_for_more_events(self, events: int) -> None:
        """Wait until more than *events* events of streams were received."""
        await self.wait_until(lambda received: len(received.events) > events)

    async def wait_until(self, done: Callable[[Received], bool]) -> None:
        """Wait until *done* is true."""
        async with asyncio.timeout(TIMEOUT_SECONDS), self._more:
            await self._more.wait_for(lambda: done(self))


class SocketClient:
    """A Socket.IO client that records everything it receives.  It does not reconnect by itself."""

    def __init__(self) -> None:
        self.received = Received()
        self.disconnected = asyncio.Event()
        self.connect_error: Any = None
        self._sio: Any = None
        self._http: aiohttp.ClientSession | None = None

    async def connect(self, url: str, token: str, since: Mapping[str, str] | None = None) -> SocketClient:
        return await self.connect_with(url, {"token": token} | ({"since": dict(since)} if since else {}))

    async def connect_with(self, url: str, auth: Any) -> SocketClient:
        """Raises ``ConnectionError`` of python-socketio; ``connect_error`` then has the server's response."""
        self.disconnected.clear()
        await self._close_http()
        self._http = aiohttp.ClientSession()
        sio = socketio.AsyncClient(reconnection=False, handle_sigint=False, http_session=self._http)
        sio.on("*", self.received.record)
        sio.on("disconnect", lambda *_: self.disconnected.set())
        sio.on("connect_error", self._on_connect_error)
        self._sio = sio
        await sio.connect(url, auth=auth, transports=["websocket"], wait_timeout=TIMEOUT_SECONDS)
        return self

    def _on_connect_error(self, data: Any = None) -> None:
        self.connect_error = data

    async def request(self, name: str, data: Any) -> Any:
        """Emit an event and return its acknowledgement."""
        return await self._sio.call(name, data, timeout=TIMEOUT_SECONDS)

    async def wait_disconnected(self) -> None:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            await self.disconnected.wait()
        await self._close_http()

    async def disconnect(self) -> None:
        """Close the connection as an app does."""
        await self._sio.disconnect()
        await self._close_http()

    async def _close_http(self) -> None:
        """Close the HTTP session, which python-socketio leaves open when the server disconnects."""
        if self._http is not None:
            await self._http.close()

    async def drop_connection(self) -> None:
        """Break the connection without a closing handshake."""
        await self._sio.eio.ws.close()
        await self.wait_disconnected()


@contextlib.asynccontextmanager
async def connected_client(
    url: str, token: str, since: Mapping[str, str] | None = None
) -> AsyncIterator[SocketClient]:
    """A connected client that has received its first stream positions."""
    client = await SocketClient().connect(url, token, since)
    try:
        await client.received.wait_until(lambda received: bool(received.payloads("stream:heads")))
        yield client
    finally:
        await client.disconnect()


def publication(stream: str, n: int, *, name: str = "rescue:status_update") -> Publication:
    """The *n*-th event of a stream."""
    return Publication((stream,), f"{stream}.{n}", name, EVENT_TIME, b'{"n":%d}' % n)
