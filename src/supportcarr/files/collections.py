"""The collection of files."""

from __future__ import annotations

from typing import Any

from supportcarr.files.model import StoredFile
from supportcarr.kit.store.port import CollectionSpec, Index

FILES = CollectionSpec(
    "files",
    StoredFile,
    indexes=(
        Index("owner_id", "orphan_at"),
        Index("expires_at"),
        Index("orphan_at"),
        Index("keep_until"),
        Index("state"),
    ),
)

SPECS: tuple[CollectionSpec[Any], ...] = (FILES,)
