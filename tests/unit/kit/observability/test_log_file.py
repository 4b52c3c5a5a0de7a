"""A log file is rotated when it has grown, whichever of several processes notices; no line is lost."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import msgspec
import pytest

from supportcarr.kit.observability.log_file import LogFile
from supportcarr.kit.observability.structured_log import LogWriter

WRITER = """
import sys
from pathlib import Path
import msgspec
from supportcarr.kit.observability.log_file import LogFile
from supportcarr.kit.observability.structured_log import LogWriter

name, path = sys.argv[1:]
writer = LogWriter(LogFile(Path(path), max_bytes=4000, keep=200), flush_seconds=3600)
for number in range(2000):
    writer.write(msgspec.Raw(f'{{"name":"{name}","number":{number}}}'.encode()))
    if number % 20 == 0:
        writer.flush()
writer.close()
"""


def test_files_are_renamed_in_turn_and_the_oldest_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = LogFile(path, max_bytes=3, keep=2)
    for text in (b"one", b"two", b"three", b"four"):
        os.write(file.fileno(), text)
    file.close()
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {
        "log": b"four",
        "log.1": b"three",
        "log.2": b"two",
    }


def test_a_file_that_somebody_renamed_is_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    one, other = (LogFile(path, max_bytes=0, keep=5) for _ in range(2))
    os.write(one.fileno(), b"before")
    path.rename(tmp_path / "log.1")  # as logrotate does
    for file in (one, other):
        os.write(file.fileno(), b"after")
        file.close()
    assert path.read_bytes() == b"afterafter"


def test_processes_rotate_one_file_together_and_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    code = textwrap.dedent(WRITER)
    running = [subprocess.Popen([sys.executable, "-c", code, name, str(path)]) for name in ("a", "b", "c")]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    files = list(tmp_path.iterdir())
    assert len(files) > 3
    found = [msgspec.json.decode(line) for file in files for line in file.read_bytes().splitlines()]
    for name in ("a", "b", "c"):
        assert sorted(line["number"] for line in found if line["name"] == name) == list(range(2000))


def test_standard_error_follows_the_file(tmp_path: Path) -> None:
    code = """
        import os, sys
        from pathlib import Path
        from supportcarr.kit.observability.log_file import LogFile
        file = LogFile(Path(sys.argv[1]), max_bytes=3, keep=1)
        assert file.fileno() == 2
        os.write(2, b"one")
        file.check()
        os.write(2, b"two")  # as the interpreter would
    """
    path = tmp_path / "log"
    with path.open("ab") as output:
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), str(path)], stderr=output, check=True, timeout=60
        )
    assert (path.read_bytes(), (tmp_path / "log.1").read_bytes()) == (b"two", b"one")


def test_a_full_disk_costs_lines_and_says_so_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    writer = LogWriter(LogFile(path, max_bytes=0, keep=1), flush_seconds=3600)
    real, full = os.write, True

    def write(descriptor: int, data: memoryview) -> int:
        if full and len(data) > 5:
            return real(descriptor, data[:5])  # what there was room for
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", write)
    for _ in range(3):
        writer.write(msgspec.Raw(b'{"event":"lost"}'))
        writer.flush()
    full = False
    writer.write(msgspec.Raw(b'{"event":"kept"}'))
    writer.close()
    *_, kept, told = path.read_bytes().splitlines()
    assert msgspec.json.decode(kept) == {"event": "kept"}
    assert (msgspec.json.decode(told)["event"], msgspec.json.decode(told)["lines"]) == (
        "log_lines_dropped",
        3,
    )


def test_a_folder_that_cannot_be_written_leaves_the_log_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    file = LogFile(path, max_bytes=1, keep=1)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "replace", refuse)
    for _ in range(3):
        os.write(file.fileno(), b"line")
    file.close()
    assert path.read_bytes() == b"linelineline"


def test_a_link_is_rotated_where_it_leads(tmp_path: Path) -> None:
    """/dev/stdout is one: renaming it would take the machine's."""
    path, link = tmp_path / "logs" / "log", tmp_path / "link"
    path.parent.mkdir()
    path.touch()
    link.symlink_to(path)
    file = LogFile(link, max_bytes=3, keep=1)
    for text in (b"one", b"two"):
        os.write(file.fileno(), text)
    file.close()
    assert link.is_symlink()
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == {
        "log": b"two",
        "log.1": b"one",
    }


def test_a_pipe_is_never_rotated(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    file = LogFile(pipe, max_bytes=1, keep=1)
    for _ in range(2):
        os.write(file.fileno(), b"line")
    file.close()
    assert os.read(reading, 100) == b"lineline"
    os.close(reading)
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]


class Days:
    """A clock that a test sets; the day of a file is that of its last line, so files are dated too."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now

    def pass_one(self, folder: Path) -> None:
        """A day passes: every file becomes a day older."""
        for each in folder.iterdir():
            found = each.stat()
            os.utime(each, (found.st_atime - 86_400, found.st_mtime - 86_400))


def test_each_day_has_its_file_and_old_days_are_deleted(tmp_path: Path) -> None:
    days = Days()
    path = tmp_path / "log"
    for text in ("monday", "tuesday", "wednesday", "thursday"):
        file = LogFile(path, max_bytes=0, keep=10, days=2, wall=days)  # a process that starts anew
        file.write(text)
        file.write("!")
        file.close()
        days.pass_one(tmp_path)
    kept = {each.name: each.read_text() for each in tmp_path.iterdir()}
    assert kept == {"log": "thursday!", "log.1": "wednesday!", "log.2": "tuesday!"}


def test_a_process_that_runs_past_midnight_begins_a_new_file_once(tmp_path: Path) -> None:
    days = Days()
    path = tmp_path / "log"
    one, other = (LogFile(path, max_bytes=0, keep=10, days=5, wall=days) for _ in range(2))
    one.write("before")
    days.now += 86_400
    # A line that was on its way at midnight reaches the old file, which all the same is yesterday's.
    with path.open("a") as late:
        late.write(" late")
    other.write("after")
    one.write(" and after")
    for file in (one, other):
        file.close()
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {
        "log": "after and after",
        "log.1": "before late",
    }


def test_an_empty_file_is_not_rotated(tmp_path: Path) -> None:
    days = Days()
    file = LogFile(tmp_path / "log", max_bytes=0, keep=10, days=5, wall=days)
    days.now += 86_400
    file.check()
    file.close()
    assert [each.name for each in tmp_path.iterdir()] == ["log"]
