"""The part ``files``: uploads, their processing, and their end."""

from __future__ import annotations

from collections.abc import Callable

from supportcarr.bootstrap.file_checks import PooledImages, scanner_of
from supportcarr.bootstrap.objects import objects_of
from supportcarr.bootstrap.parts.core import Core
from supportcarr.bootstrap.parts.part import Part
from supportcarr.contracts.routing import Route
from supportcarr.files import handlers, jobs, local_routes, routes
from supportcarr.files.metrics import FileFigures
from supportcarr.files.personal_data import FileData
from supportcarr.files.processing import FileProcessing
from supportcarr.files.removal import FileRemoval
from supportcarr.files.service import FileService
from supportcarr.kit.events.consumer import Consumer
from supportcarr.kit.images.pool import ImagePool
from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.kit.objects.local import LocalObjects
from supportcarr.privacy.ports import PersonalData
from supportcarr.providers.s3 import S3Objects


class FilesPart(Part):
    def __init__(self, core: Core, make_objects: Callable[[], LocalObjects | S3Objects] | None) -> None:
        store, clock, settings = core.store, core.clock, core.settings.files
        self._max_bytes = settings.max_bytes
        self.objects = make_objects() if make_objects else objects_of(core.settings, clock)
        self.figures = FileFigures()
        self.removal = FileRemoval(store, clock, self.objects, self.figures)
        self.service = FileService(store, clock, self.objects, settings, self.removal, self.figures)
        self.image_pool = ImagePool(settings.image_processes)  # starts no process yet
        self.processing = FileProcessing(
            store,
            self.objects,
            PooledImages(self.image_pool),
            scanner_of(core.settings),
            self.removal,
            self.figures,
            max_bytes=settings.max_bytes,
        )
        self.data = FileData(store, self.objects, self.removal, max_bytes=settings.max_bytes)

    def routes(self) -> list[Route]:
        """Uploads; and without S3 the forms' target and the links'."""
        declared = routes.routes(self.service)
        if isinstance(self.objects, LocalObjects):
            declared += local_routes.routes(self.objects, max_bytes=self._max_bytes)
        return declared

    def consumers(self) -> list[Consumer]:
        return handlers.consumers(self.processing)

    def periodic_tasks(self) -> list[PeriodicTask]:
        return jobs.periodic_tasks(self.removal)

    def personal_data(self) -> list[PersonalData]:
        return [self.data]

    async def close(self) -> None:
        await self.image_pool.close()
        await self.objects.close()
