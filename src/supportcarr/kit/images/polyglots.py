"""Finds files that are of two types at once, such as an image that is also an archive or a web page.

Whoever opens such a file by another name gets another content.  Others only see re-encoded images, but the
originals of documents are kept, and PDFs are shown as they are.  What follows the end of an image is
common in photos (a second picture, the video of a motion photo) and does not survive re-encoding, so
it is refused only if it begins as a type of its own.
"""

from __future__ import annotations

import re

from supportcarr.kit.images.errors import UnusableImage

PDF = "application/pdf"

# Anywhere in a file.  Each is so long that compressed pixels do not contain it by chance.
_PAGE = re.compile(rb"<script[\s>/]|<!doctype html|<html[\s>]|<iframe[\s>]|<\?php\s", re.IGNORECASE)
_ARCHIVE = re.compile(rb"Rar!\x1a\x07|7z\xbc\xaf\x27\x1c")
_PDF = re.compile(rb"%PDF-[0-9]\.[0-9]")

_ZIP_END = b"PK\x05\x06"  # the record behind an archive's directory (PKWARE APPNOTE 4.3.16)
_ZIP_END_BYTES, _ZIP_COMMENT_MAX = 22, 65_535

# At the beginning of what follows an image.
_OTHER_TYPES = (
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"RIFF",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x7fELF",
    b"MZ",
    b"#!",
    b"<",
)


def refuse_polyglot(data: bytes, content_type: str, end: int | None = None) -> None:
    """Raise ``UnusableImage`` for a file that is of another type as well.

    *end* is where its image ends (``Header.end``).
    """
    found = (
        _ARCHIVE.search(data)
        or _PAGE.search(data)
        or (content_type != PDF and _PDF.search(data))
        or _ends_as_archive(data)
        or (end is not None and data[end : end + 4096].lstrip(b"\0\r\n\t ").startswith(_OTHER_TYPES))
    )
    if found:
        raise UnusableImage("file_of_two_types", "The file is of two types at once")


def _ends_as_archive(data: bytes) -> bool:
    """Whether programs would open the file as a ZIP archive: they look for its directory from the end."""
    at = len(data)
    first = max(0, len(data) - _ZIP_END_BYTES - _ZIP_COMMENT_MAX)
    while (at := data.rfind(_ZIP_END, first, at)) >= 0:
        comment = int.from_bytes(data[at + 20 : at + 22], "little")
        if at + _ZIP_END_BYTES + comment == len(data):
            return True
    return False
