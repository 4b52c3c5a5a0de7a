"""Builds the gateway: one application from the declared routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from supportcarr.contracts.routing import Route
from supportcarr.gateway import openapi
from supportcarr.gateway.concurrency import ConcurrencyLimiter
from supportcarr.gateway.cors import CrossOrigin
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.gateway.idempotency import Idempotency
from supportcarr.gateway.map_tiles import TilesFile, map_routes
from supportcarr.gateway.pages import app_routes, openapi_routes, redirect_routes
from supportcarr.gateway.pipeline import Pipeline
from supportcarr.gateway.ports import Check, Config, Limiter, TokenVerifier
from supportcarr.gateway.rate_limits import RequestLimits
from supportcarr.gateway.router import Router
from supportcarr.gateway.security_headers import CardSources, common_headers, docs_headers, page_headers
from supportcarr.gateway.settings import HttpSettings, LimitSettings
from supportcarr.gateway.system_routes import clock_routes, config_routes, health_routes
from supportcarr.gateway.web_apps import WebApps
from supportcarr.kit.http.addresses import ClientAddresses, trusted_networks
from supportcarr.kit.http.lifecycle import Lifecycle
from supportcarr.kit.http.origins import AllowedOrigins
from supportcarr.kit.http.types import MATCH, Receive, RouteMatch, Scope, Send
from supportcarr.kit.observability.metrics import Metrics
from supportcarr.kit.observability.structured_log import LogWriter
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.settings import Deployment
from supportcarr.kit.store.port import Store


class Gateway:
    """One router and one pipeline, for requests through ASGI and for those on the fast path.

    Implements ``kit.http.types.FastPathApp``.
    """

    def __init__(self, pipeline: Pipeline, router: Router, addresses: ClientAddresses) -> None:
        self._run = pipeline.run
        self._find = router.find
        self.match = router.match
        self.answer = pipeline.answer
        self.on_suspended = pipeline.on_suspended
        self.client_of_peer = addresses.of_peer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(scope["type"])  # for lifespan a server takes this as "not supported"
        match: RouteMatch | None = scope.get(MATCH)
        found = match.found if match is not None else self._find(scope["method"], scope["path"])
        await self._run(found, scope, receive, send)


def build(
    routes: Sequence[Route],
    *,
    store: Store,
    clock: Clock,
    tokens: TokenVerifier,
    limiter: Limiter,
    metrics: Metrics,
    lifecycle: Lifecycle,
    deployment: Deployment,
    http: HttpSettings,
    limits: LimitSettings,
    secret: str,
    checks: Mapping[str, Check],
    config: Config,
    apps: Mapping[str, Path] | None = None,
    redirects: Mapping[str, str] | None = None,
    content_sources: Sequence[str] = (),
    file_sources: Sequence[str] = (),
    telemetry_sources: Sequence[str] = (),
    sends_referer: bool = False,
    map_tiles: TilesFile = lambda: None,
    card_sources: CardSources | None = None,
    access_log: LogWriter | None = None,
) -> Gateway:
    """The gateway for those routes (``/clock`` is added here).

    - *tokens* verifies access tokens; *limiter* counts requests; *store* keeps idempotency keys
      (``gateway.idempotency.SPECS``), hashed under *secret*;
    - ``/readyz`` reports *lifecycle* and *checks* (a name, and a callable that raises);
    - *config* is called for each ``/config.json``;
    - *apps* are folders of built single-page apps by path, *redirects* targets by path;
    - *content_sources* are origins that an external map style loads from, *file_sources* those of people's
      photos, if they are not ours, *card_sources* those of the form in which cards are entered,
      *telemetry_sources* those that pages send error reports and spans to;
      *sends_referer*: other origins learn which site asks;
    - *map_tiles* gives the file with the tiles of the imported region, and its version;
    - *access_log* takes one line for each request (``kit.observability.structured_log.access_writer``).

    Raises ``ValueError`` if two routes are the same or a body's type takes times without a zone.
    """
    public = [*clock_routes(clock), *routes]
    local = deployment.profile == "local"
    addresses = ClientAddresses(trusted_networks(http.trusted_proxies, local=local))
    origins = AllowedOrigins(deployment)
    request_limits = RequestLimits(limiter, limits, metrics)
    common = common_headers(deployment.public_url)
    pipeline = Pipeline(
        tokens=tokens,
        limits=request_limits,
        idempotency=Idempotency(store, clock, secret),
        addresses=addresses,
        concurrency=ConcurrencyLimiter(
            http.requests_at_once, http.requests_at_once_per_client, http.request_seconds, metrics
        ),
        cross_origin=CrossOrigin(origins),
        web_apps=WebApps(deployment, origins),
        max_body_bytes=http.max_body_bytes,
        access_log=access_log,
        common_headers=common,
    )
    headers = page_headers(
        deployment.realtime_url,
        content_sources,
        file_sources,
        card_sources,
        telemetry_sources=telemetry_sources,
        sends_referer=sends_referer,
    )
    outside = [
        *health_routes(lifecycle, checks),
        *config_routes(config),
        *openapi_routes(lambda: msgspec.json.encode(openapi.document(public, server=deployment.public_url))),
        *map_routes(map_tiles),
        *app_routes(apps or {}, headers, docs_headers()),
        *redirect_routes(redirects or {}),
    ]
    endpoints = [
        *(
            Endpoint(
                route,
                metrics.requests,
                limits=(strict := request_limits.of_route(route)),
                headers=[*common, strict.policy if strict else request_limits.policy],
            )
            for route in public
        ),
        *(Endpoint(route, metrics.requests, prefix="", unlimited=True, headers=common) for route in outside),
    ]
    router = Router(endpoints, metrics.requests, headers=[*common, request_limits.policy])
    return Gateway(pipeline, router, addresses)
