"""Photos as phones make them, and hostile files.  All are made here; none is kept in the repository."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image, ImageCms

PLACE = "45.5019,-73.5674"  # in EXIF, XMP and comments: no copy may hold it
CAMERA = "SecretPhone 9"
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'<rdf:Description place="{PLACE}"/></rdf:RDF></x:xmpmeta>'
).encode()
VIDEO = struct.pack(">I", 24) + b"ftypmp42\0\0\0\0mp42isom" + PLACE.encode() * 20  # of a motion photo

ORIENTATION, MAKE, GPS = 0x0112, 0x010F, 0x8825


def quarters(width: int = 80, height: int = 48) -> Image.Image:
    """A picture whose upper left quarter is red, the upper right green, the lower left blue, else white."""
    image = Image.new("RGB", (width, height), "white")
    for colour, at in (("red", (0, 0)), ("lime", (width // 2, 0)), ("blue", (0, height // 2))):
        image.paste(colour, (*at, at[0] + width // 2, at[1] + height // 2))
    return image


def exif(orientation: int = 1) -> Image.Exif:
    """EXIF with a camera's name and a place."""
    found = Image.Exif()
    found[ORIENTATION] = orientation
    found[MAKE] = CAMERA
    found[GPS] = {1: "N", 2: (45.0, 30.0, 6.84), 3: "W", 4: (73.0, 34.0, 2.64), 29: PLACE}
    return found


def profile() -> bytes:
    """A colour profile (ICC) that is not sRGB by its name, and the same whenever it is made."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"sRGB", b"mRGB")
    return made[:24] + bytes(12) + made[36:]  # when it was made, to the second (ICC.1:2022, 7.2.1)


def jpeg(image: Image.Image | None = None, orientation: int = 1, **options: Any) -> bytes:
    output = io.BytesIO()
    (image or quarters()).save(
        output,
        "JPEG",
        quality=95,
        exif=exif(orientation),
        xmp=XMP,
        comment=f"at {PLACE}",
        icc_profile=profile(),
        **options,
    )
    return output.getvalue()


def multi_picture() -> bytes:
    """A JPEG in the multi-picture format (MPF): a second picture, with EXIF of its own, follows it."""
    output = io.BytesIO()
    first, second = quarters(), quarters(40, 24)
    first.save(output, "MPO", save_all=True, append_images=[second], exif=exif(), quality=95)
    return output.getvalue()


def png(image: Image.Image | None = None) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Comment", f"at {PLACE}")
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    output = io.BytesIO()
    (image or quarters()).save(output, "PNG", exif=exif(), pnginfo=texts, icc_profile=profile())
    return output.getvalue()


def webp(image: Image.Image | None = None, **options: Any) -> bytes:
    output = io.BytesIO()
    (image or quarters()).save(output, "WEBP", lossless=True, exif=exif().tobytes(), xmp=XMP, **options)
    return output.getvalue()


def heic(orientation: int = 1) -> bytes:
    """As an iPhone writes it: libheif turns the pixels, EXIF and XMP hold the place."""
    file = pillow_heif.from_pillow(quarters())
    output = io.BytesIO()
    file.save(output, quality=90, exif=exif(orientation).tobytes(), xmp=XMP)
    return output.getvalue()


def png_that_declares(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header declares that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(64))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg_that_declares(width: int, height: int) -> bytes:
    """A small JPEG whose frame declares that size."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0\x00\x11")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_that_declares(width: int, height: int) -> bytes:
    """A small WebP whose canvas declares that size."""
    data = bytearray(webp())
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def heic_that_declares(width: int, height: int) -> bytes:
    """A small HEIC of which one image declares that size."""
    data = bytearray(heic())
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data)
