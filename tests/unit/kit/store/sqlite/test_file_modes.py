"""The files of a store are for their owner alone, whatever the umask is and whoever made them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from supportcarr.kit.store.sqlite.engine import SqliteStore


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("existing", [False, True])
async def test_store_side_files_and_backup_are_private(tmp_path: Path, existing: bool) -> None:
    if existing:
        (tmp_path / "store").touch(0o644)
    store = SqliteStore(tmp_path / "store")
    await store.open()
    await store.ping()
    await store.backup(tmp_path / "backup")
    names = {file.name for file in tmp_path.iterdir()}
    assert {"store", "store-wal", "store-shm", "backup"} <= names
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    await store.close()
