"""Makes the copies of an image that others see: upright, without metadata, and in two smaller sizes.

The pixels are encoded again and nothing else is passed on.  So EXIF, XMP, IPTC, comments, colour profiles
(which can name a device), gain maps, the further pictures of a multi-picture file and the video of a motion
photo are gone.  It runs in processes of its own (``pool.py``): it decodes what strangers send.
"""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import pillow_heif
from PIL import Image, ImageCms, ImageOps

from supportcarr.kit.images.errors import UnusableImage, damaged, too_complex
from supportcarr.kit.images.headers import MAX_PIXELS, read_header, require_bounded
from supportcarr.kit.images.messages import Copies
from supportcarr.kit.images.polyglots import refuse_polyglot

SHOWN_TYPE = "image/jpeg"
PREVIEW_SIDE, THUMBNAIL_SIDE = 1280, 320  # pixels of the longer side, at most
SHOWN_PIXELS = 16_000_000  # larger JPEGs are decoded at a half of their width and height
_QUALITY = {"clean": 88, "preview": 82, "thumbnail": 80}
_REDUCING_GAP = 2.0  # shrinks by whole numbers first: less memory and time
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")

Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # a second guard, behind ``require_bounded``
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener()


def derive(data: bytes, content_type: str) -> Copies:
    """The copies of an image of the type that its content has.  Raises ``UnusableImage``.

    Of an animation the first frame is taken.
    """
    header = read_header(data, content_type)
    require_bounded(header)
    refuse_polyglot(data, content_type, header.end)
    try:
        image = _upright(data)
        width, height = image.size
        preview = _smaller(image, PREVIEW_SIDE)
        thumbnail = _smaller(preview, THUMBNAIL_SIDE)
        return Copies(
            clean=_encoded(image, "clean"),
            preview=_encoded(preview, "preview"),
            thumbnail=_encoded(thumbnail, "thumbnail"),
            width=width,
            height=height,
        )
    except UnusableImage:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise too_complex() from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, struct.error) as error:
        raise damaged() from error  # what Pillow and libheif raise for broken files


def _upright(data: bytes) -> Image.Image:
    """The pixels in RGB, sRGB, turned as the photo's orientation says."""
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        if opened.width * opened.height > SHOWN_PIXELS:
            opened.draft("RGB", (opened.width // 2, opened.height // 2))  # for JPEG only
        opened.load()
        profile = opened.info.get("icc_profile")
        ImageOps.exif_transpose(opened, in_place=True)
        image = _opaque(opened)
    if profile:
        _to_srgb(image, profile)
    return image


def _opaque(image: Image.Image) -> Image.Image:
    """The pixels in RGB, in front of white."""
    if image.mode == "RGB":
        return image.copy() if image.readonly else _taken(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    if image.mode.startswith(("I", "F")):  # 16 bits a pixel
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image.convert("RGB")


def _taken(image: Image.Image) -> Image.Image:
    """The pixels of an opened file as an image of their own, without a copy of them."""
    taken = Image.new("RGB", (1, 1))
    taken.im = image.im
    taken._size = image.size
    return taken


def _to_srgb(image: Image.Image, profile: bytes) -> None:
    """Convert the pixels in place; photos of some phones would look pale without."""
    with suppress(ImageCms.PyCMSError, OSError, ValueError):  # a broken profile: shown as sRGB
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() == "RGB" and "sRGB" not in (
            source.profile.profile_description or ""
        ):
            ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), inPlace=True)


def _smaller(image: Image.Image, side: int) -> Image.Image:
    """The image with at most *side* pixels on its longer side."""
    scale = side / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(length * scale)) for length in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)


def _encoded(image: Image.Image, name: str) -> bytes:
    image.info = {}
    output = io.BytesIO()
    image.save(output, "JPEG", quality=_QUALITY[name], exif=b"", comment=b"")
    return output.getvalue()
