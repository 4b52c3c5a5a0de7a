"""Small images of bikes, vehicles, people and papers as simulated phones make them, with a place in EXIF."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageDraw

JPEG = "image/jpeg"
VARIANTS = 16
_ORIENTATION, _MAKE, _GPS = 0x0112, 0x010F, 0x8825
_SKIN, _HAIR = ("#f0c8a0", "#c68e5f", "#8d5a36"), ("#2b2018", "#6b4423", "#b08d57", "#8a8a8a")
_COLOURS = ("#3b6ea5", "#a5473b", "#4c8c4a", "#8a6d3b", "#6b4c8c", "#3b8c8c")


@lru_cache(maxsize=2 * VARIANTS)
def bike_photo(variant: int, *, damage: bool = False) -> bytes:
    """A JPEG of a bike, with a scratch across it if it shows *damage*."""
    image = Image.new("RGB", (320, 240), "#d8d4c8")
    draw = ImageDraw.Draw(image)
    colour = _COLOURS[variant % len(_COLOURS)]
    for left in (40, 190):
        draw.ellipse((left, 120, left + 90, 210), outline="black", width=5)
    draw.line((85, 165, 140, 95, 220, 95, 235, 165), fill=colour, width=7)
    draw.line((140, 95, 150, 165, 220, 95), fill=colour, width=7)
    draw.rectangle((variant * 9 % 200, 4, variant * 9 % 200 + 60, 24), fill=colour)
    if damage:
        draw.line((90, 60, 250, 200), fill="red", width=9)
    return _jpeg(image, variant)


@lru_cache(maxsize=VARIANTS)
def vehicle_photo(variant: int) -> bytes:
    """A JPEG of a pickup."""
    image = Image.new("RGB", (320, 240), "#c9d3d8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 190, 320, 240), fill="#7d7a74")
    colour = _COLOURS[variant % len(_COLOURS)]
    draw.polygon(
        ((40, 180), (40, 130), (150, 130), (165, 85), (235, 85), (255, 130), (285, 180)), fill=colour
    )
    draw.polygon(((172, 126), (180, 94), (228, 94), (242, 126)), fill="#e8f1f5")
    for left in (70, 215):
        draw.ellipse((left, 155, left + 45, 200), fill="black")
    draw.text((45, 150), f"{variant:03d}", fill="white")
    return _jpeg(image, variant)


@lru_cache(maxsize=VARIANTS)
def portrait(variant: int) -> bytes:
    """A JPEG of a face, for a profile."""
    image = Image.new("RGB", (240, 240), "#dfe6ea")
    draw = ImageDraw.Draw(image)
    draw.ellipse((40, 165, 200, 320), fill=_COLOURS[variant % len(_COLOURS)])
    draw.ellipse((75, 45, 165, 165), fill=_SKIN[variant % len(_SKIN)])
    draw.pieslice((70, 35, 170, 150), 180, 360, fill=_HAIR[variant // len(_SKIN) % len(_HAIR)])
    for left in (98, 134):
        draw.ellipse((left, 98, left + 8, 106), fill="black")
    draw.arc((98, 115, 142, 145), 20, 160, fill="black", width=3)
    return _jpeg(image, variant)


@lru_cache(maxsize=4 * VARIANTS)
def paper_photo(title: str, variant: int) -> bytes:
    """A JPEG of a paper: a licence, an insurance, a registration."""
    image = Image.new("RGB", (400, 260), "#6f6a60")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, 380, 240), fill="#f4f1e6")
    draw.text((40, 40), title.upper(), fill="black")
    draw.text((40, 80), f"No. {variant:06d}", fill="black")
    for line in range(4):
        draw.line((40, 130 + 25 * line, 340 - 20 * line, 130 + 25 * line), fill="#888888", width=3)
    return _jpeg(image, variant)


def _jpeg(image: Image.Image, variant: int) -> bytes:
    exif = Image.Exif()
    exif[_ORIENTATION] = 1
    exif[_MAKE] = "Simulated phone"
    exif[_GPS] = {1: "N", 2: (45.0, 30.0 + variant % 10, 0.0), 3: "W", 4: (73.0, 34.0, 0.0)}
    output = io.BytesIO()
    image.save(output, "JPEG", quality=80, exif=exif)
    return output.getvalue()
