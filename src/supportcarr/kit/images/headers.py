"""The size that an image's header declares, and where the image ends.  Pure; decodes nothing.

A few bytes can declare gigabytes of pixels, and some decoders allocate the canvas as soon as they open a
file: whoever decodes an image checks its declared size first (``require_bounded``).

Formats: JPEG (ITU-T T.81, annex B), PNG (third edition, section 5), WebP (RFC 9649), HEIF (ISO/IEC 23008-12,
boxes of ISO/IEC 14496-12).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from supportcarr.kit.images.errors import UnusableImage, damaged

MAX_PIXELS = 50_000_000  # phones take up to 48 or 50 megapixels
MAX_SIDE = 12_000  # pixels

_SOI, _EOI, _SOS, _TEM = 0xD8, 0xD9, 0xDA, 0x01
_RESTART = range(0xD0, 0xD8)
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # frames; the others are tables
_MAX_BOXES = 10_000  # of a HEIF file
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0}  # boxes around ``ispe``, and the bytes before their boxes


class Header(msgspec.Struct, frozen=True):
    """What a file declares: the size of its pixels, and how many bytes belong to the image."""

    width: int
    height: int
    end: int  # bytes after it are no part of the image


def read_header(data: bytes, content_type: str) -> Header:
    """The header of an image of that type.  Raises ``UnusableImage``."""
    read = _READERS.get(content_type)
    if read is None:
        raise ValueError(f"{content_type} is no image")
    try:
        return read(data)
    except (struct.error, IndexError) as error:  # it ends too early
        raise damaged() from error


def require_bounded(header: Header) -> None:
    """Raise ``UnusableImage`` for a size that is not decoded here."""
    width, height = header.width, header.height
    if not (width and height):
        raise damaged()
    if width > MAX_SIDE or height > MAX_SIDE or width * height > MAX_PIXELS:
        raise UnusableImage(
            "image_too_large",
            f"The image has {width} × {height} pixels; at most {MAX_PIXELS // 1_000_000} megapixels and "
            f"{MAX_SIDE:,} pixels a side are accepted",
        )


def _jpeg(data: bytes) -> Header:
    """The largest frame: a second one in the same file would be decoded in its place."""
    width = height = 0
    at = 2
    while True:
        if data[at] != 0xFF:
            raise damaged()
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        at += 2
        if marker == _EOI:
            return Header(width, height, at)
        if marker in _RESTART or marker in (_SOI, _TEM):
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2:
            raise damaged()
        if marker in _SOF:
            rows, columns = struct.unpack_from(">HH", data, at + 3)
            width, height = max(width, columns), max(height, rows)
        at += length
        if marker == _SOS:
            at = _end_of_scan(data, at)


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker is after the entropy-coded bytes at *at*; in them FF is followed by 00."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise damaged()
        following = data[at + 1]
        if following != 0 and following not in _RESTART:
            return at
        at += 2


def _png(data: bytes) -> Header:
    at, width, height = 8, 0, 0
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", data, at + 8)
        at += 12 + length
        if at > len(data) or not width:  # the header comes first
            raise damaged()
        if kind == b"IEND":
            return Header(width, height, at)


def _webp(data: bytes) -> Header:
    (riff,) = struct.unpack_from("<I", data, 4)
    end = min(8 + riff, len(data))
    width = height = 0
    at = 12
    while at + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, at)
        found = _webp_size(data, kind, at + 8)
        width, height = max(width, found[0]), max(height, found[1])
        at += 8 + length + length % 2
    return Header(width, height, end)


def _webp_size(data: bytes, kind: bytes, at: int) -> tuple[int, int]:
    if kind == b"VP8X":  # the canvas
        return _uint24(data, at + 4) + 1, _uint24(data, at + 7) + 1
    if kind == b"ANMF":  # a frame of an animation
        return _uint24(data, at + 6) + 1, _uint24(data, at + 9) + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, at + 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, at + 6)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def _uint24(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8 | data[at + 2] << 16


def _heif(data: bytes) -> Header:
    """The largest of all images in the file: tiles, thumbnails and the whole."""
    sizes = list(_image_sizes(data))
    if not sizes:
        raise damaged()
    end = 0
    for _, _, end in _boxes(data, 0, len(data)):  # noqa: B007 - the end of the last one
        pass
    return Header(max(width for width, _ in sizes), max(height for _, height in sizes), end)


def _image_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    around = [(0, len(data))]
    seen = 0
    while around:
        start, end = around.pop()
        for kind, at, box_end in _boxes(data, start, end):
            seen += 1
            if seen > _MAX_BOXES:
                raise damaged()
            if kind == b"ispe":
                yield struct.unpack_from(">II", data, at + 4)
            elif kind in _CONTAINERS:
                around.append((at + _CONTAINERS[kind], box_end))


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes in a range: each one's type, where its content begins, where it ends."""
    while at + 8 <= end:
        length, kind = struct.unpack_from(">I4s", data, at)
        content = at + 8
        if not kind.isalnum() and not kind.strip().isalnum():
            return  # what follows the file
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, content)
            content += 8
        box_end = end if length == 0 else at + length
        if box_end < content or box_end > end:
            raise damaged()
        yield kind, content, box_end
        at = box_end


_READERS = {
    "image/jpeg": _jpeg,
    "image/png": _png,
    "image/webp": _webp,
    "image/heic": _heif,
    "image/heif": _heif,
}
