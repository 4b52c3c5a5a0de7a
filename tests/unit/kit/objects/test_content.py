"""What a file is, by its first bytes."""

from __future__ import annotations

import pytest

from support.files import uploads
from supportcarr.kit.objects.content import content_type_of, same_content


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (uploads.JPEG, "image/jpeg"),
        (uploads.PNG, "image/png"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (uploads.HEIC, "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "image/heif"),
        (uploads.PDF, "application/pdf"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", None),
        (b"GIF89a", None),
        (b"<svg xmlns=", None),
        (b"MZ\x90\0", None),
        (b"", None),
    ],
)
def test_the_first_bytes_say_what_it_is(head: bytes, found: str | None) -> None:
    assert content_type_of(head) == found


def test_heic_and_heif_may_be_declared_for_each_other() -> None:
    assert same_content("image/heif", "image/heic")
    assert same_content("image/heic", "image/heif")
    assert not same_content("image/jpeg", "image/png")
    assert not same_content("image/heic", None)
