"""Removing documents that are of no more use."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from supportcarr.kit.store.port import Collection, Range, VersionConflict

AT_ONCE = 200


async def purge_expired(collection: Collection[Any], field: str, before: datetime) -> int:
    """Remove the documents whose *field* (an index begins with it) is before that time; how many.

    One that somebody changes or removes at the same moment is left to them, or to the next time.
    """
    forgotten = 0
    while page := (await collection.find({field: Range(lt=before)}, sort=field, limit=AT_ONCE)).items:
        removed = 0
        for document in page:
            try:
                await collection.delete(document.id, document.version)
                removed += 1
            except VersionConflict:
                continue
        forgotten += removed
        if not removed:
            break
    return forgotten
