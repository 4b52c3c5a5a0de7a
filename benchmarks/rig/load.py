"""Load generation: wrk replays requests against one server while the CPU time of its processes is read."""

from __future__ import annotations

import asyncio
import json
import math
import os
import shutil
import signal
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rig import cpu
from rig.servers import Server
from supportcarr.supervisor.child_process import die_with_parent

CONNECTIONS = 64
SETTLE_S = 1.0  # after the load, so that deferred work (events, location history) counts, too

_SCRIPT = Path(__file__).with_name("replay.lua")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one server under load.  CPU is that of all its processes, in microseconds per request."""

    server: str
    requests: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_us: float
    cpu_us_by_role: dict[str, float]
    succeeded: float  # share of responses with 2xx or 3xx; broken connections count as failures
    broken: int
    timeouts: int
    others: float  # share of the machine that other processes used meanwhile


def need_wrk() -> str:
    """The path of wrk.  Raises ``SystemExit`` with a message if it is missing."""
    found = shutil.which("wrk")
    if found is None:
        raise SystemExit("wrk is missing: install Debian's package wrk, or run `make bench` as root.")
    return found


async def run(server: Server, requests: Path, city_offset_s: float, seconds: float) -> Run:
    """Load *server* for *seconds*.  Raises ``ProcessGone`` if one of its processes dies meanwhile."""
    roles = server.pids()
    began, foreign = time.monotonic(), -(cpu.taken_from_all() - cpu.of_this_and_its_ended_children())
    before = cpu.of_all(roles)
    result = await _wrk(server.port, requests, city_offset_s, seconds)
    await asyncio.sleep(SETTLE_S)
    after = cpu.of_all(roles)
    foreign += cpu.taken_from_all() - cpu.of_this_and_its_ended_children()
    foreign -= sum(after.values()) - sum(before.values())
    if server.pids().keys() != roles.keys():
        raise cpu.ProcessGone(f"a process of {server.name} was started again during the run")
    answered = max(1, result["requests"])
    by_role: dict[str, float] = defaultdict(float)
    for pid, role in roles.items():
        by_role[role] += (after[pid] - before[pid]) / answered * 1e6
    failed = result["refused"] + result["broken"] + result["timeouts"]
    return Run(
        server=server.name,
        requests=result["requests"],
        per_second=result["requests"] / result["seconds"],
        p50_ms=result["p50_ms"],
        p95_ms=result["p95_ms"],
        p99_ms=result["p99_ms"],
        cpu_us=sum(by_role.values()),
        cpu_us_by_role=dict(by_role),
        succeeded=1 - failed / answered,
        broken=result["broken"],
        timeouts=result["timeouts"],
        others=max(0.0, foreign / (time.monotonic() - began) / (os.cpu_count() or 1)),
    )


class PacedLoad:
    """Replays the requests of one scenario, each time when all users' rate limits are full again.

    *users* is the number of users that share the requests, *per_minute* the limit of each.  *full_again*
    has, by the server's key, the time (monotonic) at which every user's limit has refilled; it is shared
    by the scenarios that one server runs.
    """

    def __init__(
        self,
        requests: Path,
        city_offset_s: float,
        *,
        users: int,
        per_minute: int,
        full_again: dict[str, float],
    ) -> None:
        self._requests, self._city_offset_s = requests, city_offset_s
        self._per_second = users * per_minute / 60
        self._full_again = full_again

    async def run(self, server: Server, seconds: float, *, limited: bool = True) -> Run:
        """One run of *server*; *limited* is False for a server without rate limits."""
        await asyncio.sleep(max(0.0, self._full_again.get(server.key, 0.0) - time.monotonic()))
        got = await run(server, self._requests, self._city_offset_s, seconds)
        if limited:
            begins = max(time.monotonic(), self._full_again.get(server.key, 0.0))
            self._full_again[server.key] = begins + got.requests / self._per_second - seconds
        return got


async def _wrk(port: int, requests: Path, city_offset_s: float, seconds: float) -> dict[str, Any]:
    # One thread is enough load for both cores, and keeps each driver's positions in order.
    ours = os.getpid()
    process = await asyncio.create_subprocess_exec(
        need_wrk(),
        *("-t1", f"-c{CONNECTIONS}", f"-d{math.ceil(seconds)}s", "--timeout", "5s"),
        *("-s", str(_SCRIPT), f"http://127.0.0.1:{port}"),
        *("--", str(requests), str(math.floor(city_offset_s))),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=lambda: die_with_parent(ours, signal.SIGKILL),
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    for line in output.decode().splitlines():
        if line.startswith("RESULT "):
            result: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
            return result
    raise SystemExit(f"the output of wrk cannot be read:\n{output.decode()}")


def median(runs: Sequence[Run]) -> dict[str, Any]:
    """The median of each figure over the runs, with the runs themselves."""

    def of(figure: str) -> float:
        return float(statistics.median(getattr(run, figure) for run in runs))

    return {
        "server": runs[0].server,
        "per_second": round(of("per_second")),
        "p50_ms": round(of("p50_ms"), 2),
        "p95_ms": round(of("p95_ms"), 2),
        "p99_ms": round(of("p99_ms"), 2),
        "cpu_us": round(of("cpu_us"), 1),
        "cpu_us_by_role": {
            role: round(statistics.median(run.cpu_us_by_role[role] for run in runs), 1)
            for role in runs[0].cpu_us_by_role
        },
        "others": round(max(run.others for run in runs), 3),
        "succeeded": round(min(run.succeeded for run in runs), 5),
        "runs": [asdict(run) for run in runs],
    }
