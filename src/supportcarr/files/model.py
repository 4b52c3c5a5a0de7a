"""A file that a person uploads, and its states.  Pure.

::

    awaiting_upload ──completed──> processing ──copies are stored──> ready
           │                            │                               │
           └──────── refused ◄──────────┘                               │
           │            │               │                               │
           └────────────┴───> deleted ◄─┴───────────────────────────────┘

The document is written before its objects and removed after them: an object always has a document that will
end it.  ``deleted`` is the intent to remove the objects, and then the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.errors import IllegalTransition

FileState = Literal["awaiting_upload", "processing", "ready", "refused", "deleted"]
Purpose = Literal["driver_document", "vehicle_photo", "bike_photo", "profile_photo", "rescue_photo"]
ObjectName = Literal["upload", "original", "clean", "preview", "thumbnail"]

NEXT: Mapping[FileState, frozenset[FileState]] = {
    "awaiting_upload": frozenset({"processing", "refused", "deleted"}),
    "processing": frozenset({"ready", "refused", "deleted"}),
    "ready": frozenset({"deleted"}),
    "refused": frozenset({"deleted"}),
    "deleted": frozenset(),
}

# Every object that a file may have.  ``upload`` is what the client sent, until it is processed; ``original``
# is the same, where it is evidence; the others are what is shown.
OBJECTS: tuple[ObjectName, ...] = ("upload", "original", "clean", "preview", "thumbnail")

IMAGES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")
PDF = "application/pdf"
TYPES: Mapping[Purpose, tuple[str, ...]] = {
    "driver_document": (*IMAGES, PDF),
    "vehicle_photo": IMAGES,
    "bike_photo": IMAGES,
    "profile_photo": IMAGES,
    "rescue_photo": IMAGES,
}
KEEPS_ORIGINAL: frozenset[Purpose] = frozenset({"driver_document"})  # as evidence, private
EVIDENCE: frozenset[Purpose] = frozenset({"rescue_photo"})  # outlives its owner's account, for its time

REASONS: Mapping[str, str] = {
    "file_too_large": "The file has more bytes than were declared",
    "unsupported_file_type": "The file's content is not of the type that was declared",
    "file_not_uploaded": "The file was gone before it could be checked",
    "malware_found": "A virus scanner found something in the file",
}


class StoredFile(Document, frozen=True, kw_only=True, omit_defaults=True):
    """One file of a person.  All times are wall time.

    ``size`` is in bytes: as declared, then as it is.  ``expires_at``: until then the upload must be complete;
    absent once nothing of the upload is left.  ``orphan_at``: when it is collected unless somebody attaches
    it; absent while it is attached, set while it is only reserved.  ``keep_until``: when an attached file is
    deleted by age.  ``shown_type`` is the content type of what others see.
    """

    owner_id: str
    purpose: Purpose
    state: FileState = "awaiting_upload"
    content_type: str
    size: int
    created_at: datetime
    expires_at: datetime | None = None
    orphan_at: datetime | None = None
    keep_until: datetime | None = None
    attached_to: str | None = None  # the id of what uses it
    reason: str | None = None  # why it was refused: a code
    detail: str | None = None  # the same as a sentence
    shown_type: str | None = None
    width: int | None = None
    height: int | None = None
    objects: tuple[ObjectName, ...] = ()  # that a ready file has


class FileLinks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Links to what others see of a file, valid for minutes; ``None`` while there is nothing to see."""

    content_type: str
    state: FileState
    url: str | None = None
    preview_url: str | None = None
    thumbnail_url: str | None = None


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """What processing has stored of a file."""

    size: int  # of the upload, bytes
    shown_type: str
    objects: tuple[ObjectName, ...]
    width: int | None = None
    height: int | None = None


def key_of(file_id: str, name: ObjectName) -> str:
    """The key of one of a file's objects."""
    return f"files/{file_id}/{name}"


def file_id_of(key: str) -> str | None:
    """The id of the file that an object belongs to; ``None`` if its key is none of ours."""
    parts = key.split("/")
    return parts[1] if len(parts) == 3 and parts[0] == "files" else None


def _moved(file: StoredFile, to: FileState) -> StoredFile:
    if to not in NEXT[file.state]:
        raise IllegalTransition(f"The file is {file.state}")
    return replace(file, state=to)


def uploaded(file: StoredFile, size: int) -> StoredFile | None:
    """The file, whose upload is complete; ``None`` if it was."""
    if file.state in ("processing", "ready"):
        return None
    return replace(_moved(file, "processing"), size=size)


def ready(file: StoredFile, copies: Copies) -> StoredFile | None:
    """The file, with its copies; ``None`` if it does not wait for them (any more)."""
    if file.state != "processing":
        return None
    return replace(
        _moved(file, "ready"),
        size=copies.size,
        shown_type=copies.shown_type,
        objects=copies.objects,
        width=copies.width,
        height=copies.height,
    )


def refused(file: StoredFile, code: str, detail: str | None = None) -> StoredFile | None:
    """The file, refused for that reason; ``None`` if it has been decided already."""
    if "refused" not in NEXT[file.state]:
        return None
    return replace(_moved(file, "refused"), reason=code, detail=detail or REASONS.get(code))


def deleted(file: StoredFile) -> StoredFile | None:
    """The file, to be removed; ``None`` if that has begun."""
    return None if file.state == "deleted" else _moved(file, "deleted")


def reserved(file: StoredFile, subject_id: str, orphan_at: datetime) -> StoredFile | None:
    """The file, reserved for *subject_id* until *orphan_at*; ``None`` if that one uses it."""
    if file.attached_to == subject_id and file.orphan_at is None:
        return None
    return replace(file, attached_to=subject_id, orphan_at=orphan_at)


def kept(file: StoredFile, subject_id: str) -> StoredFile | None:
    """The file, used by *subject_id*; ``None`` if it is, or if something else uses it."""
    if file.state == "deleted" or file.attached_to not in (None, subject_id):
        return None
    after = replace(file, attached_to=subject_id, orphan_at=None)
    return None if after == file else after


def attached(file: StoredFile, subject_id: str, keep_until: datetime | None) -> StoredFile | None:
    """The file, used by *subject_id*; ``None`` if it is."""
    if file.attached_to == subject_id:
        return None
    return replace(file, attached_to=subject_id, orphan_at=None, keep_until=keep_until)


def detached(file: StoredFile, subject_id: str, orphan_at: datetime) -> StoredFile | None:
    """The file, used by nobody; ``None`` if *subject_id* does not use it."""
    if file.attached_to != subject_id:
        return None
    return replace(file, attached_to=None, orphan_at=orphan_at, keep_until=None)
