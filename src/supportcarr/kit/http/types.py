"""What the connection (``kit.http.protocol``) and the application say to each other, beside ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any, Protocol, TypeVar

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Headers = list[tuple[bytes, bytes]]
Reply = tuple[int, Headers, bytes]  # status, headers with content-length, body

F = TypeVar("F")


class Request(msgspec.Struct):
    """One request, however it came: with its whole *body*, or by ASGI with what *receive* will bring.

    ``path`` is decoded and without the query.  Header names are in lower case; of a name that came more
    than once ``named`` has the last value.
    """

    method: str
    path: str
    query_string: bytes
    headers: Headers
    header_map: dict[bytes, bytes]
    client: tuple[str, int] | None
    body: bytes = b""
    receive: Receive | None = None


class FastPathApp(Protocol[F]):
    """An application's table of the few routes that most requests are for."""

    def find(self, method: str, path: str) -> F | None:
        """What answers such a request; ``None``: ASGI does."""

    def answer(self, found: F, request: Request) -> Coroutine[Any, Any, Reply]:
        """The answer, begun outside a task (``kit.http.eager``).  Raises nothing but what cancels it."""

    def on_suspended(self, found: F, task: asyncio.Task[Reply]) -> None:
        """That answer has to wait, and goes on in this task."""
