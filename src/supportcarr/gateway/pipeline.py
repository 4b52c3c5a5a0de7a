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
from supportcarr.gateway.body_reader import BodyReader
from supportcarr.gateway.concurrency import ConcurrencyLimiter
from supportcarr.gateway.cors import CrossOrigin
from supportcarr.gateway.decoding import version_of
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.gateway.idempotency import Idempotency
from supportcarr.gateway.ports import TokenVerifier
from supportcarr.gateway.problems import (
    InvalidHeader,
    as_api_error,
)
from supportcarr.gateway.rate_limits import RequestLimits, StrictLimits
from supportcarr.gateway.replies import Replies
from supportcarr.gateway.request_headers import RequestHeaders
from supportcarr.gateway.request_spans import begin_span, end_span
from supportcarr.gateway.router import Found, canonical
from supportcarr.gateway.web_apps import WebApps
from supportcarr.kit.http.addresses import ClientAddresses
from supportcarr.kit.http.types import (
    TOO_MANY_REQUESTS,
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

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_BEARER = b"bearer "
_LENGTHS = NumberedHeaders(b"content-length", b"%d")


class Stage(Enum):
    """The stages of a request in their order, and what each does.

    The first error ends the request; ``REPLY`` and ``RECORD`` follow all the same.  A stage marked "empty"
    does nothing yet: it says where that belongs, so that adding it moves no other stage.
    """

    ROUTE = "the router finds the endpoint and the path's parameters (gateway.router), once"
    REQUEST_ID = (
        "take a sane X-Request-Id, or generate an id; log lines carry it from here on; begin the request's "
        "span if it is traced (gateway.request_spans)"
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
    INPUT = (
        "read and decode query, body and If-Match (gateway.body_reader, gateway.decoding); nothing of them "
        "is read before"
    )
    IDEMPOTENCY = "turn the Idempotency-Key into the id that the handler creates under (gateway.idempotency)"
    HANDLER = "the route's handler"
    REPLY = (
        "encode the response or the error (gateway.replies): status, ETag and 304, headers (also of the "
        "limits), body"
    )
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
        self._bodies = BodyReader(max_body_bytes, concurrency)
        self._replies = Replies(limits, common_headers or [])
        self._access_log = access_log
        self._traces = tracing.is_on()
        self._timing = error_reports.is_timing()
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
        span = begin_span(endpoint, headers, log_context) if self._traces else None
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
            code = api_error.code
            if endpoint.limits is not None:
                self._give_back(endpoint.limits, request, code)
            status, shared, extra, body = self._replies.of_error(endpoint, api_error, request, request_id)
        else:
            if endpoint.limits is not None:
                self._give_back(endpoint.limits, request, None)
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
            end_span(span, status, code)
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
            # anything else in its place may be a phone or a token
            log_context.rescue_id = params["rescue_id"]
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
        body = await self._bodies.read(endpoint, headers, request) if endpoint.is_write else None
        if_match = headers.get(b"if-match")
        if if_match is not None and not endpoint.if_match:
            # a precondition is never ignored (RFC 9110, 13.1)
            raise InvalidHeader("This route does not support If-Match; send the request without it")
        version = None if if_match is None else version_of(if_match)
        context = RequestContext(principal, params, query, body, request_id, address, version)
        if endpoint.reads_headers:
            context.headers = RequestHeaders(headers)
            context.web_app = web_app
        key = headers.get(b"idempotency-key")
        if endpoint.idempotent and (key is not None or not endpoint.key_optional):
            response = await self._handle_once(endpoint, context, key, canonical(request.path))
        else:
            if key is not None and endpoint.refuses_key:  # nor is a promise to do it once
                raise InvalidHeader("This route does not take an Idempotency-Key; leave it out")
            response = await endpoint.handle(context)  # Stage.HANDLER
        return self._replies.of_response(endpoint, response, headers.get(b"if-none-match"))

    async def _handle_once(
        self, endpoint: Endpoint, context: RequestContext[Any, Any], key: bytes | None, path: str
    ) -> Response:
        """The handler's response, under the id that the request's key stands for."""
        # Stage.IDEMPOTENCY
        actor = context.principal.user_id if context.principal else context.client_address
        route = f"{endpoint.method} {endpoint.path}"
        body = context.body if endpoint.raw_body else self._replies.encode(context.body)
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

    def _give_back(self, strict: StrictLimits, request: Request, code: str | None) -> None:
        """Count the request no longer for limits that are about another outcome, if it was counted."""
        if strict.codes and request.rate_limit is not None:
            request.rate_limit = self._limits.give_back(request.clients, strict, code)

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
