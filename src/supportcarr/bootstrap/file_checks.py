"""What stands in for the processing of images and the virus scanner.

Only the first bytes of the content are checked then.
"""

from __future__ import annotations

from supportcarr.files.ports import Processed


class UnprocessedImages:
    """``files.ports.ImageProcessor`` that shows what was uploaded."""

    async def process(self, data: bytes, content_type: str) -> Processed:
        return Processed(
            clean=data, preview=data, thumbnail=data, content_type=content_type, width=0, height=0
        )


class NoScanner:
    """``files.ports.VirusScanner`` that finds nothing."""

    async def scan(self, data: bytes) -> str | None:
        return None
