"""A client's connection as python-socketio and Engine.IO hold it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import engineio
import socketio

NAMESPACE = "/"
_CANCELS, _CANCEL_PAUSE = 10, 0.02


class SocketTransport:
    """Writes frames to one socket, past python-socketio's emit: that encodes and starts a task for
    each recipient of each event.

    *request* is the task that serves the connection.
    """

    __slots__ = ("_server", "connection", "request", "sid")

    def __init__(self, server: socketio.AsyncServer, sid: str, request: asyncio.Task[Any] | None) -> None:
        self.sid = sid
        self._server = server
        self.request = request
        self.connection: str = server.manager.eio_sid_from_sid(sid, NAMESPACE)

    def queued(self) -> int:
        socket: Any = self._server.eio.sockets.get(self.connection)
        return socket.queue.qsize() if socket is not None else 0

    @property
    def connected(self) -> bool:
        return bool(self._server.manager.is_connected(self.sid, NAMESPACE))

    async def send(self, frame: str) -> None:
        """Harmless when the client has left."""
        with contextlib.suppress(engineio.exceptions.EngineIOError):
            await self._server.eio.send(self.connection, frame)

    async def close(self) -> None:
        """Say goodbye and end the connection once what is queued has been written."""
        socket: Any = self._server.eio.sockets.get(self.connection)
        await self._server.disconnect(self.sid)
        if socket is not None:
            await finish(socket)

    async def cut(self) -> None:
        """End a connection whose client does not read; what is queued for it is thrown away."""
        socket: Any = self._server.eio.sockets.pop(self.connection, None)
        if socket is not None:
            await socket.close(wait=False, abort=True)
        if self.request is not None:
            await cancel_until_done(self.request)


async def finish(socket: Any) -> None:
    """Let Engine.IO's writer write what is queued, and then close the WebSocket."""
    await socket.queue.put(None)


async def cancel_until_done(request: asyncio.Task[Any]) -> None:
    """End the task that serves a connection.

    It waits for its client again and again (for a message, for its writer, for the closing frame),
    and Engine.IO swallows a cancellation at each.
    """
    for _ in range(_CANCELS):
        if request.done():
            return
        request.cancel()
        await asyncio.sleep(_CANCEL_PAUSE)
