"""The data folder and everything in it belong to one user of the machine; other folders stay as they are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from supportcarr.kit.runtime.private_files import (
    is_open_to_others,
    make_private_folder,
    open_files,
    restrict,
    restrict_database,
)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "data")
    assert mode(tmp_path / "a" / "data") == 0o700


def test_an_older_data_folder_and_its_files_are_restricted(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("")
    data = tmp_path / "data"
    (data / "redis").mkdir(parents=True)
    for name in ("secrets.env", "outcome.json", "redis/redis.log"):
        (data / name).write_text("")
    (data / "link").symlink_to(outside)
    assert len(open_files(data)) == 3
    make_private_folder(data)
    assert [mode(data), mode(data / "redis")] == [0o700, 0o700]
    assert {mode(data / name) for name in ("secrets.env", "outcome.json", "redis/redis.log")} == {0o600}
    assert mode(outside) == 0o644
    assert open_files(data) == []


@pytest.mark.parametrize("sort", ["other files", "other folders", "sticky"])
def test_a_folder_that_is_no_data_folder_is_left_as_it_is(tmp_path: Path, sort: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / ("thesis.txt" if sort == "other files" else "secrets.env")).write_text("")
    if sort == "other folders":
        (folder / "photos").mkdir()
    if sort == "sticky":
        folder.chmod(0o1777)
    before = mode(folder)
    make_private_folder(folder)
    assert mode(folder) == before
    assert is_open_to_others(folder)


def test_a_database_and_the_files_beside_it_are_restricted(tmp_path: Path) -> None:
    for name in ("store", "store-wal", "store-shm"):
        (tmp_path / name).write_text("")
    restrict_database(tmp_path / "store")
    restrict_database(tmp_path / "new")
    assert {mode(file) for file in tmp_path.iterdir()} == {0o600}


def test_a_file_that_is_removed_while_the_folder_is_read_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("secrets.env", "supportcarr.sqlite3-wal"):
        (tmp_path / name).write_text("")
    walk = os.walk

    def then_one_goes(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
        found = list(walk(folder))
        (tmp_path / "supportcarr.sqlite3-wal").unlink(missing_ok=True)
        return iter(found)

    monkeypatch.setattr(os, "walk", then_one_goes)
    make_private_folder(tmp_path)
    assert mode(tmp_path / "secrets.env") == 0o600
    restrict(tmp_path / "gone")
    assert not is_open_to_others(tmp_path / "gone")
