"""A ``supportcarr demo`` of its own, ended whatever happens to the test."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

READY_S = 90.0


def three_free_ports() -> int:
    """The first of three ports in a row that nobody listens on."""
    for first in range(20_000 + os.getpid() % 5_000 * 4, 60_000, 4):
        with socket.socket() as a, socket.socket() as b, socket.socket() as c:
            try:
                for probe, port in ((a, first), (b, first + 1), (c, first + 2)):
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("there are no three free ports in a row")


class Demo:
    """One running demo; *port* is the API's."""

    def __init__(self, data: Path, port: int, process: subprocess.Popen[bytes], output: Path) -> None:
        self.data, self.port, self.process, self._output = data, port, process, output
        self._family: list[psutil.Process] = []

    @property
    def said(self) -> str:
        return self._output.read_text()

    def family(self) -> list[psutil.Process]:
        """Every process of the demo that has been seen, the supervisor first."""
        try:
            supervisor = psutil.Process(self.process.pid)
            living = [supervisor, *supervisor.children(recursive=True)]
        except psutil.NoSuchProcess:
            living = []
        known = {process.pid for process in self._family}
        self._family += [process for process in living if process.pid not in known]
        return self._family

    def left(self, within_s: float) -> list[str]:
        """Names of those still running after at most that long; a zombie runs no more."""
        _, alive = psutil.wait_procs(self.family(), timeout=0)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            alive = [process for process in alive if process.is_running() and not _is_zombie(process)]
            if not alive:
                return []
            time.sleep(0.1)
        return [" ".join(process.cmdline()) for process in alive]

    def until_said(self, words: str) -> None:
        """Wait until it says that.  Fails when it ends first, or does not in time."""
        deadline = time.monotonic() + READY_S
        while words not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)

    def report(self, within_s: float) -> dict[str, Any]:
        """What it reported at its end."""
        self.process.wait(within_s)
        file = self.data / "report.json"
        assert file.is_file(), self.said
        content: dict[str, Any] = json.loads(file.read_bytes())
        return content


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@contextmanager
def running_demo(folder: Path, *arguments: str, port: int | None = None) -> Iterator[Demo]:
    """``supportcarr demo`` with those arguments, its data in *folder*."""
    port = port or three_free_ports()
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / "said.txt"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SUPPORTCARR_")}
    with output.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "supportcarr",
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
        demo.family()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait(10)
        for survivor in demo.family():
            if survivor.is_running():
                survivor.kill()
