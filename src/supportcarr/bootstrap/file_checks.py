"""What checks and prepares uploads: the processes that make copies of images, and the virus scanner."""

from __future__ import annotations

from supportcarr.bootstrap.settings import Settings
from supportcarr.files.errors import ImageRefused
from supportcarr.files.ports import Processed, VirusScanner
from supportcarr.kit.images.errors import UnusableImage
from supportcarr.kit.images.pool import ImagePool
from supportcarr.providers.clamd import ClamdScanner

SHOWN_TYPE = "image/jpeg"  # of the copies


class PooledImages:
    """``files.ports.ImageProcessor`` on a pool of processes."""

    def __init__(self, pool: ImagePool) -> None:
        self._pool = pool

    async def process(self, data: bytes, content_type: str) -> Processed:
        try:
            copies = await self._pool.derive(data, content_type)
        except UnusableImage as unusable:
            raise ImageRefused(unusable.code, unusable.sentence) from unusable
        return Processed(
            clean=copies.clean,
            preview=copies.preview,
            thumbnail=copies.thumbnail,
            content_type=SHOWN_TYPE,
            width=copies.width,
            height=copies.height,
        )


class NoScanner:
    """``files.ports.VirusScanner`` that finds nothing."""

    async def scan(self, data: bytes) -> str | None:
        return None


def scanner_of(settings: Settings) -> VirusScanner:
    """The virus scanner that the settings name."""
    return ClamdScanner(settings.clamd) if settings.clamd.address else NoScanner()
