"""Delete documents that have expired."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from supportcarr.kit.store.port import Collection, Range, VersionConflict

BATCH = 200


async def purge_expired(collection: Collection[Any], field: str, before: datetime) -> int:
    """Delete the documents whose *field* (the first of an index) is before that time; return how many.

    A document that is changed or deleted at the same moment is left for the next run.
    """
    purged = 0
    while page := (await collection.find({field: Range(lt=before)}, sort=field, limit=BATCH)).items:
        removed = 0
        for document in page:
            try:
                await collection.delete(document.id, document.version)
                removed += 1
            except VersionConflict:
                continue
        purged += removed
        if not removed:
            break
    return purged
