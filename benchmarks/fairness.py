"""Who waits while one client does its worst.  Writes ``benchmarks/results/fairness.json``.

``python benchmarks/fairness.py [--seconds S]``: users at addresses of their own ask the mix at an even rate
over connections that they keep, and others open a new connection for each request.  Meanwhile one client (one
account, one address) does nothing, asks as fast as it can, holds silent connections, or asks over very many
connections.  Nobody but that client may be refused, and the others' p95 has a bar.  The servers and all
clients run on this machine, on loopback only, and end by themselves.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rig import cpu, scenarios
from rig.city import City, build
from rig.load import need_wrk
from rig.measure import RESULTS, machine, quantile, scratch
from rig.paced import RIG, figures_of, output, start, wrk
from rig.ratios import MAX_CPU_OF_OTHERS
from rig.scenarios import Request
from rig.seed import seed_ours, tokens_of
from rig.servers import Ours
from rig.tables import verdict

RATE = 2000  # requests a second of the others, over kept connections
CONNECTIONS = 512  # enough for that rate with responses of a quarter of a second
NEW_CONNECTIONS = 20  # requests a second, each over a connection of its own
BAR_MS = 200.0  # p95 of the others
LATE_S = 5.0  # a response that has not come by then
SILENT = 2500
MANY = 1500
WARM_UP_S, LEAD_S = 4.0, 2.0  # the one client begins that long before the others are measured


@dataclass(frozen=True, slots=True)
class Files:
    """Requests to replay: of the others, and of the one client."""

    others: Path
    one: Path


Command = Callable[[Ours, Files, float], list[str]]


def _flood(connections: int) -> Command:
    def command(server: Ours, files: Files, seconds: float) -> list[str]:
        return wrk("replay.lua", server, files.one, connections, seconds, "0")

    return command


def _silent(server: Ours, _: Files, seconds: float) -> list[str]:
    return [sys.executable, str(RIG / "silent.py"), str(server.port), str(SILENT), str(seconds)]


WORST: dict[str, Command | None] = {
    "nothing": None,
    "asks as fast as it can over 64 connections": _flood(64),
    f"holds {SILENT:,} silent connections": _silent,
    f"asks as fast as it can over {MANY:,} connections": _flood(MANY),
}


async def over_new_connections(
    server: Ours, city: City, tokens: dict[str, str], seconds: float
) -> tuple[list[float], int]:
    """GET /me, each over a connection of its own: the seconds that each took, and how many were refused.

    Without a response it took ``LATE_S``.
    """
    times: list[float] = []
    refused = 0
    people = itertools.cycle(city.drivers)

    async def one() -> None:
        nonlocal refused
        user = next(people).id
        headers = scenarios.headers_of(Request("GET", "", user), city, tokens) | {"Connection": "close"}
        lines = ["GET /api/v1/me HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        began = time.perf_counter()
        try:
            async with asyncio.timeout(LATE_S):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write("\r\n".join([*lines, "", ""]).encode())
                status = await reader.readline()
                writer.close()
        except TimeoutError:
            times.append(LATE_S)
            return
        except OSError:
            status = b""
        times.append(time.perf_counter() - began)
        refused += not status.startswith(b"HTTP/1.1 200 ")

    begin = time.monotonic()
    async with asyncio.TaskGroup() as asking:
        for number in range(round(NEW_CONNECTIONS * seconds)):
            await asyncio.sleep(max(0.0, begin + number / NEW_CONNECTIONS - time.monotonic()))
            asking.create_task(one())
    return times, refused


async def measure(
    server: Ours, city: City, tokens: dict[str, str], files: Files, worst: str, seconds: float
) -> dict[str, Any]:
    """One row: how the others fared while the one client did its worst."""
    pids = server.pids()
    offset = str(int(await server.city_offset_seconds()))
    command = WORST[worst]
    log_bytes = _bytes_of_logs(server.folder)
    foreign = -(cpu.taken_from_all() - cpu.of_this_and_its_ended_children()) + sum(cpu.of_all(pids).values())
    began = time.monotonic()
    one = await start(command(server, files, seconds + 2 * LEAD_S)) if command else None
    await asyncio.sleep(LEAD_S)
    paced = wrk("paced.lua", server, files.others, CONNECTIONS, seconds, offset, str(RATE))
    others = await start(paced)
    (times, not_answered), said = await asyncio.gather(
        over_new_connections(server, city, tokens, seconds), output(others)
    )
    told = await output(one) if one else ""
    if server.pids().keys() != pids.keys():
        raise cpu.ProcessGone("a process was started again during the run")
    foreign += cpu.taken_from_all() - cpu.of_this_and_its_ended_children() - sum(cpu.of_all(pids).values())
    result = figures_of(said)
    fresh = sorted(times)
    return {
        "worst": worst,
        "by_one": _said_of_one(told, seconds + 2 * LEAD_S),
        "per_second": round(result["requests"] / result["seconds"]),
        "refused": result["refused"] + result["broken"] + not_answered,
        "late": result["timeouts"] + sum(took >= LATE_S for took in times),
        **{name: round(result[name], 1) for name in ("p50_ms", "p95_ms", "p99_ms")},
        "new_p95_ms": round(quantile(fresh, 0.95) * 1000, 1),
        "log_mb": round((_bytes_of_logs(server.folder) - log_bytes) / 1e6, 1),
        "others": round(max(0.0, foreign / (time.monotonic() - began) / (os.cpu_count() or 1)), 3),
    }


def _said_of_one(told: str, seconds: float) -> str:
    if "RESULT" in told:
        return f"{figures_of(told)['requests'] / seconds:,.0f} requests/s"
    return f"{int(told.split()[-1]) / seconds:,.0f} connections/s" if told else ""


def _bytes_of_logs(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("supportcarr.log*"))


def judged(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the result of its bar; ``None`` if it cannot be judged, as others used the machine."""
    met = row["refused"] == row["late"] == 0 and row["p95_ms"] < BAR_MS and row["new_p95_ms"] < BAR_MS
    return row | {"met": met if met or row["others"] <= MAX_CPU_OF_OTHERS else None}


def _write_files(folder: Path, city: City, tokens: dict[str, str]) -> Files:
    """The others ask the mix; the one client asks for itself, and writes to its own rescue."""
    files = Files(folder / "others.requests", folder / "one.requests")
    rescue = city.rescues[0]
    assert rescue.rider_id is not None
    alone = Request("GET", "/api/v1/me", rescue.rider_id)
    text = json.dumps({"text": "Hello?"}).encode()
    message = Request("POST", f"/api/v1/rescues/{rescue.id}/messages", rescue.rider_id, text)
    others = scenarios.requests_of("mix", city)
    scenarios.write(
        files.others, [request for request in others if request.user != rescue.rider_id], city, tokens
    )
    scenarios.write(files.one, [alone, alone, alone, message], city, tokens)
    return files


async def run(folder: Path, seconds: float) -> list[dict[str, Any]]:
    server = Ours(folder / "supportcarr")
    city = await seed_ours(server.settings, build)
    tokens = tokens_of(server.settings.auth, city)
    files = _write_files(folder, city, tokens)
    rows = []
    try:
        await server.start()
        await measure(server, city, tokens, files, "nothing", WARM_UP_S)
        for worst in WORST:
            row = judged(await measure(server, city, tokens, files, worst, seconds))
            print(_line(row), flush=True)
            rows.append(row)
    finally:
        await server.stop()
    return rows


_COLUMNS = ("per_second", "refused", "late", "p50_ms", "p95_ms", "p99_ms", "new_p95_ms", "log_mb", "others")


def _line(row: dict[str, Any]) -> str:
    figures = "".join(f"{row[column]:>11}" for column in _COLUMNS)
    return f"{row['worst']:<50}{figures}   {row['by_one']:<22} {verdict(row['met'])}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of one run")
    options = parser.parse_args()
    need_wrk()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that our child processes are ended
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    told = machine()
    print(f"The others ask the mix at {RATE:,} requests/s (bar: p95 below {BAR_MS:g} ms, none refused)")
    print(f"{'while one client':<50}" + "".join(f"{column:>11}" for column in _COLUMNS))
    with scratch() as folder:
        rows = asyncio.run(run(folder, options.seconds))
    RESULTS.mkdir(exist_ok=True)
    report = {"machine": told, "seconds": options.seconds, "rate": RATE, "rows": rows}
    (RESULTS / "fairness.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
