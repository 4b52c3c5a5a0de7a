#!/usr/bin/env bash
# Pillow 13.0.0
#
# Input: a valid animated WebP of about 200 bytes whose canvas is 3,000 × 3,000 pixels and whose frames are small.
# Expected: Image.open "is a lazy operation; this function identifies the file, but the file remains open and the actual
#   image data is not read from the file until you try to process the data". So a service opens the file, compares
#   image.size with its limit, and refuses it, as with PNG and JPEG.
# Seen: opening it allocates two canvases of 4 bytes a pixel before image.size can be read. (libwebp's
#   decoder of animations, which Pillow uses for every WebP, allocates them when it is made.) Image.MAX_IMAGE_PIXELS only
#   warns of a size above it; from twice the limit on it refuses in time.
# What follows: read the size of the canvas from the bytes (VP8X, VP8L, VP8) before opening the file, or set
#   Image.MAX_IMAGE_PIXELS to half of what is accepted; and limit the address space of the process that decodes.
. "$(dirname "$0")/support/common.sh"
python_with pillow==13.0.0

seen=$(python -W ignore - <<'PY'
import io
import struct
import zlib
from pathlib import Path

from PIL import Image


def addresses() -> int:
    """The address space of this process in bytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize"))
    return int(line.split()[1]) * 1024


def allocated_by_opening(data: bytes) -> str:
    before = addresses()
    image = Image.open(io.BytesIO(data))
    megabytes = (addresses() - before) / 1e6
    width, height = image.size
    return f"{image.format} of {width} × {height} in less than 300 bytes: {len(data) < 300}, " + (
        "allocates two canvases" if 70 < megabytes < 90 else "allocates little"
    )


SIDE = 3_000
small = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
output = io.BytesIO()
small[0].save(output, "WEBP", save_all=True, append_images=small[1:], lossless=True)
webp = bytearray(output.getvalue())
canvas = webp.index(b"VP8X") + 12
webp[canvas : canvas + 6] = (SIDE - 1).to_bytes(3, "little") * 2


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")

allocated_by_opening(output.getvalue())  # loads the decoder
print(allocated_by_opening(png))
print(allocated_by_opening(bytes(webp)))
PY
)

unchanged "$seen" <<'END'
PNG of 3000 × 3000 in less than 300 bytes: True, allocates little
WEBP of 3000 × 3000 in less than 300 bytes: True, allocates two canvases
END
