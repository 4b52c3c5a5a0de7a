"""Search bytes for plain values in the encodings in which they could have been stored.

    needles = Needles({"phone": {"+15145550142"}, "place": {45.523071}})
    needles.found_in(data)  # {("phone", "+15145550142", "base64")}

A text is looked for as UTF-8, as JSON and Python escape it, percent-encoded, in hex and in base64; a number
as its digits and as a double.  Streams of zlib and gzip inside the data are opened.  A short text, such as a
PIN, would be found by chance: it is looked for between quotes only.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

SHORT = 6  # characters; shorter texts are looked for between quotes
DIGITS = 5  # decimals from which on a coordinate is an exact place
_WINDOW = 8  # bytes by which needles are found first
_CHUNK = 8 << 20
_COMPRESSED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_LONGEST_STREAM = 64 << 20

Value = str | float


class Found(NamedTuple):
    """A value that was found, of a kind, in an encoding."""

    kind: str
    value: Value
    encoding: str


def encodings(value: Value) -> Iterator[tuple[str, bytes]]:
    """The encodings in which a value could be stored."""
    if isinstance(value, float):
        yield "utf-8", repr(value).encode()
        yield "double", struct.pack("<d", value)
        yield "double, big-endian", struct.pack(">d", value)
        yield from _texts(repr(value))
        return
    if len(value) < SHORT:
        for mark in ('"', "'"):
            yield "quoted", f"{mark}{value}{mark}".encode()
        return
    yield "utf-8", value.encode()
    yield "utf-16", value.encode("utf-16-le")
    yield "JSON", json.dumps(value)[1:-1].encode()
    yield "JSON, UTF-8", json.dumps(value, ensure_ascii=False)[1:-1].encode()
    yield "Python", repr(value)[1:-1].encode()
    yield "Python bytes", repr(value.encode())[2:-1].encode()
    yield "URL", quote(value, safe="").encode()
    yield from _texts(value)


def _texts(value: str) -> Iterator[tuple[str, bytes]]:
    data = value.encode()
    yield "hex", data.hex().encode()
    yield "hex, capitals", data.hex().upper().encode()
    for shift in range(3):  # where the value begins in a group of three bytes
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            # Characters at both ends depend on what surrounds the value, and are left out.
            whole = encode(b"\0" * shift + data).rstrip(b"=")
            end = len(whole) - (1 if (shift + len(data)) % 3 else 0)
            yield name, whole[(0, 2, 3)[shift] : end]


def opened(data: bytes) -> Iterator[bytes]:
    """The data, and what its compressed streams hold; a damaged one up to its damage."""
    yield data
    for at in _COMPRESSED.finditer(data):
        reader = zlib.decompressobj(31 if data[at.start()] == 0x1F else 15)
        content = bytearray()
        position = at.start()
        try:
            while not reader.eof and position < len(data) and len(content) < _LONGEST_STREAM:
                content += reader.decompress(data[position : position + 65_536])
                position += 65_536
        except zlib.error:
            pass
        if len(content) >= SHORT:
            yield bytes(content)


def _is_number_in(needle: bytes, data: bytes) -> bool:
    """Whether the needle stands there by itself: the seconds of a time (12:30:45.508046) are no latitude."""
    if not needle.lstrip(b"-")[:1].isdigit() or b"." not in needle:
        return True  # not written in digits
    return re.search(rb"(?<![\d.])(?<!\d:)" + re.escape(needle) + rb"(?!\d)", data) is not None


class Needles:
    """Values by kind, ready to be searched for.  Thousands of them cost little more than one."""

    def __init__(self, values: Mapping[str, Iterable[Value]]) -> None:
        self.values = {kind: set(of_kind) for kind, of_kind in values.items()}
        self._long: dict[int, dict[bytes, Found]] = defaultdict(dict)  # by the first bytes, as a number
        self._short: dict[bytes, Found] = {}
        for kind, of_kind in self.values.items():
            for value in of_kind:
                for encoding, needle in encodings(value):
                    found = Found(kind, value, encoding)
                    if len(needle) >= _WINDOW:
                        (window,) = struct.unpack("=Q", needle[:_WINDOW])
                        self._long[window].setdefault(needle, found)
                    else:
                        self._short.setdefault(needle, found)

    def found_in(self, data: bytes) -> set[Found]:
        """What the data holds, also inside compressed streams."""
        return {found for content in opened(data) for found in self._found(content)}

    def _found(self, data: bytes) -> Iterator[Found]:
        for needle, found in self._short.items():
            if needle in data:
                yield found
        for window in self._windows(data):
            for needle, found in self._long[window].items():
                if needle in data and (isinstance(found.value, str) or _is_number_in(needle, data)):
                    yield found

    def _windows(self, data: bytes) -> set[int]:
        """The first bytes of needles that occur in the data."""
        wanted, present = set(self._long), set()
        for begin in range(0, len(data), _CHUNK):
            chunk = memoryview(data)[begin : begin + _CHUNK + _WINDOW]
            for shift in range(_WINDOW):
                part = chunk[shift:]
                whole = part[: len(part) // _WINDOW * _WINDOW]
                present |= wanted.intersection(whole.cast("B").cast("Q"))
        return present
