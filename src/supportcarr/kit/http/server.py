"""Serves an application in our own event loop, by uvicorn or Granian, and drains it on SIGTERM or SIGINT.

Processes that listen on one port share it by ``SO_REUSEPORT`` (the kernel spreads the connections), so a
supervisor only has to start them.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
import ssl
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
import uvloop

from supportcarr.kit.http import tls as certificates
from supportcarr.kit.http.connections import ConnectionTable
from supportcarr.kit.http.granian_adapter import GranianServer
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.lifespan import Lifespan
from supportcarr.kit.http.protocol import IDLE_SECONDS, SWEEP_SECONDS, HttpProtocol
from supportcarr.kit.http.settings import TlsSettings
from supportcarr.kit.http.sockets import listening_socket
from supportcarr.kit.http.tls import accepting_tls, server_context
from supportcarr.kit.http.types import ASGIApp, FastPathApp
from supportcarr.kit.http.uvicorn_adapter import UvicornServer

T = TypeVar("T")

# Idle connections count, so with a small number a few browsers with keep-alive would lock everybody out.
CONNECTIONS = 4096
BACKLOG = 4096  # the kernel may allow fewer (net.core.somaxconn)
_CLOSING_SECONDS = 0.5  # uvicorn checks ten times a second whether to stop, and whether all is done

log = structlog.get_logger(__name__)


class _Server(Protocol):
    """A server on a port.  Implemented by ``UvicornServer`` and ``GranianServer``."""

    def run(self) -> Coroutine[Any, Any, None]:
        """Serve until ``stop`` has been called and the requests in flight are done."""

    async def listening(self) -> None:
        """Return when connections are accepted; not at all if the server does not know."""

    async def end_idle_connections(self, seconds: float) -> None:
        """Accept no further connection, and wait that long for those that are open to end by themselves."""

    def stop(self) -> None: ...


async def serve(
    app: ASGIApp,
    host: str,
    port: int,
    drain_seconds: float,
    *,
    lifecycle: Lifecycle,
    fast_path: FastPathApp | None = None,
    websockets: bool = False,
    connections: int = CONNECTIONS,
    table: ConnectionTable | None = None,
    tls: TlsSettings | None = None,
    idle_seconds: float = 0.0,
    on_listening: Callable[[], object] = lambda: None,
) -> None:
    """Serve *app* until *lifecycle* drains, then stop in order; returns when all is done.

    *fast_path* answers whole requests without ASGI; with *websockets* there is none.  *table* has the places
    of connections; by default there are *connections*, and none is bounded by its address.  With a
    certificate in *tls* it speaks TLS 1.3 only.  *on_listening* is called when connections are accepted
    (not with *websockets*).  The order of stopping: the listening socket closes; connections end with their
    next response, for *idle_seconds* at most (not with *websockets*); requests in flight finish, for
    *drain_seconds* at most (wall time), each answered with ``Connection: close``; the rest are cancelled; the
    application's lifespan ends.  Raises ``LifespanFailed`` if the application does not start,
    ``OSError`` if the port cannot be had, and ``SettingsError`` if the certificate cannot be used.
    A certificate that is renewed meanwhile is taken up; with *websockets* the process drains for it.
    """
    context = server_context(tls) if tls is not None else None
    lifespan = Lifespan(app)
    await lifespan.startup()
    server: _Server
    places = ConnectionTable(connections) if table is None else table
    try:
        if websockets:
            server = GranianServer(
                app, host, port, backlog=BACKLOG, connections=connections, tls=tls if context else None
            )
        else:
            server = UvicornServer(
                app,
                listening_socket(host, port),
                connection=_connection(fast_path, places, context),
                backlog=BACKLOG,
                idle_seconds=IDLE_SECONDS,
                sweep_seconds=SWEEP_SECONDS,
                drain_seconds=drain_seconds,
            )
    except BaseException:
        await lifespan.shutdown(drain_seconds)
        raise
    following = _following(tls, context, lifecycle, websockets=websockets)
    serving = asyncio.create_task(server.run(), name=f"serve {port}")
    drained = asyncio.create_task(lifecycle.until_drained(), name="until drained")
    try:
        listening = asyncio.create_task(server.listening(), name=f"listening {port}")
        await asyncio.wait({serving, drained, listening}, return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            on_listening()
            await asyncio.wait({serving, drained}, return_when=asyncio.FIRST_COMPLETED)
        listening.cancel()
        if not serving.done():
            if idle_seconds and listening.done():
                await server.end_idle_connections(idle_seconds)
            server.stop()
            await asyncio.wait({serving}, timeout=drain_seconds + _CLOSING_SECONDS)
        if serving.done():
            serving.result()  # raises what went wrong
        else:
            log.warning("drain_timed_out", after_seconds=drain_seconds)
    finally:
        for task in (serving, drained, *following):
            task.cancel()
        await lifespan.shutdown(drain_seconds)


def _following(
    tls: TlsSettings | None, context: ssl.SSLContext | None, lifecycle: Lifecycle, *, websockets: bool
) -> list[asyncio.Task[None]]:
    """The task that follows renewals of the certificate, if there is one.

    Granian keeps the certificate that it began with, so a process with it drains, and whoever supervises it
    starts it again; some time later, so that processes that share a certificate do not all go at once.
    """
    if tls is None or context is None:
        return []

    def end_later() -> None:
        wait = random.uniform(0, certificates.SPREAD_SECONDS)  # noqa: S311 - it protects nothing
        asyncio.get_running_loop().call_later(wait, lifecycle.drain)

    renewed = end_later if websockets else partial(certificates.load_again, context, tls)
    return [asyncio.create_task(certificates.follow_renewals(tls, renewed), name="follow renewals")]


def _connection(
    fast_path: FastPathApp | None, table: ConnectionTable, context: ssl.SSLContext | None
) -> Callable[..., Any]:
    """Makes the protocol of each connection."""
    connection = partial(HttpProtocol, fast_path=fast_path, table=table)
    return connection if context is None else accepting_tls(connection, context, table)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a process's main coroutine on uvloop, with as many open files as the system allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return uvloop.run(main)
