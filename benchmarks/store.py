"""Throughput of the embedded store with several processes: one table, and
``benchmarks/results/store.json``.

``python benchmarks/store.py [--seconds S]``: each row runs for that long.  Times are microseconds
of an operation as its caller sees it; CPU is that of the whole process (its writer thread
included) divided by the operations.  The last rows are processes that write to one file at once.
What single operations cost: ``benchmarks/parts.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
from rig.measure import RESULTS, Step, machine, measure, print_table, scratch
from rig.samples import SAMPLES, Steps, sample

from supportcarr.kit.store.sqlite.engine import SqliteStore

DOCUMENTS = 20_000
WRITERS = 4  # processes on one file


async def measure_all(path: Path, seconds: float) -> list[dict[str, Any]]:
    store = SqliteStore(path)
    await store.open()
    samples = store.collection(SAMPLES)
    many = [sample() for _ in range(DOCUMENTS)]
    await samples.insert_many(many)
    steps = Steps(samples, [msgspec.structs.replace(document, version=1) for document in many])

    async def read_row(_: int) -> object:
        return store.read_sync("SELECT _body FROM samples WHERE _id = ?", (steps.next().id,))

    plan: list[tuple[str, Step, int]] = [
        ("read a row", read_row, 1),
        ("find 10 by an index", steps.find, 1),
        ("insert", steps.insert, 1),
        ("insert", steps.insert, 64),
        ("save", steps.save, 8),
        ("save with an event", steps.save_with_event, 8),
    ]
    rows = [await measure(name, step, at_once=tasks, seconds=seconds) for name, step, tasks in plan]
    await store.close()
    return rows


async def write_for(path: Path, seconds: float, at_once: int) -> None:
    """One of several processes that write to the same file; prints its figures as JSON."""
    store = SqliteStore(path)
    await store.open()
    samples = store.collection(SAMPLES)
    own = [await samples.insert(sample()) for _ in range(at_once)]
    row = await measure("", Steps(samples, own).save, at_once=at_once, seconds=seconds)
    row["longest_lock_wait_us"] = round(store.stats()["longest_lock_wait_seconds"] * 1e6)
    await store.close()
    print(json.dumps(row))


def measure_together(path: Path, seconds: float, at_once: int) -> list[dict[str, Any]]:
    given = ["--write", str(path), "--at-once", str(at_once), "--seconds", str(seconds)]
    command = [sys.executable, __file__, *given]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(WRITERS)]  # noqa: S603 - our own command
    rows = [json.loads(writer.communicate()[0]) for writer in writers]
    for number, row in enumerate(rows, 1):
        row["operation"] = f"save, process {number} of {WRITERS}"
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--at-once", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write is not None:
        asyncio.run(write_for(options.write, options.seconds, options.at_once))
        return
    info = machine()
    with scratch() as folder:
        rows = asyncio.run(measure_all(folder / "one.sqlite3", options.seconds))
        for at_once in (1, 16):
            rows += measure_together(folder / f"four-{at_once}.sqlite3", options.seconds, at_once)
    print_table(rows)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "store.json").write_text(json.dumps({"machine": info, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
