"""The pipeline that every request passes, in the order of ``Stage``.

Client input never causes a 500.  A 500 is a bug of ours: it is logged with its traceback and answered
without it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from time import perf_counter
from typing import Any

import msgspec
import structlog

from supportcarr.contracts.actors import Principal
from supportcarr.contracts.errors import (
    ApiError,
    Overloaded,
    Unauthenticated,
    UnknownSigningKey,
    ValidationFailed,
)
from supportcarr.contracts.ids import RESCUE, looks_like
from supportcarr.contracts.routing import RequestContext, Response
from supportcarr.gateway.access_log import AccessLine, RequestLogContext
from supportcarr.gateway.authorization import authorize
from supportcarr.gateway.body_stream import RequestBody
from supportcarr.gateway.concurrency import ConcurrencyLimiter
from supportcarr.gateway.cors import CrossOrigin
from supportcarr.gateway.decoding import names_etag, refuse_body, require_json, version_of
from supportcarr.gateway.endpoint import JSON_HEADERS, Endpoint
from supportcarr.gateway.idempotency import Idempotency
from supportcarr.gateway.ports import TokenVerifier
from supportcarr.gateway.problems import (
    BodyTooLarge,
    InvalidHeader,
    LimitReached,
    MalformedBody,
    RequestTimeout,
    as_api_error,
    headers_of,
)
from supportcarr.gateway.rate_limits import RequestLimits
from supportcarr.gateway.router import Found, canonical
from supportcarr.gateway.web_apps import WebApps
from supportcarr.kit.http.addresses import ClientAddresses
from supportcarr.kit.http.problems import MEDIA_TYPE, problem_of
from supportcarr.kit.http.types import (
    TOO_MANY_REQUESTS,
    HeaderBlock,
    Headers,
    NumberedHeaders,
    Receive,
    Reply,
    Request,
    Scope,
    Send,
    refusal_delay,
)
from supportcarr.kit.observability import error_reports, tracing
from supportcarr.kit.observability import structured_log as logs

log = structlog.get_logger(__name__)

BODY_SECONDS = 8.0  # how long the rest of a body may take after its first part
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_BEARER = b"bearer "
_CLOSE = (b"connection", b"close")
_ETAGS = NumberedHeaders(b"etag", b'"%d"')
_LENGTHS = NumberedHeaders(b"content-length", b"%d")


class Stage(Enum):
    """The stages of a request in their order, and what each does.

    The first error ends the request; ``REPLY`` and ``RECORD`` follow all the same.  A stage marked "empty"
    does nothing yet: it says where that belongs, so that adding it moves no other stage.
    """

    ROUTE = "the router finds the endpoint and the path's parameters (gateway.router), once"
    REQUEST_ID = (
        "take a sane X-Request-Id, or generate an id; log lines carry it from here on; begin the request's "
        "span if it is traced (kit.observability.tracing)"
    )
    ADDRESS = "find the client's address behind trusted proxies"
    CORS = "decide whether the Origin may use the API (gateway.cors); REPLY adds the headers, to errors too"
    IDENTITY = "verify the bearer token; a failure is kept until the request is counted"
    COOKIES = "on routes for it, read the session's cookie of a web app (gateway.web_apps)"
    LIMITS = "count the request by address and user, or reject it with 429, if this process knows enough"
    ADMISSION = "reject with 503 if no slot is free, with 429 if the client has its share of them"
    COUNT = "count a request of which LIMITS knew too little, with Redis (gateway.rate_limits)"
    AUTHENTICATION = "reject with what IDENTITY or COOKIES found; confirm sessions that may be revoked"
    POLICY = "reject with 403 whom the route's policy does not allow (gateway.authorization)"
    INPUT = "decode query, body and If-Match (gateway.decoding); nothing of them is read before"
    IDEMPOTENCY = "turn the Idempotency-Key into the id that the handler creates under (gateway.idempotency)"
    HANDLER = "the route's handler"
    REPLY = "encode the response or the error: status, ETag and 304, headers (also of the limits), body"
    RECORD = "count the request in the metrics, write its access line and end its span"


class Pipeline:
    """Answers requests.  One for each process, used in the event loop's thread only."""

    def __init__(
        self,
        *,
        tokens: TokenVerifier,
        limits: RequestLimits,
        idempotency: Idempotency,
        addresses: ClientAddresses,
        concurrency: ConcurrencyLimiter,
        cross_origin: CrossOrigin,
        web_apps: WebApps,
        max_body_bytes: int,
        access_log: logs.LogWriter | None = None,
        common_headers: Headers | None = None,  # of every response, also in those of an ``Endpoint``
    ) -> None:
        self._tokens = tokens
        self._limits = limits
        self._idempotency = idempotency
        self._addresses = addresses
        self._concurrency = concurrency
        self._cross_origin = cross_origin
        self._web_apps = web_apps
        self._max_body_bytes = max_body_bytes
        self._access_log = access_log
        self._traces = tracing.is_on()
        self._timing = error_reports.is_timing()
        self._common = HeaderBlock(common_headers or ())
        self._encode = msgspec.json.Encoder().encode
        self._request_numbers = itertools.count(1)
        self._process_name = os.urandom(6).hex()  # with a number: an id that no other process generates

    async def run(self, found: Found, scope: Scope, receive: Receive, send: Send) -> None:
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
            status, shared, headers, body = await self.answer(found, request, task)
        finally:
            if task is not None:
                self._concurrency.release(task)
        if status == TOO_MANY_REQUESTS:
            await asyncio.sleep(refusal_delay())  # as without ASGI; it has no slot
        headers = [*shared.pairs, *headers]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def answer(self, found: Found, request: Request, task: asyncio.Task[Any] | None = None) -> Reply:
        """The reply to one request, counted and logged.  Raises only its own cancellation.

        It may be begun outside a *task*; call ``on_suspended`` if it then becomes one.
        """
        began = perf_counter()
        endpoint, params = found  # Stage.ROUTE
        method = request.method
        headers = request.header_map
        # Stage.REQUEST_ID
        given = headers.get(b"x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            request_id = given.decode("ascii")
        else:
            request_id = f"req-{self._process_name}-{next(self._request_numbers):x}"
        log_context = RequestLogContext(request_id)
        logs.set_context(log_context)
        span = self._begin_span(endpoint, headers, log_context) if self._traces else None
        # Stage.ADDRESS
        forwarded = headers.get(b"x-forwarded-for")
        if forwarded is not None and len(headers) < len(request.headers):  # a name came more than once
            forwarded = b",".join([value for name, value in request.headers if name == b"x-forwarded-for"])
        address = self._addresses.of(request.client, forwarded)
        code: str | msgspec.UnsetType = msgspec.UNSET
        origin = headers.get(b"origin")  # Stage.CORS
        try:
            status, shared, extra, body = await self._answer(
                endpoint, params, request, task, headers, request_id, address, log_context
            )
        except (Exception, asyncio.CancelledError) as error:
            api_error = self._api_error_of(error)
            if api_error.status == 500:
                log.exception("request_failed", route=endpoint.label, method=method)
            status, code = api_error.status, api_error.code
            shared = self._common
            extra = [(b"content-type", MEDIA_TYPE), (b"cache-control", b"no-store"), *headers_of(api_error)]
            if isinstance(api_error, LimitReached):
                request.rate_limit = api_error.header
            if request.rate_limit is not None:
                extra.append(self._limits.policy if endpoint.limits is None else endpoint.limits.policy)
            body = self._encode(problem_of(api_error, request_id))
            if endpoint.streams_body and _CLOSE not in extra:  # the rest of the body is not read
                extra.append(_CLOSE)
        # Stage.REPLY, of responses and errors alike
        extra.append((b"x-request-id", request_id.encode()))
        if origin is not None:
            extra += self._cross_origin.headers(origin, method, headers)
        if request.rate_limit is not None:
            extra.append(request.rate_limit)
        if status != 204 and status != 304:
            extra.append(_LENGTHS[len(body)])
        if method == "HEAD":
            body = b""
        # Stage.RECORD
        seconds = perf_counter() - began
        endpoint.observe(method, status, seconds)
        if (
            self._access_log is not None
            and not endpoint.unlimited
            # a stranger can cause any number of errors
            and (
                code is msgspec.UNSET
                or self._access_log.admits("request", "info", endpoint.label, status, code)
            )
        ):
            self._access_log.write(
                AccessLine(  # in their order: names cost as much again
                    datetime.now(UTC),
                    "info",
                    "request",
                    request_id,
                    method,
                    endpoint.label,
                    status,
                    int(seconds * 100_000) / 100,  # ``round`` takes a microsecond
                    address,
                    log_context.user_id or msgspec.UNSET,
                    log_context.rescue_id or msgspec.UNSET,
                    code,
                    log_context.trace_id or msgspec.UNSET,
                )
            )
        if span is not None:
            _end_span(span, status, code)
        if self._timing and not endpoint.unlimited:
            name = f"{endpoint.method} {endpoint.label}"
            error_reports.timed(
                name, "http.server", seconds, failed=status >= 500, trace_id=log_context.trace_id
            )
        return status, shared, extra, body

    def on_suspended(self, found: Found, request: Request, task: asyncio.Task[Reply]) -> None:
        """A reply that was begun outside a task goes on in this one."""
        endpoint = found[0]
        if not endpoint.unlimited:
            self._concurrency.track(task, endpoint, request.clients)
            task.add_done_callback(self._concurrency.release)

    def _begin_span(
        self, endpoint: Endpoint, headers: Mapping[bytes, bytes], log_context: RequestLogContext
    ) -> Any:
        """The span of a request that is traced; its name and attributes have the route, never the path."""
        if endpoint.unlimited:
            tracing.leave()
            return None
        context = tracing.root(headers.get(b"traceparent"))
        if context is False:
            return None
        method = endpoint.method
        attributes: tracing.Attributes = {"http.request.method": method, "http.route": endpoint.label}
        if log_context.request_id is not None:
            attributes["supportcarr.request_id"] = log_context.request_id
        span = tracing.begin_request(f"{method} {endpoint.label}", context, attributes)
        if span is not None:
            log_context.trace_id = tracing.trace_id_of(span)
        return span

    def _api_error_of(self, error: BaseException) -> ApiError:
        """The error that the client receives.  Raises *error* again if the server cancels the task.

        If something that the task waited for was cancelled instead, that is a bug like any other.
        """
        if isinstance(error, asyncio.CancelledError):
            if self._concurrency.timed_out():
                return Overloaded("This took too long; it may have happened all the same", retry_after=1)
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise error
        return as_api_error(error)

    async def _answer(
        self,
        endpoint: Endpoint,
        params: Mapping[str, str],
        request: Request,
        task: asyncio.Task[Any] | None,
        headers: dict[bytes, bytes],
        request_id: str,
        address: str,
        log_context: RequestLogContext,
    ) -> Reply:
        if endpoint.has_rescue_id and looks_like(RESCUE, params["rescue_id"]):
            log_context.rescue_id = params[
                "rescue_id"
            ]  # anything else in its place may be a phone or a token
        # Stage.IDENTITY
        principal, denied = self._identify(headers, endpoint.public)
        if principal is not None:
            log_context.user_id = principal.user_id
        web_app = None
        if endpoint.web_session:  # Stage.COOKIES
            web_app, refused = self._web_apps.read(headers)
            denied = denied or refused
        if not endpoint.unlimited:
            user_id = log_context.user_id
            # Stage.LIMITS: before a slot is taken, so that a client above its limit takes none from others
            request.rate_limit = counted = self._limits.admit_now(address, user_id, endpoint.limits)
            # Stage.ADMISSION
            request.clients = clients = (address,) if user_id is None else (address, user_id)
            self._concurrency.admit(endpoint, task, clients)
            if not counted:
                # Stage.COUNT
                request.rate_limit = await self._limits.count(address, user_id, endpoint.limits)
        # Stage.AUTHENTICATION
        if denied is not None:
            if not isinstance(denied, UnknownSigningKey):
                raise denied
            principal = await self._verified_with_new_keys(headers[b"authorization"], endpoint.public)
            log_context.user_id = principal.user_id if principal is not None else None
        if principal is not None and self._tokens.stale():
            principal = await self._confirmed(principal, endpoint.public)
        # Stage.POLICY
        if endpoint.guarded or not (principal is None or principal.totp):
            authorize(endpoint.policy, principal)
        # Stage.INPUT
        query = endpoint.empty_query
        if request.query_string or query is None:
            query = endpoint.decode_query(request.query_string)
        body = await self._body(endpoint, headers, request) if endpoint.is_write else None
        if_match = headers.get(b"if-match")
        if if_match is not None and not endpoint.if_match:
            # a precondition is never ignored (RFC 9110, 13.1)
            raise InvalidHeader("This route does not support If-Match; send the request without it")
        version = None if if_match is None else version_of(if_match)
        context = RequestContext(principal, params, query, body, request_id, address, version)
        if endpoint.reads_headers:
            context.headers = _Headers(headers)
            context.web_app = web_app
        key = headers.get(b"idempotency-key")
        if endpoint.idempotent and (key is not None or not endpoint.key_optional):
            response = await self._handle_once(endpoint, context, key, canonical(request.path))
        else:
            if key is not None and endpoint.refuses_key:  # nor is a promise to do it once
                raise InvalidHeader("This route does not take an Idempotency-Key; leave it out")
            response = await endpoint.handle(context)  # Stage.HANDLER
        return self._reply(endpoint, response, headers.get(b"if-none-match"))

    async def _handle_once(
        self, endpoint: Endpoint, context: RequestContext[Any, Any], key: bytes | None, path: str
    ) -> Response:
        """The handler's response, under the id that the request's key stands for."""
        # Stage.IDEMPOTENCY
        actor = context.principal.user_id if context.principal else context.client_address
        route = f"{endpoint.method} {endpoint.path}"
        body = context.body if endpoint.raw_body else self._encode(context.body)
        prefix = endpoint.route.new_id
        new_id = await self._idempotency.claim(
            key, actor=actor, route=route, path=path, body=body, prefix=prefix
        )
        context.new_id = new_id if prefix else None
        try:
            return await endpoint.handle(context)  # Stage.HANDLER
        except ValidationFailed:
            await self._idempotency.release(key, actor=actor, route=route, path=path, body=body)
            raise

    def _identify(
        self, headers: dict[bytes, bytes], public: bool
    ) -> tuple[Principal | None, ApiError | None]:
        """The caller, from its token, and the error if the route requires a valid token and there is none.

        The error is returned, so that guesses at tokens count against the address's limit.  On a public
        route a token that is not valid counts as none.  ``UnknownSigningKey`` is no refusal yet.
        """
        authorization = headers.get(b"authorization")
        if authorization is None:
            return None, None if public else Unauthenticated()
        if authorization[:7].lower() != _BEARER:
            return None, None if public else Unauthenticated("Send Authorization: Bearer and an access token")
        try:
            return self._tokens.verify(authorization[7:]), None
        except UnknownSigningKey as error:
            return None, error
        except Unauthenticated as error:
            return None, None if public else error

    async def _verified_with_new_keys(self, authorization: bytes, public: bool) -> Principal | None:
        """The caller, whose token is signed with a key that this process did not know."""
        try:
            return await self._tokens.verify_with_new_keys(authorization[7:])
        except ApiError:
            if public:
                return None
            raise

    async def _confirmed(self, principal: Principal, public: bool) -> Principal | None:
        """The caller, if its session has not ended; for a process that may not know recent revocations."""
        try:
            await self._tokens.confirm(principal)
        except ApiError:
            if public:
                return None
            raise
        return principal

    async def _body(self, endpoint: Endpoint, headers: dict[bytes, bytes], request: Request) -> Any:
        """The decoded body of a request that may have one."""
        if endpoint.decode_body is not None and not endpoint.optional_body:
            require_json(headers)
            return endpoint.decode_body(await self._read(headers, request))
        if endpoint.streams_body:
            return RequestBody(headers, request, endpoint.max_body_bytes)
        data = await self._read(headers, request)
        if endpoint.raw_body:
            return data
        if data:
            require_json(headers)
            if endpoint.decode_body is not None:
                return endpoint.decode_body(data)
            refuse_body(data)  # or the client would believe that its body was processed
        return None

    async def _read(self, headers: dict[bytes, bytes], request: Request) -> bytes:
        """The whole body.  Raises ``BodyTooLarge`` before it holds more than the limit."""
        declared = headers.get(b"content-length")
        length = int(declared) if declared is not None and declared.isdigit() else None
        if b"transfer-encoding" in headers:
            length = None  # it does not count then (RFC 9112, 6.3)
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
            if self._concurrency.timed_out():
                raise RequestTimeout from None  # the client's fault, and nothing has begun
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

    def _reply(self, endpoint: Endpoint, response: Response, if_none_match: bytes | None) -> Reply:
        extra: Headers = []
        # the repeat of an idempotent creation has the first status, whatever the handler found
        status = response.status
        if status == 200 or endpoint.idempotent:
            status = endpoint.status
        if response.version is not None:
            etag = _ETAGS[response.version]
            extra.append(etag)
            if if_none_match is not None and endpoint.is_get and names_etag(if_none_match, etag[1]):
                return 304, endpoint.headers, extra, b""
        for name, value in response.headers:
            extra.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        body = response.body
        if body is None:
            return (204 if status == 200 else status), endpoint.headers, extra, b""
        if not isinstance(body, bytes):
            body = self._encode(body)
        if not response.headers:
            return status, endpoint.json_headers, extra, body
        extra += [header for header in JSON_HEADERS if header[0] not in dict(extra)]
        return status, endpoint.headers, extra, body


def _end_span(span: Any, status: int, code: str | msgspec.UnsetType) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        tracing.failed(span, str(status) if code is msgspec.UNSET else code)
    elif code is not msgspec.UNSET:
        span.set_attribute("error.type", code)
    span.end()


class _Headers(Mapping[str, str]):
    """A request's headers by lower-case name, decoded on access.

    Values may be any bytes (RFC 9110, 5.5), but libraries expect ASCII: other bytes are escaped (``\\xe9``).
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        self._raw = raw

    def __getitem__(self, name: str) -> str:
        return self._raw[name.lower().encode("latin-1")].decode("ascii", "backslashreplace")

    def __iter__(self) -> Any:
        return (name.decode("latin-1") for name in self._raw)

    def __len__(self) -> int:
        return len(self._raw)
