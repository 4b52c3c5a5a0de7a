"""Socket.IO frames, made once for all who get them.

Protocol: https://socket.io/docs/v4/socket-io-protocol/ (an EVENT packet of the main namespace is the
digit 2 and a JSON list of name and arguments).
"""

from __future__ import annotations

from typing import Any

import msgspec

from supportcarr.kit.events.streams import StreamEvent

_json = msgspec.json.Encoder()


def event_frame(name: str, data: Any) -> str:
    """A frame for anything that msgspec encodes."""
    return f"2[{_text(name)},{_json.encode(data).decode()}]"


def stream_event_frame(item: StreamEvent) -> str:
    """The frame of a stream's event; its data is passed on as it was stored."""
    return (
        f"2[{_text(item.name)},"
        f'{{"id":{_text(item.id)},"stream":{_text(item.stream)},"cursor":{_text(item.position)},'
        f'"at":{_text(item.at)},"data":{item.data.decode()}}}]'
    )


def _text(value: str) -> str:
    return _json.encode(value).decode()
