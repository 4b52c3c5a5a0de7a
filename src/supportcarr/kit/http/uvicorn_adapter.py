"""uvicorn, embedded: its classes that serve our HTTP connections, and every private name that we rely on.

uvicorn has no public interface for other connections than its own.  ``Connection`` and ``UvicornServer``
subclass two of its classes; this is the one file that imports uvicorn, and ``RELIED_ON`` lists what of those
classes is used here and in ``kit.http.protocol``.  ``pyproject.toml`` holds uvicorn below the next minor
version, and ``tests/unit/kit/http/test_adapters.py`` fails when a name is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Collection, Sized
from typing import Any, Protocol

import structlog
import uvicorn
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from supportcarr.kit.http.types import ASGIApp

__all__ = [
    "RELIED_ON",
    "STATUS_LINE",
    "Config",
    "Connection",
    "DirectCycle",
    "RequestResponseCycle",
    "ServerState",
    "UvicornServer",
]

# By class: attributes, and methods that are called, overridden, or called by uvicorn on our classes.
RELIED_ON: dict[str, frozenset[str]] = {
    "HttpToolsProtocol": frozenset(
        {
            "_start_asgi_task",
            "_unset_keepalive_if_required",
            "client",
            "connection_lost",
            "connection_made",
            "connections",
            "cycle",
            "data_received",
            "eof_received",
            "expect_100_continue",
            "flow",
            "headers",
            "loop",
            "on_body",
            "on_header",
            "on_headers_complete",
            "on_message_begin",
            "on_message_complete",
            "on_response_complete",
            "parser",
            "pipeline",
            "scope",
            "send_400_response",
            "server_state",
            "shutdown",
            "tasks",
            "timeout_keep_alive_task",
            "transport",
            "url",
        }
    ),
    "RequestResponseCycle": frozenset(
        {
            "body",
            "disconnected",
            "flow",
            "keep_alive",
            "message_event",
            "more_body",
            "response_complete",
            "response_started",
            "scope",
            "send_500_response",
            "transport",
        }
    ),
    "FlowControl": frozenset({"drain", "pause_reading", "resume_reading", "write_paused"}),
    "ServerState": frozenset({"connections", "default_headers", "tasks", "total_requests"}),
    "Server": frozenset(
        {
            "_wait_tasks_to_complete",
            "capture_signals",
            "on_tick",
            "serve",
            "server_state",
            "servers",
            "should_exit",
            "started",
        }
    ),
}

TICKS_A_SECOND = 10  # of the server's main loop
_POLL_SECONDS = 0.02
_STOPPING_SECONDS = 0.25  # for the error responses of requests that were cut off

_NOBODY_WAITS = asyncio.Event()

log = structlog.get_logger(__name__)


class DirectCycle:
    """Represents a request that is answered without ASGI in uvicorn's queue: later requests wait for it."""

    __slots__ = ("body", "disconnected", "keep_alive", "message_event", "more_body", "response_complete")

    def __init__(self, *, keep_alive: bool = True) -> None:
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = keep_alive
        self.message_event = _NOBODY_WAITS
        self.body = b""
        self.more_body = False


_NOBODY_WAITS = asyncio.Event()


class _Transport:
    """The transport as uvicorn's cycle uses it, with another way to close."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = close


class _Flow(FlowControl):
    """The connection's flow control as a cycle uses it.

    uvicorn resumes reading for a handler that asks for its body; with requests behind it, its body has come.
    """

    def __init__(self, flow: FlowControl, waiting: Sized) -> None:
        self._flow = flow
        self._waiting = waiting
        self.drain = flow.drain  # type: ignore[method-assign]

    @property
    def write_paused(self) -> bool:  # type: ignore[override]  # all that a cycle asks of it
        return self._flow.write_paused

    def resume_reading(self) -> None:
        if not self._waiting:
            self._flow.resume_reading()


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with the parts of its ASGI way that ``kit.http.protocol`` calls by themselves."""

    running: RequestResponseCycle | DirectCycle | None = None  # the first request in line, begun or over

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self.running is not None and not self.running.response_complete

    def begin_asgi(
        self, extra_scope: dict[str, Any], close: Callable[[], None], send_error: Callable[..., Any]
    ) -> None:
        """Do what uvicorn does when a request's head has arrived; its parts are in ``url`` and ``headers``.

        The application's last answer ends with *close*; *send_error*, a coroutine function that takes the
        cycle, answers if the application has not.
        """
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        HttpToolsProtocol.on_message_begin(self)
        self.url = url
        self.headers += headers  # the list is in the scope
        self.expect_100_continue = expects
        self.scope.update(extra_scope)  # type: ignore[typeddict-item]  # keys of our own
        HttpToolsProtocol.on_headers_complete(self)
        cycle = self.cycle
        cycle.flow = _Flow(self.flow, self.pipeline)
        cycle.transport = _Transport(self.transport, close)  # type: ignore[assignment]  # all it asks of one

        async def send_500_response() -> None:
            await send_error(cycle)

        cycle.send_500_response = send_500_response  # type: ignore[method-assign]  # uvicorn's is no problem

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def disconnect(self) -> None:
        """Notify the first request in line that its client has disconnected; uvicorn notifies only the
        last."""
        if self.running is not None:
            self.running.disconnected = True
            self.running.message_event.set()
        self.pipeline.clear()


class _Swept(Protocol):
    """A connection as the server manages it.  Implemented by ``kit.http.protocol.HttpProtocol``."""

    transport: asyncio.Transport

    def sweep(self) -> None: ...

    def end_with_next_response(self) -> None: ...

    def shutdown(self) -> None: ...


class UvicornServer(uvicorn.Server):
    """uvicorn with connections of our own, and without signals and lifespan of its own."""

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        *,
        connection: Callable[..., asyncio.Protocol],
        backlog: int,
        idle_seconds: float,
        sweep_seconds: float,
        drain_seconds: float,
    ) -> None:
        # Its warnings are about malformed requests, and add nothing to what we report.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        self._socket = listener
        self._sweep_ticks = max(1, int(sweep_seconds * TICKS_A_SECOND))
        config = Config(
            app,
            http=connection,  # type: ignore[arg-type]  # it calls the class
            ws="none",
            lifespan="off",
            loop="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=backlog,
            timeout_keep_alive=int(idle_seconds),
            timeout_graceful_shutdown=drain_seconds,  # type: ignore[arg-type]  # it goes to wait_for
        )
        super().__init__(config)

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # they are the lifecycle's
        return contextlib.nullcontext()

    async def on_tick(self, counter: int) -> bool:
        if counter % self._sweep_ticks == 0:
            for connection in self._connections():
                connection.sweep()
        return await super().on_tick(counter)

    def _connections(self) -> Collection[_Swept]:
        return list(self.server_state.connections)  # type: ignore[arg-type]  # all are ours

    async def run(self) -> None:  # type: ignore[override]  # theirs makes a loop
        try:
            await self.serve(sockets=[self._socket])
            if tasks := tuple(self.server_state.tasks):  # cancelled just now
                log.warning("drain_timed_out", requests=len(tasks))
                await asyncio.wait(tasks, timeout=_STOPPING_SECONDS)  # and then send their error responses
        finally:
            for server in getattr(self, "servers", ()):
                server.close()
            self._socket.close()
            for connection in self._connections():
                connection.transport.close()

    async def listening(self) -> None:
        """Return when connections are accepted."""
        while not self.started:  # noqa: ASYNC110 - uvicorn's flag
            await asyncio.sleep(_POLL_SECONDS)

    async def end_idle_connections(self, seconds: float) -> None:
        """Accept no further connection, and let those that are open end without losing a request.

        A request may be on its way on a connection that looks idle, and a proxy does not repeat a POST that
        it has sent.  So none is closed here: the next response on each says ``Connection: close``, and
        proxies close those that stay idle.  Returns when none is left, or after *seconds*.
        """
        # What has connected already waits in the socket's queue, and would be reset when that closes.
        self._socket.listen(0)
        await asyncio.sleep(_POLL_SECONDS)
        for server in self.servers:
            server.close()
        for connection in self._connections():
            connection.end_with_next_response()
        deadline = asyncio.get_running_loop().time() + seconds
        while self.server_state.connections and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - uvicorn's set
            await asyncio.sleep(_POLL_SECONDS)

    async def _wait_tasks_to_complete(self) -> None:
        for connection in self._connections():
            connection.shutdown()  # accepted in the loop iteration in which the others were shut down
        await super()._wait_tasks_to_complete()

    def stop(self) -> None:
        self.should_exit = True
