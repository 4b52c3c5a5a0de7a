"""One HTTP/1.1 connection: uvicorn's, with a fast path that answers whole requests without ASGI.

uvicorn on httptools (llhttp) reads the bytes and speaks ASGI to the application.  Most of what a request
costs there is ASGI itself: a scope, a task, an event, messages and a timer for each, 19 of 27 µs, where
llhttp and the socket take 8.  So a request that has arrived whole is handed to the application as a
``Request``, and its ``Reply`` is written as it is.  Whatever is out of the ordinary (a body still on its
way, a request behind one that is being answered, ``Expect``, an escaped path, HTTP/1.0, a client that does
not read) goes by ASGI.  Both ways lead to the same pipeline.

This class also bounds what uvicorn leaves open: the size and time of a request's head, how long a connection
may be idle or not read its responses, how many requests may wait in it, and how many connections there may
be (``kit.http.connections``).  Trailers are dropped.  ``Upgrade`` is ignored, and the body of its request is
a body.  A request is refused only after the responses to the requests before it.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from enum import Enum
from typing import Any, NoReturn

import structlog
from httptools import HttpParserError, HttpParserUpgrade

from supportcarr.kit.http.connections import RESTING_SECONDS, ConnectionTable
from supportcarr.kit.http.eager import Suspended, run_eagerly
from supportcarr.kit.http.responses import HEAD_BYTES, encode_reply, error_response
from supportcarr.kit.http.types import (
    MATCH,
    TOO_MANY_REQUESTS,
    FastPathApp,
    Reply,
    Request,
    RouteMatch,
    refusal_delay,
)
from supportcarr.kit.http.uvicorn_adapter import (
    Config,
    Connection,
    DirectCycle,
    RequestResponseCycle,
    ServerState,
)

HEAD_SECONDS = 20.0  # from a head's first byte to its last
IDLE_SECONDS = 75.0  # between requests: longer than the 60 s after which common proxies close first
SILENT_SECONDS = 5.0  # until a first head has come, while most places are taken
UNREAD_SECONDS = 60.0  # in which a client reads nothing of what is written to it: nginx's send_timeout
LINGER_SECONDS = 5.0  # after an error response: a reset would discard it while the client still sends
SWEEP_SECONDS = 5.0  # how often these limits are checked
AT_ONCE = 64  # requests of one piece that are answered in the same turn of the event loop
PIPELINED = 128  # requests that wait for those before them

_HOST = re.compile(rb"[0-9A-Za-z!$&'()*+,;=\-._~:\[\]@%]*")  # RFC 3986, 3.2

log = structlog.get_logger(__name__)


class _State(Enum):
    """Where in the stream of requests the parser is."""

    BETWEEN = "between two requests"
    HEAD = "in a head"
    BODY = "in a body"


_BETWEEN, _HEAD, _BODY = _State


class _Stopped(Exception):
    """Raised in a callback of the parser to end the parsing."""


class HttpProtocol(Connection):
    """A connection to an application, with a place in the *table* of all.

    Requests that have arrived whole are answered by *fast_path*, if there is one; the others by ASGI.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        fast_path: FastPathApp | None,
        table: ConnectionTable,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._fast_path = fast_path
        self._table = table
        self._header_map: dict[bytes, bytes] = {}  # of the request that is being read
        self._host: bytes = b"\0"  # the last valid Host
        self._body = b""
        self._match: RouteMatch | None = None  # of the request that is being read, if it goes the fast path
        self._state = _BETWEEN
        self._upgrades = False  # the request that is being read asks for another protocol
        self._pending_bytes = 0  # bytes since a head, a piece of a body or a message was complete
        self._large_piece = False  # more bytes arrived at once than a head may have
        self._head_split = False  # the head arrived in several pieces
        self._messages = 0  # begun on this connection
        self._last = False  # the connection ends with the next response
        self._direct_until = 0  # the number of messages after which the fast path waits for the next turn
        self._parse_status = 400  # the response's status when the parsing ends
        self._pending_error = 0  # the status to send after the responses before it
        self._discarding_input = False
        self._half_closed = False  # the client will send nothing more
        self._last_sweep: tuple[int, _State, int] = (0, _BETWEEN, 0)  # what the last sweep saw
        self._unchanged_s = 0.0  # for how long it has seen the same

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        status = self._table.add(self, self.client[0] if self.client else None)
        if status:
            self._refuse(status, linger=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._table.remove(self)
        self.disconnect()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn never keeps it open
        """Keep the connection open for the responses to what a half-closing client has asked."""
        if not self.busy or self._state is _BODY or self._is_tls():
            return False  # nor does TLS as asyncio has it know half-closed connections
        self._half_closed = True
        if not self._pending_error:  # which ends the connection anyway
            self.cycle.keep_alive = False
        return True

    def data_received(self, data: bytes) -> None:
        if self._discarding_input or self.transport.is_closing():
            return
        if self.timeout_keep_alive_task is not None:
            self._unset_keepalive_if_required()
        size = len(data)
        self._pending_bytes += size
        self._large_piece = size > HEAD_BYTES
        self._direct_until = self._messages + AT_ONCE
        try:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                self._feed_again(data, upgrade)
        except HttpParserError:
            self._fail(self._parse_status)
            return
        if self._state is _HEAD:
            self._head_split = True
        elif self._match is not None:
            self._switch_to_asgi()  # the rest of its body is on its way
        if self._pending_bytes > HEAD_BYTES:  # a head, or what chunks may have beside their content
            self._fail(431)

    def _feed_again(self, data: bytes, stopped: HttpParserUpgrade) -> None:
        """Parse the rest of *data* after a head with ``Upgrade``.  Raises ``HttpParserError``.

        Nothing is upgraded here, so the request is an ordinary one (RFC 9110, 7.8).  But the parser takes
        what follows its head, its body included, for another protocol's: it is given the head again without
        that header.
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

    # --- callbacks of the parser --------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._messages += 1
        self._state = _HEAD

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._state is not _HEAD:
            return  # a trailer: none is known here, so none may pass for a header (RFC 9110, 6.5.1)
        if not value or value[-1] <= 32:  # a space or a tab
            value = value.rstrip(b" \t")  # the parser has removed what stands before it
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._pending_bytes = 0
        if self._discarding_input:  # an earlier request has ended the connection
            self._stop(400)
        if (self._large_piece or self._head_split) and self._head_size() > HEAD_BYTES:
            self._stop(431)
        self._head_split = False
        parser = self.parser
        if parser.should_upgrade():
            if parser.get_method() == b"CONNECT":
                self._stop(400)
            self._upgrades = True
            return
        self._header_map = header_map = dict(self.headers)
        if (
            header_map.get(b"host") != self._host or len(header_map) < len(self.headers)
        ) and not self._names_one_host():
            self._stop(400)
        if b"expect" in header_map:
            self.expect_100_continue = any(
                name == b"expect" and value.lower() == b"100-continue" for name, value in self.headers
            )
        if not self._takes_fast_path():
            if len(self.pipeline) >= PIPELINED:
                self._stop(503)
            self._begin_asgi({})
        self._state = _BODY

    def _names_one_host(self) -> bool:
        """Whether the request has one valid Host, so that no proxy takes it for a request to another host
        (RFC 9112, 3.2)."""
        host = self._header_map.get(b"host")
        if host is None:
            return self.parser.get_http_version() == "1.0"
        if _HOST.fullmatch(host) is None:
            return False
        self._host = host
        return sum(name == b"host" for name, _ in self.headers) == 1

    def _stop(self, status: int) -> NoReturn:
        """End the parsing from one of its callbacks; *status* is the response's."""
        self._parse_status = status
        raise _Stopped

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _takes_fast_path(self) -> bool:
        """Look the request up if nothing about it is out of the ordinary; whether it was found."""
        parser, cycle = self.parser, self.cycle
        if (
            self._fast_path is None
            or self.expect_100_continue
            or (cycle is not None and not cycle.response_complete)
            or self.flow.write_paused
            or self._messages > self._direct_until
            or not parser.should_keep_alive()
            # without one of these headers only HTTP/1.1 keeps a connection alive
            or (
                # which the parser obeys
                (b"connection" in self._header_map or b"proxy-connection" in self._header_map)
                and parser.get_http_version() != "1.1"
            )
        ):
            return False
        try:
            self._match = self._fast_path.match(parser.get_method(), self.url)
        except Exception:
            log.exception("request_failed")
            self._stop(500)
        self._body = b""
        return self._match is not None

    def _begin_asgi(self, extra_scope: dict[str, Any]) -> None:
        self.begin_asgi(extra_scope, self._close_gracefully, self._send_error_response)
        if self._last:
            self.cycle.keep_alive = False

    def _switch_to_asgi(self) -> None:
        """Hand the request that was begun here to ASGI, with the route that was found."""
        match, self._match = self._match, None
        self._begin_asgi({MATCH: match})
        if self._body:
            super().on_body(self._body)

    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        if self._match is not None:
            if not self._body:
                self._body = body
                return
            self._switch_to_asgi()  # chunks: there may be thousands, and uvicorn joins them efficiently
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._pending_bytes = 0
        match, fast_path = self._match, self._fast_path
        if match is None or fast_path is None:
            if not self._upgrades:
                self._state = _BETWEEN
                super().on_message_complete()
            return
        self._state = _BETWEEN
        self._match = None
        found, method, path, query = match
        request = Request(method, path, query, self.headers, self._header_map, self.client, self._body)
        try:
            answered = run_eagerly(fast_path.answer(found, request), self.loop)
            if not isinstance(answered, Suspended):
                self.server_state.total_requests += 1
                if answered[0] == TOO_MANY_REQUESTS:
                    self._write_late(answered)
                else:
                    self._write_reply(answered, not self._last)
                return
        except BaseException:  # it must not; and the parser would report it as the client's fault
            log.exception("request_failed")
            self._stop(500)
        cycle = DirectCycle(keep_alive=not self._last)
        self.cycle = cycle  # type: ignore[assignment]  # all that uvicorn asks of one
        self.running = cycle
        task = answered.to_task(self.loop)
        fast_path.on_suspended(found, request, task)
        self.tasks.add(task)  # type: ignore[arg-type]  # nothing asks for their results
        task.add_done_callback(self._reply_writer(cycle))

    # --- responses ----------------------------------------------------------------------------------

    def _write_late(self, reply: Reply) -> None:
        """Write the reply after ``refusal_delay()``; requests behind it wait for it."""
        cycle = DirectCycle(keep_alive=not self._last)
        self.cycle = cycle  # type: ignore[assignment]  # all that uvicorn asks of one
        self.running = cycle
        self.loop.call_later(refusal_delay(), self._finish, cycle, reply)

    def _finish(self, cycle: DirectCycle, reply: Reply) -> None:
        """Write a reply that did not come at once, and go on with the requests behind it."""
        cycle.response_complete = True
        if cycle.disconnected:
            return
        try:
            self._write_reply(reply, cycle.keep_alive)
        except Exception:  # it must not
            log.exception("request_failed")
            self._refuse(500)
            return
        if self.pipeline or self._pending_error:
            self.on_response_complete()  # which begins with the next

    def _reply_writer(self, cycle: DirectCycle) -> Callable[[asyncio.Task[Reply]], None]:
        """The callback that writes a task's reply."""

        def done(task: asyncio.Task[Reply]) -> None:
            self.tasks.discard(task)
            if task.cancelled():  # by the end of the drain
                cycle.response_complete = True
                self._refuse(503)
                return
            if error := task.exception():  # it must not
                cycle.response_complete = True
                log.error("request_failed", exc_info=error)
                self._refuse(500)
                return
            reply = task.result()
            if reply[0] == TOO_MANY_REQUESTS:
                self.loop.call_later(refusal_delay(), self._finish, cycle, reply)
            else:
                self._finish(cycle, reply)

        return done

    def _write_reply(self, reply: Reply, keep_alive: bool) -> None:
        """Raises ``ValueError``, with nothing written, if a header contains a line break."""
        data, keep_alive = encode_reply(reply, self.server_state.default_headers, keep_alive)
        self.transport.write(data)
        if not keep_alive:
            self._discarding_input = True
            self.transport.close()

    def on_response_complete(self) -> None:
        if self._pending_error and not self.pipeline:
            self.server_state.total_requests += 1
            self._refuse(self._pending_error)
            return
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()  # uvicorn resumes reading, and would let ever more of them wait

    def send_400_response(self, msg: str) -> None:
        """uvicorn calls this for what is not HTTP."""
        self._fail(400)

    def _fail(self, status: int) -> None:
        """Read nothing more, and refuse the last request after the responses to those before it."""
        if self._discarding_input:
            return
        self._discarding_input = True
        if self._state is _BODY and self._match is None:  # it is already in line
            last = self.cycle
            if last.response_complete or last.response_started:
                last.disconnected = True
                last.message_event.set()
                self.transport.close()  # a second response to one request would only confuse
                return
            last.disconnected = last.response_complete = True
            last.message_event.set()
            if last is not self.running:
                self.pipeline.popleft()  # where uvicorn puts the last
        self._match = None
        if self.busy:
            self._pending_error = status
        else:
            self._refuse(status)

    def _refuse(self, status: int, *, linger: bool = True, head_only: bool = False) -> None:
        """Send an error in place of a response, and end the connection."""
        self._discarding_input = True
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

    async def _send_error_response(self, cycle: RequestResponseCycle) -> None:
        """Answer for an application that has not: it failed, or the end of the drain cancelled it."""
        if cycle.disconnected or cycle.response_complete:
            return  # the client has gone, or was refused
        cycle.response_complete = True
        task = asyncio.current_task()
        status = 503 if task is not None and task.cancelling() else 500
        self._refuse(status, head_only=cycle.scope["method"] == "HEAD")

    def _close_gracefully(self) -> None:
        """Close after the last response; its request's body may still be on its way."""
        if self._state is _BODY and not self.transport.is_closing():
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Send no more, and discard what arrives: a connection that is closed with bytes unread is reset,
        and the client loses the response."""
        self._discarding_input = True
        self._pending_error = 0
        self.pipeline.clear()  # the client would not receive their responses
        if self._half_closed:
            self.transport.close()
            return
        if self.transport.can_write_eof():  # TLS cannot: then the client closes, or the sweep does
            self.transport.write_eof()
        self.flow.resume_reading()

    def _is_tls(self) -> bool:
        return self.transport.get_extra_info("sslcontext") is not None

    def end_with_next_response(self) -> None:
        """Close the connection after the response to the request in progress, or else to the next one."""
        if self.busy:
            self.cycle.keep_alive = False  # of the last in line
        else:
            self._last = True

    # --- time limits --------------------------------------------------------------------------------

    @property
    def has_asked(self) -> bool:
        """Whether a whole head has come."""
        return self._messages > 1 or (self._messages == 1 and self._state is not _HEAD)

    @property
    def rests(self) -> bool:
        """Whether it has been between two requests for some time."""
        return (
            self._unchanged_s >= RESTING_SECONDS
            and not self.busy
            and self._last_sweep == (self._messages, _BETWEEN, 0)
            and self._state is _BETWEEN
        )

    def make_room(self) -> None:
        """Close: another connection takes the place."""
        self._discarding_input = True
        self.transport.close()

    def sweep(self) -> None:
        """Close the connection if nothing has happened for too long; called every ``SWEEP_SECONDS``."""
        unread = self.transport.get_write_buffer_size()
        seen = (self._messages, self._state, unread)
        awaits_handler = self.busy and not unread
        if awaits_handler or seen != self._last_sweep:
            self._unchanged_s = 0.0
        else:
            self._unchanged_s += SWEEP_SECONDS
        self._last_sweep = seen
        if unread:
            if self._unchanged_s >= UNREAD_SECONDS:
                self.transport.abort()
        elif self._discarding_input:
            if self._unchanged_s >= LINGER_SECONDS:
                self.transport.abort()
        elif self._state is _HEAD:
            if self._unchanged_s >= HEAD_SECONDS:
                self._fail(408)
        elif self._unchanged_s >= IDLE_SECONDS or (
            self._unchanged_s >= SILENT_SECONDS and not self._messages and self._table.crowded
        ):
            self.transport.close()
        elif self._unchanged_s >= RESTING_SECONDS and self._messages:
            self._table.note_rest(self)
