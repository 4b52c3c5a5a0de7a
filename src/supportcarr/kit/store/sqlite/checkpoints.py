"""Copy the write-ahead log into the database, in a thread, so that the log does not grow.

SQLite itself does it in a commit, which would wait for the disk in the event loop's thread.  This thread
copies most of the log while others write, and then the rest while it holds the lock between processes: only
a log that was copied to its end is written from its beginning again.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from supportcarr.kit.store.sqlite.lock import FairFileLock

CHECKPOINT_PAGES = 2_000  # pages (4 KiB) of log after which it is copied
LONGEST_PAGES = 4 * CHECKPOINT_PAGES  # after which SQLite copies it in a commit: writers were too fast for us
GROWTH_BYTES = 1024 * 1024  # by which a log of that length grows until the next attempt
LOG_BYTES = 64 * 1024 * 1024  # a longer log is truncated

_PAGE_BYTES = 4096

log = structlog.get_logger(__name__)


class Checkpoints:
    """Runs checkpoints of the file at *path*, each in a thread of its own, one at a time."""

    def __init__(self, path: Path, connect: Callable[[], sqlite3.Connection]) -> None:
        self._path = path
        self._log_path = f"{path}-wal"
        self._connect = connect
        self._pages = 0  # that this process has written since its last checkpoint, about
        self._log_bytes = 0  # at the last checkpoint; the file does not shrink when it is written anew
        self._thread: threading.Thread | None = None
        self.truncations = 0

    def wrote(self, pages: int) -> None:
        """Count about so many pages, and start a checkpoint if it is due.

        Raises nothing: what has been committed must not look as if it had failed.
        """
        self._pages += pages
        try:
            if self._is_due() and (self._thread is None or not self._thread.is_alive()):
                self._pages = 0
                thread = threading.Thread(target=self._run, name="sqlite-checkpoint", daemon=True)
                thread.start()
                self._thread = thread
        except (OSError, RuntimeError):  # no log, or no further thread in this container
            log.warning("sqlite_checkpoint_failed", exc_info=True)

    def _is_due(self) -> bool:
        if self._pages >= CHECKPOINT_PAGES:
            return True
        size = os.stat(self._log_path).st_size  # noqa: PTH116  # once per commit: no Path is made for it
        return size >= CHECKPOINT_PAGES * _PAGE_BYTES and size >= self._log_bytes + GROWTH_BYTES

    def join(self, timeout_s: float) -> None:
        """Wait for a checkpoint that runs."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            connection = self._connect()
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                lock = FairFileLock(self._path)
                try:
                    lock.acquire()
                    self._finish(connection)
                finally:
                    lock.close()  # which releases it
            finally:
                connection.close()
        except (OSError, sqlite3.Error):
            log.warning("sqlite_checkpoint_failed", exc_info=True)

    def _finish(self, connection: sqlite3.Connection) -> None:
        """Copy what was written meanwhile; truncate a log that long readers kept from being written anew."""
        connection.execute("PRAGMA busy_timeout = 50")  # a long reader must not block every writer
        self._log_bytes = Path(self._log_path).stat().st_size
        if self._log_bytes <= LOG_BYTES:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            return
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            self.truncations += 1
            self._log_bytes = 0
