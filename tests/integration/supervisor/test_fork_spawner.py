"""Forked processes behave like new interpreters: own state, restarts, and an end with their parent."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from support.processes.python_process import TESTS, python, runs
from supportcarr.supervisor import fork_server, fork_spawner
from supportcarr.supervisor.fork_spawner import ForkServerError, ForkSpawner, can_fork
from supportcarr.supervisor.spawner import PIPE, Process, Start
from supportcarr.supervisor.supervisor import Role, Supervisor

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)])}
FORKING = (sys.executable, "-m", "support.processes.forking")

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system cannot fork")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
async def forks(log: Path) -> AsyncIterator[ForkSpawner]:
    with log.open("ab") as output:
        spawner = ForkSpawner(FORKING, ENVIRONMENT, output=output.fileno())
        await spawner.open()
        yield spawner
        await spawner.close()


async def told_by(process: Process) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(await process.stdout.readline())
    return told


async def ended(process: Process) -> None:
    process.kill()
    await process.wait()


async def test_a_forked_process_is_our_child_with_a_session_environment_and_descriptors_of_its_own(
    forks: ForkSpawner, log: Path, tmp_path: Path
) -> None:
    given = (tmp_path / "given").open("wb")
    with given, log.open("ab") as errors:
        environment = ENVIRONMENT | {"TOLD": "x" * 300_000}
        start = Start(("tell",), environment, PIPE, errors.fileno(), {"GIVEN": given.fileno()})
        process = await forks.spawn(start)
    told = await told_by(process)
    assert told["pid"] == told["session"] == process.pid
    assert told["parent"] == os.getpid()
    assert told["environment"] == 300_000
    assert (tmp_path / "given").read_text() == "inherited"
    assert told["sockets"] == 0  # not the fork server's
    process.terminate()
    assert await process.wait() == -signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        process.terminate()


async def test_forked_processes_share_no_random_numbers_ids_or_log_writers(
    forks: ForkSpawner, log: Path
) -> None:
    processes = [await forks.spawn(Start(("tell",), ENVIRONMENT, PIPE, None)) for _ in range(2)]
    first, second = [await told_by(process) for process in processes]
    assert first["random"] != second["random"]
    assert not set(first["generated"]) & set(second["generated"])
    assert first["threads"] == second["threads"] == ["MainThread", "log writer"]
    for process in processes:
        await ended(process)


async def test_an_exit_code_arrives(forks: ForkSpawner) -> None:
    assert await (await forks.spawn(Start(("exit", "7"), ENVIRONMENT))).wait() == 7


async def test_a_killed_process_is_forked_again(forks: ForkSpawner) -> None:
    supervisor = Supervisor(ENVIRONMENT, spawner=forks)
    supervisor.start(Role("tell", ("tell",)))
    before = await alive(supervisor)
    assert supervisor.kill("tell", 0)
    after = await alive(supervisor, but=before)
    assert psutil.Process(after).ppid() == os.getpid()
    assert not psutil.pid_exists(before)
    await supervisor.stop(grace_s=0.01)
    assert not psutil.pid_exists(after)


async def alive(supervisor: Supervisor, but: int = 0) -> int:
    """The id of the supervisor's one process, once it runs and is another than *but*."""
    while not (pids := [pid for _, pid in supervisor.alive() if pid != but]):
        await asyncio.sleep(0.01)
    return pids[0]


async def test_processes_outlive_the_fork_server_and_the_next_is_forked_by_a_new_one(
    forks: ForkSpawner,
) -> None:
    before = await forks.spawn(Start(("tell",), ENVIRONMENT, PIPE))
    await told_by(before)
    first = forks.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    while forks.pid is not None:
        await asyncio.sleep(0.01)
    after = await forks.spawn(Start(("tell",), ENVIRONMENT, PIPE))
    await told_by(after)
    assert forks.pid not in (None, first)
    assert before.returncode is None
    for process in (before, after):
        await ended(process)


async def test_a_fork_server_that_hangs_is_replaced(
    forks: ForkSpawner, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ended(await forks.spawn(Start(("tell",), ENVIRONMENT, PIPE)))
    first = forks.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    start = forks._start

    async def patient() -> None:
        monkeypatch.undo()
        await start()

    monkeypatch.setattr(fork_spawner, "_REPLY_S", 0.05)
    monkeypatch.setattr(forks, "_start", patient)
    process = await forks.spawn(Start(("tell",), ENVIRONMENT, PIPE))
    await told_by(process)
    assert forks.pid != first
    await ended(process)


async def test_a_fork_server_that_cannot_start_is_an_error_of_the_system(tmp_path: Path) -> None:
    spawner = ForkSpawner((sys.executable, "-c", "raise SystemExit(3)"), ENVIRONMENT)
    await spawner.open()
    with pytest.raises(ForkServerError):
        await spawner.spawn(Start(("tell",), ENVIRONMENT))
    await spawner.close()


async def test_a_process_that_is_not_wanted_any_more_is_killed(forks: ForkSpawner) -> None:
    children = set(psutil.Process().children())
    spawning = asyncio.create_task(forks.spawn(Start(("tell",), ENVIRONMENT, None)))
    await asyncio.sleep(0)
    spawning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await spawning
    await ended(await forks.spawn(Start(("tell",), ENVIRONMENT, PIPE)))  # the first one was forked by then
    while any(runs(child.pid) for child in set(psutil.Process().children()) - children):
        await asyncio.sleep(0.01)


async def test_forked_processes_die_with_a_supervisor_that_was_killed() -> None:
    async with python("support.processes.forking_parent") as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(await parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        await parent.wait()
        while runs(child.pid):
            await asyncio.sleep(0.02)


async def test_a_start_that_is_cancelled_in_line_disturbs_nothing(forks: ForkSpawner) -> None:
    """Its descriptors may be closed, and their numbers others', when its turn comes."""
    server = forks.pid
    assert server is not None
    os.kill(server, signal.SIGSTOP)  # it does not reply meanwhile
    first = asyncio.create_task(forks.spawn(Start(("tell",), ENVIRONMENT, PIPE)))
    for _ in range(5):
        await asyncio.sleep(0)  # it has been sent
    open_before = psutil.Process().num_fds()
    second = asyncio.create_task(forks.spawn(Start(("tell",), ENVIRONMENT, PIPE)))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert psutil.Process().num_fds() == open_before
    os.kill(server, signal.SIGCONT)
    await ended(await first)
    await ended(await forks.spawn(Start(("tell",), ENVIRONMENT, PIPE)))
    assert forks.pid == server


async def test_a_process_that_cannot_be_watched_is_killed(
    forks: ForkSpawner, monkeypatch: pytest.MonkeyPatch
) -> None:
    forked: list[int] = []

    def fail(pid: int) -> int:
        forked.append(pid)
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "pidfd_open", fail)
    with pytest.raises(OSError, match="Too many open files"):
        await forks.spawn(Start(("tell",), ENVIRONMENT))
    assert [psutil.pid_exists(pid) for pid in forked] == [False]


async def test_processes_that_are_killed_at_once_leave_the_fork_server_alive(
    forks: ForkSpawner,
) -> None:
    await ended(await forks.spawn(Start(("tell",), ENVIRONMENT, PIPE)))
    server = forks.pid
    for _ in range(100):
        await ended(await forks.spawn(Start(("tell",), ENVIRONMENT, PIPE)))
    assert forks.pid == server


@pytest.mark.parametrize("status", [signal.SIGKILL, errno.EAGAIN << 8], ids=["killed", "no memory"])
def test_a_fork_that_fails_is_an_error_and_no_process_id(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reply's sign tells them apart."""
    monkeypatch.setattr(os, "fork", lambda: 4711)
    monkeypatch.setattr(os, "waitpid", lambda pid, _: (pid, status))
    with pytest.raises(OSError) as raised:
        fork_server._fork_twice()
    assert (raised.value.errno or 0) > 0
