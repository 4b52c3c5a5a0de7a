"""``supportcarr check`` finds what is wrong, in sentences, and changes nothing unless it is told to."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

from support.processes.command_line import run_in_process


def test_check_changes_nothing_unless_told_to(tmp_path: Path) -> None:
    done = run_in_process(tmp_path, "check")
    assert (done.returncode, done.stdout) == (0, "No problems found.\n")
    assert "There is no store at .data/supportcarr.sqlite3 yet" in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert run_in_process(tmp_path, "seed").returncode == 0
    (tmp_path / ".data").chmod(0o755)
    with sqlite3.connect(tmp_path / ".data" / "supportcarr.sqlite3") as store:
        (index,) = next(
            store.execute("SELECT name FROM sqlite_master WHERE name LIKE 'users%' AND sql LIKE '%INDEX%'")
        )
        store.execute(f'DROP INDEX "{index}"')
    store.close()
    before = {path: (path.read_bytes(), path.stat().st_mode) for path in (tmp_path / ".data").iterdir()}
    done = run_in_process(tmp_path, "check")
    assert done.returncode == 1
    assert "may use .data" in done.stdout
    assert index in done.stdout
    after = {path: (path.read_bytes(), path.stat().st_mode) for path in (tmp_path / ".data").iterdir()}
    assert after == before
    assert run_in_process(tmp_path, "check", "--apply").stdout == "No problems found.\n"
    assert stat.S_IMODE((tmp_path / ".data").stat().st_mode) == 0o700


def test_check_reads_a_store_that_is_in_use(tmp_path: Path) -> None:
    assert run_in_process(tmp_path, "seed").returncode == 0
    with sqlite3.connect(tmp_path / ".data" / "supportcarr.sqlite3") as store:
        store.execute("DELETE FROM users")
        store.commit()
        done = run_in_process(tmp_path, "check")
        assert (done.returncode, done.stdout) == (0, "No problems found.\n")
    store.close()


def test_check_says_that_a_redis_cannot_be_reached(tmp_path: Path) -> None:
    redis = {"REDIS_URL": "redis://127.0.0.1:1", "CACHE_URL": "redis://nowhere.invalid"}
    done = run_in_process(tmp_path, "check", **redis)
    assert done.returncode == 1
    for name in redis:
        assert f"The Redis of SUPPORTCARR_{name} cannot be used: " in done.stdout
    assert done.stderr.count("\n") == 1
