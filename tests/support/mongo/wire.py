"""A proxy in front of a MongoDB that decodes messages: it records the commands of clients, can present the
server as a router, and can answer in its place.

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

    *router*: present the server as a router (``mongos``), so that drivers send read preferences and number
    their writes.  Neither is forwarded, because the server may not support it.
    """

    def __init__(self, url: str, *, router: bool = False) -> None:
        super().__init__(url)
        self._router = router
        self._replacements: list[tuple[str, Row]] = []
        self._rewrite: Callable[[Row], Row] = lambda answer: answer
        self.failing: Row | None = None  # the response to every command but handshakes, while it is set
        self.commands: list[Row] = []  # in order, without handshakes

    def named(self, *names: str) -> list[Row]:
        """The commands of those names."""
        return [command for command in self.commands if name_of(command) in names]

    def respond_instead(self, name: str, *answers: Row) -> None:
        """Answer the next commands of that name with *answers*; ``HANG_UP`` closes the connection."""
        self._replacements += [(name, answer) for answer in answers]

    def rewrite_responses(self, change: Callable[[Row], Row]) -> None:
        """Apply *change* to every response of the server."""
        self._rewrite = change

    # --- forwarding ---------------------------------------------------------------------------

    async def _forward_requests(
        self, client: asyncio.StreamReader, server: asyncio.StreamWriter, back: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                number, _, kind, body = await _read(client)
                if kind == _MESSAGE:
                    command, rest = _split(body)
                    instead = self._record(command)
                    if instead is HANG_UP:
                        return
                    if instead is not None:
                        back.write(_message(number, instead))
                        continue
                    body = body[:4] + b"\0" + bson.encode(_plain(command)) + rest
                server.write(_framed(number, 0, kind, body))
                await server.drain()

    async def _forward_responses(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                number, to, kind, body = await _read(server)
                if kind == _REPLY:
                    [answer] = bson.decode_all(body[20:])
                    body = body[:20] + bson.encode(self._greeting(answer))
                elif kind == _MESSAGE:
                    answer, rest = _split(body)
                    changed = self._greeting(answer) if "maxWireVersion" in answer else self._rewrite(answer)
                    body = body[:4] + b"\0" + bson.encode(changed) + rest
                client.write(_framed(number, to, kind, body))
                await client.drain()

    def _record(self, command: Row) -> Row | None:
        name = name_of(command)
        if name in GREETINGS:
            return None
        self.commands.append(command)
        if self.failing is not None:
            return self.failing
        for index, (awaited, answer) in enumerate(self._replacements):
            if awaited == name:
                del self._replacements[index]
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


def failure(code: int, *labels: str, message: str = "so the test") -> Row:
    """A response that says that the whole command failed."""
    return {
        "ok": 0.0,
        "code": code,
        "codeName": f"Error{code}",
        "errmsg": message,
        "errorLabels": labels,
    }


def failed_writes(code: int, indexes: Sequence[int] = (0,)) -> Row:
    """A response that says that those writes of the command failed and none took effect."""
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
    """The command or response of a message, and the remaining sections."""
    assert body[4] == 0, "the first section is the command"
    length = struct.unpack_from("<i", body, 5)[0]
    return bson.decode(body[5 : 5 + length]), body[5 + length :]


def _plain(command: Row) -> Row:
    """The command in a form for a server that is not a router."""
    return {k: v for k, v in command.items() if k not in ("$readPreference", "lsid", "txnNumber")}
