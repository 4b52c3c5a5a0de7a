"""A server whose connections are looked at byte by byte: a small fast path, a small application, raw sockets.

    async with wired() as wire, wire.talk() as talk:
        talk.send(b"GET /hot HTTP/1.1\\r\\nhost: x\\r\\n\\r\\n")
        assert (await talk.reply()).body == b"fast GET /hot  "

The fast path knows ``/hot`` (answers at once), ``/wait`` (when ``wire.gate`` is set), ``/big`` (a lot) and
some that go wrong.  Everything else is the application's: ``/slow`` waits for the gate, ``/early`` answers
before it has read, ``/fails`` never.  Answers say who gave them, and to what.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec
from unittest import mock

import uvloop

from supportcarr.kit.http import server as serving
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.protocol import HttpProtocol
from supportcarr.kit.http.server import serve
from supportcarr.kit.http.sockets import free_port
from supportcarr.kit.http.types import Headers, Message, Receive, Reply, Request, RouteMatch, Scope, Send
from supportcarr.kit.http.uvicorn_adapter import UvicornServer

P = ParamSpec("P")

LONGEST_SECONDS = 30
BIG = 300_000  # bytes of an answer that no socket's buffer takes many of


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: Headers
    body: bytes

    def all(self, name: bytes) -> list[bytes]:
        return [value for n, value in self.headers if n.lower() == name]

    def one(self, name: bytes) -> bytes:
        (value,) = self.all(name)
        return value


class Talk:
    """One connection, from the client's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def reply(self, method: str = "GET") -> Answered:
        """The next answer."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        line, *lines = head[:-4].split(b"\r\n")
        headers = [(name, value.strip()) for name, _, value in (h.partition(b":") for h in lines)]
        status = int(line.split(b" ")[1])
        answer = Answered(status, headers, b"")
        if method == "HEAD" or status in (100, 204, 304):
            return answer
        return Answered(status, headers, await self.reader.readexactly(int(answer.one(b"content-length"))))

    async def replies(self, number: int) -> list[bytes]:
        """The bodies of the next answers, all of which are 200."""
        answers = [await self.reply() for _ in range(number)]
        assert [answer.status for answer in answers] == [200] * number
        return [answer.body for answer in answers]

    async def ended(self) -> None:
        """Return when the server has said its last; nothing more may have come."""
        assert await self.reader.read() == b""


class Wire:
    """A running server, the gate that holds answers back, and what has happened."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.began = 0  # answers that wait or waited for the gate
        self.seen: list[str] = []  # paths, as they were begun
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
        known = ("/hot", "/wait", "/big", "/raises", "/raises-later", "/closes", "/splits")
        if path not in known or method not in (b"GET", b"POST") or "#" in query:
            return None
        return RouteMatch(path, method.decode(), path, query.encode())

    def on_suspended(self, found: str, task: asyncio.Task[Reply]) -> None:
        pass

    async def answer(self, found: str, request: Request) -> Reply:
        self.seen.append(found)
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
        if found == "/closes":
            return 413, [*headers, (b"connection", b"close")], body
        if found == "/splits":
            headers.append((b"location", b"/x\r\nset-cookie: a=b"))
        return 200, headers, body

    def _text(self, who: bytes, request: Request, body: bytes) -> bytes:
        return b"%b %b %b %b %b" % (
            who,
            request.method.encode(),
            request.path.encode(),
            request.query_string,
            body,
        )

    async def wait(self) -> None:
        self.began += 1
        await self.gate.wait()

    # --- the application ----------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.seen.append(scope["path"])
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
    async def talk(self) -> AsyncIterator[Talk]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        try:
            yield Talk(reader, writer)
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
        """The only one there is, from the server's side."""
        await wait_until(lambda: len(self.connections) == 1)
        return self.connections[0]

    async def stop(self) -> None:
        self.lifecycle.drain()
        assert self.running is not None
        await self.running


async def wait_until(true: Callable[[], object]) -> None:
    """Return when *true()*; the test's own time limit ends what never is."""
    while not true():
        await asyncio.sleep(0.005)


@asynccontextmanager
async def wired(*, connections: int = 64, drain_seconds: float = 5) -> AsyncIterator[Wire]:
    """A server with that many connections at the most, in the test's own process."""
    wire = Wire()

    class Known(UvicornServer):
        def __init__(self, *args: Any, **options: Any) -> None:
            wire.server = self
            super().__init__(*args, **options)

    with mock.patch.object(serving, "UvicornServer", Known):
        wire.running = asyncio.create_task(
            serve(
                wire,
                "127.0.0.1",
                wire.port,
                drain_seconds,
                lifecycle=wire.lifecycle,
                fast_path=wire,
                connections=connections,
            )
        )
        await wait_until(lambda: wire.running.done() or getattr(wire.server, "started", False))  # type: ignore[union-attr]
    try:
        yield wire
    finally:
        wire.gate.set()
        await wire.stop()


def on_uvloop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run the test on the loop that processes run on (which no signal's handler gets out of)."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        uvloop.run(asyncio.wait_for(test(*args, **kwargs), LONGEST_SECONDS))

    return run
