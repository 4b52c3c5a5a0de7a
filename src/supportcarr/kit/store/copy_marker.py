"""The marker of an unfinished copy: a document in the copy's target.

``kit.store.copy`` writes and deletes it, and so does a command that fills a new store.  Every engine reads it
when a store is opened, so that no process serves half of the data.
"""

from __future__ import annotations

from datetime import UTC, datetime

from supportcarr.contracts.documents import Document
from supportcarr.kit.store.port import CollectionSpec, UnfinishedCopy


class CopyMarker(Document, frozen=True, kw_only=True):
    """Says that this store holds an unfinished copy of *source*.

    ``filled_by`` is the command, if one filled a new store: it cannot be continued, only begun anew.
    ``how_to_drop`` says what to delete before that; the command may have written more than the store.
    """

    source: str
    started_at: datetime
    filled_by: str | None = None
    how_to_drop: str | None = None


MARKERS = CollectionSpec("store_copies", CopyMarker)
MARKER_ID = "unfinished"


def unfinished_copy(marker: CopyMarker, target: str, how_to_drop: str) -> UnfinishedCopy:
    """The error for a store named *target* that holds the marker.

    *how_to_drop* says what to delete of the store, unless the marker says it.
    """
    begun = marker.started_at.astimezone(UTC)
    if marker.filled_by is not None:
        return UnfinishedCopy(
            f"{target} is half filled with {marker.source}, begun {begun:%Y-%m-%d %H:%M} UTC, and this "
            f"cannot be continued: {marker.how_to_drop or how_to_drop}, then run `{marker.filled_by}` again"
        )
    copy = f"supportcarr store copy --from {marker.source} --to {target}"
    return UnfinishedCopy(
        f"{target} holds an unfinished copy of {marker.source}, begun {begun:%Y-%m-%d %H:%M} UTC: finish it "
        f"with `{copy}` (add the users and passwords that the URLs need), or drop it: {how_to_drop}"
    )
