"""How a process serves: uvicorn or Granian in our own event loop, drained on SIGTERM or SIGINT.

Several processes that listen on one port share it by ``SO_REUSEPORT`` (the kernel spreads the
connections), so that a supervisor only has to start them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
import socket
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
import uvicorn
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from supportcarr.kit.http.protocol import IDLE_SECONDS, SWEEP_SECONDS, HttpProtocol
from supportcarr.kit.http.target_cache import TargetCache
from supportcarr.kit.http.types import ASGIApp, FastPathApp, Message

T = TypeVar("T")

# Idle connections count, so a small number would let a few browsers with keep-alive lock everybody out.
CONNECTIONS = 1024
BACKLOG = 1024
_CLOSING_SECONDS = 0.5  # uvicorn looks ten times a second whether it shall stop, and whether all is done

log = structlog.get_logger(__name__)


class Lifecycle:
    """Whether this process may take traffic.

    starting → ready → draining: ``/readyz`` answers 200 only in the middle.  SIGTERM and SIGINT
    lead to the last (``watch_signals``), and so does ``drain``.
    """

    def __init__(self) -> None:
        self._ended = asyncio.Event()
        self._ready = False

    @property
    def ready(self) -> bool:
        return self._ready and not self.draining

    @property
    def draining(self) -> bool:
        return self._ended.is_set()

    def mark_ready(self) -> None:
        self._ready = True

    def drain(self) -> None:
        """Take no new work; harmless when repeated."""
        self._ended.set()

    async def until_drained(self) -> None:
        """Return once draining has begun."""
        await self._ended.wait()

    def watch_signals(self) -> None:
        """Let SIGTERM and SIGINT begin the draining, in place of ending the process at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)


class LifespanFailed(Exception):
    """The application refused to start."""


class _Lifespan:
    """The ASGI lifespan protocol, version 2.0, from the server's side."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._answers: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._supported = True

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        try:
            await self._app(scope, self._to_app.get, self._answers.put)
        except Exception as error:
            # an application without lifespan raises here; the protocol says to go on without it
            await self._answers.put({"type": "raised", "error": error})

    async def _ask(self, kind: str) -> Message:
        await self._to_app.put({"type": kind})
        return await self._answers.get()

    async def startup(self) -> None:
        self._task = asyncio.create_task(self._run(), name="lifespan")
        answer = await self._ask("lifespan.startup")
        if answer["type"] == "lifespan.startup.failed":
            raise LifespanFailed(answer.get("message", ""))
        self._supported = answer["type"] == "lifespan.startup.complete"

    async def shutdown(self, seconds: float) -> None:
        if self._task is None or not self._supported:
            return
        with contextlib.suppress(TimeoutError):
            answer = await asyncio.wait_for(self._ask("lifespan.shutdown"), seconds)
            if answer["type"] != "lifespan.shutdown.complete":
                log.error("lifespan_shutdown_failed", reason=str(answer.get("message") or answer))
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


class _Served(Protocol):
    """A server on a port: ``run`` until ``stop`` has been called and what was in flight is done."""

    def run(self) -> Coroutine[Any, Any, None]: ...

    def stop(self) -> None: ...


class _Uvicorn(uvicorn.Server):
    """uvicorn with our connections, without signals and lifespan of its own."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        drain_seconds: float,
        front: FastPathApp[Any] | None,
        most: int,
    ) -> None:
        # Its warnings are about what strangers send, and say nothing that we do not.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        self._socket = _listening(host, port)
        config = uvicorn.Config(
            app,
            http=partial(HttpProtocol, targets=TargetCache(front), most=most),  # type: ignore[arg-type]  # it calls the class
            ws="none",
            lifespan="off",
            loop="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=int(IDLE_SECONDS),
            timeout_graceful_shutdown=drain_seconds,  # type: ignore[arg-type]  # it goes to wait_for
        )
        super().__init__(config)

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # they are the lifecycle's
        return contextlib.nullcontext()

    async def on_tick(self, counter: int) -> bool:
        if counter % int(SWEEP_SECONDS * 10) == 0:  # ten times a second
            for connection in self._connections():
                connection.sweep()
        return await super().on_tick(counter)

    def _connections(self) -> list[HttpProtocol]:
        return list(self.server_state.connections)  # type: ignore[arg-type]  # all are ours

    async def run(self) -> None:  # type: ignore[override]  # theirs makes a loop
        try:
            await self.serve(sockets=[self._socket])
            if tasks := tuple(self.server_state.tasks):  # cancelled just now
                log.warning("drain_cut_off", requests=len(tasks))
                await asyncio.wait(tasks, timeout=_CLOSING_SECONDS / 2)  # and are told so
        finally:
            for server in getattr(self, "servers", ()):
                server.close()
            self._socket.close()
            for connection in self._connections():
                connection.transport.close()

    async def _wait_tasks_to_complete(self) -> None:
        for connection in self._connections():
            connection.shutdown()  # who was accepted in the turn in which the others were told
        await super()._wait_tasks_to_complete()

    def stop(self) -> None:
        self.should_exit = True


class _Granian:
    """Granian, which keeps WebSockets alive under a load at which uvicorn's are seconds late (ADR 6)."""

    def __init__(self, app: ASGIApp, host: str, port: int, most: int) -> None:
        self._server = Server(
            app,
            host,
            port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=True,
            backlog=BACKLOG,
            backpressure=most,
            log_enabled=False,
        )

    async def run(self) -> None:
        await self._server.serve()

    def stop(self) -> None:
        self._server.stop()  # type: ignore[no-untyped-call]  # granian leaves it unannotated


def _listening(host: str, port: int) -> socket.socket:
    """A socket there that other processes may share.  Raises ``OSError``."""
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


async def serve(
    app: ASGIApp,
    host: str,
    port: int,
    drain_seconds: float,
    *,
    lifecycle: Lifecycle,
    front: FastPathApp[Any] | None = None,
    websockets: bool = False,
    connections: int = CONNECTIONS,
) -> None:
    """Serve *app* until *lifecycle* drains, then stop in order; returns when all is done.

    What *front* knows it answers in place of *app*; with *websockets* there is none.  The order: the
    listening socket closes; requests in flight finish, for *drain_seconds* at the most (wall time), each
    answered with ``Connection: close``; what is left is cut off; the application's lifespan ends.  Raises
    ``LifespanFailed`` if the application does not start, and ``OSError`` if the port cannot be had.
    """
    lifespan = _Lifespan(app)
    await lifespan.startup()
    server: _Served
    try:
        if websockets:
            server = _Granian(app, host, port, connections)
        else:
            server = _Uvicorn(app, host, port, drain_seconds, front, connections)
    except BaseException:
        await lifespan.shutdown(drain_seconds)
        raise
    serving = asyncio.create_task(server.run(), name=f"serve {port}")
    drained = asyncio.create_task(lifecycle.until_drained(), name="until drained")
    try:
        await asyncio.wait({serving, drained}, return_when=asyncio.FIRST_COMPLETED)
        if not serving.done():
            server.stop()
            await asyncio.wait({serving}, timeout=drain_seconds + _CLOSING_SECONDS)
        if serving.done():
            serving.result()  # raises what went wrong
        else:
            log.warning("drain_cut_off", after_seconds=drain_seconds)
    finally:
        for task in (serving, drained):
            task.cancel()
        await lifespan.shutdown(drain_seconds)


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


async def serve_metrics(
    render: Callable[[], bytes], host: str, port: int, *, lifecycle: Lifecycle
) -> asyncio.Server:
    """Answer ``/metrics`` with *render()*, ``/healthz`` and ``/readyz``, on a port of its own (0: any).

    So a process that serves nothing else (a worker) can be asked as well.  Close the server that is
    returned.
    """

    def answered(path: bytes) -> tuple[bytes, bytes]:
        if path == b"/metrics":
            return b"200 OK", render()
        if path == b"/healthz":
            return b"200 OK", b"alive\n"
        if path == b"/readyz":
            return (
                (b"200 OK", b"ready\n") if lifecycle.ready else (b"503 Service Unavailable", b"not ready\n")
            )
        return b"404 Not Found", b"not found\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            method, _, rest = head.partition(b" ")
            path = rest.partition(b" ")[0].partition(b"?")[0]
            status, body = answered(path if method == b"GET" else b"")
            wait = b"retry-after: 1\r\n" if status.startswith(b"503") else b""
            writer.write(
                b"HTTP/1.1 %s\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n%s"
                b"content-length: %d\r\nconnection: close\r\n\r\n" % (status, wait, len(body)) + body
            )
            await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # a peer that says nothing, too much, or leaves; there is nobody to tell
        finally:
            writer.close()

    server = await asyncio.start_server(answer, host, port)
    log.info("metrics_listening", port=server.sockets[0].getsockname()[1])
    return server


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a process's main coroutine on uvloop, with as many sockets as the system lets us have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return uvloop.run(main)
