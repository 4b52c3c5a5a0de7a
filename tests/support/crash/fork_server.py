"""The fork server: a process with all imports done that forks a child for each run of a scenario.

Forking takes milliseconds where a new interpreter takes seconds.  The server has one thread, no event loop
and no connection when it forks, so a child starts in a clean state.

Requests are JSON lines on standard input, results are JSON lines on standard output.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import msgspec

from support.crash.deployment import Deployment
from support.crash.steps import KillTiming
from support.crash.world import build_once, open_world
from supportcarr.kit.jobs import worker
from supportcarr.kit.store.sqlite import writer
from supportcarr.supervisor.child_process import die_with_parent

ROOT = Path(__file__).resolve().parents[3]
JOB_CLAIM_S = 40.0  # a claim is renewed after a quarter of it: too late to add a step to a run
WRITE_DELAY_S = 0.0  # writes come one at a time here, so they need not wait to be batched


Recovery = Literal["immediate", "delayed"]


class ChildRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the child does: run the scenario, or with *recovery* recover from a child that was killed.

    With *concurrent_relay* the relay runs concurrently, as in a real process, instead of afterwards.
    """

    scenario: str
    deployment: Deployment
    dies_at: int | None = None
    timing: KillTiming = "after"
    concurrent_relay: bool = False
    recovery: Recovery | None = None


class ChildResult(msgspec.Struct, frozen=True, kw_only=True):
    """How the child ended: killed by SIGKILL, or with an exit code; *output* is its output if not killed."""

    killed: bool
    code: int
    output: str = ""


class ForkServer:
    """Client of the fork server, and owner of its process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.crash.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ
            | {
                "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}",
                "OPENBLAS_NUM_THREADS": "1",  # a library's threads do not survive a fork
            },
        )

    def run(self, request: ChildRequest) -> ChildResult:
        """Run a child and block until it has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(request) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the fork server ended with {self._process.wait()}")
        return msgspec.json.decode(line, type=ChildResult)

    def end(self) -> None:
        """Kill it: it has no state, and its interpreter would take seconds to end by itself."""
        self._process.kill()
        self._process.communicate()


# --- the server process -----------------------------------------------------------------------------


async def _run_scenario(request: ChildRequest) -> None:
    from support.crash.scenarios import SCENARIOS

    worker.CLAIM_SECONDS = JOB_CLAIM_S
    writer.DEFER_S = WRITE_DELAY_S
    scenario = SCENARIOS[request.scenario]
    concurrency = 32 if request.concurrent_relay else 1
    async with open_world(
        request.deployment, dies_at=request.dies_at, timing=request.timing, concurrency=concurrency
    ) as world:
        relay = world.create_relay() if request.concurrent_relay else None
        world.recorder.active = True
        if request.recovery is None:
            await scenario.run(world)
        else:
            await scenario.recover(world, immediately=request.recovery == "immediate")
        if relay is not None:
            await relay.drain(120)
            await relay.stop()
        world.recorder.active = False


def _fork(request: ChildRequest) -> ChildResult:
    log_file = request.deployment.path / "child.log"
    pid = os.fork()
    if pid == 0:
        die_with_parent(how=signal.SIGKILL)
        log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = 1
        try:
            asyncio.run(_run_scenario(request))
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    code = os.waitstatus_to_exitcode(status)
    return ChildResult(killed=killed, code=code, output="" if killed else log_file.read_text()[-20_000:])


def _warm() -> None:
    """Import and build what every child needs, once."""
    from support.crash.scenarios import SCENARIOS

    assert SCENARIOS
    asyncio.run(build_once())


def main() -> None:
    die_with_parent(how=signal.SIGKILL)
    _warm()
    for line in sys.stdin.buffer:
        result: Any = _fork(msgspec.json.decode(line, type=ChildRequest))
        sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
