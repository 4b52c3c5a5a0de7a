"""The commands ``supportcarr backup``, ``backups``, ``restore`` and ``keys new-backup-pair``."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from supportcarr.bootstrap.backup_format import DUMP, Manifest
from supportcarr.bootstrap.backups import make_backup
from supportcarr.bootstrap.dumps import BackupError
from supportcarr.bootstrap.restoration import read_backup, restore
from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.shelves import (
    BUCKET,
    LATEST,
    BucketShelf,
    FolderShelf,
    Shelf,
    latest,
    read_to_moment,
)
from supportcarr.bootstrap.stores import keyset_file
from supportcarr.kit.runtime.private_files import make_private_folder
from supportcarr.kit.sealing.sealed_stream import KeyPairError, new_key_pair
from supportcarr.kit.store.port import StoreError, StoreUnavailable, UnfinishedCopy
from supportcarr.providers.backup_bucket import BackupBucket, BucketError


def run_new_pair(private_file: Path) -> str:
    """Write a new private key to a new file, for its owner alone; returns the public key."""
    private, public = new_key_pair()
    try:
        descriptor = os.open(private_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.ClickException(f"There is a file {private_file} already.") from None
    with os.fdopen(descriptor, "w") as out:
        out.write(f"{private}\n")
    return public


def run_sealed_backup(settings: Settings, dump: Path | None) -> list[str]:
    """Make a sealed backup, and upload it if the settings name a bucket; where it is, as lines.

    Raises ``click.ClickException``.
    """
    try:
        file = asyncio.run(make_backup(settings, now=datetime.now(UTC), dump=dump))
    except (StoreUnavailable, UnfinishedCopy):
        raise  # every command says it alike
    except (BackupError, KeyPairError) as error:
        raise click.ClickException(str(error)) from None
    except StoreError as error:
        raise click.ClickException(f"{error}.") from None
    except OSError as error:
        raise _not_written(error) from None
    made = f"The backup is {file}."
    if not settings.backup_bucket.bucket:
        return [made]
    bucket = BackupBucket(settings.backup_bucket)
    try:
        bucket.upload(file)
    except BucketError as error:
        raise click.ClickException(f"{made} It is not in the bucket: {error}") from None
    return [made, f"It is in the bucket {bucket.name}."]


def run_list(settings: Settings) -> list[str]:
    """The name and the bytes of every backup and oplog, oldest first.  Raises ``click.ClickException``."""
    try:
        sizes = _shelf(settings, in_bucket=bool(settings.backup_bucket.bucket)).sizes()
    except (BackupError, BucketError) as error:
        raise click.ClickException(str(error)) from None
    return [f"{name} {sizes[name]}" for name in sorted(sizes)]


def _shelf(settings: Settings, *, in_bucket: bool) -> Shelf:
    if in_bucket:
        if not settings.backup_bucket.bucket:
            raise BackupError("Set SUPPORTCARR_BACKUP_S3_BUCKET.")
        return BucketShelf(BackupBucket(settings.backup_bucket))
    if not settings.backup.folder:
        raise BackupError("Set SUPPORTCARR_BACKUP_S3_BUCKET or SUPPORTCARR_BACKUP_FOLDER.")
    return FolderShelf(Path(settings.backup.folder))


@contextmanager
def _fetched(settings: Settings, file: Path | str, beside: Path | None) -> Iterator[Path]:
    """The file of a backup; one from the bucket is there until the end.  *beside*: where there is room."""
    if isinstance(file, Path):
        yield file
        return
    shelf = _shelf(settings, in_bucket=True)
    with tempfile.TemporaryDirectory(prefix=".fetched-", dir=beside) as temporary:
        yield shelf.fetch(_named(shelf, file), Path(temporary))


def _named(shelf: Shelf, file: str, before: datetime | None = None) -> str:
    name = file.removeprefix(BUCKET)
    return latest(shelf, before) if name == LATEST else name


def run_restore(
    settings: Settings,
    file: Path | str,
    key: Path,
    *,
    into: Path | None,
    verify: bool,
    until: datetime | None = None,
) -> list[str]:
    """Restore a backup, unpack it, or only verify it; what it holds, as lines.

    *file* is a file, or ``s3:`` and a name in the bucket, or ``s3:latest``.  With *until* a dump of MongoDB
    is unpacked together with the oplogs up to that moment.  Raises ``click.ClickException``.
    """
    private_key = key.read_text(errors="replace")

    def restored() -> list[str]:
        if verify:
            with (
                _fetched(settings, file, None) as backup,
                tempfile.TemporaryDirectory(prefix="supportcarr-backup-") as temporary,
            ):
                manifest = read_backup(backup, private_key, Path(temporary) / "backup")
            return [*described(manifest), "It can be restored."]
        if into is not None and into.exists():
            raise BackupError(f"There is {into} already.")
        if into is not None and until is not None:
            return _unpack_to_moment(settings, file, private_key, into, until)
        if into is not None:
            with _fetched(settings, file, into.parent) as backup:
                manifest = read_backup(backup, private_key, into)
            return [*described(manifest), f"It is unpacked in {into}."]
        data = Path(settings.deployment.data)
        make_private_folder(data)
        with _fetched(settings, file, data) as backup:
            return _restored(settings, restore(settings, backup, private_key))

    try:
        return restored()
    except (BackupError, BucketError, KeyPairError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise _not_written(error) from None


def _unpack_to_moment(
    settings: Settings, file: Path | str, private_key: str, into: Path, until: datetime
) -> list[str]:
    shelf: Shelf
    if isinstance(file, Path):
        shelf, name = FolderShelf(file.parent), file.name
    else:
        shelf = _shelf(settings, in_bucket=True)
        name = _named(shelf, file, until)
    manifest, oplogs = read_to_moment(shelf, name, private_key, into, until)
    files = " ".join((f"--archive {into / DUMP}", *(f"--oplog {oplog}" for oplog in oplogs)))
    return [
        *described(manifest),
        f"It is unpacked in {into}, with {len(oplogs)} oplogs up to {until:%Y-%m-%d %H:%M:%S %Z}.",
        f"Now: deploy/mongodb/restore --uri URI {files} --until {int(until.timestamp())}",
    ]


def _restored(settings: Settings, manifest: Manifest) -> list[str]:
    missing = not settings.keyset.json and not keyset_file(settings).is_file()
    keyset = (
        [f"Restore the keyset of personal data to {keyset_file(settings)} before the start."]
        if missing
        else []
    )
    return [
        *described(manifest),
        "It is restored. What was written later is lost.",
        *keyset,
        "Now: supportcarr check",
    ]


def _not_written(error: OSError) -> Exception:
    """What is said of an error of the disk; one that names a file is said alike by every command."""
    if error.filename is not None or error.strerror is None:
        return error
    return click.ClickException(f"It cannot be written: {error.strerror}.")


def described(manifest: Manifest) -> list[str]:
    """What a backup holds."""
    began = f"Begun {manifest.created_at:%Y-%m-%d %H:%M:%S} UTC by release {manifest.release}"
    if manifest.kind != "sqlite":
        return [f"{began}: {'an oplog' if manifest.kind == 'oplog' else 'a dump'} of {manifest.size} bytes."]
    documents = sum(counts.documents for counts in manifest.collections.values())
    events = sum(counts.pending_events for counts in manifest.collections.values())
    return [f"{began}: {documents} documents, {events} pending events, {manifest.files} files."]
