"""Calls the gateway without a server: through ASGI, or as the connection's fast path does."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from supportcarr.kit.http.types import FastPathApp, Headers
from supportcarr.kit.http.types import Request as DirectRequest


@dataclass(frozen=True)
class Request:
    """*path* is below ``/api/v1``."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    token: str | None = None


@dataclass(frozen=True)
class Response:
    """A response without its request id (only its presence is checked), its body's length and what a rate
    limit leaves."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def _headers(request: Request, address: str) -> list[tuple[bytes, bytes]]:
    sent = {"x-forwarded-for": address, **request.headers}
    if request.token is not None:
        sent.setdefault("authorization", f"Bearer {request.token}")
    return [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]


async def call_asgi(app: Any, request: Request, address: str) -> Response:
    """The response of an ASGI application to a client at that address."""
    path = f"/api/v1{request.path}"
    scope: MutableMapping[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": request.method,
        "path": path,
        "raw_path": urllib.parse.quote(path).encode(),
        "query_string": request.query.encode(),
        "root_path": "",
        "headers": _headers(request, address),
        "client": ("127.0.0.1", "1"),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    messages: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start, *parts = messages
    return _response(request, start["status"], start["headers"], b"".join(p.get("body", b"") for p in parts))


async def call_fast_path(app: FastPathApp, request: Request, address: str) -> Response:
    """The response to the same request on the fast path; its path must be plain ASCII."""
    query = f"?{request.query}" if request.query else ""
    match = app.match(request.method.encode(), f"/api/v1{request.path}{query}".encode())
    assert match is not None, f"only ASGI answers {request.path}"
    headers = _headers(request, address)
    status, shared, own, body = await app.answer(
        match.found,
        DirectRequest(
            match.method, match.path, match.query, headers, dict(headers), ("127.0.0.1", 1), request.body
        ),
    )
    return _response(request, status, [*shared.pairs, *own], body)


def _response(request: Request, status: int, sent: Headers, body: bytes) -> Response:
    headers = {name.decode(): value.decode() for name, value in sent}
    request_id = headers.pop("x-request-id")
    length = headers.pop("content-length", None)
    if limit := headers.get("ratelimit"):  # one less with each request
        headers["ratelimit"] = limit.partition(";")[0]
    assert length is None or request.method == "HEAD" or int(length) == len(body)
    return Response(status, headers, body.replace(request_id.encode(), b"REQUEST"))
