"""Child processes that never outlive their parent.

On Linux the kernel kills a child whose parent has died (``PR_SET_PDEATHSIG``, prctl(2)), even if the
parent was killed with SIGKILL.  On other systems a thread, or a guard process for a program that is
not ours, checks the parent's id four times a second.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_POLL_SECONDS = 0.25

# Loaded before any fork: a child between fork and exec must not import or allocate much.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int | None = None, how: signal.Signals = signal.SIGTERM) -> None:
    """Have this process receive the signal *how* when its parent ends.  Call it once, early.

    *parent* is the id of the parent when it started this process: if it has died before this call,
    the signal is sent at once.  The kernel watches the parent's *thread* that started the process:
    start children from the main thread.
    """
    parent = os.getppid() if parent is None else parent
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(how), 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent, how), name="parent watch", daemon=True).start()
    if os.getppid() != parent:
        os.kill(os.getpid(), how)


def _watch(parent: int, how: signal.Signals) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), how)


def spawn_child(
    command: Sequence[str],
    *,
    stdin: bytes = b"",
    log: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program that is killed when this process ends.  Call it from the main thread.

    *stdin* is all that the program can read from its standard input; its output is appended to the
    file *log*, or dropped.
    """
    parent = os.getpid()
    if _LIBC is None:
        command = [sys.executable, "-m", "supportcarr.supervisor.child_process", str(parent), *command]
    output = log.open("ab") if log else None
    try:
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            command,
            stdin=subprocess.PIPE,
            stdout=output or subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            env=environment,
            # A session of its own: Ctrl-C reaches the supervisor alone, which ends its children.
            start_new_session=True,
            preexec_fn=(lambda: die_with_parent(parent, signal.SIGKILL)) if _LIBC else None,
        )
    finally:
        if output:
            output.close()
    assert process.stdin is not None
    try:
        process.stdin.write(stdin)
        process.stdin.close()
    except BrokenPipeError:
        pass  # it ended at once, as the caller will see when it waits for it
    return process


def stop(process: subprocess.Popen[bytes], seconds: float = 5.0) -> None:
    """End a process with SIGTERM, or after that many seconds with SIGKILL.  Harmless if it has ended."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def guard(parent: int, command: Sequence[str]) -> int:
    """Run *command* with our standard input until it or *parent* ends; returns its exit code."""
    child = subprocess.Popen(command)  # noqa: S603 - given by spawn_child
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    while child.poll() is None:
        if os.getppid() != parent:
            child.kill()
        time.sleep(_POLL_SECONDS)
    return child.returncode


if __name__ == "__main__":
    sys.exit(guard(int(sys.argv[1]), sys.argv[2:]))
