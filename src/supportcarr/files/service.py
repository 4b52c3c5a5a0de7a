"""Uploads, and the use of files by other parts.

A part that holds the id of a file attaches it, decides who may see it, and asks for links only then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.events import FileUploaded
from supportcarr.contracts.ids import FILE
from supportcarr.files import model
from supportcarr.files.collections import FILES
from supportcarr.files.errors import (
    FileNotUploaded,
    FileRejected,
    FileTooLarge,
    TooManyUploads,
    UnsupportedFileType,
)
from supportcarr.files.links import Links
from supportcarr.files.metrics import FileFigures
from supportcarr.files.model import EVIDENCE, TYPES, FileLinks, Purpose, StoredFile, key_of
from supportcarr.files.removal import FileRemoval
from supportcarr.files.settings import FileSettings
from supportcarr.kit.objects.content import HEAD_BYTES, content_type_of, same_content
from supportcarr.kit.objects.port import ObjectStore, UploadForm
from supportcarr.kit.runtime.clock import Clock, to_milliseconds
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Range, Store, Where
from supportcarr.kit.store.update import update, without_events

ATTEMPTS = 8  # at a change that others make impossible
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class FileService:
    """The files of people."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        objects: ObjectStore,
        settings: FileSettings,
        removal: FileRemoval,
        figures: FileFigures,
    ) -> None:
        self._files = store.collection(FILES)
        self._clock = clock
        self._objects = objects
        self._settings = settings
        self._links = Links(objects, settings.link_seconds)
        self._removal = removal
        self._figures = figures

    # --- uploads ------------------------------------------------------------------------------------

    async def request(
        self, owner_id: str, purpose: Purpose, content_type: str, size: int, file_id: str | None = None
    ) -> StoredFile:
        """Begin an upload; the same *file_id* again is the same upload.

        Raises ``UnsupportedFileType``, ``FileTooLarge``, ``TooManyUploads``.
        """
        if content_type not in TYPES[purpose]:
            self._figures.refused()
            raise UnsupportedFileType.named(f"Send one of {', '.join(TYPES[purpose])}")
        if size > self._settings.max_bytes:
            self._figures.refused()
            raise FileTooLarge(f"A file may have {self._settings.max_bytes} bytes")
        if file_id is not None and (known := await self._files.get(file_id)):
            return known
        unattached: Where = {"owner_id": owner_id, "orphan_at": Range(ge=_EPOCH)}
        if await self._files.count(unattached) >= self._settings.unattached_max:
            self._figures.refused()
            raise TooManyUploads(f"Use some of them, or wait {self._settings.unattached_hours:g} hours")
        now = to_milliseconds(self._clock.wall())
        file = StoredFile(
            id=file_id or new_id(FILE),
            owner_id=owner_id,
            purpose=purpose,
            content_type=content_type,
            size=size,
            created_at=now,
            expires_at=now + timedelta(seconds=self._settings.upload_seconds),
            orphan_at=now + timedelta(hours=self._settings.unattached_hours),
        )
        try:
            file = await self._files.insert(file)
        except DuplicateKey:  # the same request, made twice at the same time
            return await self.of_owner(owner_id, file.id)
        self._figures.requested()
        return file

    def form(self, file: StoredFile) -> UploadForm | None:
        """The form with which its owner uploads the file; ``None`` if that is over."""
        if file.state != "awaiting_upload" or file.expires_at is None:
            return None
        return self._objects.upload_form(
            key_of(file.id, "upload"), file.content_type, file.size, file.expires_at
        )

    async def of_owner(self, owner_id: str, file_id: str) -> StoredFile:
        """A file of the person.  Raises ``NotFound``, also for another person's."""
        file = await self._files.get(file_id)
        if file is None or file.owner_id != owner_id or file.state == "deleted":
            raise NotFound
        return file

    async def complete(self, owner_id: str, file_id: str, by: Actor) -> StoredFile:
        """Check what was uploaded, and have it processed.  A repeat changes nothing.

        Raises ``NotFound``, ``FileNotUploaded``; ``FileRejected``, ``FileTooLarge`` and
        ``UnsupportedFileType`` for a file that is refused, of which nothing is kept.
        """
        file = await self.of_owner(owner_id, file_id)
        if file.state in ("processing", "ready"):
            return file
        if file.state == "refused":
            raise _refusal(file)
        key = key_of(file.id, "upload")
        info = await self._objects.head(key)
        head = await self._objects.get(key, max_bytes=HEAD_BYTES) if info else None
        if info is None or head is None:
            raise FileNotUploaded
        if info.size > file.size:
            raise _refusal(await self._refuse(file, "file_too_large"))
        if not same_content(file.content_type, content_type_of(head)):
            raise _refusal(await self._refuse(file, "unsupported_file_type"))
        pending = PendingEvents((FileUploaded(file_id=file.id, owner_id=owner_id),), by, self._clock.city())

        def completed(now: StoredFile) -> tuple[StoredFile, PendingEvents] | None:
            after = model.uploaded(now, info.size)
            return None if after is None else (after, pending)

        before = file
        file = await update(self._files, file.id, completed, ATTEMPTS)
        if file.version > before.version:
            self._figures.completed(info.size)
        return file

    async def _refuse(self, file: StoredFile, code: str) -> StoredFile:
        """Refuse a file, and delete its objects."""
        file = await update(
            self._files, file.id, without_events(lambda now: model.refused(now, code)), ATTEMPTS
        )
        self._figures.refused()
        await self._removal.delete_objects(file.id)
        return file

    # --- use by other parts -------------------------------------------------------------------------

    async def attach(
        self, file_id: str, owner_id: str, purpose: Purpose, subject_id: str, *, field: str = "file_id"
    ) -> None:
        """Let *subject_id* use the file, so that it is kept.  Idempotent.

        Raises ``ValidationFailed`` about *field* unless the file is that person's, has that purpose, is
        ready or being processed, and nothing else uses it.
        """
        keep_until = None
        if purpose in EVIDENCE:
            keep_until = to_milliseconds(self._clock.wall()) + timedelta(days=self._settings.evidence_days)
        await self._use(
            file_id,
            owner_id,
            purpose,
            subject_id,
            field,
            lambda file: model.attached(file, subject_id, keep_until),
        )

    async def reserve(
        self, file_id: str, owner_id: str, purpose: Purpose, subject_id: str, *, field: str = "file_id"
    ) -> None:
        """Let *subject_id* refer to the file: it is collected after a day unless ``follow`` keeps it.

        For a document that is saved after this, with an event whose consumer calls ``follow``: if the process
        is killed before the document is saved, no file stays that nothing refers to.

        Idempotent.  Raises what ``attach`` raises.
        """
        orphan_at = self._orphan_at()
        await self._use(
            file_id,
            owner_id,
            purpose,
            subject_id,
            field,
            lambda file: model.reserved(file, subject_id, orphan_at),
        )

    async def follow(self, file_id: str, subject_id: str, is_used: Callable[[], Awaitable[bool]]) -> None:
        """Keep the file if *subject_id* refers to it now, as *is_used* says; let go of it otherwise.

        Idempotent, and safe to run at the same time elsewhere: whichever is last has seen the latest state.
        Nothing happens if the file is gone, or something else uses it.
        """
        used, before = await is_used(), None
        while used != before:
            if used:
                with suppress(NotFound):
                    kept = without_events(lambda file: model.kept(file, subject_id))
                    await update(self._files, file_id, kept, ATTEMPTS)
            else:
                await self.detach(file_id, subject_id)
            used, before = await is_used(), used

    def _orphan_at(self) -> datetime:
        """When a file is collected that nothing uses from now on."""
        return to_milliseconds(self._clock.wall()) + timedelta(hours=self._settings.unattached_hours)

    async def _use(
        self,
        file_id: str,
        owner_id: str,
        purpose: Purpose,
        subject_id: str,
        field: str,
        change: Callable[[StoredFile], StoredFile | None],
    ) -> None:
        """Change a file that *subject_id* may use.  Raises what ``attach`` raises."""

        def used(file: StoredFile) -> StoredFile | None:
            if file.owner_id != owner_id or file.purpose != purpose or file.state == "deleted":
                raise _unusable(field, "not_found", "There is no such file of yours for this purpose")
            if file.state == "awaiting_upload":
                raise _unusable(field, "file_not_uploaded", "The upload of this file is not complete")
            if file.state == "refused":
                raise _unusable(field, "file_rejected", "This file was refused; upload another one")
            if file.attached_to not in (None, subject_id):
                raise _unusable(field, "in_use", "This file is used for something else")
            return change(file)

        try:
            await update(self._files, file_id, without_events(used), ATTEMPTS)
        except NotFound:
            raise _unusable(field, "not_found", "There is no such file of yours for this purpose") from None

    async def detach(self, file_id: str, subject_id: str) -> None:
        """*subject_id* does not use the file any more: it is collected soon.  Idempotent."""
        orphan_at = self._orphan_at()
        try:
            await update(
                self._files,
                file_id,
                without_events(lambda file: model.detached(file, subject_id, orphan_at)),
                ATTEMPTS,
            )
        except NotFound:
            return

    async def link(self, file_id: str) -> FileLinks | None:
        """Links to what others see of the file; ``None`` if it is gone."""
        return (await self.links([file_id])).get(file_id)

    async def links(self, file_ids: Sequence[str]) -> dict[str, FileLinks]:
        """The same for several files, by id; those that are gone are left out."""
        files = await self._files.get_many(file_ids)
        now = self._clock.wall()
        return {key: self._links.of(file, now) for key, file in files.items() if file.state != "deleted"}

    def links_of(self, file: StoredFile) -> FileLinks:
        """Links to what others see of a file that was just read."""
        return self._links.of(file, self._clock.wall())


def _unusable(field: str, code: str, detail: str) -> ValidationFailed:
    return ValidationFailed.of(field, code, detail)


def _refusal(file: StoredFile) -> FileTooLarge | UnsupportedFileType | FileRejected:
    """The error for a refused file."""
    if file.reason == "file_too_large":
        return FileTooLarge(file.detail)
    if file.reason == "unsupported_file_type":
        return UnsupportedFileType.named(file.detail or UnsupportedFileType.title)
    return FileRejected(file.detail)
