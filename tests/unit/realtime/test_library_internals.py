"""The undocumented parts of python-socketio and python-engineio that ``realtime.transport`` uses exist."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import engineio
import pytest
from engineio.async_socket import AsyncSocket

from supportcarr.realtime.transport import NAMESPACE, close_connections, create_socketio_server


@pytest.fixture
def server() -> Any:
    return create_socketio_server()


async def test_the_socketio_server_has_an_engineio_server_with_sockets_by_id(server: Any) -> None:
    assert isinstance(server.eio, engineio.AsyncServer)
    assert server.eio.sockets == {}
    assert inspect.iscoroutinefunction(server.eio.send)


async def test_the_manager_knows_the_engineio_id_and_the_state_of_a_client(server: Any) -> None:
    sid = await server.manager.connect("engineio-id", NAMESPACE)
    assert server.manager.eio_sid_from_sid(sid, NAMESPACE) == "engineio-id"
    assert server.manager.is_connected(sid, NAMESPACE)
    assert not server.manager.is_connected("nobody", NAMESPACE)


async def test_a_socket_has_a_queue_that_counts_and_takes_the_end_marker(server: Any) -> None:
    socket = AsyncSocket(server.eio, "engineio-id")
    server.eio.sockets["engineio-id"] = socket
    assert isinstance(socket.queue, asyncio.Queue)
    assert socket.queue.qsize() == 0
    await close_connections(server)
    assert socket.queue.qsize() == 1
    assert await socket.poll() == [], "None ends the writer"


async def test_a_socket_is_aborted_without_a_close_packet(server: Any) -> None:
    assert {"wait", "abort"} <= set(inspect.signature(AsyncSocket.close).parameters)
    socket = AsyncSocket(server.eio, "engineio-id")
    await socket.close(wait=False, abort=True)
    assert socket.closed
    assert socket.queue.qsize() == 0
