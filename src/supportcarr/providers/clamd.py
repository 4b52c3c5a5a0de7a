"""Virus scanning by clamd, ClamAV's daemon (clamd(8), command INSTREAM).

The file is sent in chunks, each behind its length in four bytes, and an empty chunk ends it.  The reply is
``stream: OK``, ``stream: NAME FOUND`` or ``REASON ERROR``.
"""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter

import structlog

from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.providers.settings import ClamdSettings, clamd_address

CHUNK_BYTES = 64 * 1024
REPLY_BYTES = 4096
RETRY_SECONDS = 15.0

log = structlog.get_logger(__name__)


class ClamdScanner:
    """``files.ports.VirusScanner`` that asks clamd.  While it gives no answer, files wait."""

    def __init__(self, settings: ClamdSettings) -> None:
        self._address = clamd_address(settings.address)
        self._timeout = settings.timeout_seconds

    async def scan(self, data: bytes) -> str | None:
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._ask(data)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            log.warning("virus_scan_failed", error=repr(error))
            raise RetryLater(RETRY_SECONDS, "the virus scanner cannot be reached") from error
        found = reply.removeprefix("stream: ")
        if found == "OK":
            return None
        if found.endswith(" FOUND"):
            return found.removesuffix(" FOUND")
        log.error("virus_scan_failed", error=reply)
        raise RetryLater(RETRY_SECONDS, "the virus scanner could not scan the file")

    async def _ask(self, data: bytes) -> str:
        reader, writer = await self._connect()
        try:
            writer.write(b"zINSTREAM\0")
            for start in range(0, len(data), CHUNK_BYTES):
                chunk = data[start : start + CHUNK_BYTES]
                writer.write(len(chunk).to_bytes(4, "big") + chunk)
                await writer.drain()
            writer.write(bytes(4))
            await writer.drain()
            reply = await reader.readuntil(b"\0")
            return reply[:-1].decode(errors="replace").strip()
        finally:
            writer.close()

    async def _connect(self) -> tuple[StreamReader, StreamWriter]:
        if isinstance(self._address, str):
            return await asyncio.open_unix_connection(self._address, limit=REPLY_BYTES)
        return await asyncio.open_connection(*self._address, limit=REPLY_BYTES)
