"""One platform at a time runs on a data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supportcarr.supervisor import folder_lock
from supportcarr.supervisor.folder_lock import FolderInUse, lock_folder


def test_a_second_platform_is_refused_with_the_process_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_lock, "_WAIT_S", 0.0)
    refused = pytest.raises(FolderInUse, match=rf"process {os.getpid()}\)")
    with lock_folder(tmp_path), refused, lock_folder(tmp_path):
        raise AssertionError("two platforms have the folder")
    with lock_folder(tmp_path):
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path\n"
            "from supportcarr.supervisor.folder_lock import lock_folder\n"
            "with lock_folder(Path(sys.argv[1])): print(flush=True); sys.stdin.read()",
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None and holder.stdin is not None
    holder.stdout.readline()
    holder.kill()
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    with lock_folder(tmp_path):
        pass
