"""A small Redis client for asyncio: one connection per process, shared by all its callers.

Commands issued in the same turn of the event loop go out in one write, and replies are matched in
order, so concurrent requests share pipelines without coordination.  A call costs 4 to 8 µs of CPU, and
28 to 90 with redis-py (``docs/adr/0004``).

- Every call has a timeout, checked by one timer for the whole connection: a call may fail up to a
  quarter later.  A connection with an overdue reply is closed.
- When a connection breaks, calls that were sent fail with ``RedisUnavailable``, and are not repeated.
  New calls wait for the next connection.
- Once there was no connection for ``GRACE_SECONDS``, calls fail at once, until there is one again.
- At most ``max_waiting`` calls wait; more fail at once.

Blocking commands need a connection of their own: ``dedicated()``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from supportcarr.kit.observability import tracing
from supportcarr.kit.redis.address import Address
from supportcarr.kit.redis.connection import Arg, Connection, connect, pack
from supportcarr.kit.redis.errors import RedisError, RedisReplyError, RedisUnavailable

__all__ = ["Arg", "RedisClient", "RedisError", "RedisReplyError", "RedisUnavailable", "Script"]

GRACE_SECONDS = 0.5
_BACKOFF_SECONDS = (0.02, 1.0)  # first and longest pause between attempts to connect
_PING_SECONDS = 2.0  # of a quiet subscription
_SUBSCRIPTION_BACKLOG = 1_000  # messages; a slow reader loses the oldest ones


class Script:
    """A Lua script, known to the server by the hash of its source."""

    __slots__ = ("name", "sha", "source")

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.source = source
        self.sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class _PendingCall:
    """A call that waits for a connection."""

    packed: bytes
    future: asyncio.Future[Any]
    decode: bool
    until: float


def _trace(future: asyncio.Future[Any], command: Arg) -> None:
    """A span of one call: its command, never its keys and values."""
    name = command.decode() if isinstance(command, bytes) else str(command)
    span = tracing.child(f"redis {name}", {"db.system.name": "redis", "db.operation.name": name})
    if span is not None:
        future.add_done_callback(lambda _: span.end())


class RedisClient:
    """``async with RedisClient(url) as redis: await redis.call("SET", key, value)``."""

    def __init__(
        self, url: str, *, name: str = "client", timeout: float = 2.0, max_waiting: int = 10_000
    ) -> None:
        self._url = url
        self._address = Address.of(url)
        self._name = name
        self._timeout = timeout
        self._max_waiting = max_waiting
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: Connection | None = None
        self._held: deque[_PendingCall] = deque()
        self._down_since = 0.0
        self._closed = True
        self._keeper: asyncio.Task[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._subscriptions: set[Connection] = set()
        self.reconnects = 0

    @property
    def connected(self) -> bool:
        return self._connection is not None

    async def open(self, *, at_once: bool = True) -> Self:
        """Connect.  Raises ``RedisUnavailable``, or ``RedisReplyError`` if the password is wrong.

        Without *at_once* an unreachable Redis is no error here: calls fail until it can be reached.
        """
        self._loop = asyncio.get_running_loop()
        self._closed = False
        try:
            self._connection = await connect(
                self._address, lost=self._on_lost, name=self._name, timeout=self._timeout
            )
        except RedisUnavailable:
            if at_once:
                raise
            self._keeper = self._loop.create_task(self._reconnect())
        self._tick()
        return self

    async def close(self) -> None:
        """Close the connection; calls without a reply fail."""
        self._closed = True
        if self._watch is not None:
            self._watch.cancel()
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._connection is not None:
            self._connection.abort("the client was closed")
            self._connection = None
        for subscription in tuple(self._subscriptions):
            subscription.abort("the client was closed")
        self._fail_held("the client was closed")

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # --- commands -----------------------------------------------------------------------------

    def call(self, *args: Arg, decode: bool = False) -> asyncio.Future[Any]:
        """Issue one command now; await the reply: ``bytes`` (``str`` with *decode*), ``int``, ``None``
        or a list of such.

        Raises ``RedisUnavailable`` or ``RedisReplyError`` when awaited.
        """
        packed = pack(args)
        future: asyncio.Future[Any] = (self._loop or asyncio.get_running_loop()).create_future()
        connection = self._connection
        if connection is None:
            self._hold(packed, future, decode)
        elif connection.waiting >= self._max_waiting:
            future.set_exception(RedisUnavailable("too many calls wait for Redis"))
        else:
            connection.send(packed, future, decode)
        if tracing.current() is not None:
            _trace(future, args[0])
        return future

    async def script(
        self, script: Script, keys: Sequence[str], args: Sequence[Arg] = (), *, decode: bool = False
    ) -> Any:
        """Run a script, by its hash where the server knows it."""
        try:
            return await self.call("EVALSHA", script.sha, len(keys), *keys, *args, decode=decode)
        except RedisReplyError as error:
            if error.code != "NOSCRIPT":
                raise
        return await self.call("EVAL", script.source, len(keys), *keys, *args, decode=decode)

    async def batch(self, commands: Sequence[Sequence[Arg]], *, decode: bool = False) -> list[Any]:
        """Issue several commands in one write (no transaction); the replies in the same order.

        Raises the first error, after all have been answered.
        """
        futures = [self.call(*command, decode=decode) for command in commands]
        replies: list[Any] = []
        failure: RedisError | None = None
        try:
            for future in futures:
                try:
                    replies.append(await future)
                except RedisError as error:
                    failure = failure or error
        except asyncio.CancelledError:
            for future in futures:
                future.cancel()
            raise
        if failure is not None:
            raise failure
        return replies

    def dedicated(self, *, name: str = "blocking", timeout: float = 2.0) -> RedisClient:
        """Another client of the same server, not yet open, for commands that block.

        *timeout* must be longer than the time they block.
        """
        return RedisClient(self._url, name=name, timeout=timeout, max_waiting=self._max_waiting)

    # --- pub/sub ------------------------------------------------------------------------------

    def publish(self, channel: str, message: bytes) -> asyncio.Future[Any]:
        """Publish to the current subscribers; await their number."""
        return self.call("PUBLISH", channel, message)

    async def subscribe(self, *channels: str) -> AsyncGenerator[bytes, None]:
        """Messages published on the channels, on a connection of its own, for as long as it is read.

        After a broken connection it subscribes again.  Messages published in between are lost, as are the
        oldest beyond 1,000 unread ones: use pub/sub for messages that the next one replaces.
        """
        pause, longest = _BACKOFF_SECONDS
        while not self._closed:
            unread: asyncio.Queue[bytes | None] = asyncio.Queue(_SUBSCRIPTION_BACKLOG)
            try:
                connection = await self._subscribed(channels, unread)
            except RedisUnavailable:
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter
                pause = min(pause * 2, longest)
                continue
            pause = _BACKOFF_SECONDS[0]
            loop = asyncio.get_running_loop()
            try:
                while connection.open:
                    try:
                        async with asyncio.timeout(_PING_SECONDS):
                            message = await unread.get()
                    except TimeoutError:
                        if loop.time() - connection.heard_at > 2 * _PING_SECONDS + self._timeout:
                            connection.abort("a subscription heard nothing")
                        connection.send_unanswered(pack(("PING",)))
                        continue
                    if message is not None:
                        yield message
            finally:
                self._subscriptions.discard(connection)
                connection.abort("the subscription ended")

    async def _subscribed(self, channels: Sequence[str], unread: asyncio.Queue[bytes | None]) -> Connection:
        def hand_over(message: bytes | None) -> None:
            if unread.full():
                unread.get_nowait()
            unread.put_nowait(message)

        def pushed(reply: Any) -> None:
            if isinstance(reply, list) and reply[0] == b"message":
                hand_over(reply[2])

        connection = await connect(
            self._address,
            lost=lambda _: hand_over(None),  # wakes the reader, who sees that the connection is closed
            name=f"{self._name}-subscriber",
            timeout=self._timeout,
        )
        self._subscriptions.add(connection)
        connection.pushed = pushed
        connection.send_unanswered(pack(("SUBSCRIBE", *channels)))
        return connection

    # --- keeping connected --------------------------------------------------------------------

    def _hold(self, packed: bytes, future: asyncio.Future[Any], decode: bool) -> None:
        now = future.get_loop().time()
        if self._closed:
            future.set_exception(RedisUnavailable("the client is not open"))
        elif now - self._down_since > GRACE_SECONDS:
            future.set_exception(RedisUnavailable("Redis is unavailable"))
        elif len(self._held) >= self._max_waiting:
            future.set_exception(RedisUnavailable("too many calls wait for Redis"))
        else:
            self._held.append(_PendingCall(packed, future, decode, now + self._timeout))

    def _fail_held(self, why: str) -> None:
        while self._held:
            held = self._held.popleft()
            if not held.future.done():
                held.future.set_exception(RedisUnavailable(why))

    def _on_lost(self, connection: Connection) -> None:
        if self._closed or connection is not self._connection:
            return
        assert self._loop is not None
        self._connection = None
        self._down_since = self._loop.time()
        self._keeper = self._loop.create_task(self._reconnect())

    async def _reconnect(self) -> None:
        assert self._loop is not None
        pause, longest = _BACKOFF_SECONDS
        while True:
            try:
                connection = await connect(
                    self._address, lost=self._on_lost, name=self._name, timeout=self._timeout
                )
                if not connection.open:
                    raise RedisUnavailable("the new connection broke at once")
            except Exception:  # this task must not end: nothing else reconnects
                await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter
                pause = min(pause * 2, longest)
                continue
            self._connection = connection
            self.reconnects += 1
            while self._held:
                held = self._held.popleft()
                if not held.future.done():
                    connection.send(held.packed, held.future, held.decode)
            return

    def _tick(self) -> None:
        """Every quarter of the timeout: close a connection with an overdue reply."""
        assert self._loop is not None
        self._watch = self._loop.call_later(self._timeout / 4, self._tick)
        if self._connection is not None and self._connection.overdue(self._timeout):
            self._connection.abort("Redis did not answer in time")
        now = self._loop.time()
        while self._held and self._held[0].until <= now:
            held = self._held.popleft()
            if not held.future.done():
                held.future.set_exception(RedisUnavailable("Redis is unavailable"))
