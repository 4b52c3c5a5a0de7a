"""A stream of requests gets the same responses in the same order, however it is split."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any, cast

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from support.http.raw_connections import on_uvloop, raw_server
from supportcarr.kit.http.connections import ConnectionTable
from supportcarr.kit.http.protocol import HttpProtocol
from supportcarr.kit.http.responses import HEAD_BYTES
from supportcarr.kit.http.types import HeaderBlock, Receive, Reply, Request, RouteMatch, Scope, Send

HOST = b" HTTP/1.1\r\nhost: x\r\n"
UPGRADE = b"connection: upgrade\r\nupgrade: h2c\r\n"
STREAM = b"".join(
    (
        b"GET /hot?a=b" + HOST + b"\r\n",
        b"POST /wait" + HOST + b"content-length: 5\r\nx: y\r\n\r\nhello",
        b"GET /cold" + HOST + b"\r\n",
        b"POST /hot" + HOST + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nt: u\r\n\r\n",
        b"POST /hot" + HOST + UPGRADE + b"content-length: 3\r\n\r\nxyz",
        b"POST /wait" + HOST + UPGRADE + b"transfer-encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n",
        b"GET /hot" + HOST + UPGRADE + b"\r\n",
        b"\r\nPOST /cold" + HOST + b"content-length: 4\r\n\r\n\r\n\r\n",
        b"GET /h%6ft" + HOST + b"\r\n",
        b"GET /wait" + HOST + b"\r\n",
    )
)
LAST = b"GET /hot HTTP/1.0\r\n\r\n"
GARBAGE = b"GET\x00 /hot" + HOST + b"\r\n"
TOO_LARGE = b"GET /hot" + HOST + b"x: " + b"y" * HEAD_BYTES + b"\r\n\r\n"


class Transport(asyncio.Transport):
    """A client that sends *pieces*, one per loop iteration unless reading is paused, and reads all."""

    def __init__(self, protocol: HttpProtocol, pieces: list[bytes]) -> None:
        super().__init__()
        self._protocol = protocol
        self._pieces = pieces
        self._paused = False
        self._closing = False
        self.lost = asyncio.Event()
        self.got = b""

    async def run(self) -> bytes:
        """Return the responses when the server has closed."""
        self._protocol.connection_made(self)
        for piece in self._pieces:
            while self._paused:
                await asyncio.sleep(0)
            if self._closing:
                break
            asyncio.get_running_loop().call_soon(self._protocol.data_received, piece)
            await asyncio.sleep(0)
        if not self._closing and not self._protocol.eof_received():
            self.close()
        await self.lost.wait()
        return self.got

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self._closing
        self.got += data

    def write_eof(self) -> None:
        self.close()

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            asyncio.get_running_loop().call_soon(self._lose)

    def _lose(self) -> None:
        self._protocol.connection_lost(None)
        self.lost.set()

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return None


class Front:
    """Responds as the application does, so that both paths give the same result."""

    def __init__(self) -> None:
        self.asked = 0

    def match(self, method: bytes, target: bytes) -> RouteMatch | None:
        path, _, query = target.decode().partition("?")
        return RouteMatch(path, method.decode(), path, query.encode()) if path in ("/hot", "/wait") else None

    def on_suspended(self, found: str, request: Request, task: asyncio.Task[Reply]) -> None:
        pass

    async def answer(self, found: str, request: Request) -> Reply:
        self.asked += 1
        return await reply(request.method, request.path, request.query_string, request.body)


async def reply(method: str, path: str, query: bytes, body: bytes) -> Reply:
    if path == "/wait":
        await asyncio.sleep(0)
    text = b"%b %b %b %b" % (method.encode(), path.encode(), query, body)
    return 200, HeaderBlock(), [(b"content-length", b"%d" % len(text))], text


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        body += message["body"]
        more = message["more_body"]
    status, _, headers, text = await reply(scope["method"], scope["path"], scope["query_string"], body)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


CONFIG = uvicorn.Config(cast("Any", app), ws="none", lifespan="off", log_config=None)
CONFIG.load()


async def answers(pieces: list[bytes]) -> list[bytes]:
    """The bytes of the responses, without the parts that differ in each error response."""
    state, front = ServerState(), Front()
    protocol = HttpProtocol(CONFIG, state, {}, fast_path=front, table=ConnectionTable(1))
    async with asyncio.timeout(60):
        got = await Transport(protocol, pieces).run()
    assert not state.tasks and not state.connections and front.asked
    *whole, last = got.split(b"HTTP/1.1 ")
    return [*whole, last.partition(b"\r\n")[0] if b"problem+json" in last else last]


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    marks = sorted({0, len(stream), *places})
    return [stream[a:b] for a, b in pairwise(marks)]


ENDS = {"close": LAST, "garbage": GARBAGE, "too large": TOO_LARGE}


@pytest.mark.parametrize("end", ENDS)
def test_a_stream_split_once_anywhere_gets_the_same_responses(end: str) -> None:
    stream = STREAM + ENDS[end]

    async def check() -> None:
        expected = await answers([stream])
        assert len(expected) == 1 + 11
        for place in range(1, min(len(stream), len(STREAM) + 60)):
            assert await answers(cut(stream, [place])) == expected, place

    asyncio.run(check())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(ENDS)), st.lists(st.integers(1, len(STREAM) + 200), max_size=40))
def test_a_stream_split_anywhere_gets_the_same_responses(end: str, places: list[int]) -> None:
    stream = STREAM + ENDS[end]

    async def check() -> None:
        assert await answers(cut(stream, places)) == await answers([stream])

    asyncio.run(check())


@pytest.mark.parametrize("size", [1, 2, 7, 60])
def test_a_stream_in_pieces_of_one_size_gets_the_same_responses(size: int) -> None:
    stream = STREAM + LAST

    async def check() -> None:
        pieces = cut(stream, list(range(0, len(stream), size)))
        assert await answers(pieces) == await answers([stream])

    asyncio.run(check())


@on_uvloop
async def test_a_stream_of_single_bytes_over_a_socket_gets_the_same_responses() -> None:
    async with raw_server() as server:
        server.gate.set()
        got = []
        for stride in (len(STREAM), 1):
            async with server.connect() as client:
                for start in range(0, len(STREAM), stride):
                    client.send(STREAM[start : start + stride])
                    await asyncio.sleep(0)
                got.append([body.partition(b" ")[2] for body in await client.replies(10)])
        assert got[0] == got[1]
