"""An emulator of clamd's command INSTREAM (clamd(8)), for the tests.  It finds the EICAR test file only."""

from __future__ import annotations

import asyncio

COMMAND = b"zINSTREAM\0"
LENGTH_BYTES = 4
# The standard file that every scanner reports (eicar.org), in two parts: scanners would report this file too.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
FOUND = "Eicar-Signature"


class ClamdEmulator:
    """Serves on a port of this machine, by default a free one; ``address`` is what the settings take."""

    def __init__(self, *, port: int = 0, max_bytes: int = 25 * 1024 * 1024) -> None:
        self.max_bytes = max_bytes
        self.scanned = 0
        self.reply: bytes | None = None  # instead of the result
        self._server: asyncio.Server | None = None
        self._port = port

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Serve; again on the same port after a stop (others may have taken it, if it was not given)."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(await self._scan(reader) + b"\0")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    async def _scan(self, reader: asyncio.StreamReader) -> bytes:
        if await reader.readexactly(len(COMMAND)) != COMMAND:
            return b"UNKNOWN COMMAND"
        data = bytearray()
        while length := int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big"):
            data += await reader.readexactly(length)
            if len(data) > self.max_bytes:
                return b"INSTREAM size limit exceeded. ERROR"
        self.scanned += 1
        if self.reply is not None:
            return self.reply
        return f"stream: {FOUND} FOUND".encode() if EICAR in data else b"stream: OK"
