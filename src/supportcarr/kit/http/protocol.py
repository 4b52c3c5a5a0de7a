"""One HTTP/1.1 connection: uvicorn's, with a short way for what the application's front table answers.

uvicorn on httptools (llhttp) reads the bytes and speaks ASGI to the application.  Most of what a
request costs there is ASGI itself: a scope, a task, an event, messages and a timer for each, 19 of
27 µs, where llhttp and the socket take 8.  So a request that has come whole, and that the front table
knows, is handed to it as a ``Request``, and its ``Reply`` is written as it is.  Whatever is out of the
ordinary (a body still on its way, a request behind one that is being answered, ``Expect``, an escaped
path, HTTP/1.0, a client that does not read) goes by ASGI.  Both ways lead to the same pipeline.

What uvicorn leaves open is closed here: how large a head may be, how long it may take, how long a
connection may be idle or not read its answers, how many requests may wait in it, and how many
connections there may be; trailers are no headers; ``Upgrade`` is passed over, and its request's body
is a body; and nothing is refused before what came earlier has been answered.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sized
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import structlog
from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from supportcarr.kit.http.eager import Suspended, run_eagerly
from supportcarr.kit.http.error_responses import HEAD_BYTES, error_response
from supportcarr.kit.http.target_cache import RouteMatch, TargetCache
from supportcarr.kit.http.types import Reply, Request

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
    from uvicorn.server import ServerState

HEAD_SECONDS = 20.0  # from a head's first byte to its last
IDLE_SECONDS = 75.0  # between requests: longer than the 60 s after which common proxies hang up first
UNREAD_SECONDS = 60.0  # in which a client takes nothing of what waits for it: nginx's send_timeout
LINGER_SECONDS = 5.0  # after a refusal: who is still sending would lose it by a reset
SWEEP_SECONDS = 5.0  # how often that is looked at
AT_ONCE = 64  # requests answered from what came in one piece; the others let the loop turn between them
PIPELINED = 128  # requests that wait for those before them

_NOBODY_WAITS = asyncio.Event()
_CLOSE = (b"connection", b"close")
_KEEP_ALIVE = (b"connection", b"proxy-connection")  # whose word the parser takes for it
_STATUS = {status: line.rstrip() for status, line in STATUS_LINE.items()}
_END = (b"", b"")  # of a head
_header_line = b": ".join  # of a name and its value

log = structlog.get_logger(__name__)


class _Reading(Enum):
    """Where in the stream of requests the parser is."""

    NOTHING = "between two"
    HEAD = "in a head"
    BODY = "in a body"


_NOTHING, _HEAD, _BODY = _Reading


class _Stopped(Exception):
    """Ends the parsing."""


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


class _Out:
    """The transport as uvicorn's cycle has it: what it closes is closed in order."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = close


class _Flow(FlowControl):
    """The connection's flow as a cycle has it.

    uvicorn reads on for a handler that asks for its body; with requests in line behind it that has come.
    """

    def __init__(self, flow: FlowControl, in_line: Sized) -> None:
        self._flow = flow
        self._in_line = in_line
        self.drain = flow.drain  # type: ignore[method-assign]

    @property
    def write_paused(self) -> bool:  # type: ignore[override]  # all that a cycle asks of it
        return self._flow.write_paused

    def resume_reading(self) -> None:
        if not self._in_line:
            self._flow.resume_reading()


class HttpProtocol(HttpToolsProtocol):
    """A connection to an application whose front has these *targets*; at most *most* of them at once."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        targets: TargetCache,
        most: int,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._targets = targets
        self._front = targets.front
        self._most = most
        self._named: dict[bytes, bytes] = {}  # the headers that were read last
        self._body = b""
        self._target: RouteMatch | None = None  # of the request that is being read, if the front answers it
        self._running: RequestResponseCycle | _Cycle | None = None  # first in line, begun or over
        self._reading = _NOTHING
        self._upgrades = False  # what is being read asks for another protocol
        self._came = 0  # bytes since a head, a piece of a body or a message was whole
        self._much = False  # came in one piece: perhaps more than a head may have
        self._split = False  # the head came in several
        self._messages = 0  # begun on this connection
        self._turn_after = 0  # that many, the front must wait for the loop's next turn
        self._refusal = 400  # of what ends the parsing
        self._owed = 0  # the refusal to send after the answers
        self._deaf = False  # what comes is dropped
        self._half_closed = False  # nothing more will come
        self._seen: tuple[int, _Reading, int] = (0, _NOTHING, 0)  # by the last sweep
        self._unchanged_s = 0.0  # since when it saw the same

    @property
    def _busy(self) -> bool:
        return self._running is not None and not self._running.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        if len(self.connections) > self._most:
            self._refuse(503, linger=False)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._running is not None:  # uvicorn knows the last in line only
            self._running.disconnected = True
            self._running.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn never keeps it open
        """A client that will say no more still gets the answers to what it has said."""
        if not self._busy or self._reading is _BODY:
            return False
        self._half_closed = True
        if not self._owed:  # which is the end otherwise
            self.cycle.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        if self._deaf or self.transport.is_closing():
            return
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        size = len(data)
        self._came += size
        self._much = size > HEAD_BYTES
        self._turn_after = self._messages + AT_ONCE
        try:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                self._feed_again(data, upgrade)
        except HttpParserError:
            self._fail(self._refusal)
            return
        if self._reading is _HEAD:
            self._split = True
        elif self._target is not None:
            self._go_by_asgi()  # the rest of its body is on its way
        if self._came > HEAD_BYTES:  # a head, or what chunks may have beside their bytes
            self._fail(431)

    def _feed_again(self, data: bytes, stopped: HttpParserUpgrade) -> None:
        """Parse the rest of *data* after a head with ``Upgrade``.  Raises ``HttpParserError``.

        Nothing is upgraded here, so that the request is an ordinary one (RFC 9110, 7.8).  But the
        parser takes what follows its head for another protocol's, its body included: it reads the
        head again, without that header.
        """
        while True:
            self._upgrades = False
            lines = [b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade"]
            version = self.parser.get_http_version().encode()
            line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, version)
            data = b"".join((line, *lines, b"\r\n", data[stopped.args[0] :]))
            try:
                self.parser.feed_data(data)
                return
            except HttpParserUpgrade as upgrade:  # of a request behind it
                stopped = upgrade

    # --- what the parser finds ----------------------------------------------------------------

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._messages += 1
        self._reading = _HEAD

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reading is not _HEAD:
            return  # a trailer: none is known here, so none may pass for a header (RFC 9110, 6.5.1)
        if value[-1:] <= b" ":
            value = value.rstrip(b" \t")  # what stands before it the parser has taken away
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._came = 0
        if self._deaf:  # what went before has ended the connection
            self._stop(400)
        if (self._much or self._split) and self._head_size() > HEAD_BYTES:
            self._stop(431)
        self._split = False
        parser = self.parser
        if parser.should_upgrade():
            if parser.get_method() == b"CONNECT":
                self._stop(400)
            self._upgrades = True
            return
        self._named = named = dict(self.headers)
        if (b"host" not in named or len(named) < len(self.headers)) and not self._names_one_host():
            self._stop(400)
        if b"expect" in named:
            self.expect_100_continue = any(
                name == b"expect" and value.lower() == b"100-continue" for name, value in self.headers
            )
        if not self._is_for_the_front():
            if len(self.pipeline) >= PIPELINED:
                self._stop(503)
            self._begin_asgi()
        self._reading = _BODY

    def _names_one_host(self) -> bool:
        """As a request must, so that nobody between us takes it for another's (RFC 9112, 3.2)."""
        if len(self._named) < len(self.headers):  # of some names there are several
            return sum(name == b"host" for name, _ in self.headers) == 1
        return b"host" in self._named or self.parser.get_http_version() == "1.0"

    def _stop(self, status: int) -> NoReturn:
        """End the parsing, from what it calls; *status* is the refusal."""
        self._refusal = status
        raise _Stopped

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _is_for_the_front(self) -> bool:
        """Whether the front knows what is asked for, and nothing about it is out of the ordinary."""
        parser, cycle = self.parser, self.cycle
        if (
            self.expect_100_continue
            or (cycle is not None and not cycle.response_complete)
            or self.flow.write_paused
            or self._messages > self._turn_after
            or not parser.should_keep_alive()
            # without one of these only HTTP/1.1 lives on
            or (not self._named.keys().isdisjoint(_KEEP_ALIVE) and parser.get_http_version() != "1.1")
        ):
            return False
        try:
            self._target = self._targets.of(parser.get_method(), self.url)
        except Exception:
            log.exception("request_failed")
            self._stop(500)
        self._body = b""
        return self._target is not None

    def _begin_asgi(self) -> None:
        """What uvicorn would have done as the request began, and now."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        HttpToolsProtocol.on_message_begin(self)
        self.url = url
        self.headers += headers  # the list is in the scope
        self.expect_100_continue = expects
        HttpToolsProtocol.on_headers_complete(self)
        self.cycle.flow = _Flow(self.flow, self.pipeline)
        self.cycle.transport = _Out(self.transport, self._hang_up)  # type: ignore[assignment]  # all it asks of one
        apology = partial(self._apologize, self.cycle)
        self.cycle.send_500_response = apology  # type: ignore[method-assign]  # uvicorn's is no problem

    def _go_by_asgi(self) -> None:
        self._target = None
        self._begin_asgi()
        if self._body:
            super().on_body(self._body)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        self._came = 0
        if self._target is not None:
            if not self._body:
                self._body = body
                return
            self._go_by_asgi()  # in chunks: there may be thousands, and uvicorn's way adds them up well
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._came = 0
        target, front = self._target, self._front
        if target is None or front is None:
            if not self._upgrades:
                self._reading = _NOTHING
                super().on_message_complete()
            return
        self._reading = _NOTHING
        self._target = None
        found, method, path, query = target
        request = Request(method, path, query, self.headers, self._named, self.client, self._body)
        try:
            answered = run_eagerly(front.answer(found, request), self.loop)
            if not isinstance(answered, Suspended):
                self.server_state.total_requests += 1
                self._write(answered, True)
                return
        except BaseException:  # it must not; and the parser would take it for the client's fault
            log.exception("request_failed")
            self._stop(500)
        cycle = _Cycle()
        self.cycle = cycle  # type: ignore[assignment]  # all that uvicorn asks of one
        self._running = cycle
        task = answered.to_task(self.loop)
        front.on_suspended(found, task)
        self.tasks.add(task)  # type: ignore[arg-type]  # of what they result in nothing is asked
        task.add_done_callback(self._answerer(cycle))

    # --- what goes out ------------------------------------------------------------------------

    def _answerer(self, cycle: _Cycle) -> Callable[[asyncio.Task[Reply]], None]:
        def done(task: asyncio.Task[Reply]) -> None:
            self.tasks.discard(task)
            cycle.response_complete = True
            if task.cancelled():  # the drain's end
                self._refuse(503)
                return
            try:
                reply = task.result()
                if cycle.disconnected:
                    return
                self._write(reply, cycle.keep_alive)
            except Exception:  # it must not
                log.exception("request_failed")
                self._refuse(500)
                return
            if self.pipeline or self._owed:
                self.on_response_complete()  # which begins with the next

        return done

    def _write(self, reply: Reply, keep_alive: bool) -> None:
        """Raises ``ValueError``, with nothing written, if a header would end its line."""
        status, headers, body = reply
        if status >= 400 and _CLOSE in headers:
            headers.remove(_CLOSE)
            keep_alive = False
        always = self.server_state.default_headers
        out = [_STATUS[status], *map(_header_line, always), *map(_header_line, headers)]
        if not keep_alive:
            out.append(b"connection: close")
        lines = len(out) + 1
        out += _END
        head = b"\r\n".join(out)
        if head.count(b"\n") != lines or head.count(b"\r") != lines:
            raise ValueError("a header of the answer has a line's end in it")
        self.transport.write(head + body)
        if not keep_alive:
            self._deaf = True
            self.transport.close()

    def on_response_complete(self) -> None:
        if self._owed and not self.pipeline:
            self.server_state.total_requests += 1
            self._refuse(self._owed)
            return
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()  # uvicorn reads on, and would have ever more of them wait

    def send_400_response(self, msg: str) -> None:
        """What is not HTTP, as uvicorn calls it."""
        self._fail(400)

    def _fail(self, status: int) -> None:
        """Take nothing more, and refuse what came last: after the answers to what came before it."""
        if self._deaf:
            return
        self._deaf = True
        if self._reading is _BODY and self._target is None:  # of what is already in line
            last = self.cycle
            if last.response_complete or last.response_started:
                last.disconnected = True
                last.message_event.set()
                self.transport.close()  # a second answer to one request would only confuse
                return
            last.disconnected = last.response_complete = True
            last.message_event.set()
            if last is not self._running:
                self.pipeline.popleft()  # where uvicorn puts the last
        self._target = None
        if self._busy:
            self._owed = status
        else:
            self._refuse(status)

    def _refuse(self, status: int, *, linger: bool = True, head_only: bool = False) -> None:
        """A problem in place of an answer, and the connection's end."""
        self._deaf = True
        if self.transport.is_closing():
            return
        request_id = f"req-{secrets.token_hex(8)}"
        address = (self.client or ("", 0))[0]
        log.info("connection_refused", request_id=request_id, status=status, address=address)
        head, body = error_response(status, request_id, self.server_state.default_headers)
        self.transport.write(head if head_only else head + body)
        if linger:
            self._linger()
        else:
            self.transport.close()

    async def _apologize(self, cycle: RequestResponseCycle) -> None:
        """The application has not answered: it failed, or the drain's end cut it off."""
        if cycle.disconnected or cycle.response_complete:
            return  # the client has gone, or was refused
        cycle.response_complete = True
        task = asyncio.current_task()
        status = 503 if task is not None and task.cancelling() else 500
        self._refuse(status, head_only=cycle.scope["method"] == "HEAD")

    def _hang_up(self) -> None:
        """The answer was the last one here; its request's body may still be on its way."""
        if self._reading is _BODY and not self.transport.is_closing():
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Say no more, and drop what comes: closed with bytes unread the connection would be reset, and
        the client lose what it is told."""
        self._deaf = True
        self._owed = 0
        self.pipeline.clear()  # nobody would hear of what those did
        if self._half_closed:
            self.transport.close()
            return
        self.transport.write_eof()
        self.flow.resume_reading()

    # --- what is over -------------------------------------------------------------------------

    def sweep(self) -> None:
        """Hang up if nothing has happened for too long; the server asks every ``SWEEP_SECONDS``."""
        unread = self.transport.get_write_buffer_size()
        seen = (self._messages, self._reading, unread)
        is_our_turn = self._busy and not unread
        self._unchanged_s = 0.0 if is_our_turn or seen != self._seen else self._unchanged_s + SWEEP_SECONDS
        self._seen = seen
        if unread:
            if self._unchanged_s >= UNREAD_SECONDS:
                self.transport.abort()
        elif self._deaf:
            if self._unchanged_s >= LINGER_SECONDS:
                self.transport.abort()
        elif self._reading is _HEAD:
            if self._unchanged_s >= HEAD_SECONDS:
                self._fail(408)
        elif self._unchanged_s >= IDLE_SECONDS:
            self.transport.close()
