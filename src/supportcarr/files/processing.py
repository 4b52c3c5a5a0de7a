"""What happens to a file between its upload and its use: a scan, and the copies that others see.

The job may run again after a kill, at any of its steps: it writes the same objects under the same keys,
then the record, and only then deletes the upload.
"""

from __future__ import annotations

import asyncio
from time import perf_counter

import structlog

from supportcarr.contracts.errors import NotFound
from supportcarr.contracts.events import FileUploaded
from supportcarr.files import model
from supportcarr.files.collections import FILES
from supportcarr.files.errors import ImageRefused
from supportcarr.files.metrics import FileFigures
from supportcarr.files.model import KEEPS_ORIGINAL, PDF, Copies, ObjectName, StoredFile, key_of
from supportcarr.files.ports import ImageProcessor, VirusScanner
from supportcarr.files.removal import FileRemoval
from supportcarr.kit.images.errors import UnusableImage
from supportcarr.kit.images.polyglots import refuse_polyglot
from supportcarr.kit.objects.content import content_type_of, same_content
from supportcarr.kit.objects.port import ObjectStore, ObjectStoreUnavailable
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.update import update, without_events

AT_ONCE = 2  # files in memory in one worker
IN_LINE = 4  # jobs, those included; the other places of the worker stay free
BUSY_RETRY_SECONDS = 0.5
RETRY_SECONDS = 5.0  # while the object store cannot be reached

log = structlog.get_logger(__name__)


class FileProcessing:
    """Processes the files whose upload is complete."""

    def __init__(
        self,
        store: Store,
        objects: ObjectStore,
        images: ImageProcessor,
        scanner: VirusScanner,
        removal: FileRemoval,
        figures: FileFigures,
        *,
        max_bytes: int,
    ) -> None:
        self._files = store.collection(FILES)
        self._objects = objects
        self._images = images
        self._scanner = scanner
        self._removal = removal
        self._figures = figures
        self._max_bytes = max_bytes
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._in_line = 0

    async def process(self, event: FileUploaded) -> None:
        """Make the file ready, or refuse it.  Idempotent.  Raises ``RetryLater`` if others are in line."""
        if self._in_line >= IN_LINE:
            raise RetryLater(BUSY_RETRY_SECONDS, "several files are being processed")
        self._in_line += 1
        try:
            async with self._slots:
                await self._process(event.file_id, perf_counter())
        except ObjectStoreUnavailable as error:
            raise RetryLater(RETRY_SECONDS, "the store of files is unavailable") from error
        finally:
            self._in_line -= 1

    async def _process(self, file_id: str, began: float) -> None:
        file = await self._files.get(file_id)
        if file is None or file.state in ("deleted", "refused"):
            await self._removal.delete_objects(file_id)
            return
        if file.state == "processing":
            outcome = await self._outcome(file)
            try:
                file = await update(self._files, file_id, without_events(lambda now: _after(now, outcome)))
            except NotFound:  # deleted while it was processed
                await self._removal.delete_objects(file_id)
                return
            if isinstance(outcome, Copies):
                self._figures.ready(perf_counter() - began)
            else:
                self._figures.refused()
                log.info("file_refused", file=file_id, code=outcome.code)
        if file.state == "ready":
            await self._objects.delete(key_of(file_id, "upload"))
        else:
            await self._removal.delete_objects(file_id)

    async def _outcome(self, file: StoredFile) -> Copies | ImageRefused:
        """Store the copies of a file, or say why it is refused."""
        # one more byte than allowed, to notice a larger file
        data = await self._objects.get(key_of(file.id, "upload"), max_bytes=self._max_bytes + 1)
        if not data:
            return _because("file_not_uploaded")
        if len(data) > self._max_bytes:
            return _because("file_too_large")
        if not same_content(file.content_type, content_type_of(data)):
            return _because("unsupported_file_type")
        if found := await self._scanner.scan(data):
            log.warning("malware_found", file=file.id, name=found)
            return _because("malware_found")
        if file.content_type == PDF:
            try:
                await asyncio.to_thread(refuse_polyglot, data, PDF)
            except UnusableImage as unusable:
                return ImageRefused(unusable.code, unusable.sentence)
            await self._objects.put(key_of(file.id, "clean"), data, PDF)
            return Copies(size=len(data), shown_type=PDF, objects=("clean",))
        try:
            copies = await self._images.process(data, file.content_type)
        except ImageRefused as refused:
            return refused
        objects: list[ObjectName] = []
        if file.purpose in KEEPS_ORIGINAL:
            await self._put(file, "original", data, file.content_type, objects)
        await self._put(file, "clean", copies.clean, copies.content_type, objects)
        await self._put(file, "preview", copies.preview, copies.content_type, objects)
        await self._put(file, "thumbnail", copies.thumbnail, copies.content_type, objects)
        return Copies(
            size=len(data),
            shown_type=copies.content_type,
            objects=tuple(objects),
            width=copies.width,
            height=copies.height,
        )

    async def _put(
        self, file: StoredFile, name: ObjectName, data: bytes, content_type: str, stored: list[ObjectName]
    ) -> None:
        await self._objects.put(key_of(file.id, name), data, content_type)
        stored.append(name)


def _because(code: str) -> ImageRefused:
    return ImageRefused(code, model.REASONS[code])


def _after(file: StoredFile, outcome: Copies | ImageRefused) -> StoredFile | None:
    """The file after its processing; ``None`` if that is known, or the file has been deleted."""
    if isinstance(outcome, Copies):
        return model.ready(file, outcome)
    return model.refused(file, outcome.code, outcome.sentence) if file.state == "processing" else None
