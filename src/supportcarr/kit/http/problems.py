"""Problem details (RFC 9457): the body of every error response."""

from __future__ import annotations

import msgspec

from supportcarr.contracts.errors import ApiError, FieldError

MEDIA_TYPE = b"application/problem+json"

encode_problem = msgspec.json.Encoder().encode


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an error response; ``errors`` names the fields of the request that were wrong."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: tuple[FieldError, ...] = ()


def problem_of(error: ApiError, request_id: str) -> Problem:
    """The problem document of *error*."""
    return Problem(
        type=f"urn:supportcarr:problem:{error.code}",
        title=error.title,
        status=error.status,
        detail=error.detail,
        code=error.code,
        request_id=request_id,
        errors=error.errors,
    )
