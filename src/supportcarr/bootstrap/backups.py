"""Backups of a platform on one machine: its store and its files, in one sealed file; and their restoration.

A backup is a tar archive, compressed and sealed (``kit.sealing.sealed_stream``), of ``manifest.json``, the
anchors of the audit log, a snapshot of the store, and ``objects/``.  It has no keys: neither the keyset of
personal data nor the secrets.  A dump of MongoDB, and its oplog, are sealed the same way (``dumps``).
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from supportcarr.bootstrap.anchors import anchor_file
from supportcarr.bootstrap.collections import SPECS
from supportcarr.bootstrap.dumps import (
    PREFIX,
    SUFFIX,
    BackupError,
    Dump,
    backup_name,
    backup_time,
    dump_at,
    oplog_named,
)
from supportcarr.bootstrap.objects import FOLDER as OBJECTS
from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.stores import sqlite_file
from supportcarr.kit.runtime.private_files import make_private_folder
from supportcarr.kit.sealing.sealed_stream import SealedFileError, sealing, unsealing
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.supervisor.folder_lock import lock_folder

# Of what is stored, as far as an older release cannot read it: increased by a release whose stores the one
# before it cannot use (docs/stores.md, "Changing what is stored").
SCHEMA = 1
MANIFEST, STORE, ANCHORS, DUMP = "manifest.json", "supportcarr.sqlite3", "audit-anchors.jsonl", "dump"
_UNFINISHED = ".unfinished"
_LOCK = ".backup.lock"  # of backups alone: a platform goes on meanwhile
_COPYING, _UNPACKING = ".backup-", ".restore-"  # folders beside the store
_MANIFEST_BYTES = 1 << 20
_COMPRESSION = 1  # the store compresses well at any level, photos at none
_BLOCK = 1 << 20


class Counts(msgspec.Struct, frozen=True):
    """What a collection held."""

    documents: int
    pending_events: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds.  ``sha256`` and ``size`` (bytes) are those of the store or the dump.

    ``since`` and ``until`` are those of ``dumps.Dump``.
    """

    kind: str  # sqlite: a platform on one machine; dump, oplog: of MongoDB, as its own tools wrote it
    schema: int
    release: str
    created_at: datetime
    size: int
    sha256: str
    collections: dict[str, Counts] = {}
    files: int = 0
    since: datetime | None = None
    until: datetime | None = None


# --- making one ------------------------------------------------------------------------------------


async def make_backup(settings: Settings, *, now: datetime, dump: Path | None = None) -> Path:
    """Seal a backup into the folder of the settings, or *dump*: what MongoDB's tools have written.

    Then backups and oplogs older than the settings keep are removed, but never the newest backup.  What a
    backup that was killed has left is removed first.  Raises ``BackupError``, also if another backup is being
    made; ``KeyPairError``; ``StoreError``; ``OSError``.
    """
    chosen = settings.backup
    if not chosen.folder or not chosen.public_key:
        raise BackupError("Set SUPPORTCARR_BACKUP_FOLDER and SUPPORTCARR_BACKUP_PUBLIC_KEY.")
    dumped = None if dump is None else dump_at(dump)
    folder = Path(chosen.folder)
    make_private_folder(folder)
    with _alone(folder):
        for left in folder.glob(f"supportcarr-*{_UNFINISHED}"):
            left.unlink(missing_ok=True)
        target = folder / (dumped.name(now) if dumped else backup_name(now))
        if target.exists():
            raise BackupError(f"There is a file {target} already.")
        await _write_backup(target, settings, now, dumped)
        for old in _expired(folder, now - timedelta(days=chosen.keep_days)):
            old.unlink(missing_ok=True)
    return target


async def _write_backup(target: Path, settings: Settings, now: datetime, dump: Dump | None) -> None:
    unfinished = target.with_name(f"{target.name}{_UNFINISHED}")
    try:
        with _new_file(unfinished) as out, sealing(out, settings.backup.public_key) as sealed:
            if dump is not None:
                _write_dump(sealed, dump, now)
            else:
                await _write_platform(sealed, settings, now)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.rename(target)
        _sync(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of the backups in *folder*, which the kernel releases if this process is killed.

    Raises ``BackupError`` if another process has it.
    """
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise BackupError(f"Another backup is being made in {folder}.") from None
    try:
        yield
    finally:
        os.close(descriptor)


async def _write_platform(out: BinaryIO, settings: Settings, now: datetime) -> None:
    path = sqlite_file(settings)
    if path is None:
        raise BackupError(
            "The store is not SQLite: dump it with its own tool, and seal the dump "
            "(`supportcarr backup --dump FILE`)."
        )
    if not path.is_file():
        raise BackupError(f"There is no store at {path}.")
    anchors = anchor_file(settings)
    # Read before the store, which then holds every record that they name.
    anchored = anchors.read_bytes() if anchors is not None and anchors.is_file() else b""
    with _alone(path.parent), _folder_beside(path, _COPYING) as temporary:
        copy = temporary / STORE
        store = SqliteStore(path, read_only=True)
        await store.open()
        try:
            await store.backup(copy)
        finally:
            await store.close()
        # After the store: what it refers to is there, unless it was removed meanwhile.
        objects = _objects(settings)
        manifest = Manifest(
            kind="sqlite",
            schema=SCHEMA,
            release=version("supportcarr"),
            created_at=now,
            size=copy.stat().st_size,
            sha256=_sha256(copy),
            collections=_counted(copy),
            files=len(objects),
        )
        with _archive(out) as archive:
            _add_bytes(archive, MANIFEST, msgspec.json.encode(manifest))
            _add_bytes(archive, ANCHORS, anchored)
            archive.add(copy, STORE)
            root = Path(settings.deployment.data) / OBJECTS
            for file in objects:
                try:
                    archive.add(file, f"{OBJECTS}/{file.relative_to(root).as_posix()}")
                except FileNotFoundError:
                    continue  # it was removed meanwhile


def _write_dump(out: BinaryIO, dump: Dump, now: datetime) -> None:
    manifest = Manifest(
        kind=dump.kind,
        schema=SCHEMA,
        release=version("supportcarr"),
        created_at=now,
        size=dump.file.stat().st_size,
        sha256=_sha256(dump.file),
        since=dump.since,
        until=dump.until,
    )
    with _archive(out) as archive:
        _add_bytes(archive, MANIFEST, msgspec.json.encode(manifest))
        archive.add(dump.file, DUMP)


@contextmanager
def _archive(out: BinaryIO) -> Iterator[tarfile.TarFile]:
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=_COMPRESSION) as compressed,
        # dereference: of files that share their content (hard links) each is written
        tarfile.open(fileobj=compressed, mode="w|", dereference=True) as archive,
    ):
        yield archive


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    archive.addfile(info, io.BytesIO(content))


def _objects(settings: Settings) -> list[Path]:
    """The files of this machine; with S3 there are none."""
    if settings.s3.bucket:
        return []
    root = Path(settings.deployment.data) / OBJECTS
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())


def backups_in(folder: Path) -> list[tuple[datetime, Path]]:
    """The finished backups of a folder with the times when they were begun, oldest first."""
    found = [(backup_time(path.name), path) for path in folder.glob(f"{PREFIX}*{SUFFIX}")]
    return sorted((made, path) for made, path in found if made is not None)


def _expired(folder: Path, before: datetime) -> list[Path]:
    oplogs = [(oplog_named(path.name), path) for path in folder.glob(f"{PREFIX}*")]
    return [
        *(path for made, path in backups_in(folder)[:-1] if made < before),
        *(path for oplog, path in oplogs if oplog is not None and oplog.until < before),
    ]


def backup_stats(settings: Settings) -> dict[str, float]:
    """The figures of the metrics: whether backups are expected, and, if the settings name their folder, when
    the newest one was begun (Unix time; 0: there is none)."""
    local = settings.deployment.profile == "local"
    stats = {"expected": float(not local and not settings.backup.by_provider)}
    if settings.backup.folder:
        found = backups_in(Path(settings.backup.folder))
        stats["last_success_timestamp_seconds"] = found[-1][0].timestamp() if found else 0.0
    return stats


# --- restoring one ---------------------------------------------------------------------------------


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
    if not content.is_file() or (content.stat().st_size, _sha256(content)) != (
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
            with _new_file(target) as out:
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
    if _counted(store) != manifest.collections:
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
        with _folder_beside(path, _UNPACKING) as temporary:
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


# --- files -----------------------------------------------------------------------------------------


def _counted(store: Path) -> dict[str, Counts]:
    """The documents and pending events of each declared collection that the file has."""
    with closing(sqlite3.connect(f"file:{store}?immutable=1", uri=True)) as connection:
        tables = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        events = dict(connection.execute("SELECT collection, count(*) FROM _outbox GROUP BY collection"))
        return {
            spec.name: Counts(
                connection.execute(f"SELECT count(*) FROM {spec.name}").fetchone()[0],  # noqa: S608 - a declared name
                events.get(spec.name, 0),
            )
            for spec in SPECS
            if spec.name in tables
        }


@contextmanager
def _folder_beside(path: Path, prefix: str) -> Iterator[Path]:
    """A folder for its owner alone, in the file system of *path*; removed at the end.

    Those that a killed process has left, with a plain copy of a store, are removed first: the caller has the
    lock without which nobody makes one of that *prefix*.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in path.parent.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    temporary = Path(tempfile.mkdtemp(prefix=prefix, dir=path.parent))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _new_file(path: Path) -> BinaryIO:
    """A file for its owner alone, to write to; one that is there is emptied."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _move(source: Path, target: Path) -> None:
    """Move a file or a folder to a name that is free; a power cut leaves nothing half-written under it."""
    for part in (source, *source.rglob("*")):
        _sync(part)
    shutil.move(source, target)
    for part in (target, *target.rglob("*"), target.parent):  # it may be a copy, on another disk
        _sync(part)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
