"""One connection: which path handles a request, the order of responses, and fragmented input."""

from __future__ import annotations

import asyncio

import pytest

from support.http.raw_connections import on_uvloop, raw_server, wait_until

HOST = b" HTTP/1.1\r\nhost: x\r\n"
HOT = b"GET /hot" + HOST + b"\r\n"
WAIT = b"GET /wait" + HOST + b"\r\n"
COLD = b"GET /cold" + HOST + b"\r\n"
SLOW = b"GET /slow" + HOST + b"\r\n"


def post(path: bytes, body: bytes, *more: bytes) -> bytes:
    head = b"POST %b" % path + HOST + b"".join(b"%b\r\n" % line for line in more)
    return head + b"content-length: %d\r\n\r\n%b" % (len(body), body)


# --- dispatch -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (HOT, b"fast GET /hot  "),
        (WAIT, b"fast GET /wait  "),
        (b"GET /hot?a=%20&b=?#" + HOST + b"\r\n", b"asgi GET /hot a=%20&b=? "),
        (b"GET /hot?a=%20&b=?" + HOST + b"\r\n", b"fast GET /hot a=%20&b=? "),
        (post(b"/hot", b"abc"), b"fast POST /hot  abc"),
        (post(b"/hot", b""), b"fast POST /hot  "),
        (COLD, b"asgi GET /cold  "),
        (SLOW, b"asgi GET /slow  "),
        (b"PUT /hot" + HOST + b"\r\n", b"asgi PUT /hot  "),
        (b"GET /%68ot" + HOST + b"\r\n", b"asgi GET /hot  "),
        (b"GET /hot/" + HOST + b"\r\n", b"asgi GET /hot/  "),
        (b"GET //hot" + HOST + b"\r\n", b"asgi GET //hot  "),
        (b"GET http://x/hot?q" + HOST + b"\r\n", b"asgi GET /hot q "),
        (b"\r\n\r\n" + HOT, b"fast GET /hot  "),
    ],
)
@on_uvloop
async def test_the_fast_path_answers_plain_requests_and_asgi_the_rest(sent: bytes, body: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        server.gate.set()
        client.send(sent)
        assert await client.replies(1) == [body]
        client.send(HOT)
        assert await client.replies(1) == [b"fast GET /hot  "]


@pytest.mark.parametrize("path", [b"/hot", b"/wait", b"/cold"])
@on_uvloop
async def test_a_response_has_a_date_and_one_length_and_no_server_header(path: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        server.gate.set()
        client.send(b"GET " + path + HOST + b"\r\n")
        response = await client.reply()
        assert response.one(b"date").endswith(b" GMT")
        assert int(response.one(b"content-length")) == len(response.body)
        assert (
            response.all(b"server") == response.all(b"connection") == response.all(b"transfer-encoding") == []
        )


@pytest.mark.parametrize(
    ("method", "path"), [("HEAD", "/hot"), ("HEAD", "/x"), ("GET", "/204"), ("GET", "/304")]
)
@on_uvloop
async def test_a_response_without_a_body_does_not_disturb_the_next(method: str, path: str) -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(f"{method} {path}".encode() + HOST + b"\r\n" + HOT)  # pipelined, so by ASGI
        response = await client.reply(method)
        assert len(response.all(b"content-length")) == (1 if method == "HEAD" else 0)
        assert await client.replies(1) == [b"asgi GET /hot  "]


@on_uvloop
async def test_headers_of_proxies_are_passed_on_and_not_interpreted() -> None:
    forwarded = b"x-forwarded-for: 1.2.3.4\r\nx-forwarded-proto: https\r\n\r\n"
    async with raw_server() as server, server.connect() as client:
        client.send(b"GET /hot" + HOST + forwarded + b"GET /cold" + HOST + forwarded)
        await client.replies(2)
        (scope,), (request,) = server.scopes, server.requests
        me = client.writer.get_extra_info("sockname")
        assert tuple(scope["client"]) == request.client == me
        assert scope["scheme"] == "http"
        assert (b"x-forwarded-for", b"1.2.3.4") in request.headers
        assert scope["headers"] == request.headers


@pytest.mark.parametrize("path", [b"/hot", b"/cold"])
@on_uvloop
async def test_headers_are_unchanged_except_for_surrounding_white_space(path: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        headed = b"A: 1\r\nEmpty:\r\nb:\t 2 \t\r\nA:3\r\nc:   \r\nd: \xc3\xa9\xff\r\n\r\n"
        client.send(b"GET " + path + HOST + headed)
        await client.replies(1)
        headers = server.requests[0].headers if server.requests else server.scopes[0]["headers"]
        expected = [
            (b"host", b"x"),
            (b"a", b"1"),
            (b"empty", b""),
            (b"b", b"2"),
            (b"a", b"3"),
            (b"c", b""),
            (b"d", b"\xc3\xa9\xff"),
        ]
        assert headers == expected


@on_uvloop
async def test_a_trailer_is_not_a_header() -> None:
    trailed = HOST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-forwarded-for: 6.6.6.6\r\n\r\n"
    async with raw_server() as server, server.connect() as client:
        client.send(b"POST /hot" + trailed + b"POST /cold" + trailed)
        assert await client.replies(2) == [b"fast POST /hot  abc", b"asgi POST /cold  abc"]
        expected = [(b"host", b"x"), (b"transfer-encoding", b"chunked")]
        assert server.requests[0].headers == server.scopes[0]["headers"] == expected


# --- pipelining-----------------------------------------------------------------------------------


@on_uvloop
async def test_requests_in_one_packet_are_answered_in_their_order() -> None:
    async with raw_server() as server, server.connect() as client:
        body = post(b"/hot", b"1"), post(b"/wait", b"2"), post(b"/cold", b"3")
        client.send(HOT + body[0] + WAIT + HOT + COLD + body[1] + SLOW + body[2] + WAIT + HOT)
        assert await client.replies(2) == [b"fast GET /hot  ", b"fast POST /hot  1"]
        await wait_until(lambda: server.waiting_count == 1)
        assert server.started_paths == ["/hot", "/hot", "/wait"]  # the requests behind it have not begun
        server.gate.set()
        bodies = await client.replies(8)
        assert [b.split(b" ", 1)[1] for b in bodies] == [
            b"GET /wait  ",
            b"GET /hot  ",
            b"GET /cold  ",
            b"POST /wait  2",
            b"GET /slow  ",
            b"POST /cold  3",
            b"GET /wait  ",
            b"GET /hot  ",
        ]
        client.send(HOT)
        assert await client.replies(1) == [b"fast GET /hot  "]  # the fast path is used again


@pytest.mark.parametrize("first", [WAIT, SLOW])
@pytest.mark.parametrize("second", [HOT, WAIT, COLD, SLOW])
@on_uvloop
async def test_a_request_waits_while_the_previous_one_is_handled(first: bytes, second: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(first)
        await wait_until(lambda: server.waiting_count == 1)
        client.send(second)
        connection = await server.connection()
        await wait_until(lambda: len(connection.pipeline) == 1)
        assert len(server.started_paths) == 1
        server.gate.set()
        bodies = await client.replies(2)
        assert [b.split(b" ")[2] for b in bodies] == [first.split(b" ")[1], second.split(b" ")[1]]


@on_uvloop
async def test_reading_pauses_while_requests_are_pipelined() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(SLOW * 3)
        connection = await server.connection()
        for begun, in_line in ((1, 2), (2, 1)):
            await wait_until(lambda n=begun: server.waiting_count == n)  # type: ignore[misc]  # bound as it is now
            assert (len(connection.pipeline), connection.flow.read_paused) == (in_line, True)
            server.gate.set()
            server.gate.clear()
            assert await client.replies(1) == [b"asgi GET /slow  "]
        await wait_until(lambda: server.waiting_count == 3)
        assert (len(connection.pipeline), connection.flow.read_paused) == (0, False)


@on_uvloop
async def test_too_many_requests_in_one_packet_are_handled_in_part_and_then_refused() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(HOT * 1000)
        statuses = []
        while 503 not in statuses:
            statuses.append((await client.reply()).status)
        assert 100 < len(statuses) < 1000
        assert set(statuses[:-1]) == {200}
        await client.wait_closed()
        assert len(server.started_paths) == len(statuses) - 1


@on_uvloop
async def test_a_client_that_reads_its_responses_may_send_many_requests() -> None:
    async with raw_server() as server, server.connect() as client:
        for path in (b"/hot", b"/cold") * 10:
            client.send((b"GET %b" % path + HOST + b"\r\n") * 50)
            assert len(await client.replies(50)) == 50
        assert len(server.started_paths) == 1000


@on_uvloop
async def test_no_request_begins_after_a_response_that_ends_the_connection() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(HOT + b"GET /closes" + HOST + b"\r\n" + HOT + COLD)
        assert [(await client.reply()).status, (response := await client.reply()).status] == [200, 413]
        assert response.all(b"connection") == [b"close"]
        await client.wait_closed()
        assert server.started_paths == ["/hot", "/closes"]


# --- bodies, versions, upgrades -------------------------------------------------------------------


@pytest.mark.parametrize("path", [b"/hot", b"/wait", b"/cold", b"/slow"])
@pytest.mark.parametrize("framing", ["length", "chunks"])
@on_uvloop
async def test_a_body_in_pieces_arrives_whole(path: bytes, framing: str) -> None:
    pieces = [b"a" * 10, b"b" * 70_000, b"c", b"d" * 200_000]
    whole = b"".join(pieces)
    async with raw_server() as server, server.connect() as client:
        server.gate.set()
        length = b"content-length: %d" % len(whole) if framing == "length" else b"transfer-encoding: chunked"
        client.send(b"POST " + path + HOST + length + b"\r\n\r\n")
        for piece in pieces:
            await client.writer.drain()
            await asyncio.sleep(0.01)
            client.send(piece if framing == "length" else b"%x;x=y\r\n%b\r\n" % (len(piece), piece))
        client.send(HOT if framing == "length" else b"0\r\n\r\n" + HOT)
        bodies = await client.replies(2)
        assert bodies[0] == b"asgi POST " + path + b"  " + whole
        assert bodies[1].endswith(b"GET /hot  ")


@on_uvloop
async def test_many_small_chunks_in_one_packet_are_one_body() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(
            b"POST /hot" + HOST + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n"
        )
        assert await client.replies(1) == [b"asgi POST /hot  " + b"x" * 5000]


@pytest.mark.parametrize("path", [b"/hot", b"/cold"])
@on_uvloop
async def test_expect_100_continue_is_answered(path: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(b"POST " + path + HOST + b"Expect: 100-Continue\r\ncontent-length: 3\r\n\r\n")
        assert (await client.reply()).status == 100
        client.send(b"abc")
        assert await client.replies(1) == [b"asgi POST %b  abc" % path]


@on_uvloop
async def test_a_client_answered_before_its_body_was_read_may_go_on() -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(b"POST /early" + HOST + b"content-length: 100000\r\n\r\n")
        assert await client.replies(1) == [b"asgi POST /early  "]
        client.send(b"x" * 100_000 + HOT)
        assert await client.replies(1) == [b"fast GET /hot  "]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /hot HTTP/1.0\r\n\r\n",
        b"GET /hot HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        b"GET /hot HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /hot HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n",
        b"GET /hot HTTP/1.1\r\nHost: x\r\nconnection: CLOSE\r\n\r\n",
        b"GET /hot HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n",
        b"GET /cold HTTP/1.1\r\nHost: x\r\nConnection: cLoSe\r\n\r\n",
    ],
)
@on_uvloop
async def test_the_connection_closes_after_the_response_if_the_client_cannot_keep_it(head: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        client.send(head + HOT)
        response = await client.reply()
        assert (response.status, response.all(b"connection")) == (200, [b"close"])
        await client.wait_closed()
        assert len(server.started_paths) == 1


H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQA\r\n"
SOCKET = (
    b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: eA==\r\n"
)


@pytest.mark.parametrize("upgrade", [H2C, SOCKET])
@pytest.mark.parametrize("path", [b"/hot", b"/cold"])
@on_uvloop
async def test_an_unsupported_upgrade_is_ignored(path: bytes, upgrade: bytes) -> None:
    async with raw_server() as server, server.connect() as client:
        smuggled = b"GET /smuggled" + HOST + b"\r\n"
        asked = b"GET " + path + HOST + upgrade + b"\r\n"
        sent = post(path, smuggled, *upgrade.strip().split(b"\r\n"))
        chunked = b"POST " + path + HOST + upgrade + b"transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
        client.send(asked + asked + sent + chunked + HOT)
        bodies = [b.split(b" ", 1)[1] for b in await client.replies(5)]
        assert bodies == [
            b"GET %b  " % path,
            b"GET %b  " % path,
            b"POST %b  %b" % (path, smuggled),
            b"POST %b  x" % path,
            b"GET /hot  ",
        ]
        client.send(sent[:-40])
        await asyncio.sleep(0.02)
        client.send(sent[-40:])
        assert (await client.replies(1))[0].endswith(smuggled)
        assert "/smuggled" not in server.started_paths
