"""Start the processes of the platform, restart those that die or hang, and end all of them.

Each child ends with this process, whatever ends it (``child_process``).  Children have sessions of
their own, so Ctrl-C reaches the supervisor alone, which then ends them in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from supportcarr.supervisor.spawner import PIPE, STDOUT, ExecSpawner, Process, Spawner, Start
from supportcarr.supervisor.watchdog import Watchdog

log = structlog.get_logger(__name__)

FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 0.1, 5.0
HEALTHY_AFTER_S = 10.0  # a child that ran this long is restarted without a longer pause
ABORT_GRACE_S = 2.0  # for a blocked process to write the stacks of its threads
READY_S = 60.0  # for the successor of a process, in a rolling restart


class RollingRestartFailed(Exception):
    """A successor did not become ready; the process that it was for goes on.  The message is a sentence."""


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of process: how it is started, and whether fault injection may kill it.

    ``each`` holds additions to the environment, one mapping per process of the role.  ``rolls``: its
    processes can run beside their successors, so a rolling restart replaces them.
    """

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    count: int = 1
    killable: bool = True
    rolls: bool = True
    each: Sequence[Mapping[str, str]] | None = None


@dataclass(slots=True)
class Child:
    role: Role
    number: int
    process: Process | None = None
    keeper: asyncio.Task[None] | None = None
    watchdog: Watchdog | None = None  # of the process that runs now
    ending: bool = False  # it is not restarted

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.returncode is None


class HasDescriptor(Protocol):
    """What processes write to; asked for its descriptor each time that one starts.

    Implemented by files and by ``kit.observability.log_file.LogFile``.
    """

    def fileno(self) -> int: ...


def _descriptor(output: HasDescriptor | int | None) -> int | None:
    return output if output is None or isinstance(output, int) else output.fileno()


class Supervisor:
    """Keeps the processes of each role running until ``stop``.

    *silence_s*: how long a process that uses ``watchdog.with_heartbeat`` may send none before it is
    ended; 0: for ever.  *spawner* starts the processes, by default a new interpreter for each.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        output: HasDescriptor | int | None = None,
        silence_s: float = 0,
        spawner: Spawner | None = None,
    ) -> None:
        self._environment = dict(environment)
        self._output = output
        self._silence_s = silence_s
        self._spawner = spawner or ExecSpawner()
        self._children: list[Child] = []
        self._stopping: set[str] = set()
        self.kills: Counter[str] = Counter()  # by role

    def start(self, role: Role) -> None:
        """Start the role's processes, and restart those that end."""
        for number in range(role.count):
            self._children.append(self._new_child(role, number))

    def _new_child(self, role: Role, number: int) -> Child:
        child = Child(role, number)
        child.keeper = asyncio.create_task(self._keep(child), name=f"keep {role.name} {number}")
        return child

    async def _keep(self, child: Child) -> None:
        backoff = FIRST_BACKOFF_S
        loop = asyncio.get_running_loop()
        while child.role.name not in self._stopping:
            began = loop.time()
            try:
                code = await self._run(child)
            except OSError as error:  # out of memory or of processes
                log.warning("process_not_started", role=child.role.name, reason=str(error))
                await asyncio.sleep(LONGEST_BACKOFF_S)
                continue
            if child.role.name in self._stopping or child.ending:
                return
            lived = loop.time() - began
            backoff = FIRST_BACKOFF_S if lived > HEALTHY_AFTER_S else min(backoff * 2, LONGEST_BACKOFF_S)
            log.warning("process_died", role=child.role.name, code=code, lived_s=round(lived, 1))
            await asyncio.sleep(backoff)

    async def _run(self, child: Child) -> int:
        """Start a child's process and watch it until it ends; returns its exit code."""
        role = child.role
        own = role.each[child.number] if role.each else {}
        with Watchdog() as watchdog:
            environment = self._environment | dict(role.environment) | dict(own)
            output = _descriptor(self._output)
            process = await self._spawner.spawn(
                Start(role.arguments, environment, output, output, watchdog.descriptors)
            )
            child.process, child.watchdog = process, watchdog
            watching = asyncio.create_task(
                self._watch(role.name, process, watchdog), name=f"watch {role.name}"
            )
            try:
                return await process.wait()
            finally:
                watching.cancel()

    async def _watch(self, role: str, process: Process, watchdog: Watchdog) -> None:
        if self._silence_s:
            await watchdog.until_silent(self._silence_s)
            log.warning("process_hung", role=role, pid=process.pid, silent_s=self._silence_s)
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGABRT)
                await asyncio.sleep(ABORT_GRACE_S)
                process.kill()

    async def spawn_once(self, arguments: Sequence[str], *, errors_too: bool = False) -> Process:
        """Start a process that is not restarted; its output (with *errors_too*: all of it) can be read."""
        errors = STDOUT if errors_too else _descriptor(self._output)
        return await self._spawner.spawn(Start(arguments, self._environment, PIPE, errors))

    def alive(self) -> list[tuple[str, int]]:
        """The (role, pid) of each process that runs now."""
        return [
            (child.role.name, child.process.pid)
            for child in self._children
            if child.process is not None and child.runs
        ]

    def killable(self) -> dict[str, int]:
        """The number of processes of each role that fault injection may kill."""
        return {child.role.name: child.role.count for child in self._children if child.role.killable}

    def kill(self, role: str, number: int) -> bool:
        """Kill that process of the role with SIGKILL; it is restarted like any process that dies.

        False if it does not run at the moment.
        """
        for child in self._children:
            if (child.role.name, child.number) == (role, number) and child.runs and child.process:
                with contextlib.suppress(ProcessLookupError):
                    child.process.kill()
                    self.kills[role] += 1
                    log.warning("process_killed", role=role, pid=child.process.pid, why="fault injection")
                    return True
        return False

    async def roll(self, *, grace_s: float, ready_s: float = READY_S) -> int:
        """Replace every process of the roles that roll, one after the other; returns how many.

        A successor runs the program as it is on disk.  It starts beside the process that it replaces, which
        is drained (SIGTERM) once the successor has said that it is ready (``watchdog.report_ready``): so one
        always takes work.  Raises ``RollingRestartFailed`` at the first successor that is not
        ready after *ready_s*; the processes that were not replaced go on.
        """
        await self._spawner.renew()
        replaced = 0
        for old in [child for child in self._children if child.role.rolls]:
            new = self._new_child(old.role, old.number)
            # Both are children until one has ended: whoever cancels this, ``stop`` ends them in order.
            self._children.insert(self._children.index(old), new)
            try:
                await self._until_ready(new, ready_s)
            except TimeoutError:
                await self._end_for_good(new, grace_s)
                raise RollingRestartFailed(
                    f"A new {old.role.name} process was not ready after {ready_s:g} s; the old one goes on."
                ) from None
            await self._end_for_good(old, grace_s)
            replaced += 1
            log.info("process_replaced", role=old.role.name, number=old.number)
        return replaced

    async def _end_for_good(self, child: Child, grace_s: float) -> None:
        child.ending = True
        await self._end(child, grace_s)
        self._children = [one for one in self._children if one is not child]

    async def _until_ready(self, child: Child, seconds: float) -> None:
        """Return when the child's process is ready, also if it had to be started again meanwhile."""
        async with asyncio.timeout(seconds):
            while not (child.runs and child.watchdog is not None and child.watchdog.ready()):  # noqa: ASYNC110 - a pipe is looked at
                await asyncio.sleep(0.05)

    async def stop(self, *names: str, grace_s: float = 15.0) -> None:
        """End those roles with SIGTERM, then SIGKILL; without names all roles, last started first."""
        roles = list(names) or list(dict.fromkeys(child.role.name for child in reversed(self._children)))
        for name in roles:
            self._stopping.add(name)
            children = [child for child in self._children if child.role.name == name]
            await asyncio.gather(*(self._end(child, grace_s) for child in children))
            self._children = [child for child in self._children if child.role.name != name]
            self._stopping.discard(name)

    async def _end(self, child: Child, grace_s: float) -> None:
        process = child.process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), grace_s)
            except TimeoutError:
                log.warning("process_killed", role=child.role.name, why="it did not drain in time")
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if child.keeper is not None:
            child.keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await child.keeper
