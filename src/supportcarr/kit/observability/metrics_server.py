"""A small HTTP server for ``/metrics``, ``/healthz`` and ``/readyz``, on a port of its own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

import structlog

from supportcarr.kit.http.lifecycle import Lifecycle

HEAD_SECONDS = 5.0  # and as long for the TLS handshake before

PLAIN = "text/plain; charset=utf-8"

log = structlog.get_logger(__name__)


def _accept(head: bytes) -> str:
    """The formats that a scraper prefers, from the head of its request."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"accept":
            return value.strip().decode("latin-1")
    return ""


async def serve_metrics(
    answer_metrics: Callable[[str], Callable[[], tuple[bytes, str]]],
    host: str,
    port: int,
    *,
    lifecycle: Lifecycle,
    tls: ssl.SSLContext | None = None,
) -> asyncio.Server:
    """Answer ``/metrics``, ``/healthz`` and ``/readyz``, on a port of its own (0: any).

    *answer_metrics* takes what the scraper accepts, and returns what makes the body and its content type:
    that is called in another thread.

    So a process that serves nothing else (a worker) can be monitored as well.  Close the server that is
    returned.
    """

    async def answered(path: bytes, head: bytes) -> tuple[bytes, bytes, str]:
        if path == b"/metrics":
            return b"200 OK", *(await asyncio.to_thread(answer_metrics(_accept(head))))
        if path == b"/healthz":
            return b"200 OK", b"alive\n", PLAIN
        if path == b"/readyz":
            if lifecycle.ready:
                return b"200 OK", b"ready\n", PLAIN
            return b"503 Service Unavailable", b"not ready\n", PLAIN
        return b"404 Not Found", b"not found\n", PLAIN

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
            method, _, rest = head.partition(b" ")
            path = rest.partition(b" ")[0].partition(b"?")[0]
            status, body, content_type = await answered(path if method == b"GET" else b"", head)
            wait = b"retry-after: 1\r\n" if status.startswith(b"503") else b""
            writer.write(
                b"HTTP/1.1 %s\r\ncontent-type: %s\r\n%scontent-length: %d\r\nconnection: close\r\n\r\n"
                % (status, content_type.encode(), wait, len(body))
                + body
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
