"""A request's body, read piece by piece: for uploads, which are too large to hold.

The server stops reading from the connection while nobody asks for the next piece, so at most a few
hundred kilobytes are in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from supportcarr.gateway.problems import BodyTooLarge, MalformedBody, RequestTimeout
from supportcarr.kit.http.types import Receive, Request

PIECE_SECONDS = 15.0  # until the next piece has come


class RequestBody:
    """``contracts.routing.BodyStream`` of one request, of at most *max_bytes* bytes."""

    def __init__(self, headers: Mapping[bytes, bytes], request: Request, max_bytes: int) -> None:
        """Raises ``BodyTooLarge`` if the declared length is above the limit."""
        self.content_type = headers.get(b"content-type", b"").decode("latin-1")
        declared = headers.get(b"content-length", b"")
        chunked = b"transfer-encoding" in headers  # then the length does not count (RFC 9112, 6.3)
        self.length = int(declared) if declared.isdigit() and not chunked else None
        self._request = request
        self._max_bytes = max_bytes
        if self.length is not None and self.length > max_bytes:
            raise self._too_large()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The pieces.  Raises ``BodyTooLarge``, ``RequestTimeout``, ``MalformedBody``."""
        receive = self._request.receive
        if receive is None:
            if self._request.body:
                yield self._request.body
            return
        size, more = 0, True
        while more:
            piece, more = await self._next(receive)
            size += len(piece)
            if size > self._max_bytes:
                raise self._too_large()
            if piece:
                yield piece
            if size == self.length:
                return

    async def _next(self, receive: Receive) -> tuple[bytes, bool]:
        try:
            async with asyncio.timeout(PIECE_SECONDS):
                message = await receive()
        except TimeoutError:
            raise RequestTimeout from None
        if message["type"] != "http.request":
            raise MalformedBody("The client left before its body had come")
        return message.get("body", b""), message.get("more_body", False)

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"A body may have {self._max_bytes} bytes here")
