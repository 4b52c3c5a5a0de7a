"""The gateway's own errors, and the HTTP response of every error (``kit.http.problems``).

ApiError (contracts)
├── MalformedBody           400, the body is not JSON
├── InvalidHeader           400, a header is not valid
├── IdempotencyKeyRequired  400
├── IdempotencyKeyReused    422, the same key with another body
├── BodyTooLarge            413
├── UnsupportedMediaType    415
├── MethodNotAllowed        405
├── RequestTimeout          408, the body did not arrive in time
├── InternalError           500, a bug of ours; the log has the traceback
├── LimitReached            429, a rate limit, with its header
└── Unavailable             503, the store or Redis cannot be reached
"""

from __future__ import annotations

import math

from supportcarr.contracts.errors import ApiError, Conflict, Overloaded, RateLimited, ValidationFailed
from supportcarr.kit.redis.errors import RedisUnavailable
from supportcarr.kit.store.port import BadCursor, StoreUnavailable, VersionConflict


class MalformedBody(ApiError):
    status, code, title = 400, "malformed_body", "The body is not valid JSON"


class InvalidHeader(ApiError):
    status, code, title = 400, "invalid_header", "A header is not valid"


class IdempotencyKeyRequired(ApiError):
    status, code, title = 400, "idempotency_key_required", "Send an Idempotency-Key header"


class IdempotencyKeyReused(ApiError):
    status, code, title = 422, "idempotency_key_reused", "This Idempotency-Key was sent with another body"


class BodyTooLarge(ApiError):
    status, code, title = 413, "body_too_large", "The body is too large"


class UnsupportedMediaType(ApiError):
    status, code, title = 415, "unsupported_media_type", "The body has a media type that is not accepted"


class MethodNotAllowed(ApiError):
    status, code, title = 405, "method_not_allowed", "This path does not take that method"

    def __init__(self, allow: str = "") -> None:
        self.allow = allow
        super().__init__(f"This path takes {allow}" if allow else None)


class RequestTimeout(ApiError):
    status, code, title = 408, "request_timeout", "The body did not arrive in time"


class RangeNotSatisfiable(ApiError):
    status, code, title = 416, "range_not_satisfiable", "That part of the file cannot be sent"


class InternalError(ApiError):
    status, code, title = 500, "internal_error", "Something went wrong on our side"


class LimitReached(RateLimited):
    """A rate limit; *header* says which one, and for how long."""

    def __init__(self, header: tuple[bytes, bytes], *, retry_after: float) -> None:
        self.header = header
        super().__init__(retry_after=retry_after)


class Unavailable(Overloaded):
    code, title = "unavailable", "A part of the service cannot be reached at the moment"


def as_api_error(error: BaseException) -> ApiError:
    """The API error that a client gets for *error*."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, StoreUnavailable | RedisUnavailable):
        return Unavailable(retry_after=1)
    if isinstance(error, VersionConflict):
        return Conflict()
    if isinstance(error, BadCursor):
        return ValidationFailed.of("cursor", "invalid", "This cursor was not handed out by this list")
    return InternalError()


def headers_of(error: ApiError) -> list[tuple[bytes, bytes]]:
    """The headers of its response: Retry-After in whole seconds, WWW-Authenticate, Connection, Allow.

    After a body that was not read to its end the connection cannot be used again, so the response tells the
    client to close it.
    """
    headers = []
    if error.retry_after is not None or error.status in (429, 503):
        seconds = max(1, math.ceil(error.retry_after or 1))
        headers.append((b"retry-after", str(seconds).encode()))
    if error.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if isinstance(error, BodyTooLarge | RequestTimeout):
        headers.append((b"connection", b"close"))
    if isinstance(error, MethodNotAllowed) and error.allow:
        headers.append((b"allow", error.allow.encode()))
    return headers
