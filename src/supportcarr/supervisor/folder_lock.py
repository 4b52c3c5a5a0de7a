"""The lock on a data folder: one platform at a time runs on it.

Two platforms on one folder would share a store, but not the Redis, its streams and the emulators.  The
kernel releases the lock when its process ends, however it ends.  Commands that only use the store
(``check``, ``backup``, ``store copy``) do not take it, because they may run beside a platform.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "platform.lock"
_WAIT_S = 2.0  # a platform that was just killed may still have children that are about to end
_POLL_S = 0.05


class FolderInUse(Exception):
    """Another platform runs on the folder; the message is a sentence."""


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold the lock on *folder*, which exists.  Raises ``FolderInUse``; ``OSError``.

    The file holds the id of the process that has the lock.
    """
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _acquire(descriptor):
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            process = f" (process {holder})" if holder else ""
            raise FolderInUse(
                f"Another platform runs on the data folder {folder}{process}. Stop it, or use another "
                "folder: make demo DATA=FOLDER, demo --data FOLDER, or SUPPORTCARR_DATA=FOLDER."
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int) -> bool:
    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        else:
            return True
