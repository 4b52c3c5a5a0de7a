"""Cross-origin requests (CORS): which pages of other origins may use the API in a browser.

The origins of ``ALLOWED_ORIGINS`` may; for any other the headers are missing, and the browser does not give
the page the response.  A page of our own origin needs none of them.
"""

from __future__ import annotations

from supportcarr.contracts.web_apps import HEADER
from supportcarr.kit.http.origins import AllowedOrigins
from supportcarr.kit.http.types import Headers

_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS = ", ".join(
    (
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "If-None-Match",
        "X-Request-Id",
        "traceparent",
        HEADER,
    )
).encode()
_EXPOSED = b"ETag, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy"
_PREFLIGHT_SECONDS = b"600"  # browsers may remember what a preflight said
_VARY = (b"vary", b"origin")


class CrossOrigin:
    """The headers for requests that carry an Origin."""

    def __init__(self, origins: AllowedOrigins) -> None:
        self._origins = origins

    def headers(self, origin: bytes, method: str, request_headers: dict[bytes, bytes]) -> Headers:
        """The response's headers about its origin, of errors too."""
        if not self._origins.declares_other(origin):
            return [_VARY]
        allowed = [
            _VARY,
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
        ]
        if method == "OPTIONS" and b"access-control-request-method" in request_headers:
            return [
                *allowed,
                (b"access-control-allow-methods", _METHODS),
                (b"access-control-allow-headers", _REQUEST_HEADERS),
                (b"access-control-max-age", _PREFLIGHT_SECONDS),
            ]
        return [*allowed, (b"access-control-expose-headers", _EXPOSED)]
