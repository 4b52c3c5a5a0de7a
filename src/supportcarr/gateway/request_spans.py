"""The span of a request that is traced: begun in the pipeline's stage ``REQUEST_ID``, ended in ``RECORD``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from supportcarr.gateway.access_log import RequestLogContext
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.kit.observability import tracing


def begin_span(endpoint: Endpoint, headers: Mapping[bytes, bytes], log_context: RequestLogContext) -> Any:
    """The span, whose name and attributes have the route, never the path; ``None`` if it is not traced."""
    if endpoint.unlimited:
        tracing.leave()
        return None
    context = tracing.root(headers.get(b"traceparent"))
    if context is False:
        return None
    method = endpoint.method
    attributes: tracing.Attributes = {"http.request.method": method, "http.route": endpoint.label}
    if log_context.request_id is not None:
        attributes["supportcarr.request_id"] = log_context.request_id
    span = tracing.begin_request(f"{method} {endpoint.label}", context, attributes)
    if span is not None:
        log_context.trace_id = tracing.trace_id_of(span)
    return span


def end_span(span: Any, status: int, code: str | msgspec.UnsetType) -> None:
    """*code* is that of the error, if there was one."""
    span.set_attribute("http.response.status_code", status)
    if status >= 500:
        tracing.failed(span, str(status) if code is msgspec.UNSET else code)
    elif code is not msgspec.UNSET:
        span.set_attribute("error.type", code)
    span.end()
