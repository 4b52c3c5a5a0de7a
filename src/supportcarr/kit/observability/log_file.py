"""The file of a log: several processes append to it; one of them rotates it, each day and when it has grown.

``FILE`` becomes ``FILE.1``, that ``FILE.2`` and so on; the oldest is deleted, and what is older than some
days (of UTC).  A process that finds another file under the name, because a process of ours or logrotate(8)
has renamed it, opens the new one.  The descriptor keeps its number (dup2), so that what writes to it without
asking us (faulthandler, for example) follows.  A line that another process writes just then goes to
``FILE.1``: none is lost.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_MODE = 0o640
_DAY_S = 86_400


class LogFile:
    """An open log file.  Nothing but opening it raises: a log that cannot be rotated grows."""

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int,
        keep: int,
        days: int = 0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Open *path* for appending.  If standard error is that file already, its descriptor is used.

        *max_bytes*: size from which it is rotated, 0: never; *keep*: how many old files stay; *days*: for how
        long, and a file for each day, 0: no matter how old.  Raises ``OSError``.
        """
        self.path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._days = days
        self._wall = wall
        self._descriptor = os.open(path, _FLAGS, _MODE)
        if (file := path.resolve()).is_file():  # behind links, which keep their names
            self.path = file
        if _same_file(2, self._descriptor):
            os.close(self._descriptor)
            self._descriptor = 2
        self._day = self._day_of_file()

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
            elif self._ended(there.st_size):
                self._rotate()

    def close(self) -> None:
        if self._descriptor > 2:
            os.close(self._descriptor)

    def _ended(self, size: int) -> bool:
        """Whether the file, of that size, gets no further line."""
        grown = bool(self._max_bytes) and size >= self._max_bytes
        return grown or (bool(self._days) and self._day < self._today())

    def _today(self) -> int:
        return int(self._wall() // _DAY_S)

    def _day_of_file(self) -> int:
        """The day of which the open file is: that of its last line, or of now if it has none.

        Later lines do not change it: the first process that sees another day rotates the file it has open.
        """
        own = os.fstat(self._descriptor)
        return int(own.st_mtime // _DAY_S) if own.st_size else self._today()

    def _rotate(self) -> None:
        """Rename the files, unless another process does just now."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)  # a lock belongs to its open file
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            locked = os.fstat(descriptor)
            own = os.fstat(self._descriptor)
            if not os.path.samestat(locked, own) or not os.path.samestat(locked, self.path.stat()):
                return  # another process did a moment ago
            if not locked.st_size:
                self._day = self._today()
                return
            if self._keep:
                for number in range(self._keep, 1, -1):
                    with suppress(FileNotFoundError):
                        self._old(number - 1).replace(self._old(number))
                self.path.replace(self._old(1))
                self._delete_old()
            else:
                self.path.unlink()
        finally:
            os.close(descriptor)
        self._reopen()

    def _delete_old(self) -> None:
        oldest = self._wall() - self._days * _DAY_S
        for number in range(1, self._keep + 1) if self._days else ():
            with suppress(FileNotFoundError):
                if self._old(number).stat().st_mtime < oldest:
                    self._old(number).unlink()

    def _old(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def _reopen(self) -> None:
        fresh = os.open(self.path, _FLAGS, _MODE)
        try:
            os.dup2(fresh, self._descriptor, inheritable=self._descriptor <= 2)
        finally:
            os.close(fresh)
        self._day = self._day_of_file()


def _same_file(one: int, other: int) -> bool:
    try:
        return os.path.samestat(os.fstat(one), os.fstat(other))
    except OSError:
        return False  # closed
