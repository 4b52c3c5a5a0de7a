"""Backups of a platform on one machine: its store and its files, in one sealed file (``backup_format``)."""

from __future__ import annotations

import fcntl
import gzip
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import msgspec

from supportcarr.bootstrap.anchors import anchor_file
from supportcarr.bootstrap.backup_format import (
    ANCHORS,
    COPYING,
    DUMP,
    MANIFEST,
    SCHEMA,
    STORE,
    Manifest,
    counted,
    folder_beside,
    new_file,
    sha256_of,
    sync,
)
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
from supportcarr.kit.sealing.sealed_stream import sealing
from supportcarr.kit.store.sqlite.engine import SqliteStore

_UNFINISHED = ".unfinished"
_LOCK = ".backup.lock"  # of backups alone: a platform goes on meanwhile
_COMPRESSION = 1  # the store compresses well at any level, photos at none


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
        with new_file(unfinished) as out, sealing(out, settings.backup.public_key) as sealed:
            if dump is not None:
                _write_dump(sealed, dump, now)
            else:
                await _write_platform(sealed, settings, now)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        unfinished.rename(target)
        sync(target.parent)
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
    with _alone(path.parent), folder_beside(path, COPYING) as temporary:
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
            sha256=sha256_of(copy),
            collections=counted(copy),
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
        sha256=sha256_of(dump.file),
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
