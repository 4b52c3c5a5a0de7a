"""No process outlives its parent, however the parent ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import psutil
import pytest

from support.processes.python_process import python, runs
from supportcarr.supervisor.child_process import guard, spawn_child, stop


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("way", ["kernel", "watch", "program", "guard"])
async def test_a_child_dies_with_a_parent_that_was_killed(way: str) -> None:
    async with python("support.processes.killable_process", way) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(await parent.stdout.readline()))
        assert child.is_running()
        parent.send_signal(signal.SIGKILL)
        await parent.wait()
        while runs(child.pid):
            await asyncio.sleep(0.02)


async def test_a_child_whose_parent_ended_before_the_first_check_ends_at_once() -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    module = "supportcarr.supervisor.child_process"
    code = f"from {module} import die_with_parent; die_with_parent({ended.pid}); print('still running')"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert child.returncode == -signal.SIGTERM
    assert child.stdout == b""


def test_a_program_reads_its_input_and_stops_on_request() -> None:
    process = spawn_child(["cat"], stdin=b"secret")
    assert process.wait(60) == 0
    stop(process)  # harmless


def test_a_program_that_does_not_stop_is_killed() -> None:
    process = spawn_child(["sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"])
    while psutil.Process(process.pid).num_threads() and not psutil.Process(process.pid).children():
        pass  # until the trap is set
    stop(process, seconds=0.1)
    assert process.returncode == -signal.SIGKILL


def test_the_guard_exits_with_the_exit_code_of_its_program() -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert guard(os.getppid(), ["sh", "-c", "exit 7"]) == 7
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_process_title_contains_the_role() -> None:
    code = "from supportcarr.kit.runtime.process import set_title; import psutil; set_title('worker'); "
    code += "print(' '.join(psutil.Process().cmdline()))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "supportcarr: worker"
