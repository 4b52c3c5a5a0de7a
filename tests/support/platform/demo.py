"""Run ``supportcarr demo`` in a test; it is stopped even if the test fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from support.ports import consecutive_ports

READY_S = 240.0


class Demo:
    """One running demo; *port* is the API's."""

    def __init__(self, data: Path, port: int, process: subprocess.Popen[bytes], output: Path) -> None:
        self.data, self.port, self.process, self._output = data, port, process, output
        self._processes: list[psutil.Process] = []

    @property
    def output(self) -> str:
        return self._output.read_text()

    def processes(self) -> list[psutil.Process]:
        """Every process of the demo that was seen so far, the supervisor first."""
        try:
            supervisor = psutil.Process(self.process.pid)
            living = [supervisor, *supervisor.children(recursive=True)]
        except psutil.NoSuchProcess:
            living = []
        known = {process.pid for process in self._processes}
        self._processes += [process for process in living if process.pid not in known]
        return self._processes

    def survivors(self, within_s: float) -> list[str]:
        """Command lines of the processes still running after *within_s* seconds; zombies do not count."""
        _, alive = psutil.wait_procs(self.processes(), timeout=0)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            alive = [process for process in alive if process.is_running() and not _is_zombie(process)]
            if not alive:
                return []
            time.sleep(0.1)
        return [title for process in alive if (title := _command_line(process))]

    def wait_for_output(self, words: str) -> None:
        """Wait until the output contains *words*.  Fails if the demo ends first, or on a timeout."""
        deadline = time.monotonic() + READY_S
        while words not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def report(self, within_s: float) -> dict[str, Any]:
        """Wait for its end and return its report."""
        self.process.wait(within_s)
        file = self.data / "report.json"
        assert file.is_file(), self.output
        content: dict[str, Any] = json.loads(file.read_bytes())
        return content


def _command_line(process: psutil.Process) -> str:
    """Empty if it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextmanager
def running_demo(
    folder: Path,
    *arguments: str,
    port: int | None = None,
    program: Sequence[str] = ("-m", "supportcarr"),
    settings: Mapping[str, str] | None = None,
) -> Iterator[Demo]:
    """Run ``supportcarr demo`` with those arguments and its data in *folder*.

    *program*: what Python runs, if it is another one.  *settings*: by name, without the prefix.
    """
    port = port or consecutive_ports(3)
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / "output.txt"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUPPORTCARR_")}
    environment["SUPPORTCARR_AUTH_BCRYPT_COST"] = "4"  # dear hashes take a fifth of a small city's CPU
    environment |= {f"SUPPORTCARR_{name}": value for name, value in (settings or {}).items()}
    with output.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                *program,
                "demo",
                "--port",
                str(port),
                "--data",
                str(folder),
                "--report",
                str(folder / "report.json"),
                *arguments,
            ],
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
    demo = Demo(folder, port, process, output)
    try:
        yield demo
    finally:
        demo.processes()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait(120)
        for survivor in demo.processes():
            if survivor.is_running():
                survivor.kill()
