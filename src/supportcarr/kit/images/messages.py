"""What a process that makes copies is asked, and replies: MessagePack behind its length in four bytes."""

from __future__ import annotations

import msgspec

LENGTH_BYTES = 4


class Request(msgspec.Struct, frozen=True, array_like=True):
    data: bytes
    content_type: str


class Refusal(msgspec.Struct, frozen=True, tag="refused"):
    code: str
    sentence: str


class Copies(msgspec.Struct, frozen=True, kw_only=True, tag="copies"):
    """The copies of an image, JPEGs."""

    clean: bytes  # in full size
    preview: bytes
    thumbnail: bytes
    width: int  # of ``clean``, pixels
    height: int


Reply = Copies | Refusal


def frame(message: msgspec.Struct) -> bytes:
    """A message as it is sent."""
    encoded = msgspec.msgpack.encode(message)
    return len(encoded).to_bytes(LENGTH_BYTES, "big") + encoded


def decode_length(header: bytes) -> int:
    return int.from_bytes(header, "big")
