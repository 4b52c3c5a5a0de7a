"""The one way of every request through the gateway, whichever table found its route.

request id → room → client's address → token → limits → policy → query, body, If-Match → idempotency key →
handler → answer or problem details → metrics and access log.

Deny first: a route that is not public is refused before anything of the request is read but its
headers.  Nothing that a client sends ends in a 500; what does is ours, is logged with its trace and
is told without.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import msgspec
import structlog

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Overloaded,
    Unauthenticated,
    ValidationFailed,
)
from supportcarr.contracts.ids import RESCUE, looks_like
from supportcarr.contracts.routing import RequestContext, Response
from supportcarr.gateway.addresses import ClientAddresses
from supportcarr.gateway.concurrency import Flights
from supportcarr.gateway.decoding import refuse_body
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.gateway.idempotency import Idempotency
from supportcarr.gateway.ports import TokenVerifier
from supportcarr.gateway.problems import (
    MEDIA_TYPE,
    BodyTooLarge,
    InternalError,
    InvalidHeader,
    MalformedBody,
    RequestTimeout,
    Unavailable,
    UnsupportedMediaType,
    headers_of,
    problem_of,
)
from supportcarr.gateway.rate_limits import RequestLimits
from supportcarr.kit.http.types import ASGIApp, Headers, Receive, Reply, Request, Scope, Send
from supportcarr.kit.observability import structured_log as logs
from supportcarr.kit.redis.errors import RedisUnavailable
from supportcarr.kit.store.port import BadCursor, StoreUnavailable, VersionConflict

log = structlog.get_logger(__name__)

BODY_SECONDS = 8.0  # how long the rest of a body may take after its first part
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_VERSION = re.compile(rb'"(\d{1,15})"')
_BEARER = b"bearer "

_JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


class Pipeline:
    """Runs endpoints.  One a process; everything on it is for the event loop's thread."""

    def __init__(
        self,
        *,
        tokens: TokenVerifier,
        limits: RequestLimits,
        idempotency: Idempotency,
        addresses: ClientAddresses,
        flights: Flights,
        max_body_bytes: int,
        access_log: logs.LogWriter | None = None,
        common_headers: Headers | None = None,
    ) -> None:
        self._tokens = tokens
        self._limits = limits
        self._idempotency = idempotency
        self._addresses = addresses
        self._flights = flights
        self._max_body_bytes = max_body_bytes
        self._access_log = access_log
        self._common = common_headers or []
        self._encode = msgspec.json.Encoder().encode
        self._minted = itertools.count(1)
        self._run_name = os.urandom(6).hex()  # with the count: an id that no other process mints

    def bound(self, endpoint: Endpoint, params: Mapping[str, str]) -> ASGIApp:
        """The endpoint with its path's parameters, as an ASGI application."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self.run(endpoint, params, scope, receive, send)

        return app

    async def run(
        self, endpoint: Endpoint, params: Mapping[str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer one request that came by ASGI."""
        request = Request(
            scope["method"],
            scope["path"],
            scope["query_string"],
            scope["headers"],
            dict(scope["headers"]),
            scope["client"],
            receive=receive,
        )
        task = asyncio.current_task()
        try:
            status, headers, body = await self.answer(endpoint, params, request, task)
        finally:
            if task is not None:
                self._flights.leave(task)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def answer(
        self,
        endpoint: Endpoint,
        params: Mapping[str, str],
        request: Request,
        task: asyncio.Task[Any] | None = None,
    ) -> Reply:
        """The answer to one request, counted and logged.  Raises nothing but what cancels it.

        It may be begun outside a *task*; if it then becomes one, say so (``on_suspended``).
        """
        began = perf_counter()
        method = request.method
        headers = request.header_map
        given = headers.get(b"x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            request_id = given.decode("ascii")
        else:
            request_id = f"req-{self._run_name}-{next(self._minted):x}"
        ids = logs.begin(request_id)
        forwarded = headers.get(b"x-forwarded-for")
        if forwarded is not None and len(headers) < len(request.headers):  # a name came more than once
            forwarded = b",".join([value for name, value in request.headers if name == b"x-forwarded-for"])
        address = self._addresses.of(request.client, forwarded)
        code: str | msgspec.UnsetType = msgspec.UNSET
        try:
            if not endpoint.counted_only:
                self._flights.admit(endpoint, task)
            status, extra, body = await self._answer(
                endpoint, params, request, headers, request_id, address, ids
            )
        except (Exception, asyncio.CancelledError) as error:
            refusal = self._refusal_of(error)
            if refusal.status == 500:
                log.exception("request_failed", route=endpoint.label, method=method)
            status, code = refusal.status, refusal.code
            extra = [(b"content-type", MEDIA_TYPE), (b"cache-control", b"no-store"), *headers_of(refusal)]
            body = self._encode(problem_of(refusal, request_id))
        start: Headers = [*self._common, (b"x-request-id", request_id.encode()), *extra]
        if status != 204 and status != 304:
            start.append((b"content-length", b"%d" % len(body)))
        if method == "HEAD":
            body = b""
        seconds = perf_counter() - began
        endpoint.observe(method, status, seconds)
        if self._access_log is not None and not endpoint.counted_only:
            self._access_log.write(
                logs.AccessLine(  # in their order: names cost as much again
                    datetime.now(UTC),
                    "info",
                    "request",
                    request_id,
                    method,
                    endpoint.label,
                    status,
                    int(seconds * 100_000) / 100,  # ``round`` takes a microsecond
                    address,
                    ids.user_id or msgspec.UNSET,
                    ids.rescue_id or msgspec.UNSET,
                    code,
                )
            )
        return status, start, body

    def on_suspended(self, endpoint: Endpoint, task: asyncio.Task[Reply]) -> None:
        """An answer that was begun outside a task goes on in this one."""
        if not endpoint.counted_only:
            self._flights.board(task, endpoint)
            task.add_done_callback(self._flights.leave)

    def _refusal_of(self, error: BaseException) -> ApiError:
        """What to say of it.  Raises it again if the server cancels the task.

        A cancellation may also be that of what the task waited for: a fault of ours like any other.
        """
        if isinstance(error, asyncio.CancelledError):
            if self._flights.is_late():
                return Overloaded("This took too long; it may have happened all the same", retry_after=1)
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise error
        return _refusal_of(error)

    async def _answer(
        self,
        endpoint: Endpoint,
        params: Mapping[str, str],
        request: Request,
        headers: dict[bytes, bytes],
        request_id: str,
        address: str,
        ids: logs.Ids,
    ) -> Reply:
        if endpoint.takes_rescue and looks_like(RESCUE, params["rescue_id"]):
            ids.rescue_id = params["rescue_id"]  # anything else in its place may be a phone or a token
        principal, denied = self._who(headers, endpoint.public)
        if principal is not None:
            ids.user_id = principal.user_id
        if not endpoint.counted_only and not self._limits.admit_now(address, ids.user_id, endpoint.sensitive):
            await self._limits.admit(address, ids.user_id, endpoint.sensitive)
        if denied is not None:
            raise denied
        if principal is not None and self._tokens.stale():
            principal = await self._confirmed(principal, endpoint.public)
        if endpoint.roles is not None and (principal is None or endpoint.roles.isdisjoint(principal.roles)):
            raise Forbidden
        query = endpoint.decode_query(request.query_string)
        body: Any = None
        if endpoint.decode_body is not None:
            _want_json(headers)
            body = endpoint.decode_body(await self._read(headers, request))
        elif endpoint.raw_body:
            body = await self._read(headers, request)
        elif endpoint.changes and (unwanted := await self._read(headers, request)):
            _want_json(headers)
            refuse_body(unwanted)  # who sends what is not understood must not think that it was
        if_match = headers.get(b"if-match")
        if if_match is not None and not endpoint.if_match:
            # a precondition is not passed over (RFC 9110, 13.1)
            raise InvalidHeader("Nothing here is held to If-Match; leave it out")
        version = None if if_match is None else _version(if_match)
        call = RequestContext(
            principal, params, query, body, request_id, address, version, None, _Headers(headers)
        )
        if endpoint.idempotent:
            answer = await self._once(endpoint, call, headers.get(b"idempotency-key"), request.path)
        else:
            answer = await endpoint.handle(call)
        return self._reply(endpoint, answer, headers.get(b"if-none-match"))

    async def _once(
        self, endpoint: Endpoint, call: RequestContext[Any, Any], key: bytes | None, path: str
    ) -> Response:
        """The handler's answer, under the id that the request's key stands for."""
        actor = call.principal.user_id if call.principal else call.client_address
        route = f"{endpoint.method} {endpoint.path}"
        body = call.body if endpoint.raw_body else self._encode(call.body)
        prefix = endpoint.route.new_id
        minted = await self._idempotency.claim(
            key, actor=actor, route=route, path=path, body=body, prefix=prefix
        )
        call.new_id = minted if prefix else None
        try:
            return await endpoint.handle(call)
        except ValidationFailed:
            await self._idempotency.release(key, actor=actor, route=route, path=path, body=body)
            raise

    def _who(
        self, headers: dict[bytes, bytes], public: bool
    ) -> tuple[Principal | None, Unauthenticated | None]:
        """Whose token came along, and why the request is refused, if it is.

        The refusal is returned, so that guesses at tokens count against the address's limit.  On a
        public route a token that is over is as good as none.
        """
        authorization = headers.get(b"authorization")
        if authorization is None:
            return None, None if public else Unauthenticated()
        if authorization[:7].lower() != _BEARER:
            return None, None if public else Unauthenticated("Send Authorization: Bearer and an access token")
        try:
            return self._tokens.verify(authorization[7:]), None
        except Unauthenticated as refusal:
            return None, None if public else refusal

    async def _confirmed(self, principal: Principal, public: bool) -> Principal | None:
        """Who it is still, though what was taken back lately is not known here."""
        try:
            await self._tokens.confirm(principal)
        except ApiError:
            if public:
                return None
            raise
        return principal

    async def _read(self, headers: dict[bytes, bytes], request: Request) -> bytes:
        """The whole body.  Raises ``BodyTooLarge`` before more than the limit is held."""
        declared = headers.get(b"content-length")
        length = int(declared) if declared is not None and declared.isdigit() else None
        if b"transfer-encoding" in headers:
            length = None  # then it says nothing (RFC 9112, 6.3)
        if length is not None and length > self._max_body_bytes:
            raise BodyTooLarge(f"A body may have {self._max_body_bytes} bytes")
        receive = request.receive
        if receive is None:
            if len(request.body) > self._max_body_bytes:
                raise BodyTooLarge(f"A body may have {self._max_body_bytes} bytes")
            return request.body
        try:
            message = await receive()
        except asyncio.CancelledError:
            if self._flights.is_late():
                raise RequestTimeout from None  # the client's doing, and nothing has begun
            raise
        if message["type"] != "http.request":
            raise MalformedBody("The client left before its body had come")
        body: bytes = message.get("body", b"")
        # The server says that more may come until it has seen the end; waiting for that costs 50 µs.
        if message.get("more_body") and (length is None or len(body) < length):
            try:
                async with asyncio.timeout(BODY_SECONDS):
                    body = await self._read_rest(body, receive)
            except TimeoutError:
                raise RequestTimeout from None
        if len(body) > self._max_body_bytes:
            raise BodyTooLarge(f"A body may have {self._max_body_bytes} bytes")
        return body

    async def _read_rest(self, first: bytes, receive: Receive) -> bytes:
        body, more = bytearray(first), True
        while more and len(body) <= self._max_body_bytes:
            message = await receive()
            if message["type"] != "http.request":
                raise MalformedBody("The client left before its body had come")
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return bytes(body)

    def _reply(self, endpoint: Endpoint, answer: Response, if_none_match: bytes | None) -> Reply:
        extra: Headers = []
        # an idempotent creation's repeat has the first status, whatever it finds
        status = answer.status
        if status == 200 or endpoint.idempotent:
            status = endpoint.status
        if answer.version is not None:
            etag = b'"%d"' % answer.version
            extra.append((b"etag", etag))
            if if_none_match == etag and endpoint.is_get:
                return 304, extra, b""
        for name, value in answer.headers:
            extra.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        body = answer.body
        if body is None:
            return (204 if status == 200 else status), extra, b""
        extra += _JSON if not answer.headers else [h for h in _JSON if h[0] not in dict(extra)]
        return status, extra, body if isinstance(body, bytes) else self._encode(body)


class _Headers(Mapping[str, str]):
    """A request's headers by lower-case name, decoded when they are asked for."""

    __slots__ = ("_raw",)

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        return self._raw[name.lower().encode("latin-1")].decode("latin-1")

    def __iter__(self) -> Any:
        return (name.decode("latin-1") for name in self._raw)

    def __len__(self) -> int:
        return len(self._raw)


def _want_json(headers: dict[bytes, bytes]) -> None:
    given = headers.get(b"content-type", b"application/json").partition(b";")[0].strip().lower()
    if given != b"application/json":
        raise UnsupportedMediaType


def _version(if_match: bytes) -> int | None:
    """The version that ``If-Match`` names; ``*`` names none in particular."""
    if if_match.strip() == b"*":
        return None
    match = _VERSION.fullmatch(if_match.strip())
    if match is None:
        raise InvalidHeader('If-Match takes one ETag as it was given, such as "7", or *')
    return int(match[1])


def _refusal_of(error: BaseException) -> ApiError:
    if isinstance(error, ApiError):
        return error
    if isinstance(error, StoreUnavailable | RedisUnavailable):
        return Unavailable(retry_after=1)
    if isinstance(error, VersionConflict):
        return Conflict()
    if isinstance(error, BadCursor):
        return ValidationFailed.of("cursor", "invalid", "This cursor was not handed out by this list")
    return InternalError()
