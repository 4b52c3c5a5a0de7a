"""Delete documents: those that have expired, and those of a person who is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from supportcarr.kit.store.port import Collection, Range, VersionConflict, Where

BATCH = 200
RACES = 5  # pages of which every document was changed meanwhile


async def purge_expired(collection: Collection[Any], field: str, before: datetime) -> int:
    """Delete the documents whose *field* (the first of an index) is before that time; return how many.

    A document that is changed or deleted at the same moment is left for the next run.
    """
    purged = 0
    while page := (await collection.find({field: Range(lt=before)}, sort=field, limit=BATCH)).items:
        removed = await _delete(collection, page)
        purged += removed
        if not removed:
            break
    return purged


async def delete_document(collection: Collection[Any], id: str) -> None:
    """Delete that document, at whatever version, if it is there.

    Safe to run again, also at the same time.  Raises ``VersionConflict`` if others keep changing it.
    """
    for _ in range(RACES):
        document = await collection.get(id)
        if document is None:
            return
        with suppress(VersionConflict):
            await collection.delete(id, document.version)
            return
    raise VersionConflict(f"{collection.spec.name}: {id} was changed while it was deleted")


async def delete_matching(collection: Collection[Any], where: Where) -> int:
    """Delete every document that matches; return how many.

    Safe to run again.  Raises ``VersionConflict`` if others keep changing them.
    """
    deleted = 0
    for _ in range(RACES):
        while page := (await collection.find(where, limit=BATCH)).items:
            removed = await _delete(collection, page)
            deleted += removed
            if not removed:
                break
        else:
            return deleted
    raise VersionConflict(f"{collection.spec.name}: documents were changed while they were deleted")


async def _delete(collection: Collection[Any], documents: Sequence[Any]) -> int:
    """Delete those documents, as they were read; return how many were."""
    removed = 0
    for document in documents:
        with suppress(VersionConflict):
            await collection.delete(document.id, document.version)
            removed += 1
    return removed
