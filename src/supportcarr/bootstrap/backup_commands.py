"""The commands ``supportcarr backup``, ``restore`` and ``keys new-backup-pair``."""

from __future__ import annotations

import asyncio
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from supportcarr.bootstrap.backups import BackupError, Manifest, make_backup, read_backup, restore
from supportcarr.bootstrap.settings import Settings
from supportcarr.bootstrap.stores import keyset_file
from supportcarr.kit.sealing.sealed_stream import KeyPairError, new_key_pair
from supportcarr.kit.store.port import StoreError, StoreUnavailable, UnfinishedCopy


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


def run_sealed_backup(settings: Settings, dump: Path | None) -> Path:
    """Make a sealed backup; returns its file.  Raises ``click.ClickException``."""
    try:
        return asyncio.run(make_backup(settings, now=datetime.now(UTC), dump=dump))
    except (StoreUnavailable, UnfinishedCopy):
        raise  # every command says it alike
    except (BackupError, KeyPairError) as error:
        raise click.ClickException(str(error)) from None
    except StoreError as error:
        raise click.ClickException(f"{error}.") from None
    except OSError as error:
        raise _not_written(error) from None


def run_restore(settings: Settings, file: Path, key: Path, *, into: Path | None, verify: bool) -> list[str]:
    """Restore a backup, unpack it, or only verify it; what it holds, as lines.  Raises
    ``click.ClickException``."""
    private_key = key.read_text(errors="replace")
    try:
        if verify:
            with tempfile.TemporaryDirectory(prefix="supportcarr-backup-") as temporary:
                manifest = read_backup(file, private_key, Path(temporary) / "backup")
            return [*described(manifest), "It can be restored."]
        if into is not None:
            try:
                manifest = read_backup(file, private_key, into)
            except FileExistsError:
                raise click.ClickException(f"There is {into} already.") from None
            return [*described(manifest), f"It is unpacked in {into}."]
        manifest = restore(settings, file, private_key)
    except (BackupError, KeyPairError) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise _not_written(error) from None
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
        return [f"{began}: a dump of {manifest.size} bytes."]
    documents = sum(counts.documents for counts in manifest.collections.values())
    events = sum(counts.pending_events for counts in manifest.collections.values())
    return [f"{began}: {documents} documents, {events} pending events, {manifest.files} files."]
