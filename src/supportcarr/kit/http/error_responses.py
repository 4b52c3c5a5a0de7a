"""What a connection answers by itself, where there is no request that the application could answer."""

from __future__ import annotations

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

HEAD_BYTES = 32_768  # of a request line and its headers: twice what Node takes

# By status: code, title, detail.
_REASONS = {
    400: ("malformed_request", "This is not HTTP", "The request cannot be read"),
    408: ("request_timeout", "The request did not come in time", "Its head took too long"),
    431: ("head_too_large", "The head is too large", f"Address and headers may have {HEAD_BYTES} bytes"),
    500: ("internal_error", "Something went wrong here", "The fault is ours; it has been noted"),
    503: ("overloaded", "The service cannot answer just now", "Try again in a moment"),
}


def error_response(status: int, request_id: str, headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """A problem (RFC 9457) that ends its connection: head, *headers* with it, and body as bytes to write."""
    code, title, detail = _REASONS[status]
    body = msgspec.json.encode(
        {
            "type": f"urn:supportcarr:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            "request_id": request_id,
            "errors": [],
        }
    )
    own = [
        (b"content-type", b"application/problem+json"),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    if status == 503:
        own.append((b"retry-after", b"1"))
    lines = [b"%b: %b\r\n" % header for header in (*headers, *own)]
    return b"".join((STATUS_LINE[status], *lines, b"\r\n")), body
