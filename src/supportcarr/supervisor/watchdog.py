"""A process says each second that its event loop turns, and is ended when it no longer does.

It says so on a pipe to who started it (``supervise``), once its loop has begun: who never began, because
it starts slowly or takes no part, is left alone.  The same as systemd's ``WatchdogSec=`` and
``sd_notify(3)``: what is stopped or blocked for ever must not keep its place, since a kernel that spreads
connections over processes (``SO_REUSEPORT``) goes on giving it its share.
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
_VARIABLE = "WATCHDOG_FD"  # no setting: where the pipe is in the process that was started


# --- the process that is watched ----------------------------------------------------------------


async def with_heartbeat(main: Coroutine[Any, Any, T]) -> T:
    """Run *main*, the whole of this process, and meanwhile tell who started it that the loop turns.

    From its end on the process has as long to be gone as it may be silent.  SIGABRT has it write down
    where each of its threads is.
    """
    given = os.environ.pop(_VARIABLE, None)  # it is for nobody whom we start
    if given is None:
        return await main
    pipe = int(given)
    os.set_inheritable(pipe, False)
    os.set_blocking(pipe, False)
    faulthandler.enable()
    telling = asyncio.create_task(_tell(pipe), name="watchdog")
    try:
        return await main
    finally:
        telling.cancel()


async def _tell(pipe: int) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more
        while True:
            with suppress(BlockingIOError):  # nobody listened for long: it is full
                os.write(pipe, b".")
            await asyncio.sleep(EVERY_S)


# --- who started it -----------------------------------------------------------------------------


class Silence:
    """For how long somebody has said nothing, since they began to speak.

    Counted in looks, not read from a clock: a second in which we did not run either, because the machine
    slept or we were stopped ourselves, is nobody's silence.
    """

    def __init__(self) -> None:
        self._looks: int | None = None  # none: they have not begun

    @property
    def seconds(self) -> float:
        return (self._looks or 0) * EVERY_S

    def look(self, *, heard: bool) -> None:
        if heard:
            self._looks = 0
        elif self._looks is not None:
            self._looks += 1


class Watchdog:
    """``with Watchdog() as watchdog``: the pipe of one process that is started within."""

    def __enter__(self) -> Watchdog:
        self._ours, self._theirs = os.pipe()
        os.set_blocking(self._ours, False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._ours)
        os.close(self._theirs)

    @property
    def descriptor(self) -> int:
        """The file descriptor that the process inherits."""
        return self._theirs

    @property
    def environment(self) -> dict[str, str]:
        """What the process finds in its environment besides."""
        return {_VARIABLE: str(self._theirs)}

    async def until_silent(self, seconds: float) -> None:
        """Return when it has been silent for so long."""
        silence = Silence()
        while silence.seconds < seconds:
            await asyncio.sleep(EVERY_S)
            silence.look(heard=self.heard())

    def heard(self) -> bool:
        """Whether it has said something since the last time."""
        try:
            return bool(os.read(self._ours, 65_536))
        except BlockingIOError:
            return False
