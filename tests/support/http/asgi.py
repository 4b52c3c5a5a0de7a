"""Asks an ASGI application directly, so that a test may choose which of two it asks."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any


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
class Answered:
    """Without the request's id, of which only that it is there is checked, and the body's length."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def ask(app: Any, request: Request, address: str) -> Answered:
    """What the application answers to somebody at that address."""
    sent = {"x-forwarded-for": address, **request.headers}
    if request.token is not None:
        sent.setdefault("authorization", f"Bearer {request.token}")
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
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
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
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    request_id = headers.pop("x-request-id")
    length = headers.pop("content-length", None)
    body = b"".join(part.get("body", b"") for part in parts)
    assert length is None or request.method == "HEAD" or int(length) == len(body)
    return Answered(start["status"], headers, body.replace(request_id.encode(), b"REQUEST"))
