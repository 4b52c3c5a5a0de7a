"""Keep the signed heads of the audit log outside the store: in the log, in a file that only grows, or in S3.

The first two are worth as much as the place that an operator copies them to.  In a bucket with
object lock nobody can change or delete a head before its time, not even with our own key.
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import msgspec
import structlog

from supportcarr.audit.model import Anchor, place_text
from supportcarr.providers.s3 import S3Objects

ANCHORS = "audit-anchors/"
ANCHOR_BYTES = 4096

log = structlog.get_logger(__name__)


class LogAnchor:
    """``audit.ports.HeadAnchor``: a line of the structured log for each head."""

    async def keep(self, anchor: Anchor) -> None:
        log.info("audit_head_anchored", **msgspec.to_builtins(anchor))


class FileAnchor:
    """``audit.ports.HeadAnchor``: a JSON line in a file, flushed to the disk before it counts."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def keep(self, anchor: Anchor) -> None:
        """Append it.  Raises ``OSError``."""
        await asyncio.to_thread(self._append, msgspec.json.encode(anchor) + b"\n")

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class S3Anchor:
    """``audit.ports.HeadAnchor``: a locked object for each head, in a bucket with object lock."""

    def __init__(self, objects: S3Objects, *, kept: timedelta) -> None:
        self._objects = objects
        self._kept = kept

    async def keep(self, anchor: Anchor) -> None:
        """Store it.  Raises ``ObjectStoreUnavailable``."""
        key = f"{ANCHORS}{place_text(anchor.place)}-{int(anchor.at.timestamp() * 1000)}"
        data = msgspec.json.encode(anchor)
        await self._objects.put_locked(key, data, "application/json", anchor.at + self._kept)

    async def lines(self) -> list[str]:
        """Every head that was kept, as a line of JSON, in order.  Raises ``ObjectStoreUnavailable``."""
        found: list[str] = []
        after = ""
        while page := await self._objects.list_objects(ANCHORS, after=after):
            after = page[-1].key
            for info in page:
                data = await self._objects.get(info.key, max_bytes=ANCHOR_BYTES)
                found.append((data or b"").decode("utf-8", "replace"))
        return found
