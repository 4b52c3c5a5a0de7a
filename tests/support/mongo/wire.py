"""A proxy before a MongoDB that understands what passes: it keeps the commands that clients send, makes
the server look like a router, and answers in its place.

https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import bson

from support.mongo.proxy import MongoProxy

Row = dict[str, Any]

_HEADER = struct.Struct("<iiii")  # length, id, answer to, kind
_REPLY, _QUERY, _MESSAGE = 1, 2004, 2013  # kinds; the first two are of the handshake alone

GREETINGS = frozenset({"hello", "ismaster", "isMaster"})
HANG_UP: Row = {}


class MongoWire(MongoProxy):
    """``async with MongoWire(url) as wire``: the same server at ``wire.url``.

    *router*: it says that it is one (``mongos``), so that drivers tell it where to read, and number
    their writes.  Neither reaches the server, which may be one that knows nothing of it.
    """

    def __init__(self, url: str, *, router: bool = False) -> None:
        super().__init__(url)
        self._router = router
        self._instead: list[tuple[str, Row]] = []
        self._spoil: Callable[[Row], Row] = lambda answer: answer
        self.said: list[Row] = []  # commands, in their order, greetings left out

    def named(self, *names: str) -> list[Row]:
        """The commands of those names."""
        return [command for command in self.said if name_of(command) in names]

    def answer_instead(self, name: str, *answers: Row) -> None:
        """Answer the next commands of that name so; ``HANG_UP``: hang up on it."""
        self._instead += [(name, answer) for answer in answers]

    def spoil(self, change: Callable[[Row], Row]) -> None:
        """Change every answer of the server so."""
        self._spoil = change

    # --- what passes --------------------------------------------------------------------------

    async def _ask(
        self, client: asyncio.StreamReader, server: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                number, _, kind, body = await _read(client)
                if kind == _MESSAGE:
                    command, rest = _split(body)
                    instead = self._heard(command)
                    if instead is HANG_UP:
                        return
                    if instead is not None:
                        back.write(_message(number, instead))
                        continue
                    body = body[:4] + b"\0" + bson.encode(_plain(command)) + rest
                server.write(_framed(number, 0, kind, body))
                await server.drain()

    async def _answer(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                number, to, kind, body = await _read(server)
                if kind == _REPLY:
                    [answer] = bson.decode_all(body[20:])
                    body = body[:20] + bson.encode(self._greeting(answer))
                elif kind == _MESSAGE:
                    answer, rest = _split(body)
                    changed = self._greeting(answer) if "maxWireVersion" in answer else self._spoil(answer)
                    body = body[:4] + b"\0" + bson.encode(changed) + rest
                client.write(_framed(number, to, kind, body))
                await client.drain()

    def _heard(self, command: Row) -> Row | None:
        name = name_of(command)
        if name in GREETINGS:
            return None
        self.said.append(command)
        for index, (awaited, answer) in enumerate(self._instead):
            if awaited == name:
                del self._instead[index]
                return answer
        return None

    def _greeting(self, answer: Row) -> Row:
        if not self._router:
            return answer
        ours = {"msg": "isdbgrid", "logicalSessionTimeoutMinutes": 30}
        of_a_member = ("setName", "hosts", "primary", "me", "topologyVersion")
        return {name: value for name, value in answer.items() if name not in of_a_member} | ours


def name_of(command: Mapping[str, Any]) -> str:
    """The command's name: its first field."""
    return next(iter(command))


def failure(code: int, *labels: str) -> Row:
    """An answer: the command failed as a whole."""
    return {
        "ok": 0.0,
        "code": code,
        "codeName": f"Error{code}",
        "errmsg": "so the test",
        "errorLabels": labels,
    }


def failed_writes(code: int, indexes: Sequence[int] = (0,)) -> Row:
    """An answer: those writes of the command failed, and none was done."""
    errors = [{"index": index, "code": code, "errmsg": "so the test"} for index in indexes]
    return {"ok": 1.0, "n": 0, "nModified": 0, "writeErrors": errors}


# --- messages -------------------------------------------------------------------------------------


async def _read(stream: asyncio.StreamReader) -> tuple[int, int, int, bytes]:
    length, number, to, kind = _HEADER.unpack(await stream.readexactly(_HEADER.size))
    return number, to, kind, await stream.readexactly(length - _HEADER.size)


def _framed(number: int, to: int, kind: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), number, to, kind) + body


def _message(to: int, answer: Row) -> bytes:
    return _framed(to, to, _MESSAGE, struct.pack("<i", 0) + b"\0" + bson.encode(answer))


def _split(body: bytes) -> tuple[Row, bytes]:
    """The command (or answer) of a message, and the sections with its documents."""
    assert body[4] == 0, "the first section is the command"
    length = struct.unpack_from("<i", body, 5)[0]
    return bson.decode(body[5 : 5 + length]), body[5 + length :]


def _plain(command: Row) -> Row:
    """The command for a server that is no router."""
    return {k: v for k, v in command.items() if k not in ("$readPreference", "lsid", "txnNumber")}
