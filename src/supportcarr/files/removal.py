"""The end of files: by their owner's account, by age, and as orphans.

A file is first marked ``deleted``, then its objects are deleted, then the document.  A process that
is killed in between leaves a marked document, and the next collection goes on there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from msgspec.structs import replace

from supportcarr.contracts.errors import NotFound
from supportcarr.files import model
from supportcarr.files.collections import FILES
from supportcarr.files.metrics import FileFigures
from supportcarr.files.model import EVIDENCE, OBJECTS, StoredFile, file_id_of, key_of
from supportcarr.kit.objects.port import ObjectStore
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Range, Store, VersionConflict
from supportcarr.kit.store.purge import delete_document
from supportcarr.kit.store.update import update, without_events

LATE = timedelta(hours=1)  # an upload that began before its form expired may end after it
UNKNOWN_AGE = timedelta(hours=24)  # of an object without a document, before it is deleted
PAGE = 200

log = structlog.get_logger(__name__)


class FileRemoval:
    """Deletes files, and finds those that nobody needs."""

    def __init__(self, store: Store, clock: Clock, objects: ObjectStore, figures: FileFigures) -> None:
        self._files = store.collection(FILES)
        self._clock = clock
        self._objects = objects
        self._figures = figures

    async def delete_objects(self, file_id: str) -> None:
        """Delete every object of a file.  Idempotent."""
        for name in OBJECTS:
            await self._objects.delete(key_of(file_id, name))

    async def delete(self, file_id: str) -> None:
        """Delete a file and its objects.  Idempotent; safe to run again after a kill."""
        with suppress(NotFound):
            await update(self._files, file_id, without_events(model.deleted))
        await self.delete_objects(file_id)
        await delete_document(self._files, file_id)

    async def forget(self, owner_id: str) -> None:
        """Delete the person's files, but for evidence that is still used.  Idempotent."""
        async for file in self._files.scan({"owner_id": owner_id}):
            if not (file.purpose in EVIDENCE and file.attached_to is not None):
                await self.delete(file.id)

    async def collect(self) -> None:
        """Delete what nobody attached, what was kept for as long as it may be, and what a crash left.

        Idempotent.
        """
        now = self._clock.wall()
        await self._collect_uploads(now)
        orphans = await self._delete_all("orphan_at", now)
        old = await self._delete_all("keep_until", now)
        marked = 0
        while page := (await self._files.find({"state": "deleted"}, limit=PAGE)).items:
            for file in page:
                await self.delete(file.id)
            marked += len(page)
        self._figures.orphans_collected(orphans)
        if orphans or old or marked:
            log.info("files_removed", unattached=orphans, old=old, interrupted=marked)

    async def _delete_all(self, field: str, now: datetime) -> int:
        """Delete the files whose *field* is past, unless that has changed meanwhile; return how many."""
        removed = 0
        async for file in self._before(field, now):
            removed += await self._delete_unchanged(file)
        return removed

    async def _collect_uploads(self, now: datetime) -> None:
        """End uploads that never came, and delete what was uploaded again after it had been processed."""
        async for file in self._before("expires_at", now - LATE):
            if file.state == "awaiting_upload":
                self._figures.orphans_collected(await self._delete_unchanged(file))
            elif file.state != "processing":  # then its job needs the upload
                await self._objects.delete(key_of(file.id, "upload"))
                with suppress(NotFound):
                    await update(self._files, file.id, without_events(_without_upload))

    async def _before(self, field: str, time: datetime) -> AsyncIterator[StoredFile]:
        """The files whose *field* is before that time, oldest first."""
        cursor = None
        while True:
            page = await self._files.find({field: Range(lt=time)}, sort=field, limit=PAGE, cursor=cursor)
            for file in page.items:
                yield file
            cursor = page.next_cursor
            if cursor is None:
                return

    async def _delete_unchanged(self, file: StoredFile) -> bool:
        """Delete the file as it was read; False if somebody attached or completed it at the same moment."""
        marked = model.deleted(file)
        if marked is not None:
            try:
                await self._files.save(marked)
            except VersionConflict:
                return False
        await self.delete(file.id)
        return True

    async def sweep_objects(self) -> int:
        """Delete objects of ours that no document knows (any more); return how many.

        There are none unless the database was restored to an older state, or an upload ended very late.
        """
        after, removed = "", 0
        while page := await self._objects.list_objects("files/", after=after, limit=1000):
            after = page[-1].key
            old = [info for info in page if info.modified_at < self._clock.wall() - UNKNOWN_AGE]
            ids = {info.key: file_id_of(info.key) for info in old}
            known = await self._files.get_many([file_id for file_id in set(ids.values()) if file_id])
            for key, file_id in ids.items():
                if file_id is None or file_id not in known:
                    await self._objects.delete(key)
                    removed += 1
        self._figures.orphans_collected(removed)
        if removed:
            log.warning("unknown_objects_removed", objects=removed)
        return removed


def _without_upload(file: StoredFile) -> StoredFile | None:
    return None if file.expires_at is None else replace(file, expires_at=None)
