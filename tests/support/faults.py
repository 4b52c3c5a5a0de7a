"""Faults that a test can inject and remove: a TCP proxy in front of a server, a slow or failing store.

    with FaultyProxy(redis_server.port) as proxy:
        client = RedisClient(proxy.redis_url(redis_server.url))
        proxy.refuse_connections()
        ...
        proxy.restore()

The proxy runs in its own thread, so that it works even while the test's event loop is busy.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from support.ports import free_port
from supportcarr.kit.store.port import Store, StoreUnavailable

T = TypeVar("T")

Write = tuple[float, bytes]  # earliest time (of the loop), data


class FaultyProxy:
    """A TCP proxy on the loopback interface, in front of the server on that port."""

    def __init__(self, behind: int) -> None:
        self._server_port = behind
        self.port = free_port()  # it is closed and opened again
        self._delay_s = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulty-proxy", daemon=True)
        self._forwarding: asyncio.Event | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def redis_url(self, url: str) -> str:
        """The server's URL changed to go through the proxy."""
        parts = urlsplit(url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition(":")[0] + f":{self.port}"))

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- faults -----------------------------------------------------------------------------------

    def delay_responses(self, seconds: float) -> None:
        """Delay every response by that time, however many are in flight."""
        self._delay_s = seconds

    def stall(self) -> None:
        """Accept and keep connections, but forward nothing."""
        self._run(self._hold_back())

    def close_connections(self) -> None:
        """Close existing connections; accept new ones."""
        self._run(self._close_all())

    def refuse_connections(self) -> None:
        """Close existing connections, and refuse new ones."""
        self._run(self._refuse())

    def restore(self) -> None:
        """Remove all faults; data held back by a stall is forwarded."""
        self._delay_s = 0.0
        self._run(self._listen())

    # --- life -------------------------------------------------------------------------------------

    def __enter__(self) -> FaultyProxy:
        self._thread.start()
        self._run(self._listen())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._refuse())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(90)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(90)

    # --- in the thread ----------------------------------------------------------------------------

    async def _listen(self) -> None:
        if self._forwarding is None:
            self._forwarding = asyncio.Event()
        self._forwarding.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _hold_back(self) -> None:
        assert self._forwarding is not None
        self._forwarding.clear()

    async def _close_all(self) -> None:
        for end in self._writers:
            end.transport.abort()
        for way in self._connections:
            way.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._close_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        ends = {writer}
        try:
            await self._forward_both(reader, writer, ends)
        except* (OSError, asyncio.CancelledError):
            pass  # one side closed the connection, or a test does
        finally:
            self._connections.discard(task)
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _forward_both(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ends: set[asyncio.StreamWriter]
    ) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._server_port)
        ends.add(to_server)
        self._writers |= ends
        async with asyncio.TaskGroup() as both:
            both.create_task(self._forward(reader, to_server, lambda: 0.0))
            both.create_task(self._forward(from_server, writer, lambda: self._delay_s))

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: Callable[[], float]
    ) -> None:
        queue: asyncio.Queue[Write] = asyncio.Queue()
        passing = asyncio.create_task(self._write(queue, writer))
        try:
            while data := await reader.read(65_536):
                queue.put_nowait((self._loop.time() + delay(), data))
        finally:
            passing.cancel()
            with suppress(asyncio.CancelledError):
                await passing
        raise ConnectionResetError  # ends the other direction too

    async def _write(self, queue: asyncio.Queue[Write], writer: asyncio.StreamWriter) -> None:
        assert self._forwarding is not None
        with suppress(OSError):
            while True:
                not_before, data = await queue.get()
                await asyncio.sleep(max(0.0, not_before - self._loop.time()))
                await self._forwarding.wait()
                writer.write(data)
                await writer.drain()


class FaultyStore:
    """A store whose calls are delayed or fail while a test says so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.delay_before_s = 0.0  # before a call starts
        self.delay_after_s = 0.0  # after it took effect
        self.fails = False

    @property
    def as_store(self) -> Store:
        return cast(Store, self)

    def restore(self) -> None:
        self.delay_before_s, self.delay_after_s, self.fails = 0.0, 0.0, False

    async def before_call(self) -> None:
        """Apply the faults that come before a call."""
        if self.delay_before_s:
            await asyncio.sleep(self.delay_before_s)
        if self.fails:
            raise StoreUnavailable("the test says so")

    async def after_call(self, answer: T) -> T:
        """Apply the faults that come after a call."""
        if self.delay_after_s:
            await asyncio.sleep(self.delay_after_s)
        return answer

    def collection(self, spec: Any) -> Any:
        return _FaultyCollection(self, self._store.collection(spec))

    def get_collection(self, name: str) -> Any:
        return _FaultyCollection(self, self._store.get_collection(name))

    async def outbox(self, **given: Any) -> Any:
        await self.before_call()
        return await self._store.outbox(**given)

    async def ping(self) -> None:
        await self.before_call()
        await self._store.ping()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _FaultyCollection:
    def __init__(self, store: FaultyStore, inner: Any) -> None:
        self._store = store
        self._inner = inner

    async def scan(self, *args: Any, **given: Any) -> AsyncIterator[Any]:
        await self._store.before_call()
        async for document in self._inner.scan(*args, **given):
            yield document

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        async def suffering(*args: Any, **given: Any) -> Any:
            await self._store.before_call()
            return await self._store.after_call(await found(*args, **given))

        return suffering


@dataclass(slots=True)
class Faults:
    """The fault injectors between a platform in the test's process and its dependencies."""

    redis: FaultyProxy
    emulator: FaultyProxy
    store: FaultyStore

    def restore(self) -> None:
        self.redis.restore()
        self.emulator.restore()
        self.store.restore()


async def wait_until(true: Callable[[], Any], *, within_s: float = 120.0) -> None:
    """Wait until the callable returns a true value, or an awaitable of one."""
    async with asyncio.timeout(within_s):
        while True:
            now = true()
            if asyncio.iscoroutine(now):
                now = await now
            if now:
                return
            await asyncio.sleep(0.02)
