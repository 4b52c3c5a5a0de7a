"""The file of a log: several processes append to it, and one of them rotates it when it has grown.

``FILE`` becomes ``FILE.1``, that ``FILE.2`` and so on; the oldest is deleted.  A process that finds another
file under the name, because a process of ours or logrotate(8) has renamed it, opens the new one.  The
descriptor keeps its number (dup2), so that what writes to it without asking us (faulthandler, for example)
follows.  A line that another process writes just then goes to ``FILE.1``: none is lost.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_MODE = 0o640


class LogFile:
    """An open log file.  Nothing but opening it raises: a log that cannot be rotated grows."""

    def __init__(self, path: Path, *, max_bytes: int, keep: int) -> None:
        """Open *path* for appending.  If standard error is that file already, its descriptor is used.

        *max_bytes*: size from which it is rotated, 0: never; *keep*: how many old files stay.  Raises
        ``OSError``.
        """
        self.path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._descriptor = os.open(path, _FLAGS, _MODE)
        if (file := path.resolve()).is_file():  # behind links, which keep their names
            self.path = file
        if _same_file(2, self._descriptor):
            os.close(self._descriptor)
            self._descriptor = 2

    def fileno(self) -> int:
        """The descriptor, of the file that has the name now."""
        self.check()
        return self._descriptor

    def write(self, text: str) -> None:
        """Append *text*.  Raises ``OSError``."""
        os.write(self.fileno(), text.encode())

    def check(self) -> None:
        """Rotate the file if it is too large; open the new one if it has been renamed."""
        with suppress(OSError):
            own = os.fstat(self._descriptor)
            try:
                there = self.path.stat()
            except FileNotFoundError:
                self._reopen()
                return
            if not os.path.samestat(own, there):
                self._reopen()
            elif self._max_bytes and there.st_size >= self._max_bytes:
                self._rotate()

    def close(self) -> None:
        if self._descriptor > 2:
            os.close(self._descriptor)

    def _rotate(self) -> None:
        """Rename the files, unless another process does just now."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)  # a lock belongs to its open file
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            locked = os.fstat(descriptor)
            if locked.st_size < self._max_bytes or not os.path.samestat(locked, self.path.stat()):
                return  # another process did a moment ago
            if self._keep:
                for number in range(self._keep, 1, -1):
                    with suppress(FileNotFoundError):
                        self._old(number - 1).replace(self._old(number))
                self.path.replace(self._old(1))
            else:
                self.path.unlink()
        finally:
            os.close(descriptor)
        self._reopen()

    def _old(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def _reopen(self) -> None:
        fresh = os.open(self.path, _FLAGS, _MODE)
        try:
            os.dup2(fresh, self._descriptor, inheritable=self._descriptor <= 2)
        finally:
            os.close(fresh)


def _same_file(one: int, other: int) -> bool:
    try:
        return os.path.samestat(os.fstat(one), os.fstat(other))
    except OSError:
        return False  # closed
