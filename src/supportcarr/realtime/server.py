"""The Socket.IO edge: who may connect, what they hear, what they may say.

Only WebSocket is spoken, so that several processes behind one address need no sticky sessions.  A
client's requests are handled one after another: its positions stay in order, and it waits for us
rather than we for it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import socketio

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import ApiError
from supportcarr.kit.http.types import Receive, Scope, Send
from supportcarr.realtime import frames, messages
from supportcarr.realtime.credentials import expiry, streams_of
from supportcarr.realtime.fanout import FanOut
from supportcarr.realtime.messages import Credentials, PositionReport, SyncRequest
from supportcarr.realtime.ports import PositionSink, StreamReader, TokenVerifier
from supportcarr.realtime.session import BackpressureLimits, ClientSession, SlowClient
from supportcarr.realtime.transport import SocketTransport, cancel_until_done, finish

PING_SECONDS = 20.0  # between pings, and how long an answer may take
MESSAGE_BYTES = 16_384  # the largest message of a client
REQUESTS_A_SECOND, REQUESTS_AT_ONCE = 50.0, 100.0  # of one socket; more are refused
HANDSHAKE_TIMEOUT_SECONDS = 20.0  # a connection that has no session (any more) for so long is closed
FAREWELL_SECONDS = 2.0  # how long a drain waits for the last frames to be written

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class ConnectedClient:
    """One socket, let in."""

    principal: Principal
    token: str
    transport: SocketTransport
    session: ClientSession
    delivery: asyncio.Task[None] | None = None
    expiry_timer: asyncio.TimerHandle | None = None
    allowance: float = REQUESTS_AT_ONCE
    asked_at: float = 0.0

    def take_request_token(self) -> bool:
        """Take one from the socket's allowance (a token bucket, wall time)."""
        now = time.monotonic()
        self.allowance += (now - self.asked_at) * REQUESTS_A_SECOND
        self.allowance, self.asked_at = min(REQUESTS_AT_ONCE, self.allowance), now
        if self.allowance < 1:
            return False
        self.allowance -= 1
        return True


class SocketServer:
    """The sockets of one process."""

    def __init__(
        self,
        fan_out: FanOut,
        streams: StreamReader,
        tokens: TokenVerifier,
        position_sink: PositionSink,
        areas: Sequence[str],
        *,
        origins: str | list[str],
        watch_seconds: float,
        limits: BackpressureLimits | None = None,
        handshake_timeout_seconds: float = HANDSHAKE_TIMEOUT_SECONDS,
    ) -> None:
        self._hello_seconds = handshake_timeout_seconds
        self._node = fan_out
        self._streams = streams
        self._tokens = tokens
        self._reports = position_sink
        self._areas = tuple(areas)
        self._watch_seconds = watch_seconds
        self._bounds = limits or BackpressureLimits()
        self.clients: dict[str, ConnectedClient] = {}
        self.draining = False
        self.slow_clients_disconnected = 0  # clients that did not read
        self._watch: asyncio.Task[None] | None = None
        self._goodbyes: set[asyncio.Task[None]] = set()
        self._requests: set[asyncio.Task[Any]] = set()  # that serve a connection
        self._strangers: dict[asyncio.Task[Any], float] = {}  # of them, those without a session: since when
        self.sio = socketio.AsyncServer(
            async_mode="asgi",
            transports=["websocket"],
            cors_allowed_origins=origins,
            async_handlers=False,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            max_http_buffer_size=MESSAGE_BYTES,
            # named, or the libraries print errors by themselves, beside our log and not as JSON
            logger=logging.getLogger("socketio.server"),
            engineio_logger=logging.getLogger("engineio.server"),
        )
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self.sio.on(messages.DRIVER_LOCATION, self._location)
        self.sio.on(messages.STREAM_SYNC, self._sync)

    # --- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        self._watch = asyncio.create_task(self._watching(), name="watch sockets")

    async def drain(self) -> None:
        """Let nobody in any more, and send everybody away: they find another process.

        Returns when every connection has ended; who does not read what is left is cut off.
        """
        self.draining = True
        for client in list(self.clients.values()):
            await client.transport.close()
        for socket in list(self.sio.eio.sockets.values()):
            await finish(socket)
        if self._requests:
            await asyncio.wait(self._requests, timeout=FAREWELL_SECONDS)
        await asyncio.gather(*map(cancel_until_done, list(self._requests)))

    async def stop(self) -> None:
        """End everything; also without ``drain`` before."""
        await self.drain()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, *self._goodbyes, return_exceptions=True)
        await self.sio.shutdown()

    @property
    def connections(self) -> int:
        """Connections that are open, let in or not."""
        return len(self._requests)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI."""
        request = asyncio.current_task()
        assert request is not None, "ASGI runs in a task"
        self._requests.add(request)
        try:
            await self.sio.handle_request(scope, receive, send)
        finally:
            self._requests.discard(request)

    # --- connections --------------------------------------------------------------------------

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        if self.draining:
            raise _refused("draining", "overloaded", "This server is about to stop; connect again")
        try:
            credentials = msgspec.convert(auth, Credentials)
        except msgspec.ValidationError:
            raise _refused("unauthorized", "unauthenticated", "Connect with auth: {token, since?}") from None
        try:
            principal = self._tokens.verify(credentials.token.encode())
            if self._tokens.stale():
                await self._tokens.confirm(principal)
        except ApiError as refusal:
            word = "unauthorized" if refusal.status == 401 else refusal.code
            raise _refused(word, refusal.code, refusal.detail) from None
        wire = SocketTransport(self.sio, sid, asyncio.current_task())
        session = ClientSession(wire, streams_of(principal, self._areas), self._streams, self._bounds)
        client = ConnectedClient(principal, credentials.token, wire, session)
        self.clients[sid] = client
        self._node.register(session)
        client.delivery = asyncio.create_task(self._pump(client, credentials.since or {}), name=f"pump {sid}")
        if (ends := expiry(credentials.token)) is not None:
            loop = asyncio.get_running_loop()
            client.expiry_timer = loop.call_later(max(0.0, ends - time.time()), self._end, client, "expired")

    async def _disconnect(self, sid: str, *_: object) -> None:
        self._forget(sid)

    def _forget(self, sid: str) -> None:
        client = self.clients.pop(sid, None)
        if client is None:
            return
        self._node.unregister(client.session)
        if client.expiry_timer is not None:
            client.expiry_timer.cancel()
        if client.delivery is not None:
            client.delivery.cancel()

    async def _pump(self, client: ConnectedClient, since: dict[str, str]) -> None:
        # The answer to the connection goes out first; python-socketio tells nobody when it has.
        while not client.transport.connected:  # noqa: ASYNC110 - within this turn of the loop or the next
            await asyncio.sleep(0)
        await self._node.listening.wait()
        try:
            await client.session.run(since)
        except SlowClient:
            _log.info("a client that does not read is cut off: %s", client.principal.user_id)
            self._cut_off(client)
        except Exception:
            _log.exception("a socket's session failed")
            self._cut_off(client)

    # --- endings ------------------------------------------------------------------------------

    def _end(self, client: ConnectedClient, code: str) -> None:
        """Tell the client that its token has ended, and send it away."""
        self._in_background(self._say_goodbye(client, code))

    def _in_background(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._goodbyes.add(task)
        task.add_done_callback(self._goodbyes.discard)

    async def _say_goodbye(self, client: ConnectedClient, code: str) -> None:
        await client.transport.send(frames.event_frame(messages.AUTH_EXPIRED, {"code": code}))
        await client.transport.close()

    def _cut_off(self, client: ConnectedClient) -> None:
        """Drop a client that does not read.  In a task of its own: it ends the client's pump."""
        self.slow_clients_disconnected += 1
        self._in_background(client.transport.cut())

    async def _watching(self) -> None:
        """Every few seconds: tokens that were taken back, clients that do not read, strangers."""
        while True:
            await asyncio.sleep(self._watch_seconds)
            for sid, client in list(self.clients.items()):
                if not client.transport.connected:
                    self._forget(sid)
                elif client.transport.queued() > self._bounds.disconnect_above:
                    self._cut_off(client)
                elif not self._still_valid(client):
                    self._end(client, "revoked")
            await self._close_strangers()

    def _still_valid(self, client: ConnectedClient) -> bool:
        try:
            self._tokens.verify(client.token.encode())
        except ApiError as refusal:
            return refusal.status != 401  # not able to tell just now: it stays until its expiry
        return True

    async def _close_strangers(self) -> None:
        """End connections that have had no session for long: never said who they are, or did not go."""
        now = time.monotonic()
        known = {client.transport.request for client in self.clients.values()}
        self._strangers = {task: self._strangers.get(task, now) for task in self._requests - known}
        late = [task for task, since in self._strangers.items() if now - since > self._hello_seconds]
        await asyncio.gather(*map(cancel_until_done, late))

    # --- what clients say ---------------------------------------------------------------------

    async def _location(self, sid: str, *args: Any) -> dict[str, Any]:
        client = self.clients.get(sid)
        if client is None or "driver" not in client.principal.roles:
            return _error("forbidden")
        if not client.take_request_token():
            return _error("rate_limited")
        try:
            fix = msgspec.convert(args[0] if args else None, PositionReport)
            await self._reports.report(client.principal.user_id, fix)
        except msgspec.ValidationError:
            return _error("validation_failed")
        except ApiError as refusal:
            return _error(refusal.code)
        except Exception:
            _log.exception("a position could not be taken")
            return _error("internal_error")
        return _ok()

    async def _sync(self, sid: str, *args: Any) -> dict[str, Any]:
        client = self.clients.get(sid)
        if client is None:
            return _error("forbidden")
        if not client.take_request_token():
            return _error("rate_limited")
        try:
            request = msgspec.convert(args[0] if args else None, SyncRequest)
        except msgspec.ValidationError:
            return _error("validation_failed")
        return _ok() if client.session.on_sync(request.since) else _error("forbidden")


def _refused(word: str, code: str, detail: str) -> socketio.exceptions.ConnectionRefusedError:
    return socketio.exceptions.ConnectionRefusedError(word, {"code": code, "detail": detail})


def _ok() -> dict[str, Any]:
    return {"ok": True}


def _error(code: str) -> dict[str, Any]:
    return {"error": code}
