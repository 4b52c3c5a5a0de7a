"""The types between a connection (``kit.http.protocol``) and its application, beside ASGI's."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Headers = list[tuple[bytes, bytes]]


class HeaderBlock:
    """Headers that many responses share, joined once instead of for each of them.

    ``lines`` is the block as it is sent, without its last line break: one element, none if there are no
    headers.  Raises ``ValueError`` if a header contains a line break.
    """

    __slots__ = ("breaks", "lines", "pairs")

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.pairs = tuple(pairs)
        joined = b"\r\n".join(map(b": ".join, self.pairs))
        self.lines = (joined,) if joined else ()
        self.breaks = max(0, len(self.pairs) - 1)
        if joined.count(b"\n") != self.breaks or joined.count(b"\r") != self.breaks:
            raise ValueError("a header contains a line break")


class NumberedHeaders(dict[int, tuple[bytes, bytes]]):
    """The header for each number, such as a length: built when it is first needed, and kept.

    *template* is the value with ``%d`` for the number; below zero it is zero.
    """

    def __init__(self, name: bytes, template: bytes, *, kept: int = 20_000) -> None:
        self._name, self._template, self._most = name, template, kept

    def __missing__(self, number: int) -> tuple[bytes, bytes]:
        header = self._name, self._template % max(0, number)
        if len(self) < self._most:
            self[number] = header
        return header


# Status, shared headers, its own headers (with content-length), body.
Reply = tuple[int, HeaderBlock, Headers, bytes]

TOO_MANY_REQUESTS = 429
# A client above its limit is answered so late, so that it cannot keep the process busy with refusals: over N
# connections it gets N answers in this time.  The answer is held back, not the next request: behind a proxy
# that may be another client's.
REFUSAL_SECONDS = 0.5  # on average


def refusal_delay() -> float:
    """Seconds until a refusal is answered: spread, or clients refused together would return together."""
    return REFUSAL_SECONDS * (0.5 + random.random())  # noqa: S311  # nobody gains by guessing it


MATCH = "supportcarr.match"  # the key of a scope


class Request(msgspec.Struct):
    """One request: with its whole *body*, or by ASGI with *receive* to read it.

    ``path`` is decoded and without the query.  Header names are in lower case; of repeated headers
    ``header_map`` has the last value.  ``clients`` and ``rate_limit`` are the application's: who shares of a
    bounded resource are counted for, and the header that says what a rate limit leaves.
    """

    method: str
    path: str
    query_string: bytes
    headers: Headers
    header_map: dict[bytes, bytes]
    client: tuple[str, int] | None
    body: bytes = b""
    receive: Receive | None = None
    clients: Sequence[str] = ()
    rate_limit: tuple[bytes, bytes] | None = None


class RouteMatch(NamedTuple):
    """A matched request line: the endpoint of the application, and the line's parts."""

    found: Any
    method: str
    path: str
    query: bytes


class FastPathApp(Protocol):
    """An application that answers whole requests without ASGI.  Implemented by ``gateway.app.Gateway``.

    Its ASGI side answers the same requests alike, and finds a match of ``match`` under ``MATCH`` in the
    scope if the connection has looked it up.
    """

    def match(self, method: bytes, target: bytes) -> RouteMatch | None:
        """The match for that method and target; ``None``: only the ASGI side can find it."""

    def answer(self, found: Any, request: Request) -> Coroutine[Any, Any, Reply]:
        """The answer, begun outside a task (``kit.http.eager``).  Raises only its own cancellation."""

    def on_suspended(self, found: Any, request: Request, task: asyncio.Task[Reply]) -> None:
        """Called when the answer has to wait: it continues in this task."""
