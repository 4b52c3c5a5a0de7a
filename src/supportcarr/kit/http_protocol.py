"""One HTTP/1.1 connection: uvicorn's, with a short way for what the application's front table answers.

uvicorn on httptools (llhttp) reads the bytes and speaks ASGI to the application.  Most of what a
request costs there is ASGI itself: a scope, a task, an event, messages and a timer for each, 19 of
27 µs, where llhttp and the socket take 8.  So a request that has come whole, and that the front table
knows, is handed to it as a ``Request``, and its ``Reply`` is written as it is.  Whatever is out of the
ordinary (a body still on its way, a request behind one that is being answered, ``Expect``, an escaped
path, HTTP/1.0, a client that does not read) goes by ASGI.  Both ways lead to the same pipeline.

What uvicorn leaves open is closed here: how large a head may be, how long it may take, how long a
connection may be idle, and how many there may be.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from supportcarr.kit.eager import Waiting, begin
from supportcarr.kit.http import Front, Reply, Request

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

HEAD_BYTES = 32_768  # of a request line and its headers: twice what Node takes
HEAD_SECONDS = 20.0  # from a head's first byte to its last
IDLE_SECONDS = 75.0  # between requests: longer than the 60 s after which common proxies hang up first
SWEEP_SECONDS = 5.0  # how often that is looked at

_NOBODY_WAITS = asyncio.Event()
_CLOSE = (b"connection", b"close")

# What is answered before there is a request, by status: code, title, detail.
_REFUSALS = {
    400: ("malformed_request", "This is not HTTP", "The request cannot be read"),
    408: ("request_timeout", "The request did not come in time", "Its head took too long"),
    431: ("head_too_large", "The head is too large", f"Address and headers may have {HEAD_BYTES} bytes"),
    503: ("overloaded", "The service cannot answer just now", "Try again in a moment"),
}

log = structlog.get_logger(__name__)


class _Cycle:
    """A request on the short way, as far as uvicorn looks at one: those behind it wait for it."""

    __slots__ = ("body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete")

    def __init__(self) -> None:
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True
        self.message_event = _NOBODY_WAITS
        self.body = b""
        self.more_body = False


class HttpProtocol(HttpToolsProtocol):
    """A connection to an application with that *front*; at most *most* of them at once."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        front: Front[Any] | None,
        most: int,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._front = front
        self._most = most
        self._method = ""
        self._path = ""
        self._query = b""
        self._body = b""
        self._found: Any = None  # what answers the request that is being read, if the front knows it
        self._in_head = False
        self._head_bytes = 0  # of its pieces after the first
        self._much = False  # came at once: perhaps more than a head may have
        self._messages = 0  # begun on this connection
        self._refusal = 400  # of what the parser does not take
        self._seen = (0, False)  # by the last sweep: how many had begun, and whether one was in its head
        self._unchanged_s = 0.0  # since when that is so

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        if len(self.connections) > self._most:
            self._refuse(503)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
        self._much = len(data) > HEAD_BYTES
        super().data_received(data)
        if self._in_head:
            if self._head_bytes > HEAD_BYTES:
                self._refuse(431)
        elif self._found is not None:
            self._go_by_asgi()  # the rest of its body is on its way

    # --- what the parser finds ----------------------------------------------------------------

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._messages += 1
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._in_head = False
        if (self._head_bytes or self._much) and self._head_size() > HEAD_BYTES:
            self._refusal = 431
            raise ValueError("the head is too large")  # which ends the parsing
        self._head_bytes = 0
        if not self._is_for_the_front():
            self._begin_asgi()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _is_for_the_front(self) -> bool:
        """Whether the front knows what is asked for, and nothing about it is out of the ordinary."""
        parser, cycle, url = self.parser, self.cycle, self.url
        path, _, query = url.partition(b"?")
        if (
            self._front is None
            or (cycle is not None and not cycle.response_complete)
            or self.expect_100_continue
            or self.flow.write_paused
            or path[:1] != b"/"
            or b"%" in path
            or b"#" in url
            or not url.isascii()
            or not parser.should_keep_alive()
            or parser.should_upgrade()
            or parser.get_http_version() != "1.1"
        ):
            return False
        self._method = parser.get_method().decode("ascii")
        self._path = path.decode("ascii")
        self._query = query
        self._body = b""
        self._found = self._front.find(self._method, self._path)
        return self._found is not None

    def _begin_asgi(self) -> None:
        """What uvicorn would have done as the request began, and now."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url = url
        self.headers += headers  # the list is in the scope
        self.expect_100_continue = expects
        super().on_headers_complete()

    def _go_by_asgi(self) -> None:
        self._found = None
        self._begin_asgi()
        if self._body:
            super().on_body(self._body)

    def on_body(self, body: bytes) -> None:
        if self._found is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        found, front = self._found, self._front
        if found is None or front is None:
            super().on_message_complete()
            return
        self._found = None
        request = Request(self._method, self._path, self._query, self.headers, self.client, self._body)
        answered = begin(front.answer(found, request), self.loop)
        if not isinstance(answered, Waiting):
            self.server_state.total_requests += 1
            self._write(answered, True)
            return
        cycle = _Cycle()
        self.cycle = cycle  # type: ignore[assignment]  # all that uvicorn asks of one
        task = answered.become_task(self.loop)
        self.tasks.add(task)  # type: ignore[arg-type]  # of what they result in nothing is asked
        task.add_done_callback(self._answerer(cycle))

    # --- what goes out ------------------------------------------------------------------------

    def _answerer(self, cycle: _Cycle) -> Callable[[asyncio.Task[Reply]], None]:
        def done(task: asyncio.Task[Reply]) -> None:
            self.tasks.discard(task)
            cycle.response_complete = True
            if cycle.disconnected:
                return
            if task.cancelled() or task.exception() is not None:  # the drain's end; it answers nothing else
                self._refuse(503)
                return
            self._write(task.result(), cycle.keep_alive)
            if self.pipeline:
                self.on_response_complete()  # which begins with the next

        return done

    def _write(self, reply: Reply, keep_alive: bool) -> None:
        status, headers, body = reply
        if status >= 400 and _CLOSE in headers:
            headers.remove(_CLOSE)
            keep_alive = False
        out = [STATUS_LINE[status]]
        for name, value in self.server_state.default_headers:
            out += (name, b": ", value, b"\r\n")
        for name, value in headers:
            out += (name, b": ", value, b"\r\n")
        if not keep_alive:
            out.append(b"connection: close\r\n")
        out += (b"\r\n", body)
        self.transport.write(b"".join(out))
        if not keep_alive:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP, as uvicorn calls it."""
        self._refuse(self._refusal)

    def _refuse(self, status: int) -> None:
        """A problem (RFC 9457) in place of an answer, and the connection's end."""
        if self.transport.is_closing():
            return
        code, title, detail = _REFUSALS[status]
        request_id = f"req-{secrets.token_hex(8)}"
        log.info(
            "connection_refused", request_id=request_id, status=status, address=(self.client or ("", 0))[0]
        )
        body = msgspec.json.encode(
            {
                "type": f"urn:supportcarr:problem:{code}",
                "title": title,
                "status": status,
                "detail": detail,
                "code": code,
                "request_id": request_id,
                "errors": [],
            }
        )
        self.transport.write(
            b"%bcontent-type: application/problem+json\r\ncache-control: no-store\r\n"
            b"x-request-id: %b\r\ncontent-length: %d\r\n%bconnection: close\r\n\r\n%b"
            % (
                STATUS_LINE[status],
                request_id.encode(),
                len(body),
                b"retry-after: 1\r\n" if status == 503 else b"",
                body,
            )
        )
        self.transport.close()

    # --- what is over -------------------------------------------------------------------------

    def sweep(self) -> None:
        """Hang up if nothing has come for too long; the server asks every ``SWEEP_SECONDS``."""
        busy = self.cycle is not None and not self.cycle.response_complete
        seen = (self._messages, self._in_head)
        self._unchanged_s = 0.0 if busy or seen != self._seen else self._unchanged_s + SWEEP_SECONDS
        self._seen = seen
        if self._in_head:
            if self._unchanged_s >= HEAD_SECONDS:
                self._refuse(408)
        elif self._unchanged_s >= IDLE_SECONDS:
            self.transport.close()
