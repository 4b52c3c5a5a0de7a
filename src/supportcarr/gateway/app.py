"""Puts the gateway together: one ASGI application from the declared routes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar
from litestar import Request as LitestarRequest
from litestar import Response as LitestarResponse
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp as LitestarASGIApp
from litestar.types import Receive as LitestarReceive
from litestar.types import Scope as LitestarScope
from litestar.types import Send as LitestarSend

from supportcarr.contracts.errors import ApiError, NotFound
from supportcarr.contracts.policies import ANYONE
from supportcarr.contracts.routing import RequestContext, Response, Route
from supportcarr.gateway import openapi
from supportcarr.gateway.addresses import LOOPBACK, ClientAddresses
from supportcarr.gateway.concurrency import Flights
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.gateway.hot_routes import Found, HotRouter
from supportcarr.gateway.idempotency import Idempotency
from supportcarr.gateway.pages import app_routes, page_headers, redirect_routes, reference_routes
from supportcarr.gateway.pipeline import Pipeline
from supportcarr.gateway.ports import Check, Config, Limiter, TokenVerifier
from supportcarr.gateway.problems import InternalError, MalformedBody, MethodNotAllowed
from supportcarr.gateway.rate_limits import RequestLimits
from supportcarr.gateway.settings import HttpSettings, LimitSettings
from supportcarr.gateway.system_routes import clock_routes, config_routes, health_routes
from supportcarr.kit.http.server import Lifecycle
from supportcarr.kit.http.types import Headers, Receive, Reply, Request, Scope, Send
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.observability.structured_log import LogWriter
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import Deployment
from supportcarr.kit.store.port import Store


class Gateway:
    """The ASGI application: the hot table first, then the framework; one pipeline behind both."""

    def __init__(self, pipeline: Pipeline, front: HotRouter, framework: Litestar) -> None:
        self._pipeline = pipeline
        self._front = front
        self.framework = framework

    def find(self, method: str, path: str) -> Found | None:
        """The hot endpoint that answers such a request, for who hands it over without ASGI."""
        return self._front.find(method, path)

    def answer(self, found: Found, request: Request) -> Coroutine[Any, Any, Reply]:
        return self._pipeline.answer(found[0], found[1], request)

    def on_suspended(self, found: Found, task: asyncio.Task[Reply]) -> None:
        self._pipeline.on_suspended(found[0], task)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            found = self.find(scope["method"], scope["path"])
            if found is not None:
                await self._pipeline.run(found[0], found[1], scope, receive, send)
                return
        await self.framework(scope, receive, send)  # type: ignore[arg-type]  # the same protocol, typed twice


def build(
    routes: Sequence[Route],
    *,
    store: Store,
    clock: Clock,
    tokens: TokenVerifier,
    limiter: Limiter,
    metrics: Metrics,
    lifecycle: Lifecycle,
    place: Deployment,
    http: HttpSettings,
    limits: LimitSettings,
    secret: str,
    checks: Mapping[str, Check],
    config: Config,
    apps: Mapping[str, Path] | None = None,
    redirects: Mapping[str, str] | None = None,
    content_sources: Sequence[str] = (),
    code_sources: Sequence[str] = (),
    access_log: LogWriter | None = None,
) -> Gateway:
    """The gateway for those routes (``/clock`` is added here).

    - *tokens* verifies access tokens; *limiter* counts requests; *store* keeps idempotency keys
      (``gateway.idempotency.SPECS``), hashed under *secret*;
    - *lifecycle* and *checks* (a name, and a callable that raises) are what ``/readyz`` tells;
    - *config* is called for each ``/config.json``;
    - *apps* are folders of built single-page apps by path, *redirects* pages that are elsewhere;
    - *content_sources* are origins that a foreign map style loads from, *code_sources* those of a map
      library that its maker serves;
    - *access_log* takes a line a request (``kit.observability.structured_log.access_writer``).

    Raises ``ValueError`` if two routes are the same or a body's type takes times without a zone.
    """
    public = [*clock_routes(clock), *routes]
    trusted = [*http.trusted_proxies.split(","), *(LOOPBACK if place.profile == "local" else ())]
    pipeline = Pipeline(
        tokens=tokens,
        limits=RequestLimits(limiter, limits, metrics),
        idempotency=Idempotency(store, clock, secret),
        addresses=ClientAddresses(trusted),
        flights=Flights(http.requests_at_once, http.request_seconds, metrics),
        max_body_bytes=http.max_body_bytes,
        access_log=access_log,
        common_headers=_common_headers(place.public_url),
    )
    headers = page_headers(place.realtime_url, content_sources, code_sources)
    document = msgspec.json.encode(openapi.document(public, server=place.public_url))
    outside = [
        *health_routes(lifecycle, checks),
        *config_routes(config),
        *reference_routes(document, headers),
        *app_routes(apps or {}, headers),
        *redirect_routes(redirects or {}),
    ]
    endpoints = [Endpoint(route, metrics.requests) for route in public]
    _refuse_duplicates(endpoints)
    others = [Endpoint(route, metrics.requests, prefix="", counted_only=True) for route in outside]
    framework = _framework([*endpoints, *others], pipeline, metrics)
    return Gateway(pipeline, HotRouter(endpoints), framework)


def _common_headers(public_url: str) -> Headers:
    headers = [(b"x-content-type-options", b"nosniff")]
    if public_url.startswith("https://"):
        headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
    return headers


def _refuse_duplicates(endpoints: Iterable[Endpoint]) -> None:
    seen = set()
    for endpoint in endpoints:
        shape = (endpoint.method, tuple("{}" if part.startswith("{") else part for part in endpoint.parts))
        if shape in seen:
            raise ValueError(f"{endpoint.method} {endpoint.path} is declared twice")
        seen.add(shape)


def _framework(endpoints: Sequence[Endpoint], pipeline: Pipeline, metrics: Metrics) -> Litestar:
    """Litestar with a handler for each endpoint: it finds the route, the pipeline does the rest."""
    by_path: dict[str, list[Endpoint]] = defaultdict(list)
    for endpoint in endpoints:
        by_path[endpoint.path].append(endpoint)
    handlers = [_handler(path, here, pipeline, metrics) for path, here in by_path.items()]

    def on_exception(_: LitestarRequest[Any, Any, Any], error: Exception) -> LitestarResponse[Any]:
        return _Refused(_refusing(_refusal_of(error), metrics), pipeline)

    return Litestar(
        handlers,
        openapi_config=None,
        logging_config=None,
        exception_handlers={HTTPException: on_exception, Exception: on_exception},
    )


def _handler(
    path: str, endpoints: Sequence[Endpoint], pipeline: Pipeline, metrics: Metrics
) -> HTTPRouteHandler:
    """The framework's handler of one path: all its methods, HEAD with GET, and OPTIONS."""
    by_method = {e.method: e for e in endpoints}
    if "GET" in by_method:
        by_method["HEAD"] = by_method["GET"]
    by_method["OPTIONS"] = _options(path, ", ".join(sorted({*by_method, "OPTIONS"})), metrics)

    async def handle(request: LitestarRequest[Any, Any, Any]) -> LitestarASGIApp:
        params = {name: str(value) for name, value in request.scope["path_params"].items()}
        return pipeline.bound(by_method[request.method], params)  # type: ignore[return-value]  # the same protocol, typed twice

    typed = "/".join(
        f"{part[:-1]}:str}}" if part.startswith("{") and ":" not in part else part
        for part in endpoints[0].parts
    )
    return HTTPRouteHandler(typed or "/", http_method=list(by_method), status_code=200)(handle)  # type: ignore[arg-type]  # its Method is a Literal


def _options(path: str, allow: str, metrics: Metrics) -> Endpoint:
    """What a path takes.  No other origin may use the API from a browser: there are no CORS headers."""

    async def tell(_: RequestContext[Any, Any]) -> Response:
        return Response(status=204, headers=(("allow", allow),))

    route = Route(
        method="GET", path=path, handler=tell, summary="What this takes", policy=ANYONE, tag="system"
    )
    return Endpoint(route, metrics.requests, prefix="")


def _refusal_of(error: Exception) -> ApiError:
    """What the framework refused, in our terms."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return NotFound("There is nothing at this path")
    if status == 405 and isinstance(error, HTTPException):
        allow = (error.headers or {}).get("allow", "")
        return MethodNotAllowed(", ".join(sorted(allow.split(", "))))
    return InternalError() if status >= 500 else MalformedBody("The request cannot be read")


def _refusing(refusal: ApiError, metrics: Metrics) -> Endpoint:
    """An endpoint that only refuses, so that what has no route is counted, limited and logged too."""

    async def refuse(_: RequestContext[Any, Any]) -> Response:
        raise refusal

    route = Route(method="GET", path="unmatched", handler=refuse, summary="", policy=ANYONE, tag="system")
    return Endpoint(route, metrics.requests, prefix="")


class _Refused(LitestarResponse[Any]):
    """A response that lets the pipeline refuse."""

    def __init__(self, endpoint: Endpoint, pipeline: Pipeline) -> None:
        super().__init__(None)
        self._endpoint = endpoint
        self._pipeline = pipeline

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        async def app(scope: LitestarScope, receive: LitestarReceive, send: LitestarSend) -> None:
            await self._pipeline.run(self._endpoint, {}, scope, receive, send)  # type: ignore[arg-type]  # typed twice

        return app
