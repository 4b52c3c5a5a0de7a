"""Links to what others see of files."""

from __future__ import annotations

from datetime import datetime, timedelta

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
    """Makes links that are valid for *seconds*."""

    def __init__(self, objects: ObjectStore, seconds: float) -> None:
        self._objects = objects
        self._valid = timedelta(seconds=seconds)

    def of(self, file: StoredFile, now: datetime) -> FileLinks:
        """The links of a file; none of them unless it is ready.  *now* is wall time."""
        return FileLinks(
            content_type=file.shown_type or file.content_type,
            state=file.state,
            url=self._link(file, "clean", now),
            preview_url=self._link(file, "preview", now),
            thumbnail_url=self._link(file, "thumbnail", now),
        )

    def _link(self, file: StoredFile, name: ObjectName, now: datetime) -> str | None:
        if file.state != "ready" or name not in file.objects or file.shown_type is None:
            return None
        shown = file_name(file.id, file.shown_type)
        return self._objects.link(key_of(file.id, name), file.shown_type, shown, now + self._valid)
