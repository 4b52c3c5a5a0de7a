"""How a part declares its HTTP routes.

A route is declared once: path, who may, the shapes of query, body and answer, and the handler.  The
gateway compiles the declarations: all of them into the framework's routes and the OpenAPI document,
and those marked ``hot`` into the front table as well, with the same policy, limits, metrics and log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import Unauthenticated
from supportcarr.contracts.policies import Policy

B = TypeVar("B")
Q = TypeVar("Q")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A route that takes no query parameters."""


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query parameters of a list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    cursor: str | None = None


class PageResponse(msgspec.Struct, Generic[B], frozen=True):
    """One page of a list."""

    items: list[B]
    next_cursor: str | None = None


class RequestContext(msgspec.Struct, Generic[B, Q]):
    """One request, past the gateway: authenticated, within its limits, decoded and valid."""

    principal: Principal | None
    path_params: Mapping[str, str]
    query: Q
    body: B
    request_id: str
    client_address: str  # of the client
    if_match: int | None = None  # the version the caller says it changes
    new_id: str | None = None  # on idempotent routes: the id for what will be created
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def caller(self) -> Principal:
        """The principal of a route that is not public."""
        if self.principal is None:
            raise Unauthenticated
        return self.principal


class Response(msgspec.Struct):
    """What a handler answers; the gateway encodes it.  Bytes are sent as they are (JSON).

    A status of 200 stands for the route's own; an idempotent route always answers with its own, so
    that a repeat has the first status.  Without a body 200 becomes 204.
    """

    body: Any = None
    status: int = 200
    version: int | None = None  # becomes the ETag
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[RequestContext[Any, Any]], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One declared route, below ``/api/v1``.

    ``new_id`` names the prefix of the id that the gateway mints for an idempotent creation: the
    handler creates under ``context.new_id``, and called again with the same id answers what that id
    is now.  An idempotent route without a creation (a cancellation, a tip) leaves it out.
    ``if_match``: the handler looks at ``context.if_match``; every other route refuses the header.
    ``sensitive`` routes count each request exactly and have the stricter limit.
    """

    method: Method
    path: str
    handler: Handler
    summary: str
    policy: Policy
    tag: str
    query: type = NoQuery
    body: Any = None  # a type, or None: no body
    response: Any = None  # a type, or None: no body (204)
    status: int = 200
    codes: tuple[str, ...] = ()  # problem codes beyond the common ones
    idempotent: bool = False
    new_id: str | None = None
    if_match: bool = False
    hot: bool = False
    sensitive: bool = False
    media_types: tuple[str, ...] = ("application/json",)
