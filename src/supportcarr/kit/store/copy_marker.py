"""The marker of an unfinished copy: a document in the copy's target.

``kit.store.copy`` writes and deletes it.  Every engine reads it when a store is opened, so that no process
serves half of the data.
"""

from __future__ import annotations

from datetime import UTC, datetime

from supportcarr.contracts.documents import Document
from supportcarr.kit.store.port import CollectionSpec, UnfinishedCopy


class CopyMarker(Document, frozen=True, kw_only=True):
    """Says that this store holds an unfinished copy of *source*."""

    source: str
    started_at: datetime


MARKERS = CollectionSpec("store_copies", CopyMarker)
MARKER_ID = "unfinished"


def unfinished_copy(marker: CopyMarker, target: str, how_to_drop: str) -> UnfinishedCopy:
    """The error for a store named *target* that holds the marker."""
    begun = marker.started_at.astimezone(UTC)
    copy = f"supportcarr store copy --from {marker.source} --to {target}"
    return UnfinishedCopy(
        f"{target} holds an unfinished copy of {marker.source}, begun {begun:%Y-%m-%d %H:%M} UTC: finish it "
        f"with `{copy}` (add the users and passwords that the URLs need), or drop it: {how_to_drop}"
    )
