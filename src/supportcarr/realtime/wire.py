"""A client's connection as python-socketio and Engine.IO hold it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import engineio
import socketio

NAMESPACE = "/"


class SocketWire:
    """Writes frames to one socket, past python-socketio's emit: that encodes and starts a task for
    each recipient of each event.

    *request* is the task that serves the connection.
    """

    __slots__ = ("_request", "_server", "connection", "sid")

    def __init__(self, server: socketio.AsyncServer, sid: str, request: asyncio.Task[Any] | None) -> None:
        self.sid = sid
        self._server = server
        self._request = request
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
        await self._server.disconnect(self.sid)

    def cut(self) -> None:
        """End a connection whose client does not read: what is queued is thrown away."""
