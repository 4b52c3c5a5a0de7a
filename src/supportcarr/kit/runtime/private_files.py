"""Files that only their owner may read: the stores hold phone numbers, messages and live PINs.

Libraries create files with the process's umask, so it is set once, where a process starts
(``PRIVATE_UMASK``, in ``cli``).  What exists already is restricted when it is opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PRIVATE_UMASK = 0o077
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Files that only the platform makes, and its folders within the data folder.
_MARKERS = ("secrets.env", "keyset.json", "supportcarr.sqlite3", "supportcarr.log")
_FOLDERS = ("redis", "simulator", "objects")
_SIDE_FILES = ("", "-wal", "-shm", "-journal")


def make_private_folder(folder: Path) -> None:
    """Create the data folder *folder* for its owner alone, or restrict an existing one and its files.

    An existing folder is left as it is if it has another owner or does not look like a data folder: somebody
    may have named ``/tmp``, ``/var/lib`` or their home folder.  Raises ``OSError``.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _is_data_folder(folder):
        return
    restrict(folder)
    for path in _contents(folder):
        restrict(path)


def create_private_file(path: Path) -> None:
    """Create an empty file for its owner alone, unless there is one.  Raises ``OSError``.

    One that exists is not opened: closing it would drop this process's POSIX locks on it (fcntl(2)), and
    SQLite relies on those of a database that is open.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def restrict_database(path: Path) -> None:
    """Restrict a SQLite file and the files beside it; creates it if it is missing.  Raises ``OSError``.

    SQLite gives the files beside it the mode of the database.
    """
    create_private_file(path)
    for file in database_files(path):
        restrict(file)


def database_files(path: Path) -> list[Path]:
    """A SQLite file and those beside it, as far as they exist."""
    return [file for suffix in _SIDE_FILES if (file := path.with_name(path.name + suffix)).is_file()]


def restrict(path: Path) -> None:
    """Take every permission from group and others, if the file or folder belongs to this user.

    Nothing if it is gone: SQLite and uploads remove files of a folder that is being read.
    """
    with suppress(FileNotFoundError):
        status = path.lstat()
        if status.st_mode & _OTHERS and status.st_uid == os.geteuid() and not stat.S_ISLNK(status.st_mode):
            path.chmod(stat.S_IMODE(status.st_mode) & ~_OTHERS)


def is_open_to_others(path: Path) -> bool:
    """Whether group or others have a permission on an existing file or folder."""
    try:
        return bool(path.stat().st_mode & _OTHERS)
    except (FileNotFoundError, NotADirectoryError):
        return False


def open_files(folder: Path) -> list[Path]:
    """The files of the data folder that group or others may use."""
    return [path for path in _contents(folder) if not path.is_dir() and is_open_to_others(path)]


def _is_data_folder(folder: Path) -> bool:
    """Whether it is empty, or has files of the platform and no folders but the platform's."""
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & stat.S_ISVTX:
        return False
    entries = list(folder.iterdir())
    if any(entry.is_dir() and entry.name not in _FOLDERS for entry in entries):
        return False
    return not entries or any(entry.name in _MARKERS for entry in entries)


def _contents(folder: Path) -> Iterator[Path]:
    """Everything below the folder, links neither returned nor followed."""
    for directory, folders, files in os.walk(folder):
        for name in (*folders, *files):
            if not (path := Path(directory, name)).is_symlink():
                yield path
