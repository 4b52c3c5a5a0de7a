"""Granian, embedded: serves the process with WebSockets (ADR 6).

The one file that imports Granian.  ``granian.server.embed`` is public, and marked experimental by its
authors.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.server.embed import Server

from supportcarr.kit.http.settings import TlsSettings
from supportcarr.kit.http.types import ASGIApp

# A connection without a head for so long is closed: one that is silent, too, and one that rests between
# requests.  WebSockets are bounded by ``realtime.server``.
HEAD_SECONDS = 10.0


class GranianServer:
    """Granian keeps WebSockets alive under a load at which uvicorn's are seconds late."""

    def __init__(
        self,
        app: ASGIApp,
        host: str,
        port: int,
        *,
        backlog: int,
        connections: int,
        tls: TlsSettings | None = None,
    ) -> None:
        self._server = Server(
            app,
            host,
            port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            websockets=True,
            backlog=backlog,
            backpressure=connections,
            http1_settings=HTTP1Settings(header_read_timeout=int(HEAD_SECONDS * 1000)),
            log_enabled=False,
            ssl_cert=Path(tls.certificate) if tls else None,
            ssl_key=Path(tls.key) if tls else None,
            ssl_protocol_min=SSLProtocols.tls13,
        )

    async def run(self) -> None:
        await self._server.serve()

    async def listening(self) -> None:
        """Granian does not say when it listens."""
        await asyncio.Event().wait()

    async def end_idle_connections(self, seconds: float) -> None:
        """The application closes its sockets itself."""

    def stop(self) -> None:
        self._server.stop()  # type: ignore[no-untyped-call]  # granian leaves it unannotated
