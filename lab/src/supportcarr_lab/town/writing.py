"""Writes a town: documents many at once, and objects that share their content."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from supportcarr.contracts.documents import Document
from supportcarr.files.model import key_of
from supportcarr.kit.objects.port import ObjectStore
from supportcarr.kit.sealing.store import SealingStore
from supportcarr.kit.store.port import CollectionSpec
from supportcarr_lab.simulator.images import JPEG
from supportcarr_lab.town.filled import FILLED
from supportcarr_lab.town.pictures import FileObjects

BATCH = 2_000  # documents of one transaction of SQLite
REMOTE_BATCH = 200  # documents of one call of a server, which has to answer within seconds
AT_ONCE = 32  # objects on their way to the object store

Object = tuple[str, bytes]  # its key and content


class BulkWriter:
    """Collects documents, and writes many of a collection in one transaction."""

    def __init__(self, store: SealingStore, batch: int = BATCH) -> None:
        self._store, self._batch = store, batch
        self._waiting: dict[str, tuple[CollectionSpec[Any], list[Document]]] = {
            spec.name: (spec, []) for spec in FILLED
        }
        self.written = 0
        self.seconds = 0.0

    def keep(self, spec: CollectionSpec[Any], document: Document) -> None:
        """Have the document written.  Raises ``KeyError`` for a collection that is not in ``FILLED``."""
        self._waiting[spec.name][1].append(document)

    async def write(self, *, all: bool = False) -> None:
        """Write the collections of which enough documents wait, or *all* of them."""
        began = time.perf_counter()
        for spec, documents in self._waiting.values():
            if documents and (all or len(documents) >= self._batch):
                for start in range(0, len(documents), self._batch):
                    await self._store.fill(spec, documents[start : start + self._batch])
                self.written += len(documents)
                documents.clear()
        self.seconds += time.perf_counter() - began


class ObjectWriter:
    """Stores the objects of files; in a folder those of the same content are one file with many names.

    An object is never changed in place, so what happens to one of the names leaves the others as they are.
    """

    def __init__(self, objects: ObjectStore, folder: Path | None) -> None:
        """*folder* is where *objects* keeps them; ``None``: in a service."""
        self._objects = objects
        self._folder = folder
        self._first: dict[bytes, Path] = {}
        self.written = 0

    async def write(self, files: Iterable[FileObjects]) -> None:
        """Store the objects of the files, replacing what an earlier run may have left."""
        objects = [
            (key_of(file.file_id, name), data) for file in files for name, data in file.objects.items()
        ]
        self.written += len(objects)
        if self._folder is None:
            await self._put(objects)
            return
        new = {data: key for key, data in reversed(objects) if data not in self._first}
        await self._put([(key, data) for data, key in new.items()])
        self._first |= {data: self._folder / key for data, key in new.items()}
        shared = [(key, data) for key, data in objects if new.get(data) != key]
        await self._put(await asyncio.to_thread(self._link, self._folder, shared))

    async def close(self) -> None:
        await self._objects.close()

    async def _put(self, objects: Sequence[Object]) -> None:
        for start in range(0, len(objects), AT_ONCE):
            await asyncio.gather(
                *(self._objects.put(key, data, JPEG) for key, data in objects[start : start + AT_ONCE])
            )

    def _link(self, folder: Path, objects: Sequence[Object]) -> Sequence[Object]:
        """Give the files of the same content the names of these objects; returns those that are left.

        The names are not flushed each: the store's own commits follow, and a file system keeps this order.
        """
        return [(key, data) for key, data in objects if not _linked(self._first[data], folder / key)]


def _linked(first: Path, path: Path) -> bool:
    """Give the file *first* another name; False if the file system does not allow that."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        os.link(first, path)
    except OSError:
        return False
    return True
