"""The restoration of a backup (``backup_format``): verified as a whole before anything gets its name."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
import tarfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from supportcarr.bootstrap.anchors import anchor_file
from supportcarr.bootstrap.backup_format import (
    ANCHORS,
    DUMP,
    MANIFEST,
    SCHEMA,
    STORE,
    UNPACKING,
    Manifest,
    counted,
    folder_beside,
    new_file,
    sha256_of,
    sync,
)
from supportcarr.bootstrap.dumps import BackupError
from supportcarr.bootstrap.objects import FOLDER as OBJECTS
from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.stores import sqlite_file
from supportcarr.kit.runtime.private_files import make_private_folder
from supportcarr.kit.sealing.sealed_stream import SealedFileError, unsealing
from supportcarr.supervisor.folder_lock import lock_folder

_MANIFEST_BYTES = 1 << 20
_BLOCK = 1 << 20


def read_backup(file: Path, private_key: str, into: Path) -> Manifest:
    """Unpack a backup into the folder *into*, which is new, and verify it.  After an error it is gone.

    Raises ``BackupError`` if it is damaged, cut off, of a newer release or for another key; ``KeyPairError``;
    ``OSError``, ``FileExistsError`` if there is *into*.
    """
    into.mkdir(mode=0o700)
    try:
        return _read_backup(file, private_key, into)
    except BaseException:
        shutil.rmtree(into, ignore_errors=True)
        raise


def _read_backup(file: Path, private_key: str, into: Path) -> Manifest:
    try:
        with file.open("rb") as sealed, unsealing(sealed, private_key) as plain:
            manifest = _unpack(plain, into)
    except SealedFileError as error:
        raise BackupError(f"{file} cannot be read: {error}") from None
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, msgspec.MsgspecError) as error:
        raise BackupError(f"{file} cannot be read: it is no backup of ours ({error}).") from None
    content = into / (STORE if manifest.kind == "sqlite" else DUMP)
    if not content.is_file() or (content.stat().st_size, sha256_of(content)) != (
        manifest.size,
        manifest.sha256,
    ):
        raise BackupError(f"{file} does not hold what its manifest says.")
    if manifest.kind == "sqlite":
        _verify_store(file, content, manifest)
        found = sum(path.is_file() for path in (into / OBJECTS).rglob("*"))
        if found > manifest.files:  # fewer: they were removed while it was made
            raise BackupError(f"{file} holds {found} files, and its manifest says {manifest.files}.")
    return manifest


def _unpack(plain: BinaryIO, into: Path) -> Manifest:
    with (
        gzip.GzipFile(fileobj=plain, mode="rb") as content,
        tarfile.open(fileobj=content, mode="r|") as archive,
    ):
        first = archive.next()
        read = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
        if read is None:
            raise BackupError("It begins without a manifest.")
        manifest = msgspec.json.decode(read.read(_MANIFEST_BYTES), type=Manifest)
        if manifest.schema > SCHEMA:
            raise BackupError(
                f"It was made by release {manifest.release}, whose stores this release "
                f"({version('supportcarr')}) cannot read: restore it with that one or a newer one."
            )
        while (member := archive.next()) is not None:
            name = PurePosixPath(member.name)
            if not member.isfile() or name.is_absolute() or ".." in name.parts:
                raise BackupError(f"It holds {member.name}, which no backup does.")
            source, target = archive.extractfile(member), into / name
            assert source is not None  # it is a file
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with new_file(target) as out:
                shutil.copyfileobj(source, out, _BLOCK)
        while content.read(_BLOCK):  # to the end: that it is cut off is known only there
            pass
    while plain.read(_BLOCK):
        pass
    return manifest


def _verify_store(file: Path, store: Path, manifest: Manifest) -> None:
    try:
        with closing(sqlite3.connect(f"file:{store}?immutable=1", uri=True)) as connection:
            (result,) = connection.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        raise BackupError(f"The store in {file} is damaged: {error}.") from None
    if result != "ok":
        raise BackupError(f"The store in {file} is damaged: {result}.")
    if counted(store) != manifest.collections:
        raise BackupError(f"The store in {file} does not hold as many documents as its manifest says.")


def restore(settings: Settings, file: Path, private_key: str) -> Manifest:
    """Put a verified backup in the place of a store that is not there, while no platform runs.

    Raises as ``read_backup``; ``FolderInUse``; ``BackupError`` if there is a store.
    """
    path = sqlite_file(settings)
    if path is None:
        raise BackupError(
            "The store of the settings is not SQLite: unpack the backup (--into), and use mongorestore."
        )
    data = Path(settings.deployment.data)
    make_private_folder(data)
    anchors = anchor_file(settings)
    objects = data / OBJECTS
    with lock_folder(data):
        taken = [
            each for each in (path, path.with_name(f"{path.name}-wal"), anchors) if each and each.exists()
        ]
        taken += [objects] if objects.is_dir() and any(objects.iterdir()) else []
        if taken:
            raise BackupError(f"There is {', '.join(map(str, taken))} already: move it away first.")
        with folder_beside(path, UNPACKING) as temporary:
            unpacked = temporary / "backup"
            manifest = read_backup(file, private_key, unpacked)
            if manifest.kind != "sqlite":
                raise BackupError(f"{file} is of MongoDB ({manifest.kind}): unpack it (--into).")
            if anchors is not None and (unpacked / ANCHORS).stat().st_size:
                anchors.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                _move(unpacked / ANCHORS, anchors)
            if (unpacked / OBJECTS).is_dir():
                if objects.is_dir():
                    objects.rmdir()
                _move(unpacked / OBJECTS, objects)
            _move(unpacked / STORE, path)  # last: without it no platform starts on what else is there
    return manifest


def _move(source: Path, target: Path) -> None:
    """Move a file or a folder to a name that is free; a power cut leaves nothing half-written under it."""
    for part in (source, *source.rglob("*")):
        sync(part)
    shutil.move(source, target)
    for part in (target, *target.rglob("*"), target.parent):  # it may be a copy, on another disk
        sync(part)
