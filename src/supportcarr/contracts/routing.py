"""How a part declares its HTTP routes.

A route is declared once: method, path, policy, the types of query, body and response, and the handler.  The
gateway compiles the declarations into its router, its pipeline and the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar

import msgspec

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.audit import Origin
from supportcarr.contracts.errors import Unauthenticated
from supportcarr.contracts.limits import RouteLimit
from supportcarr.contracts.policies import Policy
from supportcarr.contracts.web_apps import WebApp

B = TypeVar("B")
Q = TypeVar("Q")

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A route that takes no query parameters."""


# Of a body (its ``field_rules``), by field: raises ``ValidationFailed`` for a value that fits the type and is
# not valid.  The handler checks the same; these rules are for an answer that names all wrong fields at once.
FieldRules = Mapping[str, Callable[[Any], object]]
Cursor = Annotated[str, msgspec.Meta(min_length=1)]  # of a page


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The query parameters of a list."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class PageResponse(msgspec.Struct, Generic[B], frozen=True):
    """One page of a list."""

    items: list[B]
    next_cursor: str | None = None


class BodyStream(Protocol):
    """A body that is read piece by piece, once, and never held as a whole.

    Implemented by ``gateway.body_stream.RequestBody``.  ``length`` is the declared one in bytes, if any;
    iterating raises the errors of a body that is too large or does not arrive in time.
    """

    content_type: str
    length: int | None

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class RequestContext(msgspec.Struct, Generic[B, Q]):
    """One request as a handler gets it: authenticated, within its limits, decoded and valid."""

    principal: Principal | None
    path_params: Mapping[str, str]
    query: Q
    body: B
    request_id: str
    client_address: str
    if_match: int | None = None  # the version that the caller intends to change
    new_id: str | None = None  # of a request with an idempotency key: the id of what will be created
    headers: Mapping[str, str] = _NO_HEADERS  # if the route ``reads_headers``
    web_app: WebApp | None = None  # that sent the request, if the route has ``web_session``

    @property
    def caller(self) -> Principal:
        """The principal of a route that is not public."""
        if self.principal is None:
            raise Unauthenticated
        return self.principal

    @property
    def origin(self) -> Origin:
        """From where the request came, for the audit log."""
        session_id = self.principal.session_id if self.principal else None
        return Origin(self.client_address, session_id, self.request_id)


class Response(msgspec.Struct):
    """What a handler returns; the gateway encodes it.  A body of bytes is sent as it is (JSON).

    A status of 200 stands for the route's own; an idempotent route always has its own, so that a repeat has
    the first status.  Without a body 200 becomes 204.
    """

    body: Any = None
    status: int = 200
    version: int | None = None  # becomes the ETag
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[RequestContext[Any, Any]], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One declared route, below ``/api/v1``.

    ``new_id`` is the prefix of the id that the gateway mints for an idempotent creation: the handler creates
    under ``context.new_id``, and called again with the same id returns what exists under it.  An idempotent
    route that creates nothing (a cancellation, a tip) leaves it out.  With ``key_optional`` a request may
    come without a key: then ``context.new_id`` is ``None``, and each repeat creates again.  Every route that
    is not idempotent refuses the header.
    ``if_match``: the handler reads ``context.if_match``; every other route refuses the header.
    ``sensitive`` routes (sign-in and the like) count each request of an address exactly, against a stricter
    limit; ``limits`` are further ones.
    ``reads_headers``: the handler reads ``context.headers`` (pages and routes with undecoded bodies may).
    ``web_session``: web apps of ours store, use or drop a session cookie; see ``context.web_app``.
    ``shared_seconds``: the response is the same for everybody, and shared caches (a CDN, the edge) may
    keep it so long; browsers ask again.  Every other response is kept by nobody.
    A route whose ``body`` is ``BodyStream`` reads it piece by piece, at most ``max_body_bytes``, and may take
    ``extra_seconds`` longer than other requests.  ``media_types`` are then those of the body.
    """

    method: Method
    path: str
    handler: Handler
    summary: str
    policy: Policy
    tag: str
    query: type = NoQuery
    body: Any = None  # a type, or None: no body; bytes or BodyStream: undecoded
    response: Any = None  # a type, or None: no body (204); bytes: a file of the media type
    status: int = 200
    codes: tuple[str, ...] = ()  # problem codes beyond the common ones
    idempotent: bool = False
    key_optional: bool = False
    new_id: str | None = None
    if_match: bool = False
    sensitive: bool = False
    reads_headers: bool = False
    web_session: bool = False
    limits: tuple[RouteLimit, ...] = ()
    media_types: tuple[str, ...] = ("application/json",)
    max_body_bytes: int | None = None  # of a ``BodyStream``
    extra_seconds: float = 0.0
    shared_seconds: int = 0

    def __post_init__(self) -> None:
        """Raises ``TypeError`` without a policy, ``ValueError`` if it does not say whose resources may be
        named, or if others could see a response that is not public."""
        if not isinstance(self.policy, Policy):
            raise TypeError(f"{self.method} {self.path} has no policy (contracts.policies)")
        if self.body is BodyStream and not self.max_body_bytes:
            raise ValueError(f"{self.method} {self.path}: a streamed body needs max_body_bytes")
        if self.shared_seconds and not (self.policy.public and self.method == "GET"):
            raise ValueError(f"{self.method} {self.path}: only public reads may be kept by shared caches")
        if "{" in self.path and self.policy.owner is None and not self.policy.public:
            raise ValueError(
                f"{self.method} {self.path}: the policy must say whose resources the path may name "
                '(policy.of("caller"), of("participant") or of("staff"))'
            )
