"""The collections of privacy."""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.port import CollectionSpec, Index
from supportcarr.privacy.model import Deletion, Export, ExportChunk

DELETIONS = CollectionSpec(
    "deletions", Deletion, (Index("due_at"), Index("state", "requested_at"), Index("erased_at"))
)
EXPORTS = CollectionSpec("exports", Export, (Index("person_id", "requested_at"), Index("expires_at")))
CHUNKS = CollectionSpec("exportchunks", ExportChunk, (Index("export_id"), Index("expires_at")))

SPECS: tuple[CollectionSpec[Any], ...] = (DELETIONS, EXPORTS, CHUNKS)
