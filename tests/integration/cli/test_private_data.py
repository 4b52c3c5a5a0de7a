"""Commands keep what they write private, and say in a sentence which file they cannot use."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.ports import free_port
from support.processes.command_line import run_in_process, run_process
from supportcarr.supervisor.folder_lock import lock_folder


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command: one that starts a platform in a process of its own."""
    run_it = run_process if arguments[0] in ("up", "demo") else run_in_process
    return run_it(folder, *arguments, **settings)


def open_to_others(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


def test_whatever_the_commands_write_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert run(tmp_path, "seed").returncode == 0
    assert run(tmp_path, "backup", "backup.sqlite3").returncode == 0
    copied = run(
        tmp_path,
        *(
            "store",
            "copy",
            "--from",
            "sqlite:///.data/supportcarr.sqlite3",
            "--to",
            "sqlite:///new/copy.sqlite3",
        ),
    )
    assert copied.returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {".data", "backup.sqlite3", "new"}
    assert open_to_others(tmp_path) == []


@pytest.mark.parametrize("command", [("seed",), ("up",), ("demo", "--data", ".data/demo")])
def test_a_data_folder_that_cannot_be_used_is_named_in_a_sentence(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / ".data").write_text("not a folder")
    done = run(tmp_path, *command)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {command[-1] if '--data' in command else '.data'}")
    assert " cannot be used: " in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_second_platform_on_a_data_folder_is_refused_and_store_commands_are_not(tmp_path: Path) -> None:
    assert run(tmp_path, "seed").returncode == 0
    with lock_folder(tmp_path / ".data"):
        port = str(free_port())
        for command in (("up",), ("demo", "--data", ".data", "--port", port)):
            done = run(tmp_path, *command, PORT=port)
            assert done.returncode == 1
            assert f"runs on the data folder .data (process {os.getpid()})" in done.stderr
            assert "Traceback" not in done.stderr
        assert run(tmp_path, "seed").returncode == 0
        assert run(tmp_path, "backup", "copy.sqlite3").returncode == 0
