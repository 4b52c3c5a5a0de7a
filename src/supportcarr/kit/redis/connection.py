"""One connection to Redis: bytes out, replies in, in order (RESP2, redis.io/docs/reference/protocol-spec).

All of it is on the hot path of every request, so it has no coroutines: a command is appended to what
is written at the end of this turn of the event loop, and its future to those that wait for a reply.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis

from supportcarr.kit.redis.address import Address
from supportcarr.kit.redis.errors import RedisReplyError, RedisUnavailable

Arg = str | bytes | int | float
_INCOMPLETE: Any = object()

# hiredis' stub says a tuple of one element; it takes any length.
pack = cast("Callable[[tuple[Arg, ...]], bytes]", hiredis.pack_command)


class Connection(asyncio.Protocol):
    """One connection; ``lost`` is called once, when it ends.

    If ``pushed`` is set, it receives replies that no call waits for (pub/sub messages).
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, lost: Callable[[Connection], None]) -> None:
        self._loop = loop
        self._lost = lost
        self._reader = hiredis.Reader(
            replyError=RedisReplyError, encoding="utf-8", errors="surrogateescape", notEnoughData=_INCOMPLETE
        )
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._waiting: deque[tuple[asyncio.Future[Any], bool]] = deque()
        self._sent = 0  # commands, ever
        self._answered = 0
        self._flushes: deque[tuple[int, float]] = deque()  # (sent so far, when)
        self.pushed: Callable[[Any], None] | None = None
        self.heard_at = loop.time()
        self.open = False
        self._ended = False

    @property
    def waiting(self) -> int:
        """The number of calls without a reply."""
        return len(self._waiting)

    def send(self, packed: bytes, future: asyncio.Future[Any], decode: bool) -> None:
        """Queue one packed command; all commands of one turn of the event loop are one write."""
        out = self._out
        if not out:
            self._loop.call_soon(self._flush)
        out.append(packed)
        self._waiting.append((future, decode))

    def send_unanswered(self, packed: bytes) -> None:
        """Write a command whose reply comes as a push (SUBSCRIBE, PING while subscribed)."""
        if self._transport is not None:
            self._transport.write(packed)

    def overdue(self, timeout: float) -> bool:
        """True if the oldest call without a reply was sent longer ago than *timeout*."""
        while self._flushes and self._flushes[0][0] <= self._answered:
            self._flushes.popleft()
        return bool(self._flushes) and self._loop.time() - self._flushes[0][1] > timeout

    def abort(self, why: str) -> None:
        """Close the connection at once; calls without a reply fail."""
        self._end(why)
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        out = self._out
        if not out or self._transport is None:
            return
        self._sent += len(out)
        self._flushes.append((self._sent, self._loop.time()))
        self._transport.write(out[0] if len(out) == 1 else b"".join(out))
        out.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it
        self.open = True

    def data_received(self, data: bytes) -> None:
        reader, waiting = self._reader, self._waiting
        self.heard_at = self._loop.time()
        try:
            reader.feed(data)
            while waiting:
                future, decode = waiting[0]
                reply = reader.gets(decode)
                if reply is _INCOMPLETE:
                    return
                waiting.popleft()
                self._answered += 1
                if future.done():  # its caller was cancelled
                    continue
                if isinstance(reply, RedisReplyError):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)
            if self.pushed is not None:
                while (reply := reader.gets(False)) is not _INCOMPLETE:
                    self.pushed(reply)
        except hiredis.HiredisError as error:
            self.abort(f"Redis violated its protocol: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"the connection to Redis broke: {exc or 'it was closed'}")
        self._transport = None

    def _end(self, why: str) -> None:
        if self._ended:
            return
        self._ended = True
        self.open = False
        self._out.clear()
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(RedisUnavailable(why, sent=True))
        self._lost(self)


async def connect(
    address: Address, *, lost: Callable[[Connection], None], name: str, timeout: float
) -> Connection:
    """An authenticated connection.  Raises ``RedisUnavailable``; ``RedisReplyError`` for a wrong password."""
    loop = asyncio.get_running_loop()
    connection: Connection | None = None
    try:
        async with asyncio.timeout(timeout):
            made: tuple[Any, Connection]
            if address.path:
                made = await loop.create_unix_connection(lambda: Connection(loop, lost), address.path)
            else:
                made = await loop.create_connection(
                    lambda: Connection(loop, lost),
                    address.host,
                    address.port,
                    ssl=ssl.create_default_context() if address.tls else None,
                )
            connection = made[1]
            for command in _greeting(address, name):
                await ask(connection, *command)
            return connection
    except BaseException as error:
        if connection is not None:
            connection.abort("the connection to Redis could not be set up")
        if isinstance(error, OSError):  # TimeoutError is one
            raise RedisUnavailable(f"Redis cannot be reached: {error or 'it took too long'}") from error
        raise


def ask(connection: Connection, *args: Arg) -> asyncio.Future[Any]:
    """Send one command on this connection; strings in the reply are bytes."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    connection.send(pack(args), future, False)
    return future


def _greeting(address: Address, name: str) -> Sequence[tuple[Arg, ...]]:
    commands: list[tuple[Arg, ...]] = []
    if address.password is not None:
        user = (address.user,) if address.user else ()
        commands.append(("AUTH", *user, address.password))
    if address.database:
        commands.append(("SELECT", address.database))
    commands.append(("CLIENT", "SETNAME", f"supportcarr-{name}-{os.getpid()}"))
    return commands
