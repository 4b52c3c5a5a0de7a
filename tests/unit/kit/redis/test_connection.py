"""One connection, without a server: replies in pieces, and what is no reply at all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from supportcarr.kit.redis.connection import Connection, ask
from supportcarr.kit.redis.errors import RedisReplyError, RedisUnavailable


class Wire(asyncio.Transport):
    """Takes what is written; says whether it was aborted."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.aborted = False

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def abort(self) -> None:
        self.aborted = True


def linked() -> tuple[Connection, Wire, list[Connection]]:
    lost: list[Connection] = []
    link, wire = Connection(asyncio.get_running_loop(), lost.append), Wire()
    link.connection_made(wire)
    return link, wire, lost


async def test_replies_may_come_in_pieces_of_any_size() -> None:
    link, _, _ = linked()
    loop = asyncio.get_running_loop()
    text: asyncio.Future[Any] = loop.create_future()
    raw, error, nothing, many = (ask(link, "X") for _ in range(4))
    link.send(b"", text, True)
    for byte in b"$3\r\nabc\r\n-WRONGTYPE no\r\n$-1\r\n*2\r\n:7\r\n+x\r\n$4\r\n\xc3\xa9\xc3\xa9\r\n":
        link.data_received(bytes([byte]))
    assert await raw == b"abc"
    with pytest.raises(RedisReplyError) as refused:
        await error
    assert refused.value.code == "WRONGTYPE"
    assert await nothing is None
    assert await many == [7, b"x"]
    assert await text == "éé"
    assert link.waiting == 0


async def test_one_write_carries_what_was_sent_in_one_turn() -> None:
    link, wire, _ = linked()
    ask(link, "PING")
    ask(link, "GET", "k")
    assert wire.writes == []
    await asyncio.sleep(0)
    assert wire.writes == [b"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"]


async def test_what_is_no_reply_ends_the_connection_and_every_call() -> None:
    link, wire, lost = linked()
    calls = [ask(link, "PING"), ask(link, "PING")]
    link.data_received(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    for call in calls:
        with pytest.raises(RedisUnavailable, match="protocol"):
            await call
    assert wire.aborted
    assert not link.open
    link.connection_lost(None)
    assert lost == [link]  # told once


async def test_a_call_is_overdue_only_while_it_has_no_answer() -> None:
    link, _, _ = linked()
    answered, open_ = ask(link, "PING"), ask(link, "PING")
    await asyncio.sleep(0)
    assert link.overdue(-1)
    link.data_received(b"+PONG\r\n")
    assert link.overdue(-1)
    link.data_received(b"+PONG\r\n")
    assert not link.overdue(-1)
    assert (await answered, await open_) == (b"PONG", b"PONG")


async def test_messages_that_nobody_asked_for_are_handed_on() -> None:
    link, _, _ = linked()
    heard: list[Any] = []
    link.pushed = heard.append
    link.data_received(b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n*2\r\n$4\r\npong\r\n")
    link.data_received(b"$0\r\n\r\n")
    assert heard == [[b"message", b"news", b"x"], [b"pong", b""]]
