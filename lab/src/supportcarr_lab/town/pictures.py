"""The files of the town's people: a few generated images, each with the copies that are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import replace

from supportcarr.contracts.ids import FILE
from supportcarr.files import model
from supportcarr.files.collections import FILES
from supportcarr.files.model import EVIDENCE, KEEPS_ORIGINAL, Copies, ObjectName, Purpose, StoredFile
from supportcarr.files.settings import FileSettings
from supportcarr.kit.images.derive import derive
from supportcarr_lab.simulator.images import JPEG
from supportcarr_lab.town.filled import Keep
from supportcarr_lab.town.options import Dice, TownOptions

VARIANTS = 8  # of each subject
IMAGES_KEPT = 400  # with their copies


class _Image(NamedTuple):
    objects: Mapping[ObjectName, bytes]
    width: int
    height: int


class FileObjects(NamedTuple):
    """The objects of a file, by name."""

    file_id: str
    objects: Mapping[ObjectName, bytes]


class Pictures:
    """Makes the documents of files; their objects wait in ``waiting`` until they are stored.

    The times of files are wall time, of which the history's end is *ended_at*.
    """

    def __init__(
        self, options: TownOptions, keep: Keep, ended_at: datetime, settings: FileSettings | None = None
    ) -> None:
        self._dice, self._keep = Dice(options), keep
        self._to_wall = ended_at - options.ends_at
        self._evidence = timedelta(days=(settings or FileSettings()).evidence_days)
        self.waiting: list[FileObjects] = []

    def new_id(self, at: datetime, *what: object) -> str:
        """The id of a file that is uploaded at that time (city time)."""
        return self._dice.new_id(FILE, at, *what)

    def add(
        self, file_id: str, owner_id: str, purpose: Purpose, subject_id: str, content: bytes, at: datetime
    ) -> str:
        """A file that the owner uploaded then (city time), and that *subject_id* uses; returns its id."""
        image = _image(content, keeps_original=purpose in KEEPS_ORIGINAL)
        wall = at + self._to_wall
        requested = StoredFile(
            id=file_id,
            owner_id=owner_id,
            purpose=purpose,
            content_type=JPEG,
            size=len(content),
            created_at=wall,
        )
        uploaded = model.uploaded(requested, len(content))
        assert uploaded is not None, "it was not uploaded before"
        copies = Copies(
            size=len(content),
            shown_type=JPEG,
            objects=tuple(image.objects),
            width=image.width,
            height=image.height,
        )
        ready = model.ready(uploaded, copies)
        assert ready is not None, "it waited for its copies"
        attached = model.attached(ready, subject_id, wall + self._evidence if purpose in EVIDENCE else None)
        assert attached is not None, "nothing used it before"
        self._keep(FILES, replace(attached, version=4))  # requested, uploaded, processed, attached
        self.waiting.append(FileObjects(file_id, image.objects))
        return file_id

    def take(self) -> list[FileObjects]:
        """The objects that wait, which wait no more."""
        taken, self.waiting = self.waiting, []
        return taken


@lru_cache(maxsize=IMAGES_KEPT)
def _image(content: bytes, *, keeps_original: bool) -> _Image:
    copies = derive(content, JPEG)
    objects: dict[ObjectName, bytes] = {"original": content} if keeps_original else {}
    objects |= {"clean": copies.clean, "preview": copies.preview, "thumbnail": copies.thumbnail}
    return _Image(objects, copies.width, copies.height)
