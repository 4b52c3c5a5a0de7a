"""What caused an event of the streams, as it travels to the processes that deliver it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.contracts.envelope import Cause

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Cause)


class DeliveryLine(msgspec.Struct, omit_defaults=True):
    """The log line of one event that follows from a request and that some clients of this process get."""

    at: datetime
    level: str
    event: str
    request_id: str
    event_id: str
    name: str
    clients: int
    trace_id: str | None = None


def encode_cause(cause: Cause | None) -> bytes:
    """The cause for ``Publication``; empty if there is none."""
    return b"" if cause is None else _encoder.encode(cause)


def decode_cause(cause: bytes) -> Cause | None:
    """The cause of a ``StreamEvent``; ``None`` if it has none, or one that cannot be read."""
    if not cause:
        return None
    try:
        return _decoder.decode(cause)
    except msgspec.DecodeError:
        return None
