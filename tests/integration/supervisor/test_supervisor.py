"""Real processes that hang are ended and started again; who only starts slowly is not."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from support.processes.python_process import TESTS
from supportcarr.kit.http.sockets import free_port
from supportcarr.supervisor import watchdog
from supportcarr.supervisor.supervisor import Role, Supervisor
from supportcarr.supervisor.watchdog import Watchdog

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)])}
HANGING = (sys.executable, "-m", "support.processes.hanging_process")


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """The file that everything is written to."""
    return tmp_path / "said"


@pytest.fixture
async def supervised(
    said: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[float], Supervisor]]:
    """Makes a supervisor with that patience; ended after the test."""
    monkeypatch.setattr(watchdog, "EVERY_S", 0.02)
    monkeypatch.setattr("supportcarr.supervisor.supervisor.ABORT_GRACE_S", 1.0)
    made: list[Supervisor] = []
    with said.open("ab") as output:

        def supervisor(silence_s: float) -> Supervisor:
            made.append(Supervisor(ENVIRONMENT, output=output.fileno(), silence_s=silence_s, program=HANGING))
            return made[-1]

        yield supervisor
        for one in made:
            await one.stop(grace_s=0.01)


async def until_said(said: Path, words: str, times: int = 1) -> None:
    while said.read_text().count(words) < times:
        await asyncio.sleep(0.01)


async def test_a_blocked_loop_is_ended_with_a_trace_and_a_slow_start_is_waited_for(
    said: Path, supervised: Callable[[float], Supervisor]
) -> None:
    supervisor = supervised(0.2)
    supervisor.start(Role("slow", ("slow",)))
    await until_said(said, "slow began")
    before = dict(supervisor.alive())["slow"]
    supervisor.start(Role("blocked", ("blocked",)))
    await until_said(said, "blocked began", times=3)
    assert said.read_text().count("block_forever") >= 2  # in the stack trace
    assert dict(supervisor.alive())["slow"] == before
    assert said.read_text().count("slow began") == 1
    assert supervisor.kills.total() == 0  # those are chaos's


async def test_a_process_that_is_stopped_is_started_again(
    said: Path, supervised: Callable[[float], Supervisor]
) -> None:
    supervisor = supervised(2.0)
    supervisor.start(Role("stopped", ("stopped",)))
    await until_said(said, "stopped began")
    ((_, pid),) = supervisor.alive()
    os.kill(pid, signal.SIGSTOP)
    await until_said(said, "stopped began", times=2)
    ((_, now),) = supervisor.alive()
    assert now != pid


async def test_without_patience_to_lose_nobody_is_watched(
    said: Path, supervised: Callable[[float], Supervisor]
) -> None:
    watching, not_watching = supervised(0.1), supervised(0)
    not_watching.start(Role("blocked", ("blocked",)))
    await until_said(said, "blocked began")
    before = not_watching.alive()
    watching.start(Role("blocked", ("blocked",)))
    await until_said(said, "blocked began", times=4)
    assert not_watching.alive() == before


async def test_our_own_processes_are_watched(tmp_path: Path) -> None:
    given = {"SUPPORTCARR_DATA": str(tmp_path), "SUPPORTCARR_SANDBOX_PORT": str(free_port())}
    with Watchdog() as dog:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "supportcarr",
            "sandbox",
            env=ENVIRONMENT | given | dog.environment,
            pass_fds=(dog.descriptor,),
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            for _ in range(2):
                while not dog.heard():
                    assert process.returncode is None
                    await asyncio.sleep(0.01)
        finally:
            process.kill()
            await process.wait()
