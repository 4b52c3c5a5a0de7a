"""What log lines say about an HTTP request."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.kit.observability.structured_log import LogContext


class RequestLogContext(LogContext):
    """The ids that every line of a request carries.  Mutable: they are set as they become known."""

    user_id: str | None = None
    rescue_id: str | None = None


class AccessLine(msgspec.Struct):
    """The line of one answered request.

    It has the route's path template, never the path or the query: those may hold tokens.
    """

    at: datetime
    level: str
    event: str
    request_id: str
    method: str
    route: str
    status: int
    ms: float
    address: str
    user_id: str | msgspec.UnsetType = msgspec.UNSET
    rescue_id: str | msgspec.UnsetType = msgspec.UNSET
    code: str | msgspec.UnsetType = msgspec.UNSET
    trace_id: str | msgspec.UnsetType = msgspec.UNSET
