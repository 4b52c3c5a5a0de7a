"""The Socket.IO server: who may connect, which streams they get, and which requests they may send.

Only WebSocket is supported, so that several processes behind one address need no sticky sessions.  A
client's requests are handled one after another: its positions stay in order, and a client that sends too
fast waits for the server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence, Set
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import ApiError, TotpRequired, Unauthenticated, UnknownSigningKey
from supportcarr.kit.http.types import Receive, Scope, Send
from supportcarr.kit.redis.errors import RedisUnavailable
from supportcarr.kit.store.port import StoreUnavailable
from supportcarr.realtime import frames, messages
from supportcarr.realtime.client_session import BackpressureLimits, ClientSession, SlowClient
from supportcarr.realtime.connection_shares import ConnectionShares, TooManyConnections
from supportcarr.realtime.credentials import expiry, streams_of
from supportcarr.realtime.fan_out import FanOut
from supportcarr.realtime.messages import Credentials, PositionReport, SyncRequest
from supportcarr.realtime.ports import PositionSink, StreamReader, TokenVerifier
from supportcarr.realtime.transport import (
    SocketTransport,
    cancel_until_done,
    close_connections,
    connection_refused,
    create_socketio_server,
)

REQUESTS_PER_SECOND, REQUESTS_BURST = 50.0, 100.0  # of one client; further ones are refused
HANDSHAKE_TIMEOUT_SECONDS = 20.0  # a connection without an accepted client for so long is closed
DRAIN_SECONDS = 2.0  # how long a drain waits for the queued frames to be written

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class ConnectedClient:
    """A client that was accepted."""

    principal: Principal
    token: str
    transport: SocketTransport
    session: ClientSession
    delivery: asyncio.Task[None] | None = None
    expiry_timer: asyncio.TimerHandle | None = None
    request_tokens: float = REQUESTS_BURST
    refilled_at: float = 0.0

    def take_request_token(self) -> bool:
        """Take one from the client's token bucket (wall time); False if it is empty."""
        now = time.monotonic()
        self.request_tokens += (now - self.refilled_at) * REQUESTS_PER_SECOND
        self.request_tokens, self.refilled_at = min(REQUESTS_BURST, self.request_tokens), now
        if self.request_tokens < 1:
            return False
        self.request_tokens -= 1
        return True


class SocketServer:
    """The connections of one process."""

    def __init__(
        self,
        fan_out: FanOut,
        streams: StreamReader,
        tokens: TokenVerifier,
        position_sink: PositionSink,
        areas: Sequence[str],
        *,
        check_seconds: float,
        limits: BackpressureLimits | None = None,
        handshake_timeout_seconds: float = HANDSHAKE_TIMEOUT_SECONDS,
        shares: ConnectionShares | None = None,
    ) -> None:
        self.shares = shares
        self._handshake_timeout_seconds = handshake_timeout_seconds
        self._fan_out = fan_out
        self._streams = streams
        self._tokens = tokens
        self._position_sink = position_sink
        self._areas = tuple(areas)
        self._check_seconds = check_seconds
        self._limits = limits or BackpressureLimits()
        self.clients: dict[str, ConnectedClient] = {}
        self.draining = False
        self.slow_clients_disconnected = 0
        self._checks: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._requests: set[asyncio.Task[Any]] = set()  # each serves one connection
        self._without_client: dict[asyncio.Task[Any], float] = {}  # connections without a client: since when
        self.sio = create_socketio_server()
        self.sio.on("connect", self._on_connect)
        self.sio.on("disconnect", self._on_disconnect)
        self.sio.on(messages.DRIVER_LOCATION, self._on_driver_location)
        self.sio.on(messages.STREAM_SYNC, self._on_sync)

    # --- starting and stopping ----------------------------------------------------------------

    def start(self) -> None:
        self._tokens.on_revoked(self._end_revoked)
        self._checks = asyncio.create_task(self._check_periodically(), name="check connections")

    async def drain(self) -> None:
        """Refuse new connections and close all others: the clients connect to another process.

        Returns when every connection has ended; those that do not read are aborted.
        """
        self.draining = True
        for client in list(self.clients.values()):
            await client.transport.close()
        await close_connections(self.sio)
        if self._requests:
            await asyncio.wait(self._requests, timeout=DRAIN_SECONDS)
        await asyncio.gather(*map(cancel_until_done, list(self._requests)))

    async def stop(self) -> None:
        """Drain and stop all tasks."""
        await self.drain()
        if self._checks is not None:
            self._checks.cancel()
            await asyncio.gather(self._checks, *self._background, return_exceptions=True)
        await self.sio.shutdown()

    @property
    def connections(self) -> int:
        """Open connections, with an accepted client or not."""
        return len(self._requests)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI."""
        request = asyncio.current_task()
        assert request is not None, "ASGI runs in a task"
        try:
            address = self.shares.open(scope) if self.shares else None
        except TooManyConnections:
            await _refuse(scope, receive, send)
            return
        self._requests.add(request)
        try:
            await self.sio.handle_request(scope, receive, send)
        finally:
            self._requests.discard(request)
            if self.shares:
                self.shares.close(address)

    # --- connecting and disconnecting ---------------------------------------------------------

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        if self.draining:
            raise connection_refused("draining", "overloaded", "This server is about to stop; connect again")
        try:
            credentials = msgspec.convert(auth, Credentials)
        except msgspec.ValidationError:
            raise connection_refused(
                "unauthorized", "unauthenticated", "Connect with auth: {token, since?}"
            ) from None
        try:
            # Socket.IO's JSON may hold half a surrogate pair, which no token has.
            principal = await self._principal_of(credentials.token.encode("utf-8", "surrogatepass"))
            if self._tokens.stale():
                await self._tokens.confirm(principal)
            if principal.key_id is not None:
                raise Unauthenticated("Connect with an access token; keys are for the HTTP API")
            if principal.lacks_totp:
                raise TotpRequired
        except ApiError as error:
            message = "unauthorized" if error.status == 401 else error.code
            raise connection_refused(message, error.code, error.detail) from None
        if self.shares:
            try:
                self.shares.accept(principal.user_id)
            except TooManyConnections:
                detail = "You have too many connections open; close some of them"
                raise connection_refused("rate_limited", "rate_limited", detail) from None
        transport = SocketTransport(self.sio, sid, asyncio.current_task())
        streams = streams_of(principal, self._areas)
        session = ClientSession(transport, streams, self._streams, self._limits, self._fan_out.delivery)
        client = ConnectedClient(principal, credentials.token, transport, session)
        self.clients[sid] = client
        self._fan_out.register(session)
        delivery = self._deliver(client, credentials.since or {})
        client.delivery = asyncio.create_task(delivery, name=f"deliver to {sid}")
        if (ends := expiry(credentials.token)) is not None:
            loop = asyncio.get_running_loop()
            delay = max(0.0, ends - time.time())
            client.expiry_timer = loop.call_later(delay, self._end, client, "expired")

    async def _principal_of(self, token: bytes) -> Principal:
        try:
            return self._tokens.verify(token)
        except UnknownSigningKey:
            return await self._tokens.verify_with_new_keys(token)

    async def _on_disconnect(self, sid: str, *_: object) -> None:
        self._remove(sid)

    def _remove(self, sid: str) -> None:
        client = self.clients.pop(sid, None)
        if client is None:
            return
        if self.shares:
            self.shares.leave(client.principal.user_id)
        self._fan_out.unregister(client.session)
        if client.expiry_timer is not None:
            client.expiry_timer.cancel()
        if client.delivery is not None:
            client.delivery.cancel()

    async def _deliver(self, client: ConnectedClient, since: dict[str, str]) -> None:
        # The reply to the connection goes out first; python-socketio has no event for that.
        while not client.transport.connected:  # noqa: ASYNC110 - within this iteration of the loop or the next
            await asyncio.sleep(0)
        await self._fan_out.listening.wait()
        try:
            await client.session.run(since)
        except SlowClient:
            log.info("slow_client_disconnected", user_id=client.principal.user_id)
            self._abort(client)
        except Exception:
            log.exception("client_session_failed", user_id=client.principal.user_id)
            self._abort(client)

    def _end(self, client: ConnectedClient, code: str) -> None:
        """Tell the client that its token has ended, and disconnect it."""
        self._in_background(self._send_auth_expired(client, code))

    async def _send_auth_expired(self, client: ConnectedClient, code: str) -> None:
        await client.transport.send(frames.event_frame(messages.AUTH_EXPIRED, {"code": code}))
        await client.transport.close()

    def _abort(self, client: ConnectedClient) -> None:
        """Disconnect a client that does not read.  In a task of its own: it ends the delivery task."""
        self.slow_clients_disconnected += 1
        self._in_background(client.transport.abort())

    def _in_background(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # --- periodic checks ----------------------------------------------------------------------

    async def _check_periodically(self) -> None:
        """End connections whose token was revoked, whose client does not read, or that have no client."""
        while True:
            await asyncio.sleep(self._check_seconds)
            for sid, client in list(self.clients.items()):
                if not client.transport.connected:
                    self._remove(sid)
                elif client.transport.queued() > self._limits.disconnect_above:
                    self._abort(client)
                elif not self._token_valid(client):
                    self._end(client, "revoked")
            await self._close_without_client()

    def _end_revoked(self, session_ids: Set[str], user_ids: Set[str]) -> None:
        """End the connections of sessions that were just revoked, and of older tokens of those accounts."""
        for client in self.clients.values():
            principal = client.principal
            revoked = principal.session_id in session_ids or principal.user_id in user_ids
            if revoked and not self._token_valid(client):
                self._end(client, "revoked")

    def _token_valid(self, client: ConnectedClient) -> bool:
        try:
            self._tokens.verify(client.token.encode())
        except ApiError as error:
            return error.status != 401  # cannot be checked now: the client stays until its token expires
        return True

    async def _close_without_client(self) -> None:
        """End connections without a client: never authenticated, or the client left and they stayed open."""
        now = time.monotonic()
        with_client = {client.transport.request for client in self.clients.values()}
        self._without_client = {
            task: self._without_client.get(task, now) for task in self._requests - with_client
        }
        timed_out = [
            task
            for task, since in self._without_client.items()
            if now - since > self._handshake_timeout_seconds
        ]
        await asyncio.gather(*map(cancel_until_done, timed_out))

    # --- requests of clients ------------------------------------------------------------------

    async def _on_driver_location(self, sid: str, *args: Any) -> dict[str, Any]:
        client = self.clients.get(sid)
        if client is None or "driver" not in client.principal.roles:
            return _error("forbidden")
        if not client.principal.verified:
            return _error("phone_not_verified")
        if not client.take_request_token():
            return _error("rate_limited")
        try:
            report = msgspec.convert(args[0] if args else None, PositionReport)
            await self._position_sink.report(client.principal.user_id, report)
        except msgspec.ValidationError:
            return _error("validation_failed")
        except ApiError as error:
            return _error(error.code)
        except (StoreUnavailable, RedisUnavailable):
            return _error("unavailable")
        except Exception:
            log.exception("position_report_failed", user_id=client.principal.user_id)
            return _error("internal_error")
        return _ok()

    async def _on_sync(self, sid: str, *args: Any) -> dict[str, Any]:
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


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse a connection before it is a WebSocket: 429 to HTTP; by ASGI a WebSocket's refusal is 403."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1013})  # "try again later"
        return
    headers = [(b"retry-after", b"5"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _ok() -> dict[str, Any]:
    return {"ok": True}


def _error(code: str) -> dict[str, Any]:
    return {"error": code}
