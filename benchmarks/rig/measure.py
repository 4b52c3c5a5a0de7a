"""Times of an operation and the CPU that it takes, one row of a table each."""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rig import cpu

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).resolve().parents[1] / "results"

Step = Callable[[int], Awaitable[object]]


def cpu_seconds() -> float:
    """User and system time of this process so far, all its threads included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which that *share* of them lies; *ordered* ascends and is not empty."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def measure(
    name: str, step: Step, *, at_once: int, seconds: float, server: int | None = None
) -> dict[str, Any]:
    """Let *at_once* tasks repeat *step* (called with the task's number) for *seconds*.

    Times are microseconds as the caller sees them; CPU is this process's, divided by the operations,
    and that of the process *server* beside it.
    """
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def repeat(task: int) -> None:
        while (start := time.perf_counter()) < end:
            await step(task)
            times.append(time.perf_counter() - start)

    used, start = cpu_seconds(), time.perf_counter()
    theirs = cpu.seconds(server) if server else 0.0
    await asyncio.gather(*(repeat(task) for task in range(at_once)))
    elapsed, used = time.perf_counter() - start, cpu_seconds() - used
    row = row_of(name, times, at_once=at_once, elapsed=elapsed, cpu_s=used)
    if server:
        row["server_cpu_us"] = round((cpu.seconds(server) - theirs) / len(times) * 1e6, 1)
    return row


def row_of(name: str, times: list[float], *, at_once: int, elapsed: float, cpu_s: float) -> dict[str, Any]:
    """A row of *times* (seconds, in any order)."""
    times = sorted(times)
    return {
        "operation": name,
        "at_once": at_once,
        "per_second": round(len(times) / elapsed),
        "p50_us": round(quantile(times, 0.5) * 1e6, 1),
        "p95_us": round(quantile(times, 0.95) * 1e6, 1),
        "cpu_us": round(cpu_s / len(times) * 1e6, 1),
    }


def with_bar(row: dict[str, Any], figure: str, below: float) -> dict[str, Any]:
    """The row with a bar: *figure* must be below *below*."""
    return row | {"bar": {"figure": figure, "below": below}, "met": row[figure] < below}


_COLUMNS = ("at_once", "per_second", "p50_us", "p95_us", "cpu_us", "server_cpu_us")


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    columns = [column for column in _COLUMNS if any(column in row for row in rows)]
    print(f"{'operation':<44}" + "".join(f"{column:>14}" for column in columns))
    for row in rows:
        figures = "".join(f"{row.get(column, ''):>14}" for column in columns)
        bar = row.get("bar")
        verdict = ""
        if bar is not None:
            verdict = (
                f"   (bar: {bar['figure']} below {bar['below']:g}: {'met' if row['met'] else 'NOT met'})"
            )
        print(f"{row['operation']:<44}{figures}{verdict}")


def machine() -> dict[str, Any]:
    """Where and when this is measured, and of which commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - the one on the PATH is meant
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the checkout's disk: a temporary folder may be memory, where fsync is free."""
    data = ROOT / ".data"
    data.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=data) as folder:
        yield Path(folder)
