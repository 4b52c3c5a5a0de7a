"""Documents that this process has read, and how it knows that nobody has changed them since.

A read of SQLite costs five times what a request may cost elsewhere: two system calls for its lock,
pages that every commit of any process throws out of the cache, and the interpreter's lock given away
in between.  So decoded documents are kept, and the processes tell each other of changes in memory that
they share: a file of counters beside the database, one for each slot of document ids.

- Whoever commits counts the slots of what is written up to an odd number before the commit, and to the
  next even one after it.  That happens while no other process may write (``FairFileLock``).
- Whoever reads notes the counter first.  The document is kept under it only if the counter was even,
  and is the same after the read: no commit was on its way.  A kept document counts as long as its
  counter stands: no commit of its slot has begun.

A writer that is killed between the two leaves an odd counter: documents of that slot are then read from
the database each time, until the slot is written again.  What two ids share by chance costs a read, no
more.  The counters need not survive anything: kept documents do not survive their process.
"""

from __future__ import annotations

import mmap
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SLOTS = 1 << 16
KEPT = 20_000  # documents of a process, the oldest go first: some 40 MB

_WIDTH = 8  # bytes of a counter: written and read in one piece
_SEVERAL = 1  # in place of a counter: no counter that is kept is odd


class VersionCounters:
    """The counters that all processes of one database share.

    Make it while no other process makes or writes it.  Raises ``OSError`` if it cannot be had.
    """

    def __init__(self, path: Path) -> None:
        descriptor = os.open(f"{path}.marks", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_size < SLOTS * _WIDTH:
                # Written, not only lengthened: on a full disk a hole in mapped memory ends the process.
                os.pwrite(descriptor, bytes(SLOTS * _WIDTH), 0)
            self._memory = mmap.mmap(descriptor, SLOTS * _WIDTH)
        finally:
            os.close(descriptor)
        self.counts = memoryview(self._memory).cast("Q")

    @staticmethod
    def slot(id: str) -> int:
        return zlib.crc32(id.encode("utf-8", "surrogatepass")) % SLOTS

    def begin(self, ids: Iterable[str]) -> dict[int, int]:
        """Say that those documents are about to change; hand the answer to ``end``.

        It holds the count of each slot after that, and an odd number where several ids share one:
        which of them was written last is not known here.
        """
        after: dict[int, int] = {}
        for name in ids:
            slot = self.slot(name)
            if slot in after:
                after[slot] = _SEVERAL
            else:
                odd = self.counts[slot] = self.counts[slot] + 1 | 1
                after[slot] = odd + 1
        return after

    def end(self, slots: Iterable[int]) -> None:
        """Say that they have changed, or will not."""
        for slot in slots:
            self.counts[slot] += 1

    def close(self) -> None:
        self.counts.release()
        self._memory.close()


class ReadCache:
    """Documents of one process by collection and id.  For the event loop's thread."""

    def __init__(self, marks: VersionCounters) -> None:
        self._counts = marks.counts
        self._slot = marks.slot
        self._kept: dict[tuple[str, str], tuple[int, Any, int]] = {}  # with the slot
        self.hits = self.misses = 0

    def look(self, collection: str, id: str) -> tuple[int, Any]:
        """The counter as it is now, and the document if the kept one is still right, else ``None``.

        The document may be its bytes, if it was written here and not asked for since.
        """
        kept = self._kept.get((collection, id))
        if kept is None:
            count = self._counts[self._slot(id)]
        else:
            noted, document, slot = kept
            count = self._counts[slot]
            if noted == count:
                self.hits += 1
                return count, document
        self.misses += 1
        return count, None

    def keep(self, collection: str, id: str, count: int, document: Any) -> None:
        """Keep a document that was read after ``look`` answered *count*, or written under that count."""
        slot = self._slot(id)
        if count & 1 or self._counts[slot] != count:
            return
        if len(self._kept) >= KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[collection, id] = count, document, slot
