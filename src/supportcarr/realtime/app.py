"""The real-time process as an ASGI application.

    realtime = build_realtime(deployment, settings, tokens, streams, cache, reports, areas)
    await serve(realtime, host, port, drain_seconds, lifecycle=lifecycle, websockets=True)

Its lifespan starts and stops everything.  Once *lifecycle* drains, nobody is let in any more and all
are sent away at once, so that the server has no connection left to wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.http.server import Lifecycle
from supportcarr.kit.http.types import Receive, Scope, Send
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.runtime.settings import Deployment
from supportcarr.realtime.fanout import EventSource, FanOut, PubSub
from supportcarr.realtime.metrics import RealtimeMetrics
from supportcarr.realtime.ports import PositionSink, TokenVerifier
from supportcarr.realtime.server import HANDSHAKE_TIMEOUT_SECONDS, SocketServer
from supportcarr.realtime.session import BackpressureLimits

PATH = "/socket.io"


class RealtimeApp:
    """``/socket.io``, ``/healthz`` (alive) and ``/readyz`` (may take traffic)."""

    def __init__(self, edge: SocketServer, node: FanOut, lifecycle: Lifecycle | None) -> None:
        self.server = edge
        self.fan_out = node
        self._lifecycle = lifecycle
        self._drain: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen to Redis; returns at once, ``/readyz`` tells when it hears."""
        self.fan_out.start()
        self.server.start()
        if self._lifecycle is not None:
            self._drain = asyncio.create_task(self._until_drained(self._lifecycle), name="drain sockets")

    async def _until_drained(self, lifecycle: Lifecycle) -> None:
        await lifecycle.until_drained()
        await self.server.drain()

    async def stop(self) -> None:
        """Send everybody away and end; harmless when repeated."""
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
            await self.server.handle(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope["path"], send)
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

    async def _answer(self, path: str, send: Send) -> None:
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
) -> RealtimeApp:
    """Put one real-time process together.

    *streams* is ``kit.events.streams.Streams`` on the durable Redis, *cache* an open client of the
    cache Redis (positions), *areas* the ids of all service areas (operators hear each one's stream).
    Nothing runs before the lifespan (or ``start``).
    """
    node = FanOut(streams, pubsub, settings.heads_seconds)
    edge = SocketServer(
        node,
        streams,
        tokens,
        position_sink,
        areas,
        origins=_origins(deployment),
        watch_seconds=settings.heads_seconds,
        limits=limits,
        handshake_timeout_seconds=handshake_timeout_seconds,
    )
    if metrics is not None:
        metrics.registry.register(RealtimeMetrics(edge, node))
    return RealtimeApp(edge, node, lifecycle)


def _origins(deployment: Deployment) -> str | list[str]:
    """Pages that may connect: our own; in the local profile any, because its ports vary.

    A page can do nothing without a token in any case: no cookie is read here.
    """
    if deployment.profile == "local":
        return "*"
    parts = urlsplit(deployment.public_url)
    return [f"{parts.scheme}://{parts.netloc}"]
