"""A fair lock between processes on one machine.

SQLite lets waiting writers poll, so a process that commits again and again starves the others.
Here a writer first takes its place at the gate (one file), then waits for the room (another), and
gives up the gate once inside: who has just left the room must queue at the gate behind those who
are waiting there.  ``flock`` is dropped by the kernel when a process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path


class FairFileLock:
    """One holder at a time over all processes; within a process one thread at a time may use it."""

    def __init__(self, path: Path) -> None:
        self._gate = os.open(f"{path}.gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._room = os.open(f"{path}.room", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def acquire(self) -> None:
        """Wait for the lock, however long that takes."""
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._room, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)

    def try_acquire(self) -> bool:
        """Take the lock if nobody has it and nobody waits for it."""
        try:
            fcntl.flock(self._gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        try:
            fcntl.flock(self._room, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)
        return True

    def acquire_within(self, seconds: float) -> bool:
        """The same, for at most that long; for who comes rarely (it costs a thread)."""
        deciding = threading.Lock()
        got, gave_up = threading.Event(), threading.Event()

        def wait() -> None:
            self.acquire()
            with deciding:
                if gave_up.is_set():
                    self.release()
                else:
                    got.set()

        threading.Thread(target=wait, name="turnstile", daemon=True).start()
        if got.wait(seconds):
            return True
        with deciding:
            if not got.is_set():
                gave_up.set()
        return got.is_set()

    def release(self) -> None:
        fcntl.flock(self._room, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._gate)
        os.close(self._room)
