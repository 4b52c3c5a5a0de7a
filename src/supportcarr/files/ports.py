"""What files needs of others: the processing of images, and a virus scanner."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Processed(msgspec.Struct, frozen=True, kw_only=True):
    """An image as others see it: upright, without metadata, and in two smaller sizes.

    ``clean`` has the full size in pixels, ``preview`` at most 1,280 and ``thumbnail`` at most 320 on their
    longer sides.  All three have the content type ``content_type``.
    """

    clean: bytes
    preview: bytes
    thumbnail: bytes
    content_type: str
    width: int  # of ``clean``, pixels
    height: int


class ImageProcessor(Protocol):
    """Makes the copies that others see.  Implemented by an adapter of ``bootstrap``."""

    async def process(self, data: bytes, content_type: str) -> Processed:
        """The copies of an image.  Raises ``files.errors.ImageRefused``; ``RetryLater`` if it is busy."""


class VirusScanner(Protocol):
    """Looks for malware.  Implemented by an adapter of ``bootstrap``."""

    async def scan(self, data: bytes) -> str | None:
        """The name of what was found; ``None``: nothing.  Raises ``RetryLater`` if it cannot be asked."""
