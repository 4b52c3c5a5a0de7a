"""What a file is, by its first bytes: the name and type that a client gives prove nothing."""

from __future__ import annotations

HEAD_BYTES = 64  # that the answer needs

JPEG, PNG, WEBP, HEIC, HEIF, PDF = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "application/pdf",
)
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis")
_HEIF_BRANDS = (b"mif1", b"msf1", *_HEIC_BRANDS)


def content_type_of(head: bytes) -> str | None:
    """The content type of the file that begins with those bytes; ``None`` if it is none that we take."""
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return HEIC if head[8:12] in _HEIC_BRANDS else HEIF
    if head.startswith(b"%PDF-"):
        return PDF
    return None


def same_content(declared: str, found: str | None) -> bool:
    """Whether a file of the type *found* may be declared as *declared*; HEIC and HEIF are one container."""
    return found == declared or {found, declared} == {HEIC, HEIF}
