"""Encodes responses and errors: the pipeline's stage ``REPLY``."""

from __future__ import annotations

import msgspec

from supportcarr.contracts.errors import ApiError
from supportcarr.contracts.routing import Response
from supportcarr.gateway.decoding import names_etag
from supportcarr.gateway.endpoint import JSON_HEADERS, Endpoint
from supportcarr.gateway.problems import LimitReached, headers_of
from supportcarr.gateway.rate_limits import RequestLimits
from supportcarr.kit.http.problems import MEDIA_TYPE, problem_of
from supportcarr.kit.http.types import HeaderBlock, Headers, NumberedHeaders, Reply, Request

_CLOSE = (b"connection", b"close")
_ETAGS = NumberedHeaders(b"etag", b'"%d"')


class Replies:
    """*common* are the headers of every reply; those of an ``Endpoint`` contain them."""

    def __init__(self, limits: RequestLimits, common: Headers) -> None:
        self._limits = limits
        self._common = HeaderBlock(common)
        self.encode = msgspec.json.Encoder().encode

    def of_response(self, endpoint: Endpoint, response: Response, if_none_match: bytes | None) -> Reply:
        """What the handler returned; 304 if the client has that version."""
        extra: Headers = []
        # the repeat of an idempotent creation has the first status, whatever the handler found
        status = response.status
        if status == 200 or endpoint.idempotent:
            status = endpoint.status
        if response.version is not None:
            etag = _ETAGS[response.version]
            extra.append(etag)
            if if_none_match is not None and endpoint.is_get and names_etag(if_none_match, etag[1]):
                return 304, endpoint.headers, extra, b""
        for name, value in response.headers:
            extra.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        body = response.body
        if body is None:
            return (204 if status == 200 else status), endpoint.headers, extra, b""
        if not isinstance(body, bytes):
            body = self.encode(body)
        if not response.headers:
            return status, endpoint.json_headers, extra, body
        extra += [header for header in JSON_HEADERS if header[0] not in dict(extra)]
        return status, endpoint.headers, extra, body

    def of_error(self, endpoint: Endpoint, error: ApiError, request: Request, request_id: str) -> Reply:
        """The problem document; the request gets the header of the limit that it reached."""
        extra = [(b"content-type", MEDIA_TYPE), (b"cache-control", b"no-store"), *headers_of(error)]
        if isinstance(error, LimitReached):
            request.rate_limit = error.header
        if request.rate_limit is not None:
            extra.append(self._limits.policy if endpoint.limits is None else endpoint.limits.policy)
        body = self.encode(problem_of(error, request_id))
        if endpoint.streams_body and _CLOSE not in extra:  # the rest of the body is not read
            extra.append(_CLOSE)
        return error.status, self._common, extra, body
