"""Everything that we use of python-socketio and python-engineio beyond their documentation.

No other file may use these names; ``tests/unit/realtime/test_library_internals.py`` fails when one of
them is gone.

python-socketio (``socketio.AsyncServer``):
    ``eio``: its ``engineio.AsyncServer``
    ``manager.eio_sid_from_sid(sid, namespace)``: the Engine.IO id of a Socket.IO client
    ``manager.is_connected(sid, namespace)``: whether the client is connected

python-engineio:
    ``AsyncServer.sockets``: ``AsyncSocket`` by Engine.IO id, of every open connection
    ``AsyncSocket.queue``: an ``asyncio.Queue`` of packets for the writer; ``None`` ends the writer, which
    then closes the WebSocket
    ``AsyncSocket.close(wait, abort)``: with ``abort`` no CLOSE packet is sent
    The task that serves a connection swallows a cancellation at each of its waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from supportcarr.kit.runtime.imports import without

with without("requests", "valkey"):  # for the synchronous client and managers over a broker: 7 MB
    import engineio
    import socketio

NAMESPACE = "/"
PING_SECONDS = 20.0  # between pings, and how long the answer may take
MESSAGE_BYTES = 16_384  # the largest message of a client
_CANCELS, _CANCEL_PAUSE = 10, 0.02


def connection_refused(message: str, code: str, detail: str) -> socketio.exceptions.ConnectionRefusedError:
    """What a handler of connections raises to refuse one."""
    return socketio.exceptions.ConnectionRefusedError(message, {"code": code, "detail": detail})


class _Server(socketio.AsyncServer):  # type: ignore[misc]  # the library has no types
    """Refuses to emit without recipients: the library then sends to every client (``to=[]`` too)."""

    async def emit(
        self, event: str, data: Any = None, to: Any = None, room: Any = None, **options: Any
    ) -> None:
        if not (to or room):
            raise ValueError("emit without recipients would reach every client")
        await super().emit(event, data, to=to, room=room, **options)


def create_socketio_server() -> socketio.AsyncServer:
    """A Socket.IO server that speaks WebSocket only and handles a client's messages one after another.

    It takes any origin and sends no CORS headers: ``kit.http.origins`` decides before.
    """
    return _Server(
        async_mode="asgi",
        transports=["websocket"],
        cors_allowed_origins=[],
        async_handlers=False,
        ping_interval=PING_SECONDS,
        ping_timeout=PING_SECONDS,
        max_http_buffer_size=MESSAGE_BYTES,
        # Named loggers: without them the libraries install handlers that print unstructured lines.
        logger=logging.getLogger("socketio.server"),
        engineio_logger=logging.getLogger("engineio.server"),
    )


class SocketTransport:
    """One client's connection; implements ``realtime.ports.Transport``.

    Writes encoded frames to Engine.IO directly: python-socketio's ``emit`` encodes the event and starts
    a task for each recipient.  *request* is the task that serves the connection.
    """

    __slots__ = ("_engineio_sid", "_server", "request", "sid")

    def __init__(self, server: socketio.AsyncServer, sid: str, request: asyncio.Task[Any] | None) -> None:
        self.sid = sid
        self._server = server
        self.request = request
        self._engineio_sid: str = server.manager.eio_sid_from_sid(sid, NAMESPACE)

    def queued(self) -> int:
        """Frames that were handed over and are not yet written to the network."""
        socket: Any = self._server.eio.sockets.get(self._engineio_sid)
        return socket.queue.qsize() if socket is not None else 0

    @property
    def connected(self) -> bool:
        return bool(self._server.manager.is_connected(self.sid, NAMESPACE))

    async def send(self, frame: str) -> None:
        """Queue a frame; does nothing if the client has disconnected."""
        with contextlib.suppress(engineio.exceptions.EngineIOError):
            await self._server.eio.send(self._engineio_sid, frame)

    async def close(self) -> None:
        """Disconnect the client once all queued frames are written."""
        socket: Any = self._server.eio.sockets.get(self._engineio_sid)
        await self._server.disconnect(self.sid)
        if socket is not None:
            await _end_writer(socket)

    async def abort(self) -> None:
        """Disconnect a client that does not read; its queued frames are discarded."""
        socket: Any = self._server.eio.sockets.pop(self._engineio_sid, None)
        if socket is not None:
            await socket.close(wait=False, abort=True)
        if self.request is not None:
            await cancel_until_done(self.request)


async def close_connections(server: socketio.AsyncServer) -> None:
    """Close every open connection once its queued frames are written, accepted as a client or not."""
    for socket in list(server.eio.sockets.values()):
        await _end_writer(socket)


async def _end_writer(socket: Any) -> None:
    await socket.queue.put(None)


async def cancel_until_done(request: asyncio.Task[Any]) -> None:
    """End the task that serves a connection.

    The task waits in several places (for a message, its writer, the closing frame), and Engine.IO
    swallows one cancellation at each.
    """
    for _ in range(_CANCELS):
        if request.done():
            return
        request.cancel()
        await asyncio.sleep(_CANCEL_PAUSE)
