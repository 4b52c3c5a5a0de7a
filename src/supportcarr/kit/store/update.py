"""Optimistic concurrency: read, decide, save, and retry after a version conflict."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import TypeVar

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, NotFound
from supportcarr.kit.store.port import Collection, VersionConflict

D = TypeVar("D", bound=Document)

ATTEMPTS = 8  # who loses so often has as many rivals, and each of them has changed something


async def update(
    collection: Collection[D],
    id: str,
    fn: Callable[[D], tuple[D, PendingEvents | None] | None],
    attempts: int = ATTEMPTS,
) -> D:
    """Change one document by *fn*, a pure function of the document as it is now.

    *fn* returns the changed document and its events, or ``None`` to leave it as it is; an error that
    it raises passes through.  After a version conflict the document is read and decided again.  Returns
    the document as stored.  Raises ``NotFound``; ``Conflict`` after *attempts* version conflicts.
    """
    for attempt in range(attempts):
        if attempt:
            await asyncio.sleep(random.uniform(0, 0.002 * min(attempt, 8)))  # noqa: S311 - jitter, so that writers do not collide again
        document = await collection.get(id)
        if document is None:
            raise NotFound
        decided = fn(document)
        if decided is None:
            return document
        try:
            return await collection.save(*decided)
        except VersionConflict:
            continue
    raise Conflict


def without_events(change: Callable[[D], D | None]) -> Callable[[D], tuple[D, None] | None]:
    """Adapt a change that publishes no event to what ``update`` takes."""

    def changed(document: D) -> tuple[D, None] | None:
        after = change(document)
        return None if after is None else (after, None)

    return changed
