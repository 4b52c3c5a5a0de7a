"""A small HTTP server for ``/metrics``, ``/healthz`` and ``/readyz``, on a port of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import structlog

from supportcarr.kit.http.lifecycle import Lifecycle

HEAD_SECONDS = 5.0  # and as long for the TLS handshake before

log = structlog.get_logger(__name__)


async def serve_metrics(
    render: Callable[[], bytes],
    host: str,
    port: int,
    *,
    lifecycle: Lifecycle,
    tls: ssl.SSLContext | None = None,
) -> asyncio.Server:
    """Answer ``/metrics`` with *render()*, ``/healthz`` and ``/readyz``, on a port of its own (0: any).

    So a process that serves nothing else (a worker) can be monitored as well.  Close the server that is
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
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
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
            pass  # the client sent nothing or too much, or has disconnected
        finally:
            writer.close()

    # Shared while a process runs beside its successor, for the seconds of a rolling restart.
    shared = port != 0
    handshake_s = HEAD_SECONDS if tls else None
    server = await asyncio.start_server(
        answer, host, port, ssl=tls, ssl_handshake_timeout=handshake_s, reuse_port=shared or None
    )
    log.info("metrics_listening", port=server.sockets[0].getsockname()[1])
    return server
