"""Keep the signed heads of the audit log outside the store: in the log, or in a file that only grows.

Both are worth as much as the place that an operator copies them to.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import msgspec
import structlog

from supportcarr.audit.model import Anchor

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
