"""Whether anybody holds the lock of a file."""

from __future__ import annotations

import fcntl
from typing import TextIO


def is_free(file: TextIO) -> bool:
    """True if no process holds the ``flock`` of that file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(file, fcntl.LOCK_UN)
    return True
