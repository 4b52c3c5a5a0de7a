"""One connection without a server: fragmented replies, pipelining, protocol errors and pushed messages."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from supportcarr.kit.redis.connection import Connection, ask
from supportcarr.kit.redis.errors import RedisReplyError, RedisUnavailable


class FakeTransport(asyncio.Transport):
    """Records what is written and whether it was aborted."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.aborted = False

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def abort(self) -> None:
        self.aborted = True


def connected() -> tuple[Connection, FakeTransport, list[Connection]]:
    lost: list[Connection] = []
    connection, transport = Connection(asyncio.get_running_loop(), lost.append), FakeTransport()
    connection.connection_made(transport)
    return connection, transport, lost


async def test_replies_may_arrive_in_fragments_of_any_size() -> None:
    connection, _, _ = connected()
    loop = asyncio.get_running_loop()
    text: asyncio.Future[Any] = loop.create_future()
    raw, error, nothing, many = (ask(connection, "X") for _ in range(4))
    connection.send(b"", text, True)
    for byte in b"$3\r\nabc\r\n-WRONGTYPE no\r\n$-1\r\n*2\r\n:7\r\n+x\r\n$4\r\n\xc3\xa9\xc3\xa9\r\n":
        connection.data_received(bytes([byte]))
    assert await raw == b"abc"
    with pytest.raises(RedisReplyError) as refused:
        await error
    assert refused.value.code == "WRONGTYPE"
    assert await nothing is None
    assert await many == [7, b"x"]
    assert await text == "éé"
    assert connection.waiting == 0


async def test_commands_of_one_loop_iteration_are_sent_in_one_write() -> None:
    connection, transport, _ = connected()
    ask(connection, "PING")
    ask(connection, "GET", "k")
    assert transport.writes == []
    await asyncio.sleep(0)
    assert transport.writes == [b"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"]


async def test_a_protocol_error_ends_the_connection_and_every_call() -> None:
    connection, transport, lost = connected()
    calls = [ask(connection, "PING"), ask(connection, "PING")]
    connection.data_received(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    for call in calls:
        with pytest.raises(RedisUnavailable, match="protocol"):
            await call
    assert transport.aborted
    assert not connection.open
    connection.connection_lost(None)
    assert lost == [connection]  # reported once


async def test_a_call_is_overdue_only_while_it_has_no_reply() -> None:
    connection, _, _ = connected()
    first, second = ask(connection, "PING"), ask(connection, "PING")
    await asyncio.sleep(0)
    assert connection.overdue(-1)
    connection.data_received(b"+PONG\r\n")
    assert connection.overdue(-1)
    connection.data_received(b"+PONG\r\n")
    assert not connection.overdue(-1)
    assert (await first, await second) == (b"PONG", b"PONG")


async def test_pushed_messages_are_passed_on() -> None:
    connection, _, _ = connected()
    received: list[Any] = []
    connection.pushed = received.append
    connection.data_received(b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n*2\r\n$4\r\npong\r\n")
    connection.data_received(b"$0\r\n\r\n")
    assert received == [[b"message", b"news", b"x"], [b"pong", b""]]
