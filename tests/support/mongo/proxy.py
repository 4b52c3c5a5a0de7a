"""A TCP proxy in front of a MongoDB: counts connections, can hold responses back and cut connections."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from support.ports import free_port


class MongoProxy:
    """``async with MongoProxy(url) as proxy``: the same server, user and database at ``proxy.url``."""

    def __init__(self, url: str) -> None:
        self._behind = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = free_port()  # it is closed and opened again
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.forwarding_responses = asyncio.Event()  # unset: only the first response of a connection passes
        self.forwarding_responses.set()
        self.open = self.max_open = 0  # client connections, now and at most

    @property
    def url(self) -> str:
        credentials, at, _ = self._behind.netloc.rpartition("@")
        return urlunsplit(self._behind._replace(netloc=f"{credentials}{at}127.0.0.1:{self._port}"))

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def listen(self) -> None:
        """Accept connections (again)."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    async def cut(self) -> None:
        """Close all connections and accept none."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.open += 1
        self.max_open = max(self.max_open, self.open)
        try:
            assert self._behind.hostname is not None
            from_server, to_server = await asyncio.open_connection(self._behind.hostname, self._behind.port)
            self._writers |= {writer, to_server}
            ways = [
                asyncio.create_task(self._forward_requests(reader, to_server, writer)),
                asyncio.create_task(self._forward_responses(from_server, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                for end in (writer, to_server):
                    end.close()
                self._writers -= {writer, to_server}
        finally:
            self.open -= 1

    async def _forward_requests(
        self, client: asyncio.StreamReader, server: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        """Forward a client's data to the server; *back* writes to the client."""
        with suppress(ConnectionError):
            while some := await client.read(65536):
                server.write(some)
                await server.drain()

    async def _forward_responses(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Forward the server's data to the client."""
        first = True
        with suppress(ConnectionError):
            while some := await server.read(65536):
                if not first:
                    await self.forwarding_responses.wait()
                first = False
                client.write(some)
                await client.drain()
