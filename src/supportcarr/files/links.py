"""Links to what others see of files."""

from __future__ import annotations

from datetime import UTC, datetime

from supportcarr.files.model import FileLinks, ObjectName, StoredFile, key_of
from supportcarr.kit.objects.port import ObjectStore

_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/heif": "heif",
    "application/pdf": "pdf",
}


def file_name(file_id: str, content_type: str) -> str:
    """The name under which a file is saved."""
    return f"{file_id}.{_EXTENSIONS.get(content_type, 'bin')}"


class Links:
    """Makes links that are valid for *seconds* at most, and for half of that at least.

    All that are made in half of *seconds* expire together, so that a file that is shown again has the same
    link: the browser has its bytes already.
    """

    def __init__(self, objects: ObjectStore, seconds: float) -> None:
        self._objects = objects
        self._half = seconds / 2

    def of(self, file: StoredFile, now: datetime) -> FileLinks:
        """The links of a file; none of them unless it is ready.  *now* is wall time."""
        half = now.timestamp() // self._half
        expires_at = datetime.fromtimestamp((half + 2) * self._half, UTC)
        return FileLinks(
            content_type=file.shown_type or file.content_type,
            state=file.state,
            url=self._link(file, "clean", expires_at),
            preview_url=self._link(file, "preview", expires_at),
            thumbnail_url=self._link(file, "thumbnail", expires_at),
        )

    def _link(self, file: StoredFile, name: ObjectName, expires_at: datetime) -> str | None:
        if file.state != "ready" or name not in file.objects or file.shown_type is None:
            return None
        shown = file_name(file.id, file.shown_type)
        return self._objects.link(key_of(file.id, name), file.shown_type, shown, expires_at)
