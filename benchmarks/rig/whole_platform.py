"""``supportcarr up`` of a checkout: all its processes, its Redis and the emulators, without any people."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from rig import cpu
from rig.checkouts import Checkout
from rig.demo import APART, three_free_ports, title_of
from rig.servers import clean_environment, until_ready
from supportcarr.kit.runtime.settings import PREFIX
from supportcarr.supervisor.child_process import die_with_parent

_STARTED_WITHIN_S, _STOPPED_WITHIN_S = 120.0, 60.0


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds by the title of the process: the platform's with its Redis, and what is apart."""

    platform: Mapping[str, float]
    apart: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WholePlatform:
    """A running platform; *admin* has the phone and the password of its demo admin."""

    folder: Path
    process: subprocess.Popen[bytes]
    port: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def realtime_url(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def admin(self) -> Mapping[str, str]:
        operators: dict[str, dict[str, str]] = json.loads((self.folder / "operators.json").read_text())
        return operators["admin"]

    def processes(self) -> dict[int, str]:
        """The title of each process by its id."""
        first = psutil.Process(self.process.pid)
        return {one.pid: title_of(one) for one in (first, *first.children(recursive=True))}

    def cpu(self, processes: Mapping[int, str]) -> Counter[str]:
        """CPU seconds so far, by title.  Raises ``ProcessGone``."""
        used: Counter[str] = Counter()
        for pid, title in processes.items():
            used[title] += cpu.seconds(pid)  # type: ignore[assignment]  # a Counter may count in fractions
        return used


def used_between(before: Mapping[str, float], after: Mapping[str, float]) -> Used:
    """The CPU used between two readings of ``WholePlatform.cpu``."""
    difference = {title: after[title] - before[title] for title in before}
    return Used(
        platform={title: used for title, used in difference.items() if title not in APART},
        apart={title: used for title, used in difference.items() if title in APART},
    )


@asynccontextmanager
async def running_platform(checkout: Checkout, folder: Path) -> AsyncIterator[WholePlatform]:
    """Run the platform of *checkout* in real time, with its data in the new *folder*."""
    folder.mkdir(parents=True)
    port = three_free_ports()
    values = {
        "PROFILE": "local",
        "DATA": folder,
        "PORT": port,
        "REALTIME_PORT": port + 1,
        "SANDBOX_PORT": port + 2,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "REALTIME_URL": f"http://127.0.0.1:{port + 1}",
        "STRIPE_API_BASE": f"http://127.0.0.1:{port + 2}",
        "CITY_SPEED": 1,
    }
    if "LIMITS_PINS_PER_MINUTE" in (checkout.folder / "docs" / "settings.md").read_text():
        # A driver here does more rescues in a minute than PINs may be tried.  Older builds refuse the name.
        values["LIMITS_PINS_PER_MINUTE"] = 10_000
    output = folder / "output.txt"
    ours = os.getpid()
    with output.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*checkout.program, "up"],
            cwd=folder,  # where there is no .env file
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=clean_environment() | {PREFIX + name: str(value) for name, value in values.items()},
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(ours, signal.SIGTERM),
        )
    try:
        for server, path in ((port, "/readyz"), (port + 1, "/readyz"), (port + 2, "/healthz")):
            await until_ready(server, path, output, within_s=_STARTED_WITHIN_S)
        yield WholePlatform(folder, process, port)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()  # its children end with it
            process.wait()
