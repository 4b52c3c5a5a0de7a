"""Responses as bytes: replies of the application, and the errors that a connection sends by itself."""

from __future__ import annotations

from supportcarr.contracts.errors import ApiError, Overloaded, RateLimited
from supportcarr.kit.http.problems import MEDIA_TYPE, encode_problem, problem_of
from supportcarr.kit.http.types import Headers, Reply
from supportcarr.kit.http.uvicorn_adapter import STATUS_LINE

HEAD_BYTES = 32_768  # of a request line and its headers: twice what Node takes

_CLOSE = (b"connection", b"close")
_STATUS = {status: line.rstrip() for status, line in STATUS_LINE.items()}
_header_line = b": ".join  # of a name and its value


class _MalformedRequest(ApiError):
    status, code, title = 400, "malformed_request", "The request is not valid HTTP"


class _RequestTimeout(ApiError):
    status, code, title = 408, "request_timeout", "The request did not arrive in time"


class _HeadTooLarge(ApiError):
    status, code, title = 431, "head_too_large", "The request line and headers are too large"


class _InternalError(ApiError):
    status, code, title = 500, "internal_error", "Something went wrong on our side"


_ERRORS = {
    error.status: error
    for error in (
        _MalformedRequest("The request cannot be read"),
        _RequestTimeout("Its head took too long"),
        _HeadTooLarge(f"Address and headers may have {HEAD_BYTES} bytes"),
        _InternalError("The fault is ours; it has been noted"),
        RateLimited("Your address has too many connections"),
        Overloaded("Try again in a moment"),
    )
}


def encode_reply(reply: Reply, default_headers: Headers, keep_alive: bool) -> tuple[bytes, bool]:
    """The bytes of a response, and whether the connection goes on after it.

    Raises ``ValueError`` if a header contains a line break.
    """
    status, shared, headers, body = reply
    if status >= 400 and _CLOSE in headers:
        headers.remove(_CLOSE)
        keep_alive = False
    out = [
        _STATUS[status],
        *map(_header_line, default_headers),
        *shared.lines,
        *map(_header_line, headers),
    ]
    if not keep_alive:
        out.append(b"connection: close")
    head = b"\r\n".join(out)
    breaks = len(out) - 1 + shared.breaks
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks:
        raise ValueError("a header of the response contains a line break")
    return b"%b\r\n\r\n%b" % (head, body), keep_alive


def error_response(status: int, request_id: str, default_headers: Headers) -> tuple[bytes, bytes]:
    """Head and body of a problem (RFC 9457) that ends its connection."""
    body = encode_problem(problem_of(_ERRORS[status], request_id))
    own = [
        (b"content-type", MEDIA_TYPE),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.encode()),
        (b"content-length", b"%d" % len(body)),
        _CLOSE,
    ]
    if status in (429, 503):
        own.append((b"retry-after", b"1"))
    lines = [b"%b: %b\r\n" % header for header in (*default_headers, *own)]
    return b"".join((_STATUS[status], b"\r\n", *lines, b"\r\n")), body
