"""A server for tests of connections byte by byte: a small fast path, a small application, raw sockets.

    async with raw_server() as server, server.connect() as client:
        client.send(b"GET /hot HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n")
        assert (await client.reply()).body == b"fast GET /hot  "

The fast path knows ``/hot`` (answers at once), ``/wait`` (when ``server.gate`` is set), ``/big`` (a lot) and
some that fail.  The application serves every other path: ``/slow`` waits for the gate, ``/early`` responds
before it has read the body, ``/fails`` raises an error.  Bodies name what served the request, and its target.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec
from unittest import mock

import uvloop

from support.ports import free_port
from supportcarr.kit.http import server as serving
from supportcarr.kit.http.connections import ConnectionTable
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.protocol import HttpProtocol
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.settings import TlsSettings
from supportcarr.kit.http.types import (
    HeaderBlock,
    Headers,
    Message,
    Receive,
    Reply,
    Request,
    RouteMatch,
    Scope,
    Send,
)
from supportcarr.kit.http.uvicorn_adapter import UvicornServer

P = ParamSpec("P")

TIMEOUT_S = 60
BIG = 300_000  # bytes of a response that is large for a socket's buffer


@dataclass(frozen=True, slots=True)
class RawResponse:
    status: int
    headers: Headers
    body: bytes

    def all(self, name: bytes) -> list[bytes]:
        return [value for n, value in self.headers if n.lower() == name]

    def one(self, name: bytes) -> bytes:
        (value,) = self.all(name)
        return value


class RawConnection:
    """One connection, from the client's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def reply(self, method: str = "GET") -> RawResponse:
        """The next response."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        line, *lines = head[:-4].split(b"\r\n")
        headers = [(name, value.strip()) for name, _, value in (h.partition(b":") for h in lines)]
        status = int(line.split(b" ")[1])
        answer = RawResponse(status, headers, b"")
        if method == "HEAD" or status in (100, 204, 304):
            return answer
        return RawResponse(status, headers, await self.reader.readexactly(int(answer.one(b"content-length"))))

    async def replies(self, number: int) -> list[bytes]:
        """The bodies of the next responses, all of which must be 200."""
        answers = [await self.reply() for _ in range(number)]
        assert [answer.status for answer in answers] == [200] * number
        return [answer.body for answer in answers]

    async def wait_closed(self) -> None:
        """Wait until the server has closed the connection, without sending more."""
        assert await self.reader.read() == b""


class RawServer:
    """A running server, the gate that holds responses back, and a record of what happened."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.waiting_count = 0  # requests that wait or waited for the gate
        self.started_paths: list[str] = []  # paths, in the order in which they were started
        self.scopes: list[Scope] = []
        self.requests: list[Request] = []
        self.disconnects = 0
        self.lifecycle = Lifecycle()
        self.port = free_port()
        self.server: Any = None
        self.running: asyncio.Task[None] | None = None

    # --- the fast path------------------------------------------------------------------------

    def match(self, method: bytes, target: bytes) -> RouteMatch | None:
        path, _, query = target.decode("latin-1").partition("?")
        if path == "/find-raises":
            raise KeyError(path)
        known = ("/hot", "/limited", "/wait", "/big", "/raises", "/raises-later", "/closes", "/splits")
        if path not in known or method not in (b"GET", b"POST") or "#" in query:
            return None
        return RouteMatch(path, method.decode(), path, query.encode())

    def on_suspended(self, found: str, request: Request, task: asyncio.Task[Reply]) -> None:
        pass

    async def answer(self, found: str, request: Request) -> Reply:
        self.started_paths.append(found)
        self.requests.append(request)
        if found == "/raises":
            raise LookupError("a fault of the fast path")
        if found == "/raises-later":
            await asyncio.sleep(0)
            raise LookupError("a fault of the fast path")
        if found == "/wait":
            await self.wait()
        body = b"x" * BIG if found == "/big" else self._text(b"fast", request, request.body)
        headers = [(b"content-length", b"%d" % len(body))]
        if found == "/limited":
            return 429, HeaderBlock(), headers, body
        if found == "/closes":
            return 413, HeaderBlock(), [*headers, (b"connection", b"close")], body
        if found == "/splits":
            headers.append((b"location", b"/x\r\nset-cookie: a=b"))
        return 200, HeaderBlock(), headers, body

    def _text(self, who: bytes, request: Request, body: bytes) -> bytes:
        return b"%b %b %b %b %b" % (
            who,
            request.method.encode(),
            request.path.encode(),
            request.query_string,
            body,
        )

    async def wait(self) -> None:
        self.waiting_count += 1
        await self.gate.wait()

    # --- the application ----------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.started_paths.append(scope["path"])
        self.scopes.append(scope)
        body = b""
        if scope["path"] != "/early":
            read = await self._body(receive)
            if read is None:
                self.disconnects += 1
                if scope["path"] == "/late-fault":
                    raise LookupError("the application's fault")
                return
            body = read
        if scope["path"] == "/slow":
            await self.wait()
        if scope["path"] == "/fails":
            raise LookupError("the application's fault")
        status = int(scope["path"][1:]) if scope["path"][1:].isdigit() else 200
        request = Request(scope["method"], scope["path"], scope["query_string"], [], {}, None)
        text = b"x" * BIG if scope["path"] == "/large" else self._text(b"asgi", request, body)
        headers = [] if status in (204, 304) else [(b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if status in (204, 304) else text})

    @staticmethod
    async def _body(receive: Receive) -> bytes | None:
        body, more = b"", True
        while more:
            message: Message = await receive()
            if message["type"] != "http.request":
                return None
            body += message["body"]
            more = message["more_body"]
        return body

    # --- the outside --------------------------------------------------------------------------

    @asynccontextmanager
    async def connect(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[RawConnection]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20, ssl=tls)
        try:
            yield RawConnection(reader, writer)
        finally:
            writer.transport.abort()

    @property
    def connections(self) -> list[HttpProtocol]:
        return list(self.server.server_state.connections)

    @property
    def tasks(self) -> set[Any]:
        tasks: set[Any] = self.server.server_state.tasks
        return tasks

    async def connection(self) -> HttpProtocol:
        """The only connection, on the server's side."""
        await wait_until(lambda: len(self.connections) == 1)
        return self.connections[0]

    async def stop(self) -> None:
        self.lifecycle.drain()
        assert self.running is not None
        await self.running


async def wait_until(true: Callable[[], object]) -> None:
    """Wait until *true()*; the time limit of the test ends the wait otherwise."""
    while not true():
        await asyncio.sleep(0.005)


@asynccontextmanager
async def raw_server(
    *,
    connections: int = 64,
    table: ConnectionTable | None = None,
    drain_seconds: float = 50,
    idle_seconds: float = 0,
    tls: TlsSettings | None = None,
    sweep_seconds: float = 3600.0,
) -> AsyncIterator[RawServer]:
    """A server with at most that many connections, in the test's process, which hardly sweeps by itself."""
    server = RawServer()

    class Known(UvicornServer):
        def __init__(self, *args: Any, **options: Any) -> None:
            server.server = self
            super().__init__(*args, **options)

    with (
        mock.patch.object(serving, "UvicornServer", Known),
        mock.patch.object(serving, "SWEEP_SECONDS", sweep_seconds),
    ):
        server.running = asyncio.create_task(
            serve(
                server,
                "127.0.0.1",
                server.port,
                drain_seconds,
                lifecycle=server.lifecycle,
                fast_path=server,
                connections=connections,
                table=table,
                tls=tls,
                idle_seconds=idle_seconds,
            )
        )
        await wait_until(lambda: server.running.done() or getattr(server.server, "started", False))  # type: ignore[union-attr]
    try:
        yield server
    finally:
        server.gate.set()
        await server.stop()


def on_uvloop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run the test on uvloop, as in production, with a time limit (signal handlers cannot interrupt it)."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        uvloop.run(asyncio.wait_for(test(*args, **kwargs), TIMEOUT_S))

    return run
