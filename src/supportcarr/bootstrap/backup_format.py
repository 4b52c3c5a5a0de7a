"""What is in a backup, and the files that its making and its restoration have in common.

A backup is a tar archive, compressed and sealed (``kit.sealing.sealed_stream``), of ``manifest.json``, the
anchors of the audit log, a snapshot of the store, and ``objects/``.  It has no keys: neither the keyset of
personal data nor the secrets.  A dump of MongoDB, and its oplog, are sealed the same way (``dumps``).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from supportcarr.bootstrap.collections import SPECS

# Of what is stored, as far as an older release cannot read it: increased by a release whose stores the one
# before it cannot use (docs/stores.md, "Changing what is stored").
SCHEMA = 1
MANIFEST, STORE, ANCHORS, DUMP = "manifest.json", "supportcarr.sqlite3", "audit-anchors.jsonl", "dump"
COPYING, UNPACKING = ".backup-", ".restore-"  # folders beside the store


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


def counted(store: Path) -> dict[str, Counts]:
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
def folder_beside(path: Path, prefix: str) -> Iterator[Path]:
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


def new_file(path: Path) -> BinaryIO:
    """A file for its owner alone, to write to; one that is there is emptied."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb")


def sha256_of(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
