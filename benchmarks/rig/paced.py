"""wrk as a process beside others, asking as fast as it can or at an even rate; and what it said."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rig.load import need_wrk
from rig.servers import Ours
from supportcarr.supervisor.child_process import die_with_parent

RIG = Path(__file__).parent


def wrk(
    script: str, server: Ours, file: Path, connections: int, seconds: float, *arguments: str
) -> list[str]:
    """The command; *script* is in this folder, *file* has the requests."""
    load = ["-t1", f"-c{connections}", f"-d{round(seconds)}s", "--timeout", "5s"]
    return [
        *(need_wrk(), *load, "-s", str(RIG / script)),
        *(f"http://127.0.0.1:{server.port}", "--", str(file), *arguments),
    ]


async def start(command: Sequence[str]) -> asyncio.subprocess.Process:
    """Start it; it does not outlive this process."""
    ours = os.getpid()
    return await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=lambda: die_with_parent(ours, signal.SIGKILL),
    )


async def output(process: asyncio.subprocess.Process) -> str:
    """All that it says until it ends."""
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return said.decode()


def figures_of(said: str) -> dict[str, Any]:
    """The figures in what wrk said.  Raises ``SystemExit`` if there are none."""
    for line in said.splitlines():
        if line.startswith("RESULT "):
            figures: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
            return figures
    raise SystemExit(f"wrk said nothing that can be read:\n{said}")
