"""Runs ``supportcarr demo`` of a checkout with the Python of that checkout, and reads its memory.

Works with any commit that has the command: it reads the page ``/docs``, the progress on standard output and
the titles of the processes, which are the same in all of them.
"""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from rig.servers import clean_environment

SPEED = 60  # city seconds a second: a rescue of half an hour takes half a minute
APART = ("sandbox", "simulator")  # stand for services and people outside the platform
STARTED_WITHIN_S, SIGNED_IN_WITHIN_S, STOPPED_WITHIN_S = 120.0, 300.0, 120.0
_POLL_S = 0.01
_TITLE = re.compile(r"supportcarr: (\w[\w ]*\w)")
_PROGRESS = re.compile(
    r"(\d+) drivers? online, (\d+) riders?[^,]*, (\d+) (?:rescues? )?(?:requested|asked for), (\d+)"
)


class DemoFailed(Exception):
    """A demo ended, or did not get as far as it should."""


@dataclass(frozen=True, slots=True)
class City:
    """The latest progress of a demo."""

    drivers: int
    riders: int
    requested: int
    live: int

    @property
    def finished(self) -> int:
        return self.requested - self.live


class Demo:
    """One running demo."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, output: Path) -> None:
        self.process, self.port, self._output = process, port, output
        self._started = time.monotonic()

    def until_first_page(self) -> float:
        """Seconds from the command's start until a page is served (``make bench`` has built the apps)."""
        url = f"http://127.0.0.1:{self.port}/driver/"

        def served() -> bool:
            try:
                with urllib.request.urlopen(url, timeout=5) as answer:
                    return bool(answer.status == 200)
            except (urllib.error.URLError, OSError):
                return False

        self._wait(served, STARTED_WITHIN_S, "serve a page")
        return time.monotonic() - self._started

    def until(self, reached: Callable[[City], bool], within_s: float) -> City:
        """Wait until the city's progress is as far as that."""
        latest: list[City] = []

        def there() -> bool:
            latest[:] = [self.city()]
            return reached(latest[0])

        self._wait(there, within_s, "get as far as it should")
        return latest[0]

    def city(self) -> City:
        return progress_in(self._output.read_text())

    def _wait(self, reached: Callable[[], bool], within_s: float, what: str) -> None:
        deadline = time.monotonic() + within_s
        while not reached():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise DemoFailed(f"The demo did not {what}:\n{self._output.read_text()[-2000:]}")
            time.sleep(_POLL_S)

    def processes(self) -> list[tuple[str, int]]:
        """The title and the id of every process of the demo."""
        first = psutil.Process(self.process.pid)
        return [(title_of(one), one.pid) for one in (first, *first.children(recursive=True))]

    @contextmanager
    def idle(self, settle_s: float) -> Iterator[None]:
        """Stop the simulated people, so that nothing asks the platform for anything."""
        people = [pid for title, pid in self.processes() if title == "simulator"]
        for pid in people:
            os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(settle_s)
            yield
        finally:
            for pid in people:
                os.kill(pid, signal.SIGCONT)

    def memory(self) -> list[tuple[str, int]]:
        """The title and the proportional set size (bytes) of every process."""
        return [(title, proportional_set_size(pid)) for title, pid in self.processes()]


def progress_in(output: str) -> City:
    """The last progress that a demo printed."""
    found = _PROGRESS.findall(output)
    return City(*map(int, found[-1])) if found else City(0, 0, 0, 0)


def proportional_set_size(pid: int) -> int:
    """A process's memory, with what it shares with others divided among them (proc(5)), in bytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise DemoFailed(f"/proc/{pid}/smaps_rollup has no Pss.")


def title_of(process: psutil.Process) -> str:
    """The role in the title of a process of ours; of another process its name."""
    found = _TITLE.search(" ".join(process.cmdline()))
    return found[1] if found else process.name()


@contextmanager
def running_demo(
    checkout: Path, folder: Path, *, riders: int, drivers: int, speed: int = SPEED
) -> Iterator[Demo]:
    """Run the demo of *checkout* with its data in the new *folder*; it has ended afterwards."""
    folder.mkdir(parents=True)
    port = three_free_ports()
    output = folder / "output.txt"
    command = [checkout / ".venv/bin/python", "-m", "supportcarr", "demo", "--port", port, "--data", folder]
    command += ["--riders", riders, "--drivers", drivers, "--speed", speed]
    with output.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [str(word) for word in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
            start_new_session=True,
        )
    try:
        yield Demo(process, port, output)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()  # its children end with it
            process.wait()


def three_free_ports() -> int:
    """The first of three free ports, below those that the system gives to connections."""
    while True:
        first = random.randrange(20_000, 32_000)  # noqa: S311 - load, no secret
        if not any(_taken(first + more) for more in range(3)):
            return first


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
