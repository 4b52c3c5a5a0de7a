"""What is written to and read from the event streams, and positions in them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


class Publication(msgspec.Struct, frozen=True):
    """An event to append to one or more streams; ``data`` is JSON, ``at`` is RFC 3339 city time.

    An event whose data differs between streams is published in several publications with the same
    ``event_id``.  *owner* is the person of whom ``data`` says something, if it must be sealed.
    ``cause`` is an encoded ``Cause``, or empty.
    """

    streams: tuple[str, ...]  # each once; names contain no spaces
    event_id: str
    name: str  # of the socket event, such as rescue:status_update
    at: str
    data: bytes
    owner: str | None = None
    cause: bytes = b""


class StreamEvent(msgspec.Struct, frozen=True):
    """An event read from a stream, with its position in it (``EPOCH:OFFSET``).

    ``cause`` is that of its publication if it was read from the firehose, else empty.
    """

    stream: str
    position: str
    id: str
    name: str
    at: str
    data: bytes
    cause: bytes = b""


@dataclass(frozen=True, slots=True)
class FirehoseBatch:
    """The events of one read of the firehoses, all of the same epoch.

    ``new_epoch``: the epoch differs from that of the previous batch, so every position handed out
    before is invalid and clients must reload.
    """

    epoch: str
    events: list[StreamEvent]
    new_epoch: bool = False


class StreamReset(Exception):
    """The requested events are not available: another epoch, trimmed, or never appended.

    ``position`` is where to continue after a reload.
    """

    def __init__(self, stream: str, position: str) -> None:
        self.stream, self.position = stream, position
        super().__init__(f"{stream} must be reloaded and continued at {position}")


def parse_position(position: str) -> tuple[str, int]:
    """Epoch and offset of ``EPOCH:OFFSET``; ``("", 0)`` if malformed: no stream has the epoch ``""``."""
    epoch, _, offset = position.partition(":")
    return (epoch, int(offset)) if offset.isascii() and offset.isdecimal() and len(offset) < 16 else ("", 0)
