"""Processes that hang are killed and restarted; processes that start slowly are not.

Each is true of processes with an interpreter of their own and of forked ones.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from support.ports import free_port
from support.processes.python_process import TESTS
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.supervisor import watchdog
from supportcarr.supervisor.fork_spawner import ForkSpawner, can_fork
from supportcarr.supervisor.spawner import ExecSpawner, Spawner, Start
from supportcarr.supervisor.supervisor import Role, RollingRestartFailed, Supervisor
from supportcarr.supervisor.watchdog import Watchdog

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)])}
HANGING = (sys.executable, "-m", "support.processes.hanging_process")
FORKING = (sys.executable, "-m", "support.processes.forking")


@pytest.fixture(params=["exec", "fork"])
async def spawner(request: pytest.FixtureRequest, output_file: Path) -> AsyncIterator[Spawner]:
    """Each way to start processes."""
    if request.param == "exec":
        yield ExecSpawner(HANGING)
        return
    if not can_fork():
        pytest.skip("this system cannot fork")
    with output_file.open("ab") as output:
        forks = ForkSpawner(FORKING, ENVIRONMENT, output=output.fileno())
        await forks.open()
        yield forks
        await forks.close()


@pytest.fixture
def output_file(tmp_path: Path) -> Path:
    """The file that all processes write their output to."""
    return tmp_path / "output.log"


@pytest.fixture
async def supervised(
    output_file: Path, spawner: Spawner, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[float], Supervisor]]:
    """Make supervisors with the given silence limit (s); they are stopped after the test."""
    monkeypatch.setattr(watchdog, "EVERY_S", 0.02)
    # Only a process that cannot even write its stacks needs all of it.
    monkeypatch.setattr("supportcarr.supervisor.supervisor.ABORT_GRACE_S", 20.0)
    made: list[Supervisor] = []
    with output_file.open("ab") as output:

        def supervisor(silence_s: float) -> Supervisor:
            made.append(Supervisor(ENVIRONMENT, output=output.fileno(), silence_s=silence_s, spawner=spawner))
            return made[-1]

        yield supervisor
        for supervisor_made in made:
            await supervisor_made.stop(grace_s=0.01)


async def until_written(output_file: Path, text: str, times: int = 1) -> None:
    while output_file.read_text().count(text) < times:
        await asyncio.sleep(0.01)


async def pids_of(supervisor: Supervisor, count: int) -> list[int]:
    """The processes, once the supervisor knows that many: their output may come before."""
    while len(alive := supervisor.alive()) < count:
        await asyncio.sleep(0.01)
    return [pid for _, pid in alive]


async def pid_of(supervisor: Supervisor, role: str) -> int:
    """The process of a role, once the supervisor knows it: its first line of output may come before."""
    while role not in (alive := dict(supervisor.alive())):
        await asyncio.sleep(0.01)
    return alive[role]


async def test_a_blocked_process_is_killed_with_a_stack_trace_and_a_slow_start_is_not(
    output_file: Path, supervised: Callable[[float], Supervisor]
) -> None:
    supervisor = supervised(0.2)
    supervisor.start(Role("slow", ("slow",)))
    await until_written(output_file, "slow began")
    before = await pid_of(supervisor, "slow")
    supervisor.start(Role("blocked", ("blocked",)))
    await until_written(output_file, "blocked began", times=3)
    await until_written(output_file, "block_forever", times=2)  # in the stack traces
    assert await pid_of(supervisor, "slow") == before
    assert output_file.read_text().count("slow began") == 1
    assert supervisor.kills.total() == 0  # it counts kills by fault injection only


async def test_a_suspended_process_is_restarted(
    output_file: Path, supervised: Callable[[float], Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.supervisor.supervisor.ABORT_GRACE_S", 1.0)
    supervisor = supervised(2.0)
    supervisor.start(Role("stopped", ("stopped",)))
    await until_written(output_file, "stopped began")
    pid = await pid_of(supervisor, "stopped")
    os.kill(pid, signal.SIGSTOP)
    while await pid_of(supervisor, "stopped") == pid:
        await asyncio.sleep(0.01)
    await until_written(output_file, "stopped began", times=2)


async def test_without_a_silence_limit_no_process_is_watched(
    output_file: Path, supervised: Callable[[float], Supervisor]
) -> None:
    watching, not_watching = supervised(0.1), supervised(0)
    not_watching.start(Role("blocked", ("blocked",)))
    await until_written(output_file, "blocked began")
    before = await pid_of(not_watching, "blocked")
    watching.start(Role("blocked", ("blocked",)))
    await until_written(output_file, "blocked began", times=4)
    assert await pid_of(not_watching, "blocked") == before


async def test_a_rolling_restart_replaces_each_process_once_its_successor_is_ready(
    output_file: Path, supervised: Callable[[float], Supervisor]
) -> None:
    supervisor = supervised(0)
    supervisor.start(Role("kept", ("stopped",), rolls=False))
    supervisor.start(Role("ready", ("ready",), count=2))
    await until_written(output_file, "ready began", times=2)
    await until_written(output_file, "stopped began")
    await pids_of(supervisor, 3)
    before = supervisor.alive()
    assert await supervisor.roll(grace_s=10) == 2
    after = supervisor.alive()
    assert [role for role, _ in after] == ["kept", "ready", "ready"]
    assert set(before) & set(after) == {before[0]}
    assert output_file.read_text().count("ready began") == 4
    for _, pid in before[1:]:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    os.kill(after[1][1], signal.SIGKILL)  # a successor is kept running like the process that it replaced
    await until_written(output_file, "ready began", times=5)


async def test_a_successor_that_is_not_ready_leaves_the_old_process_running(
    output_file: Path, supervised: Callable[[float], Supervisor]
) -> None:
    supervisor = supervised(0)
    supervisor.start(Role("silent", ("stopped",)))  # it never says that it is ready
    await until_written(output_file, "stopped began")
    await pids_of(supervisor, 1)
    before = supervisor.alive()
    with pytest.raises(RollingRestartFailed, match="new silent process was not ready"):
        await supervisor.roll(grace_s=10, ready_s=0.2)
    assert supervisor.alive() == before
    await asyncio.sleep(0)
    assert supervisor.alive() == before


async def test_a_stop_during_a_rolling_restart_waits_for_the_process_that_drains(
    output_file: Path, supervised: Callable[[float], Supervisor]
) -> None:
    supervisor = supervised(0)
    supervisor.start(Role("draining", ("draining",)))
    await until_written(output_file, "draining began")
    old = await pid_of(supervisor, "draining")
    rolling = asyncio.create_task(supervisor.roll(grace_s=60))
    await until_written(output_file, "draining ends")
    await cancel_and_wait(rolling)
    pids = [pid for _, pid in supervisor.alive()]
    assert len(pids) == 2
    assert old in pids
    stopping = asyncio.create_task(supervisor.stop(grace_s=60))
    await until_written(output_file, "draining ends", times=2)
    assert not stopping.done()
    for pid in pids:
        os.kill(pid, signal.SIGUSR1)
    await stopping
    assert output_file.read_text().count("is idle") == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_stop_before_the_successor_is_ready_ends_both(
    output_file: Path, supervised: Callable[[float], Supervisor]
) -> None:
    supervisor = supervised(0)
    supervisor.start(Role("silent", ("stopped",)))
    await until_written(output_file, "stopped began")
    rolling = asyncio.create_task(supervisor.roll(grace_s=60))
    await until_written(output_file, "stopped began", times=2)
    pids = await pids_of(supervisor, 2)
    await cancel_and_wait(rolling)
    await supervisor.stop(grace_s=60)
    assert supervisor.alive() == []
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_the_platforms_processes_are_watched(tmp_path: Path) -> None:
    settings = {"SUPPORTCARR_DATA": str(tmp_path), "SUPPORTCARR_SANDBOX_PORT": str(free_port())}
    with Watchdog() as pipe:
        quiet = asyncio.subprocess.DEVNULL
        process = await ExecSpawner().spawn(
            Start(("sandbox",), ENVIRONMENT | settings, quiet, descriptors=pipe.descriptors)
        )
        try:
            for _ in range(2):
                while not pipe.heard():
                    assert process.returncode is None
                    await asyncio.sleep(0.01)
        finally:
            process.kill()
            await process.wait()
