"""A warm process that forks children on demand, each of which acts a scenario and may be killed in it.

Forking costs milliseconds where a new interpreter costs seconds.  The process has one thread, no event
loop and no connection when it forks, so that a child begins like a fresh one.

A request is a JSON line on standard input, its answer one on standard output.
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

from support.crash.deployment import Place
from support.crash.steps import When
from support.crash.world import built_once, opened
from supportcarr.kit.jobs import worker
from supportcarr.kit.store.sqlite import writer
from supportcarr.supervisor.child_process import die_with_parent

ROOT = Path(__file__).resolve().parents[3]
CLAIM_S = 40.0  # on a job: prolonged every quarter of it, which must not be a step now and then
HURRIED_S = 0.0  # what a write waits for company where it comes alone, one after the other


TakesOver = Literal["at once", "in a moment"]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What the child shall do: act the scenario, or take over (who asks again does so then) from a child
    that was killed.  *alive*: its relay works beside it, as in a real process, and not after."""

    scenario: str
    place: Place
    dies_at: int | None = None
    when: When = "done"
    alive: bool = False
    takes_over: TakesOver | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How the child ended: killed (by itself), or with an exit code; *said* is its output if it failed."""

    killed: bool
    code: int
    said: str = ""


class Zygote:
    """The warm process, seen from the test."""

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

    def ask(self, order: Order) -> Told:
        """Blocks until the child has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the zygote ended with {self._process.wait()}")
        return msgspec.json.decode(line, type=Told)

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


# --- the warm process -----------------------------------------------------------------------------


async def _act(order: Order) -> None:
    from support.crash.scenarios import SCENARIOS

    worker.CLAIM_SECONDS = CLAIM_S
    writer.DEFER_S = HURRIED_S
    scenario = SCENARIOS[order.scenario]
    concurrency = 32 if order.alive else 1
    async with opened(order.place, dies_at=order.dies_at, when=order.when, concurrency=concurrency) as world:
        beside = world.relaying() if order.alive else None
        world.fuse.armed = True
        if order.takes_over is None:
            await scenario.act(world)
        else:
            await scenario.take_over(world, at_once=order.takes_over == "at once")
        if beside is not None:
            await beside.drain(20)
            await beside.stop()
        world.fuse.armed = False


def _fork(order: Order) -> Told:
    output = order.place.path / "child.log"
    pid = os.fork()
    if pid == 0:
        die_with_parent(how=signal.SIGKILL)
        log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = 1
        try:
            asyncio.run(_act(order))
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
    return Told(killed=killed, code=code, said="" if killed else output.read_text()[-20_000:])


def _warm() -> None:
    """Import and build once what every child needs."""
    from support.crash.scenarios import SCENARIOS

    assert SCENARIOS
    asyncio.run(built_once())


def main() -> None:
    die_with_parent(how=signal.SIGKILL)
    _warm()
    for line in sys.stdin.buffer:
        told: Any = _fork(msgspec.json.decode(line, type=Order))
        sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
