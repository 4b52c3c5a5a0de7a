"""Read cache of one process, validated by version counters in memory that all processes share.

A read of SQLite is slow compared with the rest of a request: two system calls for its lock, a page cache
that every commit of any process invalidates, and the interpreter's lock released in between.  So decoded
documents are cached.  Processes signal changes through a memory-mapped file of counters beside the database.
Each document id is hashed to one of the counters (a slot).

- A writer increments the counters of the documents that it changes to the next odd number before the
  commit, and to the next even number after it, while it holds the lock between processes (``FairFileLock``).
- A reader reads the counter first.  It caches the document under that number only if it is even and
  unchanged after the read, that is, if no commit was in progress.  The cached document is valid as long as
  the counter has not changed, that is, as long as no commit of its slot has begun.

A writer that is killed in between leaves an odd counter: documents of that slot are not cached until the
slot is written again.  Two ids in the same slot cost additional reads and nothing else.  The counters need
not survive a restart, because cached documents do not either.
"""

from __future__ import annotations

import mmap
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Every release uses this file, this number of slots, this hash of an id and this width: during an upgrade,
# old and new processes share the counters.
COUNTERS_SUFFIX = ".marks"
SLOTS = 1 << 16
MAX_DOCUMENTS = 20_000  # per process, about 40 MB; the oldest are evicted first

_WIDTH = 8  # bytes of a counter: read and written atomically
_SHARED_SLOT = 1  # odd, so nothing is cached under it


class VersionCounters:
    """The counters that all processes of one database share.

    Create it while holding the lock between processes.  Raises ``OSError`` if the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        descriptor = os.open(f"{path}{COUNTERS_SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_size < SLOTS * _WIDTH:
                # Written, not only extended: with a full disk, a write to a mapped hole kills the process.
                os.pwrite(descriptor, bytes(SLOTS * _WIDTH), 0)
            self._memory = mmap.mmap(descriptor, SLOTS * _WIDTH)
        finally:
            os.close(descriptor)
        self.counts = memoryview(self._memory).cast("Q")

    @staticmethod
    def slot(id: str) -> int:
        return zlib.crc32(id.encode("utf-8", "surrogatepass")) % SLOTS

    def begin_write(self, ids: Iterable[str]) -> dict[int, int]:
        """Mark those documents as about to change; pass the returned value to ``end_write``.

        It maps each slot to its count after the commit, or to an odd number if several of the ids share the
        slot: the order of their writes is not known here.
        """
        after: dict[int, int] = {}
        for name in ids:
            slot = self.slot(name)
            if slot in after:
                after[slot] = _SHARED_SLOT
            else:
                odd = self.counts[slot] = self.counts[slot] + 1 | 1
                after[slot] = odd + 1
        return after

    def end_write(self, slots: Iterable[int]) -> None:
        """Mark the change as complete, or as given up."""
        for slot in slots:
            self.counts[slot] += 1

    def close(self) -> None:
        self.counts.release()
        self._memory.close()


class ReadCache:
    """Documents of one process by collection and id.  Used only in the event loop's thread."""

    def __init__(self, counters: VersionCounters) -> None:
        self._counts = counters.counts
        self._slot = counters.slot
        self._entries: dict[tuple[str, str], tuple[int, Any, int]] = {}  # count, document, slot
        self.hits = self.misses = 0

    def get(self, collection: str, id: str) -> tuple[int, Any]:
        """The current count, and the cached document if it is valid, else ``None``.

        The document is in encoded form if it was written by this process and not read since.
        """
        entry = self._entries.get((collection, id))
        if entry is None:
            count = self._counts[self._slot(id)]
        else:
            cached_count, document, slot = entry
            count = self._counts[slot]
            if cached_count == count:
                self.hits += 1
                return count, document
        self.misses += 1
        return count, None

    def put(self, collection: str, id: str, count: int, document: Any) -> None:
        """Cache a document that was read after ``get`` returned *count*, or stored under that count."""
        slot = self._slot(id)
        if count & 1 or self._counts[slot] != count:
            return
        if len(self._entries) >= MAX_DOCUMENTS:
            del self._entries[next(iter(self._entries))]
        self._entries[collection, id] = count, document, slot
