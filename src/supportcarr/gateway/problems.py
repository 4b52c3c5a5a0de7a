"""Problem details (RFC 9457): every refusal as the client sees it, and the gateway's own refusals.

Refusal (contracts)
├── MalformedBody           400, the body is not what its media type says
├── InvalidHeader           400, a header that we read makes no sense
├── IdempotencyKeyRequired  400
├── IdempotencyKeyReused    422, the same key with another body
├── BodyTooLarge            413
├── UnsupportedMediaType    415
├── MethodNotAllowed        405
├── RequestTimeout          408, the body did not come
└── InternalError           500, ours; the log knows more
"""

from __future__ import annotations

import math

import msgspec

from supportcarr.contracts.errors import ApiError, FieldError, Overloaded

MEDIA_TYPE = b"application/problem+json"


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
    status, code, title = 415, "unsupported_media_type", "Send application/json"


class MethodNotAllowed(ApiError):
    status, code, title = 405, "method_not_allowed", "This path does not take that method"

    def __init__(self, allow: str = "") -> None:
        self.allow = allow
        super().__init__(f"This path takes {allow}" if allow else None)


class RequestTimeout(ApiError):
    status, code, title = 408, "request_timeout", "The body did not come in time"


class InternalError(ApiError):
    status, code, title = 500, "internal_error", "Something went wrong on our side"


class Unavailable(Overloaded):
    code, title = "unavailable", "A part of the service cannot be reached just now"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of every refusal."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: tuple[FieldError, ...] = ()


def problem_of(refusal: ApiError, request_id: str) -> Problem:
    return Problem(
        type=f"urn:supportcarr:problem:{refusal.code}",
        title=refusal.title,
        status=refusal.status,
        detail=refusal.detail,
        code=refusal.code,
        request_id=request_id,
        errors=refusal.errors,
    )


def headers_of(refusal: ApiError) -> list[tuple[bytes, bytes]]:
    """The headers that go with it: Retry-After in whole seconds, WWW-Authenticate, Connection.

    After a body that was not read to its end the connection is of no more use, which its client must
    be told before it sends the next request there.
    """
    headers = []
    if refusal.retry_after is not None or refusal.status in (429, 503):
        seconds = max(1, math.ceil(refusal.retry_after or 1))
        headers.append((b"retry-after", str(seconds).encode()))
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if isinstance(refusal, BodyTooLarge | RequestTimeout):
        headers.append((b"connection", b"close"))
    if isinstance(refusal, MethodNotAllowed) and refusal.allow:
        headers.append((b"allow", refusal.allow.encode()))
    return headers
