"""CPU time of processes, all their threads included (``/proc/PID/stat``, proc(5))."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class ProcessGone(Exception):
    """A process under test died; its figures mean nothing."""


def seconds(pid: int) -> float:
    """User and system time so far, in steps of 10 ms.  Raises ``ProcessGone``."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        raise ProcessGone(f"process {pid} has died; see its log") from None
    fields = stat.rpartition(")")[2].split()  # the process name before it may contain any character
    return (int(fields[11]) + int(fields[12])) / _TICKS  # utime, stime


def of_all(pids: Iterable[int]) -> dict[int, float]:
    return {pid: seconds(pid) for pid in pids}


def taken_from_all() -> float:
    """CPU seconds of all cores used so far by anything, including time that the hypervisor gave away.

    The kernel's interrupts are left out: those of loopback are our own.
    """
    user, nice, system, _idle, _waiting, _irq, _softirq, stolen = (
        int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + stolen) / _TICKS


def of_this_and_its_ended_children() -> float:
    """CPU seconds of this process and of the children that it has waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


class Others:
    """Measures the CPU used by other processes inside the block; all our children must have ended by then."""

    share = 0.0

    def __enter__(self) -> Others:
        self._since, self._foreign = time.monotonic(), self._now()
        return self

    def __exit__(self, *_: object) -> None:
        taken = self._now() - self._foreign
        self.share = max(0.0, taken / (time.monotonic() - self._since) / (os.cpu_count() or 1))

    @staticmethod
    def _now() -> float:
        return taken_from_all() - of_this_and_its_ended_children()
