"""Start processes of this program: a new interpreter for each (``ExecSpawner``).

``fork_spawner`` has the other way, which shares the memory of what is loaded.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from supportcarr.supervisor.child_process import die_with_parent

PIPE = asyncio.subprocess.PIPE
STDOUT = asyncio.subprocess.STDOUT

OWN_PROGRAM = (sys.executable, "-m", "supportcarr")


class Process(Protocol):
    """A process that was started.  Implemented by ``asyncio.subprocess.Process`` and ``ForkedProcess``."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None:
        """The exit code, or the negative number of the signal that ended it; ``None`` while it runs."""

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """Its output, if that is a pipe."""

    async def wait(self) -> int: ...

    def send_signal(self, signal: int) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Start:
    """What a process starts with.

    *output* and *errors* are descriptors of files; ``None``: those of this process.  *output* may be
    ``PIPE``, and *errors* ``STDOUT`` for the same as *output*.  The process inherits *descriptors*, each
    under the environment variable that names it.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    output: int | None = None
    errors: int | None = None
    descriptors: Mapping[str, int] = field(default_factory=dict)


class Spawner(Protocol):
    """Starts processes that are killed when this one ends.

    Implemented by ``ExecSpawner`` and ``fork_spawner.ForkSpawner``.
    """

    async def spawn(self, start: Start) -> Process:
        """Start a process in a session of its own.  Raises ``OSError``."""

    async def renew(self) -> None:
        """Have the processes that are started from now on run the program as it is on disk now."""

    async def close(self) -> None:
        """Release what the spawner holds; the processes go on."""


class ExecSpawner:
    """A new interpreter for each process.  *program*: the command that arguments are appended to."""

    def __init__(self, program: Sequence[str] = OWN_PROGRAM) -> None:
        self._program = program

    async def spawn(self, start: Start) -> Process:
        ours = os.getpid()
        named = {variable: str(number) for variable, number in start.descriptors.items()}
        return await asyncio.create_subprocess_exec(
            *self._program,
            *start.arguments,
            env=dict(start.environment) | named,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=start.output,
            stderr=start.errors,
            pass_fds=tuple(start.descriptors.values()),
            # A session of its own: Ctrl-C reaches the supervisor alone, which ends its children.
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(ours, signal.SIGKILL),
        )

    async def renew(self) -> None:
        pass  # each reads it

    async def close(self) -> None:
        pass
