"""A route compiled for the pipeline: decoders, policy and metrics, computed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from supportcarr.contracts.routing import BodyStream, Route
from supportcarr.gateway.authorization import asks_for_more_than_a_session
from supportcarr.gateway.decoding import (
    body_decoder,
    empty_query,
    may_be_absent,
    query_decoder,
    refuse_naive_times,
)
from supportcarr.gateway.rate_limits import StrictLimits
from supportcarr.kit.http.types import HeaderBlock, Headers
from supportcarr.kit.observability.metrics import RequestMetrics
from supportcarr.kit.observability.timings import Timings

API = "/api/v1"
JSON_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


def json_headers(route: Route) -> Headers:
    """The type of a JSON response, and who may keep it."""
    if not route.shared_seconds:
        return JSON_HEADERS
    caching = f"public, max-age=0, s-maxage={route.shared_seconds}"
    return [JSON_HEADERS[0], (b"cache-control", caching.encode())]


class Endpoint:
    """One route as the pipeline runs it.  ``label`` is its name in metrics and logs.

    ``unlimited`` endpoints (health, pages) have no rate or concurrency limits and no access line; they are
    only counted in the metrics.  ``limits`` are the stricter ones that the route declares.  *headers* are
    those of every response of the endpoint that is no error.
    """

    __slots__ = (
        "_metrics",
        "_timings",
        "decode_body",
        "decode_query",
        "empty_query",
        "extra_seconds",
        "guarded",
        "handle",
        "has_rescue_id",
        "headers",
        "idempotent",
        "if_match",
        "in_flight",
        "is_get",
        "is_write",
        "json_headers",
        "key_optional",
        "label",
        "limits",
        "max_body_bytes",
        "method",
        "optional_body",
        "path",
        "policy",
        "public",
        "raw_body",
        "reads_headers",
        "refuses_key",
        "route",
        "status",
        "streams_body",
        "unlimited",
        "web_session",
    )

    def __init__(
        self,
        route: Route,
        metrics: RequestMetrics,
        *,
        prefix: str = API,
        unlimited: bool = False,
        limits: StrictLimits | None = None,
        headers: Headers | None = None,
    ) -> None:
        self.route = route
        self.method: str = route.method
        self.path = prefix + route.path
        self.label = self.path
        self.unlimited = unlimited
        self.headers = HeaderBlock(headers or ())
        self.json_headers = HeaderBlock([*self.headers.pairs, *json_headers(route)])
        self.in_flight = 0  # requests that a task is answering (``gateway.concurrency``)
        self.handle = route.handler
        self.policy = route.policy
        self.guarded = asks_for_more_than_a_session(route.policy)
        self.public = route.policy.public
        self.limits = limits
        self.idempotent = route.idempotent
        self.key_optional = route.key_optional
        self.refuses_key = not route.idempotent
        self.if_match = route.if_match
        self.status = route.status
        self.is_get = route.method == "GET"
        self.raw_body = route.body is bytes
        self.streams_body = route.body is BodyStream
        self.max_body_bytes = route.max_body_bytes or 0
        self.extra_seconds = route.extra_seconds
        self.reads_headers = self.raw_body or unlimited or route.reads_headers or route.web_session
        self.web_session = route.web_session
        self.is_write = not self.is_get
        self.decode_query = query_decoder(route.query)
        self.empty_query = empty_query(route.query)
        self.decode_body: Callable[[bytes], Any] | None = None
        if route.body is not None and not self.raw_body and not self.streams_body:
            refuse_naive_times(route.body, f"{route.method} {route.path}")
            self.decode_body = body_decoder(route.body)
        self.optional_body = may_be_absent(route.body)
        self.has_rescue_id = "{rescue_id}" in route.path
        self._metrics = metrics
        self._timings: dict[tuple[str, int], Timings] = {}

    def observe(self, method: str, status: int, seconds: float) -> None:
        """Count one response in the metrics."""
        try:
            timings = self._timings[method, status]
        except KeyError:
            timings = self._timings[method, status] = self._metrics.timings(method, self.label, status)
        timings.observe(seconds)

    @property
    def parts(self) -> tuple[str, ...]:
        """The path's segments; a parameter is in braces."""
        return tuple(self.path.split("/"))
