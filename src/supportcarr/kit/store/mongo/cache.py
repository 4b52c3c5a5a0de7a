"""Documents that this process has read, and how it knows that nobody has changed them since.

A read by id asks the server for the document's version and write id alone where the document is kept,
and answers the kept one if both are equal.  So a kept document is never older than the read that asked
for it, whichever process wrote: every read still goes to the primary, only the document itself is
neither sent nor decoded again.

The version by itself does not name a content: an id may be deleted and inserted anew, from version 1
again, and a write that a failover rolled back gives its version to another.  So each write also stores
a write id of its own (``document.WRITE_ID``).  A document without one, from before there were write ids,
is not kept.

A document is kept once it was read twice without a change in between.  One that changes between any two
reads would otherwise cost two round trips each time: the version, which differs, and then the document.
"""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.mongo.document import WRITE_ID, Row

KEPT = 20_000  # documents of a process, the oldest go first: some 40 MB

Write = tuple[int, Any]  # version and write id: they name one content


def write_of(row: Row) -> Write | None:
    """The write that made the row; ``None`` for a tombstone, and for a document without a write id."""
    if "version" not in row or WRITE_ID not in row:
        return None
    return row["version"], row[WRITE_ID]


class ReadCache:
    """Documents of one process by collection and id.  For the event loop's thread."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[Write, Any]] = {}  # with ``None``: read once so far
        self.hits = self.misses = 0

    def look(self, collection: str, id: str) -> tuple[Write, Any] | None:
        """The kept document and the write that it is of, to be confirmed by the server; else ``None``."""
        kept = self._kept.get((collection, id))
        return kept if kept is not None and kept[1] is not None else None

    def note(self, collection: str, id: str, write: Write | None, document: Any) -> None:
        """Note that *document*, of that write, was read; it is kept if that write was read before."""
        key = collection, id
        known = self._kept.pop(key, None)
        if write is None:
            return
        if len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = write, document if known is not None and known[0] == write else None

    def forget(self, collection: str, id: str) -> None:
        """Keep that document no more: it is about to change, or gone."""
        self._kept.pop((collection, id), None)
