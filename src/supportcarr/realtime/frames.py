"""Socket.IO frames, encoded once for all recipients.

Protocol: https://socket.io/docs/v4/socket-io-protocol/ (an EVENT packet of the main namespace is the
digit 2 and a JSON list of name and arguments).
"""

from __future__ import annotations

from typing import Any

import msgspec

from supportcarr.kit.events.stream_types import StreamEvent

_json = msgspec.json.Encoder()


def event_frame(name: str, data: Any) -> str:
    """The frame of an event whose data msgspec can encode."""
    return f"2[{_text(name)},{_json.encode(data).decode()}]"


def stream_event_frame(event: StreamEvent) -> str:
    """The frame of a stream's event; its data is sent as it was stored."""
    return (
        f"2[{_text(event.name)},"
        f'{{"id":{_text(event.id)},"stream":{_text(event.stream)},"cursor":{_text(event.position)},'
        f'"at":{_text(event.at)},"data":{event.data.decode()}}}]'
    )


def _text(value: str) -> str:
    return _json.encode(value).decode()
