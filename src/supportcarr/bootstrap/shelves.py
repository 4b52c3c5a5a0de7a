"""Where sealed backups lie, a folder or a bucket, and what is read from there."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from supportcarr.bootstrap.backup_format import DUMP, Manifest
from supportcarr.bootstrap.dumps import BackupError, backup_time, covering, oplog_named
from supportcarr.bootstrap.restoration import read_backup
from supportcarr.providers.backup_bucket import BackupBucket

BUCKET, LATEST = "s3:", "latest"


class Shelf(Protocol):
    """``FolderShelf`` or ``BucketShelf``."""

    def sizes(self) -> dict[str, int]:
        """The bytes of each backup and oplog, by its name.  Raises ``BackupError``; ``BucketError``."""
        ...

    def fetch(self, name: str, into: Path) -> Path:
        """The file itself, or a copy in the folder *into*.  Raises as ``sizes``."""
        ...


class FolderShelf:
    """Sealed files in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sizes(self) -> dict[str, int]:
        if not self._folder.is_dir():
            raise BackupError(f"There is no folder {self._folder}.")
        sizes = {}
        for path in self._folder.iterdir():
            if _is_ours(path.name):
                with suppress(FileNotFoundError):  # another backup was made meanwhile, and this one too old
                    sizes[path.name] = path.stat().st_size
        return sizes

    def fetch(self, name: str, into: Path) -> Path:
        return self._folder / name


class BucketShelf:
    """Sealed files in a bucket."""

    def __init__(self, bucket: BackupBucket) -> None:
        self._bucket = bucket

    def sizes(self) -> dict[str, int]:
        return {name: size for name, size in self._bucket.sizes().items() if _is_ours(name)}

    def fetch(self, name: str, into: Path) -> Path:
        if not _is_ours(name):
            raise BackupError(f"{name} is no name of a backup.")
        target = into / name
        self._bucket.download(name, target)
        return target


def _is_ours(name: str) -> bool:
    return backup_time(name) is not None or oplog_named(name) is not None


def latest(shelf: Shelf, before: datetime | None) -> str:
    """The name of the newest backup, of those that were begun before that moment.  Raises ``BackupError``."""
    times = {name: backup_time(name) for name in shelf.sizes()}
    found = {
        name: made for name, made in times.items() if made is not None and not (before and made >= before)
    }
    if not found:
        raise BackupError(
            "There is no backup." if before is None else "No backup was made before that moment."
        )
    return max(found, key=lambda name: found[name])


def read_to_moment(
    shelf: Shelf, name: str, private_key: str, into: Path, until: datetime
) -> tuple[Manifest, list[Path]]:
    """Unpack a dump of MongoDB into the new folder *into*, and the oplogs that lead from it to that moment.

    The oplogs are to be repeated in the order in which they are returned.  After an error *into* is gone.
    Raises as ``read_backup``, and ``BucketError``.
    """
    with tempfile.TemporaryDirectory(prefix=".fetched-", dir=into.parent) as temporary:
        room = Path(temporary)
        manifest = read_backup(shelf.fetch(name, room), private_key, into)
        try:
            return manifest, _read_oplogs(shelf, manifest, private_key, into, until, room)
        except BaseException:
            shutil.rmtree(into, ignore_errors=True)
            raise


def _read_oplogs(
    shelf: Shelf, dump: Manifest, private_key: str, into: Path, until: datetime, room: Path
) -> list[Path]:
    if dump.kind != "dump" or dump.since is None:
        raise BackupError("No oplog can follow it: it is no dump that says when it was begun.")
    if dump.created_at >= until:
        raise BackupError(
            f"It was made at {dump.created_at:%Y-%m-%d %H:%M:%S} UTC, after that moment: take an older one."
        )
    found = [oplog for oplog in map(oplog_named, shelf.sizes()) if oplog is not None]
    files = []
    for number, oplog in enumerate(covering(dump.since, until, found), 1):
        unpacked = room / f"{number}"
        held = read_backup(shelf.fetch(oplog.name, room), private_key, unpacked)
        if (held.kind, held.since, held.until) != ("oplog", oplog.since, oplog.until):
            raise BackupError(f"{oplog.name} does not hold what its name says.")
        files.append(Path(shutil.move(unpacked / DUMP, into / f"oplog-{number:04}.bson")))
    return files
