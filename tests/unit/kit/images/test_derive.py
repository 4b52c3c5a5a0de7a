"""What the copies of an image hold, and which files are refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image

from support.images import photos
from supportcarr.kit.images.derive import derive
from supportcarr.kit.images.errors import UnusableImage
from supportcarr.kit.images.headers import read_header
from supportcarr.kit.images.polyglots import refuse_polyglot

JPEG, PNG, WEBP, HEIC = "image/jpeg", "image/png", "image/webp", "image/heic"


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def corners(image: Image.Image) -> list[str]:
    """The colours of the quarters: upper left, upper right, lower left, lower right."""
    width, height = image.size
    named = []
    for x, y in ((1, 1), (3, 1), (1, 3), (3, 3)):
        pixel = image.convert("RGB").getpixel((width * x // 4, height * y // 4))
        assert isinstance(pixel, tuple)
        bits = (pixel[0] > 128, pixel[1] > 128, pixel[2] > 128)
        names = {
            (True, False, False): "red",
            (False, True, False): "green",
            (False, False, True): "blue",
            (True, True, True): "white",
        }
        named.append(names.get(bits, str(pixel)))
    return named


def assert_clean(data: bytes) -> None:
    """Only pixels: no place, no device, no block of metadata, nothing behind the end."""
    assert photos.PLACE.encode() not in data
    assert photos.CAMERA.encode() not in data
    for block in (
        b"Exif",
        b"http://ns.adobe.com",
        b"ICC_PROFILE",
        b"MPF",
        b"Photoshop",
        b"\xff\xfe",
        b"ftyp",
    ):
        assert block not in data[:2000] + data[-200:], block
    image = opened(data)
    assert image.format == "JPEG"
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert read_header(data, JPEG).end == len(data)


PHOTOS: dict[str, tuple[Callable[[], bytes], str]] = {
    "jpeg": (photos.jpeg, JPEG),
    "progressive jpeg": (lambda: photos.jpeg(progressive=True), JPEG),
    "jpeg with restarts": (lambda: photos.jpeg(restart_marker_rows=1), JPEG),
    "motion photo": (lambda: photos.jpeg() + photos.VIDEO, JPEG),
    "multi-picture": (photos.multi_picture, JPEG),
    "gain map": (lambda: photos.jpeg() + photos.jpeg(photos.quarters(40, 24)), JPEG),
    "png": (photos.png, PNG),
    "webp": (photos.webp, WEBP),
    "heic": (photos.heic, HEIC),
}


@pytest.mark.parametrize("name", PHOTOS)
def test_copies_hold_the_pixels_and_nothing_else(name: str) -> None:
    make, content_type = PHOTOS[name]
    copies = derive(make(), content_type)
    assert (copies.width, copies.height) == (80, 48)
    for data in (copies.clean, copies.preview, copies.thumbnail):
        assert_clean(data)
        assert corners(opened(data)) == ["red", "green", "blue", "white"]


TURNED = {
    1: ["red", "green", "blue", "white"],
    2: ["green", "red", "white", "blue"],
    3: ["white", "blue", "green", "red"],
    4: ["blue", "white", "red", "green"],
    5: ["red", "blue", "green", "white"],
    6: ["blue", "red", "white", "green"],
    7: ["white", "green", "blue", "red"],
    8: ["green", "white", "red", "blue"],
}


@pytest.mark.parametrize("orientation", TURNED)
def test_photos_are_turned_as_their_orientation_says(orientation: int) -> None:
    copies = derive(photos.jpeg(orientation=orientation), JPEG)
    assert corners(opened(copies.clean)) == TURNED[orientation]
    assert (copies.width, copies.height) == ((80, 48) if orientation < 5 else (48, 80))
    assert corners(opened(copies.thumbnail)) == TURNED[orientation]


def test_sizes_of_the_copies() -> None:
    copies = derive(photos.jpeg(photos.quarters(2000, 1000)), JPEG)
    sizes = [opened(data).size for data in (copies.clean, copies.preview, copies.thumbnail)]
    assert sizes == [(2000, 1000), (1280, 640), (320, 160)]


def test_large_jpegs_are_halved() -> None:
    copies = derive(photos.jpeg(photos.quarters(6000, 4000), orientation=6), JPEG)
    assert (copies.width, copies.height) == (2000, 3000)


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA", "1", "I;16", "CMYK"])
def test_other_colour_modes(mode: str) -> None:
    image = Image.new(mode, (40, 40), 0 if mode in ("P", "L", "1", "I;16") else None)
    data = io.BytesIO()
    image.save(data, "JPEG" if mode == "CMYK" else "PNG")
    copies = derive(data.getvalue(), JPEG if mode == "CMYK" else PNG)
    assert opened(copies.clean).mode == "RGB"
    if mode in ("RGBA", "LA"):  # nothing is in front of white
        assert opened(copies.clean).getpixel((5, 5)) == (255, 255, 255)


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [photos.quarters(), Image.new("RGB", (80, 48), "black")]
    data = photos.webp(frames[0], save_all=True, append_images=frames[1:], duration=100)
    assert corners(opened(derive(data, WEBP).clean)) == TURNED[1]


@pytest.mark.parametrize(
    ("make", "content_type"),
    [
        (photos.png_that_declares, PNG),
        (photos.jpeg_that_declares, JPEG),
        (photos.webp_that_declares, WEBP),
        (photos.heic_that_declares, HEIC),
    ],
)
@pytest.mark.parametrize("size", [(12_001, 10), (10_000, 5_001)])
def test_declared_sizes_are_refused_before_decoding(
    make: Callable[[int, int], bytes],
    content_type: str,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = make(*size)

    def opens(*_: object, **__: object) -> None:
        raise AssertionError("a decoder has opened the file")

    monkeypatch.setattr(Image, "open", opens)
    with pytest.raises(UnusableImage) as refused:
        derive(data, content_type)
    assert refused.value.code == "image_too_large"
    assert f"{size[0]} × " in refused.value.sentence


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "heic"])
def test_every_cut_of_a_file_is_refused_or_shown(name: str) -> None:
    make, content_type = PHOTOS[name]
    whole = make()
    for length in {*range(0, 400, 7), *range(400, len(whole), len(whole) // 40)}:
        try:
            derive(whole[:length], content_type)
        except UnusableImage as refused:
            assert refused.code in ("image_damaged", "image_too_large")


def zipped(name: str = "run.sh") -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr(name, "echo")
    return output.getvalue()


PAGE = b"<html><script>alert(1)</script></html>"
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF"


@pytest.mark.parametrize("other", [zipped(), PAGE, PDF, photos.png(), b"#!/bin/sh\n", b"GIF89a" + bytes(20)])
@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "heic"])
def test_a_file_of_two_types_is_refused(name: str, other: bytes) -> None:
    make, content_type = PHOTOS[name]
    with pytest.raises(UnusableImage) as refused:
        derive(make() + other, content_type)
    assert refused.value.code in ("file_of_two_types", "image_damaged")


@pytest.mark.parametrize("hidden", [PAGE, PDF])
def test_another_type_inside_of_metadata_is_refused(hidden: bytes) -> None:
    output = io.BytesIO()
    photos.quarters().save(output, "JPEG", comment=hidden)
    with pytest.raises(UnusableImage, match="file_of_two_types"):
        derive(output.getvalue(), JPEG)


def test_pdfs_that_are_archives_or_pages_are_refused() -> None:
    refuse_polyglot(PDF, "application/pdf")
    for other in (zipped(), PAGE):
        with pytest.raises(UnusableImage):
            refuse_polyglot(PDF + other, "application/pdf")


def test_a_broken_colour_profile_is_ignored() -> None:
    output = io.BytesIO()
    photos.quarters().save(output, "JPEG", icc_profile=b"not a profile" * 20, quality=95)
    assert corners(opened(derive(output.getvalue(), JPEG).clean)) == TURNED[1]
