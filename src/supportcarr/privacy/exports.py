"""Copies of a person's data: gathered by a job, stored as a sealed ZIP for some days.

The ZIP is stored in chunks below the limit of a document.  A job that was killed runs again and stores
other chunks, under the name of its attempt; the export names the attempt that counts in the same save that
makes it ready.  What the killed one left expires with the export.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import IO

import msgspec
from msgspec.structs import replace

from supportcarr.contracts.actors import SYSTEM, Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import ExportReady, ExportRequested
from supportcarr.contracts.ids import EXPORT
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Store, VersionConflict
from supportcarr.privacy.collections import CHUNKS, EXPORTS
from supportcarr.privacy.model import Export, ExportChunk
from supportcarr.privacy.ports import DataKeys, PersonalData, PersonalFiles

CHUNK_BYTES = 256 * 1024
FILES_BYTES = 64 * 1024 * 1024  # of files in one export
INSERTED_AT_ONCE = 16  # chunks
KEPT_MAX = 3  # exports of one person at a time: the oldest is replaced

README = """SupportCarr: the data that we hold about you.

Each file is JSON. Times are UTC, amounts are in minor units (cents), coordinates in degrees (WGS 84).
What other people wrote or where they were is not in it.
"""
LEFT_OUT = """
These files would have made the archive too large. Each can be downloaded by itself, as long as it is kept:
"""


class ExportService:
    """The exports of personal data."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        parts: Sequence[PersonalData],
        keys: DataKeys,
        *,
        files: PersonalFiles,
        kept: timedelta,
    ) -> None:
        self._exports = store.collection(EXPORTS)
        self._chunks = store.collection(CHUNKS)
        self._clock = clock
        self._parts = tuple(parts)
        self._keys = keys
        self._files = files
        self._kept = kept

    async def request(self, person_id: str, export_id: str | None, by: Actor) -> Export:
        """Ask for an export; one that is being prepared is returned instead of another."""
        if export_id is not None and (known := await self._exports.get(export_id)):
            return known
        for export in await self._of(person_id):
            if export.state == "preparing":
                return export
        await self._make_room(person_id)
        now = to_milliseconds(self._clock.wall())
        export = Export(
            id=export_id or new_id(EXPORT),
            person_id=person_id,
            requested_at=now,
            expires_at=now + self._kept,
        )
        event = ExportRequested(export_id=export.id, person_id=person_id)
        try:
            return await self._exports.insert(export, PendingEvents((event,), by, self._clock.city()))
        except DuplicateKey:  # the same request, made twice at the same time
            return await self.get(person_id, export.id)

    async def get(self, person_id: str, export_id: str) -> Export:
        """The person's export.  Raises ``NotFound``, also for another person's and an expired one."""
        export = await self._exports.get(export_id)
        if export is None or export.person_id != person_id or export.expires_at <= self._clock.wall():
            raise NotFound
        return export

    async def build(self, requested: ExportRequested) -> None:
        """Gather the data and store it.  Idempotent: the first run that ends makes the export ready."""
        export = await self._exports.get(requested.export_id)
        if export is None or export.state == "ready":
            return
        attempt = new_id("try").partition("_")[2]
        with tempfile.TemporaryFile() as archive:
            await self._write_archive(archive, export.person_id)
            size = archive.tell()
            archive.seek(0)
            count = await self._store_chunks(archive, export, attempt)
        ready = replace(
            export,
            state="ready",
            ready_at=to_milliseconds(self._clock.wall()),
            attempt=attempt,
            chunks=count,
            bytes=size,
        )
        event = ExportReady(export_id=export.id, person_id=export.person_id, expires_at=export.expires_at)
        try:
            await self._exports.save(ready, PendingEvents((event,), SYSTEM, self._clock.city()))
        except VersionConflict:
            return  # another run was first, or the person was erased

    async def archive(self, person_id: str, export_id: str) -> bytes:
        """The ZIP of an export that is ready.  Raises ``NotFound``."""
        export = await self.get(person_id, export_id)
        if export.state != "ready":
            raise NotFound("This export is not ready yet")
        ids = [f"{export.id}.{export.attempt}.{n}" for n in range(export.chunks)]
        chunks = await self._chunks.get_many(ids)
        data = []
        for chunk_id in ids:
            chunk = chunks.get(chunk_id)
            if chunk is None:
                raise NotFound
            opened = await self._keys.open(person_id, f"exportchunks.data.{chunk_id}", chunk.data)
            if opened is None:
                raise NotFound
            data.append(opened)
        return b"".join(data)

    async def _store_chunks(self, archive: IO[bytes], export: Export, attempt: str) -> int:
        """Seal and store the ZIP in pieces; return how many."""
        count, chunks = 0, list[ExportChunk]()
        while data := archive.read(CHUNK_BYTES):
            chunk_id = f"{export.id}.{attempt}.{count}"
            sealed = await self._keys.seal(export.person_id, f"exportchunks.data.{chunk_id}", data)
            chunks.append(
                ExportChunk(id=chunk_id, export_id=export.id, data=sealed, expires_at=export.expires_at)
            )
            count += 1
            if len(chunks) == INSERTED_AT_ONCE:
                await self._chunks.insert_many(chunks)
                chunks = []
        if chunks:
            await self._chunks.insert_many(chunks)
        return count

    async def _write_archive(self, out: IO[bytes], person_id: str) -> None:
        """The ZIP: one JSON file for each name that the parts return, and the person's files."""
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in self._parts:
                for name, value in (await part.export(person_id)).items():
                    encoded = msgspec.json.format(msgspec.json.encode(value), indent=2)
                    archive.writestr(f"{part.part}/{name}.json", encoded)
            size, left_out = 0, list[str]()
            async for name, data in self._files.files(person_id):
                size += len(data)
                if size > FILES_BYTES:
                    left_out.append(name)
                    size -= len(data)
                else:  # photos and PDFs are compressed already
                    archive.writestr(f"files/{name}", data, zipfile.ZIP_STORED)
            rest = LEFT_OUT + "".join(f"- {name}\n" for name in left_out) if left_out else ""
            archive.writestr("README.txt", README + rest)

    async def _of(self, person_id: str) -> list[Export]:
        """The person's exports, the oldest first."""
        page = await self._exports.find({"person_id": person_id}, sort="requested_at", limit=100)
        return page.items

    async def _make_room(self, person_id: str) -> None:
        exports = await self._of(person_id)
        for export in exports[: max(0, len(exports) - KEPT_MAX + 1)]:
            await self._delete(export)

    async def delete_all(self, person_id: str) -> None:
        """Delete the person's exports.  Idempotent."""
        for export in await self._of(person_id):
            await self._delete(export)

    async def _delete(self, export: Export) -> None:
        async for chunk in self._chunks.scan({"export_id": export.id}):
            with suppress(VersionConflict):
                await self._chunks.delete(chunk.id, chunk.version)
        with suppress(VersionConflict):
            await self._exports.delete(export.id, export.version)
