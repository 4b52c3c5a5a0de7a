"""The real-time process as an ASGI application.

    app = build_realtime(deployment, settings, tokens, streams, pubsub, position_sink, areas)
    await serve(app, host, port, drain_seconds, lifecycle=lifecycle, websockets=True)

The ASGI lifespan starts and stops everything.  Once *lifecycle* drains, new connections are refused and
all open ones closed at once, so that the HTTP server has none left to wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.origins import AllowedOrigins
from supportcarr.kit.http.types import Receive, Scope, Send
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.observability.structured_log import LogWriter
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import Deployment
from supportcarr.realtime.client_session import BackpressureLimits
from supportcarr.realtime.connection_shares import ConnectionShares
from supportcarr.realtime.fan_out import FanOut
from supportcarr.realtime.metrics import register
from supportcarr.realtime.ports import EventSource, PositionSink, PubSub, TokenVerifier
from supportcarr.realtime.server import HANDSHAKE_TIMEOUT_SECONDS, SocketServer

PATH = "/socket.io"


class RealtimeApp:
    """``/socket.io``, ``/healthz`` (the process is alive) and ``/readyz`` (it may take traffic)."""

    def __init__(
        self, server: SocketServer, fan_out: FanOut, origins: AllowedOrigins, lifecycle: Lifecycle | None
    ) -> None:
        self.server = server
        self._origins = origins
        self.fan_out = fan_out
        self._lifecycle = lifecycle
        self._drain: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read from Redis; returns at once, ``/readyz`` reports when it reads."""
        self.fan_out.start()
        self.server.start()
        if self._lifecycle is not None:
            drain = self._drain_with(self._lifecycle)
            self._drain = asyncio.create_task(drain, name="drain sockets")

    async def _drain_with(self, lifecycle: Lifecycle) -> None:
        await lifecycle.until_drained()
        await self.server.drain()

    async def stop(self) -> None:
        """Close all connections and stop; safe to repeat."""
        await self.server.stop()
        if self._drain is not None:
            self._drain.cancel()
            await asyncio.gather(self._drain, return_exceptions=True)
        await self.fan_out.stop()

    @property
    def ready(self) -> bool:
        return self.fan_out.listening.is_set() and not self.server.draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["path"].rstrip("/") == PATH:
            if self._origins.allow(scope["headers"]):
                await self.server.handle(scope, receive, send)
            else:
                await _refuse_origin(scope, send)
        elif scope["type"] == "http":
            await self._respond(scope["path"], send)
        else:
            await send({"type": "websocket.close"})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _respond(self, path: str, send: Send) -> None:
        status, body = 404, b'{"status":"not found"}'
        if path == "/healthz":
            status, body = 200, b'{"status":"ok"}'
        elif path == "/readyz":
            status, body = (200, b'{"status":"ready"}') if self.ready else (503, b'{"status":"not ready"}')
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        if status == 503:
            headers.append((b"retry-after", b"1"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def build_realtime(
    deployment: Deployment,
    settings: StreamSettings,
    tokens: TokenVerifier,
    streams: EventSource,
    pubsub: PubSub,
    position_sink: PositionSink,
    areas: Sequence[str],
    *,
    lifecycle: Lifecycle | None = None,
    metrics: Metrics | None = None,
    limits: BackpressureLimits | None = None,
    handshake_timeout_seconds: float = HANDSHAKE_TIMEOUT_SECONDS,
    shares: ConnectionShares | None = None,
    clock: Clock | None = None,
    line_writer: LogWriter | None = None,
) -> RealtimeApp:
    """Assemble one real-time process.

    *streams* reads the durable Redis, *pubsub* is an open client of the cache Redis (driver locations),
    *areas* are the ids of all service areas (operators receive the stream of each), *shares* bounds the
    connections of each address and user.  Nothing runs before the lifespan, or ``start``.
    """
    fan_out = FanOut(streams, pubsub, settings.heads_seconds, clock, line_writer)
    server = SocketServer(
        fan_out,
        streams,
        tokens,
        position_sink,
        areas,
        check_seconds=settings.heads_seconds,
        limits=limits,
        handshake_timeout_seconds=handshake_timeout_seconds,
        shares=shares,
    )
    if metrics is not None:
        register(metrics, server, fan_out)
    return RealtimeApp(server, fan_out, AllowedOrigins(deployment), lifecycle)


async def _refuse_origin(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it was accepted: HTTP 403
        return
    body = b'{"status":"this origin is not allowed"}'
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
