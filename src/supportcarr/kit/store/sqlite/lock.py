"""A fair lock between processes on one machine.

SQLite's waiting writers poll its lock, so a process that commits continuously starves the others.
Here a process first locks the queue (one file), then the lock itself (another file), and then unlocks the
queue.  A process that has just released the lock must queue behind those that wait.  The kernel
releases a ``flock`` when its process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

# Every release uses these names: during an upgrade, old and new processes must exclude each other.
QUEUE_SUFFIX = ".gate"
LOCK_SUFFIX = ".room"


class FairFileLock:
    """A lock with one holder across all processes.  Within a process, one thread at a time may use it."""

    def __init__(self, path: Path) -> None:
        self._queue = os.open(f"{path}{QUEUE_SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._held = os.open(f"{path}{LOCK_SUFFIX}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def acquire(self) -> None:
        """Wait for the lock, however long that takes."""
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._queue, fcntl.LOCK_UN)

    def try_acquire(self) -> bool:
        """Take the lock if no process has it or waits for it; true if it was taken."""
        try:
            fcntl.flock(self._queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._queue, fcntl.LOCK_UN)
        return True

    def acquire_within(self, seconds: float) -> bool:
        """Wait for at most that long; true if the lock was taken.  Starts a thread, so for rare use."""
        deciding = threading.Lock()
        got, gave_up = threading.Event(), threading.Event()

        def wait() -> None:
            self.acquire()
            with deciding:
                if gave_up.is_set():
                    self.release()
                else:
                    got.set()

        threading.Thread(target=wait, name="sqlite-lock", daemon=True).start()
        if got.wait(seconds):
            return True
        with deciding:
            if not got.is_set():
                gave_up.set()
        return got.is_set()

    def release(self) -> None:
        fcntl.flock(self._held, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._queue)
        os.close(self._held)
