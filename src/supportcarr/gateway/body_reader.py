"""The body of a request, whole and decoded: part of the pipeline's stage ``INPUT``."""

from __future__ import annotations

import asyncio
from typing import Any

from supportcarr.gateway.body_stream import RequestBody
from supportcarr.gateway.concurrency import ConcurrencyLimiter
from supportcarr.gateway.decoding import refuse_body, require_json, require_media_type
from supportcarr.gateway.endpoint import Endpoint
from supportcarr.gateway.problems import BodyTooLarge, MalformedBody, RequestTimeout
from supportcarr.kit.http.types import Receive, Request

REST_SECONDS = 8.0  # how long the rest of a body may take after its first part


class BodyReader:
    """Reads bodies of at most *max_bytes* bytes; *concurrency* ends those that take too long."""

    def __init__(self, max_bytes: int, concurrency: ConcurrencyLimiter) -> None:
        self._max_bytes = max_bytes
        self._concurrency = concurrency

    async def read(self, endpoint: Endpoint, headers: dict[bytes, bytes], request: Request) -> Any:
        """The decoded body of a request that may have one."""
        if endpoint.decode_body is not None and not endpoint.optional_body:
            require_json(headers)
            return endpoint.decode_body(await self._whole(headers, request))
        if endpoint.streams_body:
            require_media_type(headers, endpoint.route.media_types)
            return RequestBody(headers, request, endpoint.max_body_bytes)
        data = await self._whole(headers, request)
        if endpoint.raw_body:
            return data
        if data:
            require_json(headers)
            if endpoint.decode_body is not None:
                return endpoint.decode_body(data)
            refuse_body(data)  # or the client would believe that its body was processed
        return None

    async def _whole(self, headers: dict[bytes, bytes], request: Request) -> bytes:
        """The whole body.  Raises ``BodyTooLarge`` before it holds more than the limit."""
        declared = headers.get(b"content-length")
        length = int(declared) if declared is not None and declared.isdigit() else None
        if b"transfer-encoding" in headers:
            length = None  # it does not count then (RFC 9112, 6.3)
        if length is not None and length > self._max_bytes:
            raise self._too_large()
        receive = request.receive
        if receive is None:
            if len(request.body) > self._max_bytes:
                raise self._too_large()
            return request.body
        try:
            body = await self._received(receive, length)
        except asyncio.CancelledError:
            if self._concurrency.timed_out():
                raise RequestTimeout from None  # the client's fault, and nothing has begun
            raise
        if len(body) > self._max_bytes:
            raise self._too_large()
        return body

    async def _received(self, receive: Receive, length: int | None) -> bytes:
        """The body, or more of it than its limit."""
        message = await receive()
        if message["type"] != "http.request":
            raise MalformedBody("The client left before its body had come")
        body: bytes = message.get("body", b"")
        # The server says that more may come until it has seen the end; waiting for that costs 50 µs.
        if message.get("more_body") and (length is None or len(body) < length):
            try:
                async with asyncio.timeout(REST_SECONDS):
                    body = await self._rest(body, receive)
            except TimeoutError:
                raise RequestTimeout from None
        return body

    async def _rest(self, first: bytes, receive: Receive) -> bytes:
        body, more = bytearray(first), True
        while more and len(body) <= self._max_bytes:
            message = await receive()
            if message["type"] != "http.request":
                raise MalformedBody("The client left before its body had come")
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return bytes(body)

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"A body may have {self._max_bytes} bytes")
