"""Backups in a folder, while the next backup removes those that are too old."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from supportcarr.bootstrap.shelves import FolderShelf

OLD, NEW = "supportcarr-20260101T000000Z.backup", "supportcarr-20260201T000000Z.backup"


def test_a_backup_that_is_removed_while_the_folder_is_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (OLD, NEW, "notes.txt"):
        (tmp_path / name).write_bytes(b"sealed")
    iterdir = Path.iterdir

    def then_one_goes(folder: Path) -> Iterator[Path]:
        found = list(iterdir(folder))
        (folder / OLD).unlink()
        return iter(found)

    monkeypatch.setattr(Path, "iterdir", then_one_goes)
    assert FolderShelf(tmp_path).sizes() == {NEW: 6}
