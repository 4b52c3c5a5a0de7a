"""Malformed, oversized and slow requests are refused in their order, without effect on other connections."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest

from support.http.raw_connections import RawConnection, RawServer, on_uvloop, raw_server, wait_until
from supportcarr.kit.http import protocol
from supportcarr.kit.http.responses import HEAD_BYTES

HOST = b" HTTP/1.1\r\nhost: x\r\n"
HOT = b"GET /hot" + HOST + b"\r\n"
WAIT = b"GET /wait" + HOST + b"\r\n"
SLOW = b"GET /slow" + HOST + b"\r\n"
POST = b"POST /hot" + HOST


async def refused(client: RawConnection, status: int, code: str) -> None:
    """The next response is that problem, and it is the last."""
    answer = await client.reply()
    problem = json.loads(answer.body)
    assert (answer.status, problem["status"], problem["code"]) == (status, status, code)
    assert answer.one(b"content-type") == b"application/problem+json"
    assert answer.one(b"connection") == b"close"
    assert answer.one(b"x-request-id").decode() == problem["request_id"]
    assert answer.all(b"retry-after") == ([b"1"] if status == 503 else [])
    assert len(answer.all(b"date")) == 1
    await client.wait_closed()


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x5a" * 500,  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",  # HTTP/2 without an upgrade
        b"X" * 100_000,  # a method
        b"GET /\xc3\xa9" + HOST + b"\r\n",
        b"GET /a b" + HOST + b"\r\n",
        b"GET hot" + HOST + b"\r\n",
        b"GET /hot HTTP/9.9\r\n\r\n",
        b"GET /hot HTTP/1.1\nhost: x\n\n",
        b"GET /hot HTTP/1.1\r\nhost: x\n\r\n",
        b"CONNECT x:443" + HOST + b"\r\n",
        b"GET /hot HTTP/1.1\r\n\r\n",  # without a host
        b"GET /hot HTTP/1.1\r\na: b\r\na: c\r\n\r\n",
        b"GET /hot" + HOST + b"host: y\r\n\r\n",
        b"POST /cold HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc",
        b"GET /hot" + HOST + b"a: b\r\n c\r\n\r\n",  # folded
        b"GET /hot" + HOST + b"a: b\x00c\r\n\r\n",
        b"GET /hot" + HOST + b"a\x00: b\r\n\r\n",
        b"GET /hot" + HOST + b"a : b\r\n\r\n",
        b"GET /hot" + HOST + b"a b\r\n\r\n",
        POST + b"content-length: +3\r\n\r\nabc",
        POST + b"content-length: -3\r\n\r\nabc",
        POST + b"content-length: 3, 3\r\n\r\nabc",
        POST + b"content-length: 0x3\r\n\r\nabc",
        POST + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
        POST + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabc",
        POST + b"content-length: 99999999999999999999\r\n\r\nabc",
        POST + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked, identity\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        POST + b"transfer-encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
        POST + b"transfer-encoding: chunked\r\n\r\n3\nabc\n0\n\n",
        POST + b"transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc",
    ],
)
@pytest.mark.parametrize("before", [b"", HOT, SLOW + WAIT])
@on_uvloop
async def test_garbage_is_refused_after_the_responses_to_earlier_requests(sent: bytes, before: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(before + sent)
        server.gate.set()
        for _ in range(before.count(b"GET")):
            assert (await client.reply()).status == 200
        await refused(client, 400, "malformed_request")
        assert server.started_paths == {b"": [], HOT: ["/hot"], SLOW + WAIT: ["/slow", "/wait"]}[before]
        await wait_until(lambda: not server.tasks)
        async with server.connect() as other:
            other.send(HOT)
            assert (await other.reply()).status == 200


@pytest.mark.parametrize("path", [b"/hot", b"/cold"])
@on_uvloop
async def test_a_malformed_body_is_refused_and_its_handler_gets_an_error(path: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(b"POST " + path + HOST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await wait_until(lambda: server.scopes)
        client.send(b"nonsense\r\n")
        await refused(client, 400, "malformed_request")
        await wait_until(lambda: server.disconnects == 1 and not server.tasks)


@on_uvloop
async def test_garbage_in_a_body_already_responded_to_gets_no_second_response() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(b"POST /early" + HOST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        assert (await client.reply()).status == 200
        client.send(b"nonsense\r\n")
        await client.wait_closed()
        assert server.started_paths == ["/early"]


# --- too much -------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1 << 20, 10_000, 999])
@pytest.mark.parametrize(
    "head",
    [
        b"GET /hot" + HOST + b"x: " + b"y" * HEAD_BYTES + b"\r\n\r\n",
        b"GET /hot" + HOST + b"x: y\r\n" * (HEAD_BYTES // 4) + b"\r\n",
        b"GET /hot?" + b"q" * HEAD_BYTES + HOST + b"\r\n",
        b"GET /hot" + HOST + b"x" * (HEAD_BYTES + 99),  # without an end
        b"GET /hot" + HOST + b"x: " + b"y" * 5 * HEAD_BYTES,
        b"GET /" + b"q" * 5 * HEAD_BYTES,
    ],
    ids=["value", "many", "url", "endless name", "endless value", "endless url"],
)
@on_uvloop
async def test_a_head_that_is_too_large_is_refused_however_it_comes(head: bytes, step: int) -> None:
    async with raw_server() as server, server.connect() as client:
        for start in range(0, len(head), step):
            client.send(head[start : start + step])
            await client.writer.drain()
            await asyncio.sleep(0)
        await refused(client, 431, "head_too_large")
        assert server.started_paths == []


@on_uvloop
async def test_a_head_of_exactly_the_maximum_size_is_accepted() -> None:
    async with raw_server() as server, server.connect() as client:
        room = HEAD_BYTES - len(b"/hothostx") - 4 - len(b"z") - 4
        head = b"GET /hot" + HOST + b"z: " + b"y" * room + b"\r\n\r\n"
        client.send(head + HOT)
        assert await client.replies(2) == [b"fast GET /hot  "] * 2
        client.send(head.replace(b"z:", b"zz:"))
        await refused(client, 431, "head_too_large")


@pytest.mark.parametrize("path", [b"/early", b"/cold"])
@pytest.mark.parametrize(
    "endless",
    [b"3\r\nabc\r\n0\r\nx: " + b"y" * 500_000, b"0\r\n" + b"x: y\r\n" * 90_000, b"1;" + b"x" * 500_000],
    ids=["trailer", "trailers", "extension"],
)
@on_uvloop
async def test_chunk_extensions_and_trailers_are_bounded(path: bytes, endless: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(b"POST " + path + HOST + b"transfer-encoding: chunked\r\n\r\n")
        await wait_until(lambda: server.started_paths)
        connection = await server.connection()
        with contextlib.suppress(ConnectionError):
            client.send(endless)
            await client.writer.drain()
        if path == b"/early":
            assert (await client.reply()).status == 200
        else:
            await refused(client, 431, "head_too_large")
        await wait_until(lambda: connection._discarding_input)
        assert len(connection.headers) == 2


@on_uvloop
async def test_empty_lines_without_end_are_refused() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(b"\r\n" * 20_000)
        await refused(client, 431, "head_too_large")


@on_uvloop
async def test_a_connection_beyond_the_limit_gets_503_until_one_closes() -> None:
    async with raw_server(connections=2) as server:
        async with server.connect() as one, server.connect() as two:
            for client in (one, two):
                client.send(HOT)
                await client.reply()
            async with server.connect() as three:
                await refused(three, 503, "overloaded")
            one.send(HOT)
            assert (await one.reply()).status == 200  # existing connections are kept
        await wait_until(lambda: not server.connections)
        async with server.connect() as client:
            client.send(HOT)
            assert (await client.reply()).status == 200


# --- too slow -------------------------------------------------------------------------------------


def pass_seconds(server: RawServer, seconds: float) -> None:
    """Run the sweeps of that period.  The first may only notice new connections."""
    for _ in range(int(seconds / protocol.SWEEP_SECONDS)):
        for connection in server.connections:
            connection.sweep()


@on_uvloop
async def test_a_head_that_arrives_too_slowly_is_cut_off() -> None:
    async with raw_server() as server, server.connect() as client:
        connection, begun = await server.connection(), b"GET /hot" + HOST
        for byte in begun:
            client.send(bytes([byte]))
        await wait_until(lambda: connection._pending_bytes == len(begun))
        pass_seconds(server, protocol.HEAD_SECONDS - protocol.SWEEP_SECONDS)
        client.send(b"x:")
        await wait_until(lambda: connection._pending_bytes == len(begun) + 2)
        assert not connection._discarding_input
        pass_seconds(server, 2 * protocol.SWEEP_SECONDS)
        await refused(client, 408, "request_timeout")


@pytest.mark.parametrize("before", [b"", HOT, b"GET /cold" + HOST + b"\r\n", b"\r\n"])
@on_uvloop
async def test_an_idle_connection_is_closed_after_the_time_limit(before: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        connection = await server.connection()
        client.send(before)
        if before.strip():
            await client.reply()
        else:  # a close with bytes unread would be a reset
            await wait_until(lambda: connection._pending_bytes == len(before))
        pass_seconds(server, protocol.IDLE_SECONDS - protocol.SWEEP_SECONDS)
        assert not connection.transport.is_closing()
        pass_seconds(server, 2 * protocol.SWEEP_SECONDS)
        await client.wait_closed()


@pytest.mark.parametrize("busy", [WAIT, SLOW, b"POST /slow" + HOST + b"content-length: 3\r\n\r\n"])
@on_uvloop
async def test_a_connection_that_awaits_a_response_is_not_idle(busy: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(busy)
        await wait_until(lambda: server.started_paths)
        pass_seconds(server, 1000)
        server.gate.set()
        client.send(b"abc" if b"POST" in busy else b"")
        assert (await client.reply()).status == 200
        pass_seconds(server, protocol.IDLE_SECONDS - protocol.SWEEP_SECONDS)
        client.send(HOT)
        assert (await client.reply()).status == 200


@on_uvloop
async def test_a_refused_client_that_does_not_close_is_disconnected() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(b"nonsense\r\n\r\n")
        await refused(client, 400, "malformed_request")
        client.send(b"and more")
        pass_seconds(server, protocol.LINGER_SECONDS + protocol.SWEEP_SECONDS)
        await wait_until(lambda: not server.connections)


@on_uvloop
async def test_the_server_sweeps_for_slow_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "IDLE_SECONDS", 0)
    async with raw_server(sweep_seconds=0.1) as server, server.connect() as client:
        await client.wait_closed()
        assert server.connections == []
