"""Read cache of one process, validated by version at each read.

If a document is cached, a read by id asks the server for the document's version and write id only, and
returns the cached document if both are equal.  So a read never returns a stale document, whichever process
wrote it: every read still goes to the primary, but the document is not transferred and decoded again.

The version alone does not identify a content: an id may be deleted and inserted again at version 1, and
after a failover that rolled a write back, another write gets the same version.  So each write also stores
a new write id (``document.WRITE_ID``).  A document stored by a release without write ids is not cached.

A document is cached once it was read twice without a change in between.  Otherwise a document that changes
between any two reads would cost two round trips each time: one for the version, one for the document.
"""

from __future__ import annotations

from typing import Any

from supportcarr.kit.store.mongo.document import WRITE_ID, Row

MAX_DOCUMENTS = 20_000  # per process, about 40 MB; the oldest are evicted first

Write = tuple[int, Any]  # version and write id: together they identify one content


def write_of(row: Row) -> Write | None:
    """The write that stored the row; ``None`` for a tombstone, and for a document without a write id."""
    if "version" not in row or WRITE_ID not in row:
        return None
    return row["version"], row[WRITE_ID]


class ReadCache:
    """Documents of one process by collection and id.  Used only in the event loop's thread."""

    def __init__(self) -> None:
        # The document of an entry is ``None`` as long as it was read only once.
        self._entries: dict[tuple[str, str], tuple[Write, Any]] = {}
        self.hits = self.misses = 0

    def get(self, collection: str, id: str) -> tuple[Write, Any] | None:
        """The cached document and its write, which the caller compares with the server's; or ``None``."""
        entry = self._entries.get((collection, id))
        return entry if entry is not None and entry[1] is not None else None

    def record_read(self, collection: str, id: str, write: Write | None, document: Any) -> None:
        """Record that *document*, stored by *write*, was read; cache it if the same write was read before."""
        key = collection, id
        previous = self._entries.pop(key, None)
        if write is None:
            return
        if len(self._entries) >= MAX_DOCUMENTS:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = write, document if previous is not None and previous[0] == write else None

    def forget(self, collection: str, id: str) -> None:
        """Drop that document: it is about to change, or does not exist."""
        self._entries.pop((collection, id), None)
