"""The watchdog: a process sends a heartbeat every second, and is ended when the heartbeats stop.

It writes to a pipe from its supervisor, from the moment its event loop runs: processes that have not
sent a first heartbeat are not monitored.  This is what systemd does with ``WatchdogSec=`` and
``sd_notify(3)``.  Over the same pipe a process says once that it is ready (``report_ready``), which a
rolling restart waits for.  A process that is stopped or blocked must not stay, because the kernel spreads
connections over processes (``SO_REUSEPORT``) and keeps giving it its share.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
from collections.abc import Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")

EVERY_S = 1.0
_VARIABLE = "WATCHDOG_FD"  # not a setting: the pipe's descriptor in the child process
_ALIVE, _READY = b".", b"r"
_pipes: list[int] = []  # in the child process: the pipe to its supervisor, if it has one


# --- in the child process -----------------------------------------------------------------------


async def with_heartbeat(main: Coroutine[Any, Any, T]) -> T:
    """Run *main*, the whole of this process, and send heartbeats to the supervisor meanwhile.

    After *main* the process must end within the time that it may be silent.  On SIGABRT it writes the
    stack of each thread to standard error.
    """
    given = os.environ.pop(_VARIABLE, None)  # not for child processes of this one
    if given is None:
        return await main
    pipe = int(given)
    os.set_inheritable(pipe, False)
    os.set_blocking(pipe, False)
    faulthandler.enable()
    _pipes.append(pipe)
    heartbeats = asyncio.create_task(_send_heartbeats(pipe), name="watchdog")
    try:
        return await main
    finally:
        heartbeats.cancel()
        _pipes.clear()


def report_ready() -> None:
    """Tell the supervisor, if there is one, that this process does its work."""
    for pipe in _pipes:
        with suppress(BrokenPipeError, BlockingIOError):
            os.write(pipe, _READY)


async def _send_heartbeats(pipe: int) -> None:
    with suppress(BrokenPipeError):  # the supervisor has ended
        while True:
            with suppress(BlockingIOError):  # the pipe is full: the supervisor has not read for long
                os.write(pipe, _ALIVE)
            await asyncio.sleep(EVERY_S)


# --- in the supervisor --------------------------------------------------------------------------


class Silence:
    """How long a process has sent no heartbeat, since its first one.

    Counted in checks, not read from a clock: time in which the supervisor did not run either, because
    the machine slept or the supervisor was stopped, does not count.
    """

    def __init__(self) -> None:
        self._checks: int | None = None  # None: no heartbeat yet

    @property
    def seconds(self) -> float:
        return (self._checks or 0) * EVERY_S

    def check(self, *, heard: bool) -> None:
        if heard:
            self._checks = 0
        elif self._checks is not None:
            self._checks += 1


class Watchdog:
    """``with Watchdog() as watchdog``: the pipe of one child process, which is started within."""

    def __enter__(self) -> Watchdog:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._ready = False
        self._heard = False  # since the last call of ``heard``
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._read_end)
        os.close(self._write_end)

    @property
    def descriptors(self) -> dict[str, int]:
        """The file descriptor for the child process to inherit, by the environment variable that names it."""
        return {_VARIABLE: self._write_end}

    async def until_silent(self, seconds: float) -> None:
        """Return when the process has been silent for that long."""
        silence = Silence()
        while silence.seconds < seconds:
            await asyncio.sleep(EVERY_S)
            silence.check(heard=self.heard())

    def heard(self) -> bool:
        """Whether there was a heartbeat since the last call."""
        self._read()
        heard, self._heard = self._heard, False
        return heard

    def ready(self) -> bool:
        """Whether the process has said so."""
        self._read()
        return self._ready

    def _read(self) -> None:
        with suppress(BlockingIOError):
            said = os.read(self._read_end, 65_536)
            self._heard = self._heard or bool(said)
            self._ready = self._ready or _READY in said
