"""A parent that starts a child, prints its process id and waits to be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from supportcarr.supervisor import child_process

CHILD = (
    "import os, sys, time\n"
    "from supportcarr.supervisor import child_process\n"
    "if sys.argv[1] == 'watch': child_process._LIBC = None\n"
    "child_process.die_with_parent(int(sys.argv[2]))\n"
    "print('ready', flush=True)\n"
    "time.sleep(600)\n"
)


def main(mode: str) -> None:
    if mode in ("kernel", "watch"):
        # Python children call die_with_parent themselves
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, mode, str(os.getpid())], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        pid = child.pid
    elif mode == "program":
        pid = child_process.spawn_child(["sleep", "600"]).pid
    else:
        # without prctl, a guard process is started between this process and the program
        child_process._LIBC = None
        guard = child_process.spawn_child(["sleep", "600"])
        children = Path(f"/proc/{guard.pid}/task/{guard.pid}/children")
        while not (found := children.read_text().split()):
            time.sleep(0.02)
        pid = int(found[0])
    print(pid, flush=True)  # noqa: T201
    time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1])
