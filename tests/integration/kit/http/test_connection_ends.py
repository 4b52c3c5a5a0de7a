"""Ends of connections and servers: clients that leave or do not read, errors of the server, and the drain."""

from __future__ import annotations

import asyncio
import json
import socket
import struct

import pytest
import structlog

from support.http.raw_connections import BIG, RawServer, on_uvloop, raw_server, wait_until
from support.ports import free_port
from supportcarr.kit.http import protocol
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.lifespan import LifespanFailed
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.types import Receive, Scope, Send

HOST = b" HTTP/1.1\r\nhost: x\r\n"
HOT = b"GET /hot" + HOST + b"\r\n"
WAIT = b"GET /wait" + HOST + b"\r\n"
COLD = b"GET /cold" + HOST + b"\r\n"
SLOW = b"GET /slow" + HOST + b"\r\n"
BIGS = b"GET /big" + HOST + b"\r\n"


async def still_serves(server: RawServer) -> None:
    async with server.connect() as client:
        client.send(HOT + COLD)
        assert await client.replies(2) == [b"fast GET /hot  ", b"asgi GET /cold  "]


# --- clients --------------------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [b"", HOT, COLD + WAIT])
@pytest.mark.parametrize("how", ["reset", "close", "put out"])
@pytest.mark.parametrize("first", [WAIT, SLOW])
@on_uvloop
async def test_a_client_that_disconnects_during_a_request_does_no_harm(
    first: bytes, how: str, behind: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with raw_server() as server:
        async with server.connect() as client:
            client.send(first + behind)
            await wait_until(lambda: server.waiting_count == 1)
            if how == "reset":
                gone = client.writer.get_extra_info("socket")
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if how == "put out":
                (await server.connection()).transport.abort()
                await wait_until(lambda: not server.connections)
        if how == "reset" and not behind:  # with more in line nothing is read that could tell
            await wait_until(lambda: not server.connections)
        server.gate.set()
        await wait_until(lambda: not server.tasks and not server.connections)
        await still_serves(server)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("sent", "bodies"),
    [
        (HOT, [b"fast GET /hot  "]),
        (WAIT, [b"fast GET /wait  "]),
        (COLD, [b"asgi GET /cold  "]),
        (SLOW + HOT + WAIT, [b"asgi GET /slow  ", b"asgi GET /hot  ", b"asgi GET /wait  "]),
    ],
)
@on_uvloop
async def test_a_half_closed_connection_gets_its_responses(sent: bytes, bodies: list[bytes]) -> None:
    """uvicorn closes the connection; other servers (nginx, Node, Go) respond, and ``nc -N`` needs that."""
    async with raw_server() as server, server.connect() as client:
        client.send(sent + b"GET /never-whole HTTP/1.1\r\n")
        client.writer.write_eof()
        await wait_until(lambda: bool(server.started_paths))
        await asyncio.sleep(0.02)
        server.gate.set()
        assert await client.replies(len(bodies)) == bodies
        await client.wait_closed()
        await wait_until(lambda: not server.connections)


@on_uvloop
async def test_a_client_that_is_still_sending_gets_the_whole_last_response() -> None:
    body = b"x" * 2_000_000
    async with raw_server() as server:
        for _ in range(20):
            async with server.connect() as client:
                head = b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
                client.send(b"POST /early" + HOST + head + body)
                assert await client.replies(1) == [b"asgi POST /early  "]
                await client.wait_closed()  # and is not reset, although much of the body was not read
        await still_serves(server)


@on_uvloop
async def test_a_handler_learns_that_the_rest_of_a_body_is_missing() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(b"POST /cold" + HOST + b"content-length: 10\r\n\r\nabc")
        await wait_until(lambda: server.started_paths)
        client.writer.write_eof()
        await client.wait_closed()
        await wait_until(lambda: server.disconnects == 1 and not server.tasks)


@pytest.mark.parametrize("asked", [BIGS * 40, b"GET /large" + HOST + b"\r\n", BIGS * 3 + WAIT + BIGS * 3])
@on_uvloop
async def test_writes_to_a_client_that_does_not_read_are_bounded(asked: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        server.gate.set()
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]  # it has no other way
        connection = await server.connection()
        largest = 0
        for _ in range(60):
            client.send(asked)
            await asyncio.sleep(0.002)
            largest = max(largest, connection.transport.get_write_buffer_size())
            assert len(connection.pipeline) <= protocol.PIPELINED
        await wait_until(lambda: connection.flow.write_paused)
        assert largest < 3 * BIG
        assert len(server.started_paths) < 60
        sweeps = int(protocol.UNREAD_SECONDS / protocol.SWEEP_SECONDS)
        for _ in range(sweeps - 1):
            connection.sweep()
        assert not connection.transport.is_closing()
        for _ in range(2):
            connection.sweep()
        await wait_until(lambda: not server.connections and not server.tasks)


@on_uvloop
async def test_a_client_that_reads_late_gets_all_of_it() -> None:
    async with raw_server() as server, server.connect() as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]  # it has no other way
        client.send(BIGS * 30)
        connection = await server.connection()
        await wait_until(lambda: connection.flow.write_paused)
        client.reader._transport.resume_reading()  # type: ignore[attr-defined]  # it has no other way
        assert {len(body) for body in await client.replies(30)} <= {BIG, len(b"asgi GET /big  ")}


# --- errors of the server -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [b"/raises", b"/raises-later", b"/find-raises", b"/splits"])
@pytest.mark.parametrize("before", [b"", HOT])
@on_uvloop
async def test_an_error_in_the_fast_path_is_logged_and_ends_its_connection_only(
    path: bytes, before: bytes
) -> None:
    with structlog.testing.capture_logs() as lines:
        async with raw_server() as server, server.connect() as client:
            client.send(before + b"GET " + path + HOST + b"\r\n" + COLD)
            if before:
                assert await client.replies(1) == [b"fast GET /hot  "]
            answer = await client.reply()
            assert (answer.status, json.loads(answer.body)["code"]) == (500, "internal_error")
            assert b"fault" not in answer.body.replace(b"The fault is ours", b"")
            await client.wait_closed()
            await wait_until(lambda: not server.tasks)
            await still_serves(server)
            assert "/cold" not in server.started_paths[:-1]
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["request_failed"]


@on_uvloop
async def test_an_application_error_has_no_body_for_head() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(b"HEAD /fails" + HOST + b"\r\n")
        answer = await client.reply("HEAD")
        assert (answer.status, answer.one(b"connection")) == (500, b"close")
        await client.wait_closed()


@on_uvloop
async def test_a_refused_request_gets_no_second_error() -> None:
    failed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    with structlog.testing.capture_logs() as lines:
        async with raw_server() as server, server.connect() as client:
            client.send(b"POST /late-fault" + HOST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
            await wait_until(lambda: server.started_paths)
            client.send(b"nonsense\r\n")
            answer = await client.reply()
            assert answer.status == 400
            await client.wait_closed()
            await wait_until(lambda: not server.tasks)
    assert not failed
    assert [line["status"] for line in lines if line["event"] == "connection_refused"] == [400]


@pytest.mark.parametrize("before", [b"", COLD])
@on_uvloop
async def test_an_application_error_is_a_problem_document(before: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(before + b"GET /fails" + HOST + b"\r\n" + COLD)
        if before:
            assert await client.replies(1) == [b"asgi GET /cold  "]
        answer = await client.reply()
        assert (answer.status, json.loads(answer.body)["code"]) == (500, "internal_error")
        await client.wait_closed()
        await wait_until(lambda: not server.tasks)
        await still_serves(server)


# --- the drain ------------------------------------------------------------------------------------


@on_uvloop
async def test_a_fast_path_response_during_the_drain_ends_its_connection() -> None:
    async with (
        raw_server() as server,
        server.connect() as waiting,
        server.connect() as asgi,
        server.connect() as idle,
    ):
        idle.send(HOT)
        await idle.reply()
        waiting.send(WAIT)
        asgi.send(SLOW)
        await wait_until(lambda: server.waiting_count == 2)
        server.lifecycle.drain()
        await idle.wait_closed()
        with pytest.raises(OSError):
            async with server.connect() as late:
                late.send(HOT)
                await late.reply()
        assert server.running is not None and not server.running.done()
        waiting.send(HOT)  # too late: the connection ends with the answer that is due
        server.gate.set()
        for client in (waiting, asgi):
            answer = await client.reply()
            assert (answer.status, answer.one(b"connection")) == (200, b"close")
        await asgi.wait_closed()
        await server.running
        assert not server.tasks


@on_uvloop
async def test_requests_behind_the_last_response_of_a_drain_are_not_handled() -> None:
    """A client whose connection ends with this response repeats the others elsewhere."""
    async with raw_server() as server, server.connect() as client:
        client.send(SLOW)
        await wait_until(lambda: server.waiting_count == 1)
        server.lifecycle.drain()
        await wait_until(lambda: not all(c.cycle.keep_alive for c in server.connections))
        half = b"POST /cold" + HOST + b"content-length: 9\r\n\r\nabc"
        client.send(b"POST /cold" + HOST + b"content-length: 3\r\n\r\nabc" + half)
        connection = await server.connection()
        await wait_until(lambda: len(connection.pipeline) == 2)
        server.gate.set()
        answer = await client.reply()
        assert (answer.body, answer.one(b"connection")) == (b"asgi GET /slow  ", b"close")
        await client.wait_closed()
        assert server.started_paths == ["/slow"]
        await wait_until(lambda: not server.tasks)


@on_uvloop
async def test_pipelined_requests_and_bodies_are_finished_during_the_drain() -> None:
    async with (
        raw_server() as server,
        server.connect() as line,
        server.connect() as body,
        server.connect() as half,
    ):
        line.send(WAIT + SLOW + HOT)
        body.send(b"POST /hot" + HOST + b"content-length: 6\r\n\r\nabc")
        half.send(b"GET /hot HTT")
        await wait_until(lambda: server.waiting_count == 1 and len(server.started_paths) == 2)
        await wait_until(lambda: any(one._state is protocol._HEAD for one in server.connections))
        server.lifecycle.drain()
        await half.wait_closed()
        body.send(b"def")
        server.gate.set()
        answers = [await line.reply() for _ in range(3)]
        assert [a.body for a in answers] == [b"fast GET /wait  ", b"asgi GET /slow  ", b"asgi GET /hot  "]
        assert [a.all(b"connection") for a in answers] == [[], [], [b"close"]]
        answer = await body.reply()
        assert (answer.body, answer.one(b"connection")) == (b"asgi POST /hot  abcdef", b"close")


@pytest.mark.parametrize("sent", [WAIT, WAIT + HOT, SLOW, SLOW + HOT])
@on_uvloop
async def test_a_request_that_outlasts_the_drain_gets_an_error(sent: bytes) -> None:
    with structlog.testing.capture_logs() as lines:
        async with raw_server(drain_seconds=0.1) as server, server.connect() as client:
            client.send(sent)
            await wait_until(lambda: server.waiting_count == 1)
            await server.stop()
            answer = await client.reply()
            assert (answer.status, answer.one(b"connection")) == (503, b"close")
            assert (json.loads(answer.body)["code"], answer.one(b"retry-after")) == ("overloaded", b"1")
            await client.wait_closed()
            assert not server.tasks
    assert [line["requests"] for line in lines if line["event"] == "drain_timed_out"] == [1]


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        pytest.param(HOT, b"fast GET /hot  ", id="fast"),
        pytest.param(WAIT, b"fast GET /wait  ", id="suspended"),
        pytest.param(SLOW, b"asgi GET /slow  ", id="asgi"),
    ],
)
@on_uvloop
async def test_an_idle_connection_ends_with_its_next_response(sent: bytes, body: bytes) -> None:
    """Its request may have been on the way when the drain began, and a proxy does not send a POST twice."""
    async with raw_server(idle_seconds=3600) as server, server.connect() as client:
        client.send(HOT)
        assert (await client.reply()).all(b"connection") == []
        server.gate.set()
        stopping = asyncio.create_task(server.stop())
        connection = await server.connection()
        await wait_until(lambda: connection._last)
        with pytest.raises(ConnectionRefusedError):
            async with server.connect():
                pass
        client.send(sent)
        answer = await client.reply()
        assert (answer.body, answer.one(b"connection")) == (body, b"close")
        await client.wait_closed()
        await stopping  # long before the time for idle connections is over


@on_uvloop
async def test_a_connection_that_stays_idle_is_closed_in_the_end() -> None:
    async with raw_server(idle_seconds=0.2) as server, server.connect() as client:
        client.send(HOT)
        await client.reply()
        await server.stop()
        await client.wait_closed()


@on_uvloop
async def test_a_client_that_does_not_read_does_not_delay_the_drain() -> None:
    async with raw_server(drain_seconds=0.1) as server, server.connect() as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]  # it has no other way
        client.send(BIGS * 40)
        connection = await server.connection()
        await wait_until(lambda: connection.flow.write_paused)
        await server.stop()


# --- the port -------------------------------------------------------------------------------------


@on_uvloop
async def test_a_taken_port_raises_and_ends_the_lifespan() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            kind = (await receive())["type"]
            seen.append(kind)
            await send({"type": f"{kind}.complete"})

    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        with pytest.raises(OSError, match="in use"):
            await serve(app, "127.0.0.1", foreign.getsockname()[1], 1, lifecycle=Lifecycle())
    assert seen == ["lifespan.startup", "lifespan.shutdown"]


@on_uvloop
async def test_an_application_that_does_not_start_takes_no_port() -> None:
    async def failing_app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed"})

    port = free_port()
    with pytest.raises(LifespanFailed):
        await serve(failing_app, "127.0.0.1", port, 1, lifecycle=Lifecycle())
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))


@on_uvloop
async def test_a_server_that_is_cancelled_gives_its_port_back() -> None:
    async with raw_server() as server:
        assert server.running is not None
        async with server.connect() as client:
            client.send(HOT)
            await client.reply()
            server.running.cancel()
            await client.wait_closed()
        with pytest.raises(asyncio.CancelledError):
            await server.running
        server.running = asyncio.create_task(asyncio.sleep(0))
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", server.port))
            free.listen()


@on_uvloop
async def test_two_servers_share_a_port_and_one_continues_when_the_other_stops() -> None:
    async with raw_server() as one:
        other = Lifecycle()
        running = asyncio.create_task(serve(one, "127.0.0.1", one.port, 5, lifecycle=other))
        bodies: set[bytes] = set()
        while len(bodies) < 2:
            async with one.connect() as client:
                client.send(HOT)
                bodies |= set(await client.replies(1))
        assert bodies == {b"fast GET /hot  ", b"asgi GET /hot  "}
        other.drain()
        await running
        await still_serves(one)
