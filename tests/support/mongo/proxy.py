"""A TCP proxy before a MongoDB: it counts connections, holds answers back, and can be cut off."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit, urlunsplit


class MongoProxy:
    """``async with MongoProxy(url) as proxy``: the same server at ``proxy.url``."""

    def __init__(self, url: str) -> None:
        self._behind = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.answering = asyncio.Event()  # unset: only the first answer of a connection passes
        self.answering.set()
        self.open = self.most = 0  # connections of clients

    @property
    def url(self) -> str:
        return urlunsplit(self._behind._replace(netloc=f"127.0.0.1:{self._port}"))

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def listen(self) -> None:
        """Take connections (again)."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break all connections and take none."""
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
        self.most = max(self.most, self.open)
        try:
            assert self._behind.hostname is not None
            from_server, to_server = await asyncio.open_connection(self._behind.hostname, self._behind.port)
            self._writers |= {writer, to_server}
            ways = [
                asyncio.create_task(self._ask(reader, to_server, writer)),
                asyncio.create_task(self._answer(from_server, writer)),
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

    async def _ask(
        self, client: asyncio.StreamReader, server: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        """Pass on what a client says; *back* leads to it."""
        with suppress(ConnectionError):
            while some := await client.read(65536):
                server.write(some)
                await server.drain()

    async def _answer(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Pass on what the server answers."""
        first = True
        with suppress(ConnectionError):
            while some := await server.read(65536):
                if not first:
                    await self.answering.wait()
                first = False
                client.write(some)
                await client.drain()
