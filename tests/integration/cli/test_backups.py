"""``supportcarr backup`` and ``restore``: a town comes back with its money; what is wrong changes nothing."""

from __future__ import annotations

import asyncio
import errno
import gzip
import io
import json
import os
import shutil
import sys
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from support.processes.command_line import environment_with, run_in_process
from supportcarr.bootstrap import backups, restoration
from supportcarr.bootstrap.backup_format import MANIFEST, SCHEMA, STORE, Manifest
from supportcarr.bootstrap.backups import backup_stats, backups_in, make_backup
from supportcarr.bootstrap.dumps import BackupError
from supportcarr.bootstrap.settings import load_settings
from supportcarr.contracts.documents import Document
from supportcarr.kit.sealing.sealed_stream import new_key_pair, sealing
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.kit.store.sqlite.engine import SqliteStore

NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
PRIVATE, PUBLIC = new_key_pair()
SETTINGS = {"BACKUP_FOLDER": "backups", "BACKUP_PUBLIC_KEY": PUBLIC, "AUTH_BCRYPT_COST": "4"}


class Note(Document, frozen=True, kw_only=True):
    """What is written while the backup is made."""

    number: int


NOTES = CollectionSpec("signinaddresses_notes", Note)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``.data``: people, rescues, payments, a ledger, an audit log, photos."""
    folder = tmp_path_factory.mktemp("town")
    seeded = run_in_process(
        folder, "seed", "town", "--drivers", "20", "--rescues", "40", "--weeks", "1", **SETTINGS
    )
    assert seeded.returncode == 0, seeded.stderr
    (folder / "private.json").write_text(PRIVATE)
    return folder


@pytest.fixture
def here(tmp_path: Path, town: Path) -> Path:
    """A copy of the town, for one test."""
    return Path(shutil.copytree(town, tmp_path / "here", ignore=shutil.ignore_patterns("backups")))


def run(folder: Path, *arguments: str) -> str:
    """Run a command that succeeds; returns what it printed."""
    done = run_in_process(folder, *arguments, **SETTINGS)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def only_backup(folder: Path) -> Path:
    [(_, path)] = backups_in(folder / "backups")
    return path


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file of the data folder that is not the platform's lock."""
    data = folder / ".data"
    files = [path for path in data.rglob("*") if path.is_file() and path.name != "platform.lock"]
    return {str(path.relative_to(data)): path.read_bytes() for path in files}


async def _write_notes(path: Path, acknowledged: list[int], backing_up: asyncio.Event) -> None:
    """Insert numbered documents, one after the other, until the backup is made and for a while after it."""
    store = SqliteStore(path)
    notes = store.collection(NOTES)
    await store.open()
    try:
        later = 0
        while later < 20:
            number = len(acknowledged)
            await notes.insert(Note(id=f"note_{number:06}", number=number))
            acknowledged.append(number)
            later += backing_up.is_set()
    finally:
        await store.close()


async def _back_up_under_load(folder: Path) -> tuple[int, int]:
    """How many documents were acknowledged before the command was begun, and in all."""
    acknowledged: list[int] = []
    done = asyncio.Event()
    writing = asyncio.create_task(_write_notes(folder / ".data" / STORE, acknowledged, done))
    while len(acknowledged) < 50:
        await asyncio.sleep(0.001)
    before = len(acknowledged)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "supportcarr", "backup"),
        cwd=folder,
        env=environment_with(SETTINGS),
    )
    assert await process.wait() == 0
    done.set()
    await writing
    return before, len(acknowledged)


def test_a_town_with_money_is_backed_up_under_load_wiped_and_restored(here: Path) -> None:
    objects = {name: body for name, body in content_of(here).items() if name.startswith("objects/")}
    assert objects
    before, in_all = asyncio.run(_back_up_under_load(here))
    kept = {name: (here / ".data" / name).read_bytes() for name in ("keyset.json", "secrets.env")}
    sealed = only_backup(here).read_bytes()
    for name, secret in kept.items():
        assert secret not in sealed, name
    assert b"SQLite format" not in sealed
    shutil.rmtree(here / ".data")

    said = run(here, "restore", str(only_backup(here)), "--key", "private.json")
    assert "It is restored." in said
    assert "Restore the keyset of personal data" in said
    for name, secret in kept.items():  # they are kept elsewhere
        (here / ".data" / name).touch(mode=0o600)
        (here / ".data" / name).write_bytes(secret)
    assert run(here, "check") == "No problems found.\n"
    assert "problem" not in run(here, "audit", "verify")
    restored = content_of(here)
    assert {name: body for name, body in restored.items() if name.startswith("objects/")} == objects
    numbers = asyncio.run(_numbers(here))
    # Each that was acknowledged before is there, and none without all before it: a snapshot of one moment.
    assert numbers == list(range(len(numbers)))
    assert before <= len(numbers) < in_all
    for path in (here / ".data").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


async def _numbers(folder: Path) -> list[int]:
    store = SqliteStore(folder / ".data" / STORE)
    notes = store.collection(NOTES)
    await store.open()
    try:
        return [note.number async for note in notes.scan()]
    finally:
        await store.close()


def _cut(sealed: bytes) -> bytes:
    return sealed[:-1]


def _cut_at_the_head(sealed: bytes) -> bytes:
    return sealed[:40]


def _changed(sealed: bytes) -> bytes:
    middle = len(sealed) // 2
    return sealed[:middle] + bytes([sealed[middle] ^ 1]) + sealed[middle + 1 :]


def _plain_store(sealed: bytes) -> bytes:
    return b"SQLite format 3\0" + bytes(100)


def _of_a_newer_release(sealed: bytes) -> bytes:
    return _archive({MANIFEST: _manifest(schema=SCHEMA + 1, release="9.0")})


def _with_a_path_outside(sealed: bytes) -> bytes:
    return _archive({MANIFEST: _manifest(), "../outside": b"x"})


def _without_its_store(sealed: bytes) -> bytes:
    return _archive({MANIFEST: _manifest()})


def _with_another_store(sealed: bytes) -> bytes:
    return _archive({MANIFEST: _manifest(), STORE: b"another"})


def _of_another_kind(sealed: bytes) -> bytes:
    return _archive({"README": b"hello"})


def _empty(sealed: bytes) -> bytes:
    return b""


def _manifest(*, schema: int = SCHEMA, release: str = "0.1.0") -> bytes:
    return msgspec.json.encode(
        Manifest(kind="sqlite", schema=schema, release=release, created_at=NOW, size=3, sha256="0" * 64)
    )


def _archive(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with (
        sealing(out, PUBLIC) as sealed,
        gzip.GzipFile(fileobj=sealed, mode="wb") as compressed,
        tarfile.open(fileobj=compressed, mode="w|") as archive,
    ):
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        (_cut, "its end is missing"),
        (_cut_at_the_head, "its head is damaged"),
        (_changed, "It is damaged"),
        (_plain_store, "It is no sealed backup"),
        (_empty, "It is no sealed backup"),
        (_of_a_newer_release, "made by release 9.0, whose stores this release (0.1.0) cannot read"),
        (_with_a_path_outside, "It holds ../outside, which no backup does"),
        (_without_its_store, "does not hold what its manifest says"),
        (_with_another_store, "does not hold what its manifest says"),
        (_of_another_kind, "It begins without a manifest"),
    ],
)
@pytest.mark.parametrize("command", [(), ("--verify",), ("--into", "unpacked")], ids=str)
def test_a_backup_that_is_damaged_or_too_new_is_refused_and_changes_nothing(
    tmp_path: Path, sealed: bytes, spoilt: Callable[[bytes], bytes], sentence: str, command: tuple[str, ...]
) -> None:
    (tmp_path / "private.json").write_text(PRIVATE)
    (tmp_path / "bad.backup").write_bytes(spoilt(sealed))
    done = run_in_process(tmp_path, "restore", "bad.backup", "--key", "private.json", *command, **SETTINGS)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"private.json", "bad.backup", ".data"}
    assert content_of(tmp_path) == {}


@pytest.fixture(scope="module")
def sealed(town: Path) -> bytes:
    """A backup of the town."""
    if not (town / "backups").exists():
        run(town, "backup")
    return only_backup(town).read_bytes()


def test_another_key_and_a_store_that_is_there_are_refused(here: Path, sealed: bytes) -> None:
    (here / "a.backup").write_bytes(sealed)
    public = run_in_process(here, "keys", "new-backup-pair", "other.json").stdout
    assert public.startswith("SUPPORTCARR_BACKUP_PUBLIC_KEY={")
    assert (here / "other.json").stat().st_mode & 0o077 == 0
    assert run_in_process(here, "keys", "new-backup-pair", "other.json").returncode == 1
    before = content_of(here)
    for key, sentence in (
        ("private.json", "already: move it away first"),
        ("other.json", "already: move it away first"),
    ):
        done = run_in_process(here, "restore", "a.backup", "--key", key, **SETTINGS)
        assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr
    for key, sentence in (("other.json", "not sealed for this key"), ("a.backup", "It is no private key")):
        done = run_in_process(here, "restore", "a.backup", "--key", key, "--verify", **SETTINGS)
        assert (done.returncode, sentence in done.stderr) == (1, True), done.stderr
    assert content_of(here) == before
    run(here, "restore", "a.backup", "--key", "private.json", "--verify")
    assert content_of(here) == before


def test_a_public_key_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    for wrong in (PRIVATE, "x", "{}"):
        done = run_in_process(tmp_path, "backup", BACKUP_FOLDER="b", BACKUP_PUBLIC_KEY=wrong)
        assert done.returncode == 1
        assert "SUPPORTCARR_BACKUP_PUBLIC_KEY is not valid: It is no public key" in done.stderr
        assert json.loads(PRIVATE)["key"][0]["keyData"]["value"] not in done.stderr
    done = run_in_process(tmp_path, "backup")
    assert "Set SUPPORTCARR_BACKUP_FOLDER and SUPPORTCARR_BACKUP_PUBLIC_KEY." in done.stderr


async def test_old_backups_are_removed_but_never_the_newest(tmp_path: Path, town: Path) -> None:
    given = SETTINGS | {
        "BACKUP_FOLDER": str(tmp_path / "b"),
        "DATA": str(town / ".data"),
        "BACKUP_KEEP_DAYS": "2",
    }
    settings = load_settings({f"SUPPORTCARR_{name}": value for name, value in given.items()}, dotenv=None)
    assert backup_stats(settings) == {"expected": 0.0, "last_success_timestamp_seconds": 0.0}
    dump = tmp_path / "dump.archive"
    dump.write_bytes(b"a dump" * 1000)
    for day in range(5):
        made = await make_backup(settings, now=NOW + timedelta(days=day), dump=dump)
    assert [at for at, _ in backups_in(tmp_path / "b")] == [NOW + timedelta(days=day) for day in (2, 3, 4)]
    assert backup_stats(settings)["last_success_timestamp_seconds"] == (NOW + timedelta(days=4)).timestamp()
    much_later = NOW + timedelta(days=400)
    with pytest.raises(BackupError, match="There is no file"):
        await make_backup(settings, now=much_later, dump=tmp_path / "missing")
    assert [at for at, _ in backups_in(tmp_path / "b")][-1] == NOW + timedelta(
        days=4
    )  # a failure removes none
    assert not list((tmp_path / "b").glob("*.unfinished"))
    assert restoration.read_backup(made, PRIVATE, tmp_path / "unpacked").kind == "dump"
    assert (tmp_path / "unpacked" / "dump").read_bytes() == dump.read_bytes()
    restored = settings.deployment.data
    with pytest.raises(BackupError, match="already"):
        restoration.restore(settings, made, PRIVATE)
    assert Path(restored, STORE).is_file()


def _dump_settings(folder: Path) -> dict[str, str]:
    (folder / "dump").write_bytes(os.urandom(3_000_000))
    return SETTINGS | {"BACKUP_FOLDER": str(folder / "backups")}


def test_what_a_killed_backup_has_left_is_removed_by_the_next_one(here: Path) -> None:
    copy = here / ".data" / ".backup-killed"
    copy.mkdir()
    shutil.copy(here / ".data" / STORE, copy / STORE)
    (here / "backups").mkdir()
    partial = here / "backups" / "supportcarr-20260101T000000Z.backup.unfinished"
    partial.write_bytes(b"a part")
    run(here, "backup")
    assert not copy.exists()
    assert not partial.exists()
    shutil.move(here / ".data", here / "lost")
    unpacked = here / ".data" / ".restore-killed"
    unpacked.mkdir(parents=True)
    run(here, "restore", str(only_backup(here)), "--key", "private.json")
    assert not unpacked.exists()


@pytest.mark.parametrize("place", ["backups", ".data"])
def test_a_backup_that_is_being_made_is_left_alone_by_another_one(here: Path, place: str) -> None:
    (here / "backups").mkdir()
    of_the_first = [
        here / "backups" / "supportcarr-20260101T000000Z.backup.unfinished",
        here / ".data" / ".backup-running",
    ]
    with backups._alone(here / place):
        for path in of_the_first if place == "backups" else of_the_first[1:]:
            path.touch()
        done = run_in_process(here, "backup", **SETTINGS)
        assert (done.returncode, "Another backup is being made" in done.stderr) == (1, True), done.stderr
        assert all(path.exists() for path in (of_the_first if place == "backups" else of_the_first[1:]))
    assert backups_in(here / "backups") == []
    of_the_first[1].unlink()
    run(here, "backup")


def test_everything_restored_is_on_the_disk_before_the_store_has_its_name(
    here: Path, sealed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "a.backup").write_bytes(sealed)
    shutil.move(here / ".data", here / "lost")
    synced: set[int] = set()
    moved: list[tuple[str, bool]] = []
    fsync, move = os.fsync, shutil.move

    def noted_fsync(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def noted_move(source: Path, target: Path) -> None:
        parts = [source, *source.rglob("*")]
        moved.append((target.name, all(part.stat().st_ino in synced for part in parts)))
        move(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(shutil, "move", noted_move)
    run(here, "restore", "a.backup", "--key", "private.json")
    assert moved == [("audit-anchors.jsonl", True), ("objects", True), (STORE, True)]
    data = here / ".data"
    restored = [data, data / STORE, data / "audit-anchors.jsonl", *(data / "objects").rglob("*")]
    assert [path for path in restored if path.stat().st_ino not in synced] == []


class _FullDisk(io.RawIOBase):
    """A file on a disk that is full after some bytes."""

    def __init__(self, left: int) -> None:
        self._left = left

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._left -= len(data)
        if self._left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(data)


@pytest.mark.parametrize("left", [0, 500_000, 2_999_000])
def test_a_disk_that_is_full_is_said_in_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    given = _dump_settings(tmp_path)
    monkeypatch.setattr(backups, "new_file", lambda _: _FullDisk(left))
    done = run_in_process(tmp_path, "backup", "--dump", "dump", **given)
    assert done.returncode == 1
    assert "It cannot be written: No space left on device." in done.stderr
    assert backups_in(tmp_path / "backups") == []
    monkeypatch.undo()
    done = run_in_process(tmp_path, "backup", "--dump", "dump", **given)
    assert done.returncode == 0, done.stderr
    (tmp_path / "private.json").write_text(PRIVATE)
    monkeypatch.setattr(restoration, "new_file", lambda _: _FullDisk(left))
    arguments = (str(only_backup(tmp_path)), "--key", "private.json", "--into", "unpacked")
    done = run_in_process(tmp_path, "restore", *arguments, **given)
    assert done.returncode == 1
    assert "It cannot be written: No space left on device." in done.stderr
    assert not (tmp_path / "unpacked").exists()


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path, sealed: bytes) -> None:
    (tmp_path / "private.json").write_text(PRIVATE)
    (tmp_path / "a.backup").write_bytes(sealed)
    (tmp_path / "file").touch()
    done = run_in_process(
        tmp_path, "restore", "a.backup", "--key", "private.json", **SETTINGS | {"DATA": "file"}
    )
    assert (done.returncode, done.stderr) == (1, "Error: file cannot be used: File exists.\n")
