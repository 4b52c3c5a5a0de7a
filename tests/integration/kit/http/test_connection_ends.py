"""How connections and servers end: clients that leave or do not read, faults of ours, and the drain."""

from __future__ import annotations

import asyncio
import json
import socket
import struct

import pytest
import structlog

from support.http.raw_connections import BIG, Wire, on_uvloop, wait_until, wired
from supportcarr.kit.http import protocol
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.lifespan import LifespanFailed
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.sockets import free_port
from supportcarr.kit.http.types import Receive, Scope, Send

HOST = b" HTTP/1.1\r\nhost: x\r\n"
HOT = b"GET /hot" + HOST + b"\r\n"
WAIT = b"GET /wait" + HOST + b"\r\n"
COLD = b"GET /cold" + HOST + b"\r\n"
SLOW = b"GET /slow" + HOST + b"\r\n"
BIGS = b"GET /big" + HOST + b"\r\n"


async def still_serves(wire: Wire) -> None:
    async with wire.talk() as talk:
        talk.send(HOT + COLD)
        assert await talk.replies(2) == [b"fast GET /hot  ", b"asgi GET /cold  "]


# --- clients --------------------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [b"", HOT, COLD + WAIT])
@pytest.mark.parametrize("how", ["reset", "close", "put out"])
@pytest.mark.parametrize("first", [WAIT, SLOW])
@on_uvloop
async def test_a_client_that_leaves_meanwhile_does_no_harm(
    first: bytes, how: str, behind: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with wired() as wire:
        async with wire.talk() as talk:
            talk.send(first + behind)
            await wait_until(lambda: wire.began == 1)
            if how == "reset":
                gone = talk.writer.get_extra_info("socket")
                gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if how == "put out":
                (await wire.connection()).transport.abort()
                await wait_until(lambda: not wire.connections)
        if how == "reset" and not behind:  # with more in line nothing is read that could tell
            await wait_until(lambda: not wire.connections)
        wire.gate.set()
        await wait_until(lambda: not wire.tasks and not wire.connections)
        await still_serves(wire)
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
    """uvicorn hangs up; servers that people know (nginx, Node, Go) answer, and ``nc -N`` needs it."""
    async with wired() as wire, wire.talk() as talk:
        talk.send(sent + b"GET /never-whole HTTP/1.1\r\n")
        talk.writer.write_eof()
        await wait_until(lambda: bool(wire.seen))
        await asyncio.sleep(0.02)
        wire.gate.set()
        assert await talk.replies(len(bodies)) == bodies
        await talk.ended()
        await wait_until(lambda: not wire.connections)


@on_uvloop
async def test_a_client_that_is_still_sending_gets_the_whole_last_response() -> None:
    body = b"x" * 2_000_000
    async with wired() as wire:
        for _ in range(20):
            async with wire.talk() as talk:
                head = b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
                talk.send(b"POST /early" + HOST + head + body)
                assert await talk.replies(1) == [b"asgi POST /early  "]
                await talk.ended()  # and is not reset, though much of the body was read by nobody
        await still_serves(wire)


@on_uvloop
async def test_a_handler_is_told_that_the_rest_of_a_body_will_not_come() -> None:
    async with wired() as wire, wire.talk() as talk:
        talk.send(b"POST /cold" + HOST + b"content-length: 10\r\n\r\nabc")
        await wait_until(lambda: wire.seen)
        talk.writer.write_eof()
        await talk.ended()
        await wait_until(lambda: wire.disconnects == 1 and not wire.tasks)


@pytest.mark.parametrize("asked", [BIGS * 40, b"GET /large" + HOST + b"\r\n", BIGS * 3 + WAIT + BIGS * 3])
@on_uvloop
async def test_a_client_that_does_not_read_is_not_written_to_without_end(asked: bytes) -> None:
    async with wired() as wire, wire.talk() as talk:
        wire.gate.set()
        talk.reader._transport.pause_reading()  # type: ignore[attr-defined]  # it has no other way
        connection = await wire.connection()
        largest = 0
        for _ in range(60):
            talk.send(asked)
            await asyncio.sleep(0.002)
            largest = max(largest, connection.transport.get_write_buffer_size())
            assert len(connection.pipeline) <= protocol.PIPELINED
        assert connection.flow.write_paused
        assert largest < 3 * BIG
        assert len(wire.seen) < 60
        sweeps = int(protocol.UNREAD_SECONDS / protocol.SWEEP_SECONDS)
        for _ in range(sweeps - 1):
            connection.sweep()
        assert not connection.transport.is_closing()
        for _ in range(2):
            connection.sweep()
        await wait_until(lambda: not wire.connections and not wire.tasks)


@on_uvloop
async def test_a_client_that_reads_late_gets_all_of_it() -> None:
    async with wired() as wire, wire.talk() as talk:
        talk.reader._transport.pause_reading()  # type: ignore[attr-defined]  # it has no other way
        talk.send(BIGS * 30)
        connection = await wire.connection()
        await wait_until(lambda: connection.flow.write_paused)
        talk.reader._transport.resume_reading()  # type: ignore[attr-defined]  # it has no other way
        assert {len(body) for body in await talk.replies(30)} <= {BIG, len(b"asgi GET /big  ")}


# --- our own faults -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [b"/raises", b"/raises-later", b"/find-raises", b"/splits"])
@pytest.mark.parametrize("before", [b"", HOT])
@on_uvloop
async def test_an_error_in_the_fast_path_is_logged_and_ends_its_connection_only(
    path: bytes, before: bytes
) -> None:
    with structlog.testing.capture_logs() as lines:
        async with wired() as wire, wire.talk() as talk:
            talk.send(before + b"GET " + path + HOST + b"\r\n" + COLD)
            if before:
                assert await talk.replies(1) == [b"fast GET /hot  "]
            answer = await talk.reply()
            assert (answer.status, json.loads(answer.body)["code"]) == (500, "internal_error")
            assert b"fault" not in answer.body.replace(b"The fault is ours", b"")
            await talk.ended()
            await wait_until(lambda: not wire.tasks)
            await still_serves(wire)
            assert "/cold" not in wire.seen[:-1]
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["request_failed"]


@on_uvloop
async def test_an_application_error_has_no_body_for_head() -> None:
    async with wired() as wire, wire.talk() as talk:
        talk.send(b"HEAD /fails" + HOST + b"\r\n")
        answer = await talk.reply("HEAD")
        assert (answer.status, answer.one(b"connection")) == (500, b"close")
        await talk.ended()


@on_uvloop
async def test_a_refused_request_gets_no_second_error() -> None:
    failed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failed.append(context))
    with structlog.testing.capture_logs() as lines:
        async with wired() as wire, wire.talk() as talk:
            talk.send(b"POST /late-fault" + HOST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
            await wait_until(lambda: wire.seen)
            talk.send(b"nonsense\r\n")
            answer = await talk.reply()
            assert answer.status == 400
            await talk.ended()
            await wait_until(lambda: not wire.tasks)
    assert not failed
    assert [line["status"] for line in lines if line["event"] == "connection_refused"] == [400]


@pytest.mark.parametrize("before", [b"", COLD])
@on_uvloop
async def test_an_application_error_is_a_problem_document(before: bytes) -> None:
    async with wired() as wire, wire.talk() as talk:
        talk.send(before + b"GET /fails" + HOST + b"\r\n" + COLD)
        if before:
            assert await talk.replies(1) == [b"asgi GET /cold  "]
        answer = await talk.reply()
        assert (answer.status, json.loads(answer.body)["code"]) == (500, "internal_error")
        await talk.ended()
        await wait_until(lambda: not wire.tasks)
        await still_serves(wire)


# --- the drain ------------------------------------------------------------------------------------


@on_uvloop
async def test_a_fast_path_response_during_the_drain_ends_its_connection() -> None:
    async with wired() as wire, wire.talk() as waiting, wire.talk() as asgi, wire.talk() as idle:
        idle.send(HOT)
        await idle.reply()
        waiting.send(WAIT)
        asgi.send(SLOW)
        await wait_until(lambda: wire.began == 2)
        wire.lifecycle.drain()
        await idle.ended()
        with pytest.raises(OSError):
            async with wire.talk() as late:
                late.send(HOT)
                await late.reply()
        assert wire.running is not None and not wire.running.done()
        waiting.send(HOT)  # too late: the connection ends with the answer that is due
        wire.gate.set()
        for talk in (waiting, asgi):
            answer = await talk.reply()
            assert (answer.status, answer.one(b"connection")) == (200, b"close")
        await asgi.ended()
        await wire.running
        assert not wire.tasks


@on_uvloop
async def test_what_comes_after_the_drain_began_is_not_done_behind_a_last_answer() -> None:
    """Who is told that the connection ends with this answer repeats the others elsewhere."""
    async with wired() as wire, wire.talk() as talk:
        talk.send(SLOW)
        await wait_until(lambda: wire.began == 1)
        wire.lifecycle.drain()
        await wait_until(lambda: not all(c.cycle.keep_alive for c in wire.connections))
        half = b"POST /cold" + HOST + b"content-length: 9\r\n\r\nabc"
        talk.send(b"POST /cold" + HOST + b"content-length: 3\r\n\r\nabc" + half)
        connection = await wire.connection()
        await wait_until(lambda: len(connection.pipeline) == 2)
        wire.gate.set()
        answer = await talk.reply()
        assert (answer.body, answer.one(b"connection")) == (b"asgi GET /slow  ", b"close")
        await talk.ended()
        assert wire.seen == ["/slow"]
        await wait_until(lambda: not wire.tasks)


@on_uvloop
async def test_pipelined_requests_and_bodies_are_finished_during_the_drain() -> None:
    async with wired() as wire, wire.talk() as line, wire.talk() as body, wire.talk() as half:
        line.send(WAIT + SLOW + HOT)
        body.send(b"POST /hot" + HOST + b"content-length: 6\r\n\r\nabc")
        half.send(b"GET /hot HTT")
        await wait_until(lambda: wire.began == 1 and len(wire.seen) == 2)
        wire.lifecycle.drain()
        await half.ended()
        body.send(b"def")
        wire.gate.set()
        answers = [await line.reply() for _ in range(3)]
        assert [a.body for a in answers] == [b"fast GET /wait  ", b"asgi GET /slow  ", b"asgi GET /hot  "]
        assert [a.all(b"connection") for a in answers] == [[], [], [b"close"]]
        answer = await body.reply()
        assert (answer.body, answer.one(b"connection")) == (b"asgi POST /hot  abcdef", b"close")


@pytest.mark.parametrize("sent", [WAIT, WAIT + HOT, SLOW, SLOW + HOT])
@on_uvloop
async def test_a_request_that_outlasts_the_drain_gets_an_error(sent: bytes) -> None:
    with structlog.testing.capture_logs() as lines:
        async with wired(drain_seconds=0.1) as wire, wire.talk() as talk:
            talk.send(sent)
            await wait_until(lambda: wire.began == 1)
            await wire.stop()
            answer = await talk.reply()
            assert (answer.status, answer.one(b"connection")) == (503, b"close")
            assert (json.loads(answer.body)["code"], answer.one(b"retry-after")) == ("overloaded", b"1")
            await talk.ended()
            assert not wire.tasks
    assert [line["requests"] for line in lines if line["event"] == "drain_timed_out"] == [1]


@on_uvloop
async def test_a_client_that_does_not_read_does_not_delay_the_drain() -> None:
    async with wired(drain_seconds=0.1) as wire, wire.talk() as talk:
        talk.reader._transport.pause_reading()  # type: ignore[attr-defined]  # it has no other way
        talk.send(BIGS * 40)
        connection = await wire.connection()
        await wait_until(lambda: connection.flow.write_paused)
        await wire.stop()


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
    async def unwilling(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed"})

    port = free_port()
    with pytest.raises(LifespanFailed):
        await serve(unwilling, "127.0.0.1", port, 1, lifecycle=Lifecycle())
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))


@on_uvloop
async def test_a_server_that_is_cancelled_gives_its_port_back() -> None:
    async with wired() as wire:
        assert wire.running is not None
        async with wire.talk() as talk:
            talk.send(HOT)
            await talk.reply()
            wire.running.cancel()
            await talk.ended()
        with pytest.raises(asyncio.CancelledError):
            await wire.running
        wire.running = asyncio.create_task(asyncio.sleep(0))
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", wire.port))
            free.listen()


@on_uvloop
async def test_two_servers_share_a_port_and_one_goes_on_when_the_other_ends() -> None:
    async with wired() as one:
        other = Lifecycle()
        running = asyncio.create_task(serve(one, "127.0.0.1", one.port, 5, lifecycle=other))
        bodies: set[bytes] = set()
        while len(bodies) < 2:
            async with one.talk() as talk:
                talk.send(HOT)
                bodies |= set(await talk.replies(1))
        assert bodies == {b"fast GET /hot  ", b"asgi GET /hot  "}
        other.drain()
        await running
        await still_serves(one)
