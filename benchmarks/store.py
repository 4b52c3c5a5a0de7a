"""What the embedded store costs: one table, and JSON in ``benchmarks/results/store.json``.

``python benchmarks/store.py [--seconds S]``: each row runs for that long.  Times are microseconds
of an operation as its caller sees it; CPU is that of the whole process (its writer thread
included) divided by the operations.  The last rows are processes that write to one file at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.documents import Document
from supportcarr.contracts.events import Event, Fact, Recorded, UserSignedUp
from supportcarr.kit.ids import new_id
from supportcarr.kit.outbox import Relay
from supportcarr.kit.store.port import Collection, CollectionSpec, Index
from supportcarr.kit.store.sqlite import SqliteStore
from supportcarr.kit.work import Consumer

RESULTS = Path(__file__).parent / "results"
DOCUMENTS = 20_000
WRITERS = 4  # processes on one file

Step = Callable[[int], Awaitable[object]]


class Sample(Document, frozen=True, kw_only=True, omit_defaults=True):
    """As large as a rescue, with as many indexed fields."""

    rider_id: str
    driver_id: str | None = None
    status: str = "matching"
    created_at: datetime
    due_at: datetime | None = None
    number: int = 0
    timeline: tuple[str, ...] = ("a change of status with its actor and its reason",) * 12


SAMPLES = CollectionSpec(
    "samples",
    Sample,
    (
        Index("rider_id", "created_at"),
        Index("driver_id", "created_at"),
        Index("status", "created_at"),
        Index("due_at"),
    ),
)


def sample() -> Sample:
    return Sample(id=new_id("smp"), rider_id=new_id("usr"), created_at=datetime.now(UTC))


def recorded() -> Recorded:
    return Recorded((UserSignedUp(user_id="usr", role="rider"),), SYSTEM, datetime.now(UTC))


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def measure(name: str, step: Step, *, at_once: int, seconds: float) -> dict[str, Any]:
    """Let *at_once* tasks repeat *step* (given the task's number) for so long."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def repeat(task: int) -> None:
        while (start := time.perf_counter()) < end:
            await step(task)
            times.append(time.perf_counter() - start)

    cpu, start = cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(repeat(task) for task in range(at_once)))
    elapsed, used = time.perf_counter() - start, cpu_seconds() - cpu
    times.sort()
    return {
        "operation": name,
        "at_once": at_once,
        "per_second": round(len(times) / elapsed),
        "p50_us": round(times[len(times) // 2] * 1e6, 1),
        "p95_us": round(times[len(times) * 95 // 100] * 1e6, 1),
        "cpu_us": round(used / len(times) * 1e6, 1),
    }


class Steps:
    """The operations, each on documents of its own."""

    def __init__(self, store: SqliteStore, samples: Collection[Sample], stored: list[Sample]) -> None:
        self.store, self.samples, self.stored = store, samples, stored
        self.kept = dict(enumerate(stored))
        self.turn = 0

    def next(self) -> Sample:
        self.turn = (self.turn + 7919) % len(self.stored)
        return self.stored[self.turn]

    async def read_row(self, _: int) -> object:
        return self.store.read_now("SELECT _body FROM samples WHERE _id = ?", (self.next().id,))

    async def get(self, _: int) -> object:
        return await self.samples.get(self.next().id)

    async def find(self, _: int) -> object:
        return await self.samples.find({"rider_id": self.next().rider_id}, sort="-created_at", limit=10)

    async def insert(self, _: int) -> object:
        return await self.samples.insert(sample())

    async def save(self, task: int) -> None:
        document = self.kept[task]
        changed = msgspec.structs.replace(document, number=document.number + 1)
        self.kept[task] = await self.samples.save(changed)

    async def save_with_event(self, task: int) -> None:
        document = self.kept[task]
        changed = msgspec.structs.replace(document, number=document.number + 1)
        self.kept[task] = await self.samples.save(changed, recorded())


class NoJobs:
    async def add(self, name: str, key: str, payload: bytes, *, run_at: datetime | None = None) -> None:
        raise AssertionError("there are no slow consumers here")


async def measure_relay(steps: Steps, seconds: float) -> dict[str, Any]:
    """Saves whose event runs through the relay: a row is done when its consumer has been told."""
    arrivals: dict[str, asyncio.Future[None]] = {}

    async def arrive(event: Event) -> None:
        arrivals[event.document_id].set_result(None)

    relay = Relay(steps.store, [Consumer("bench.arrive", (Fact,), arrive)], NoJobs())

    async def save_and_wait(task: int) -> None:
        arrival = arrivals[steps.kept[task].id] = asyncio.get_running_loop().create_future()
        await steps.save_with_event(task)
        await arrival

    row = await measure("save, event relayed", save_and_wait, at_once=32, seconds=seconds)
    await relay.drain()
    await relay.stop()
    return row


async def measure_all(path: Path, seconds: float) -> list[dict[str, Any]]:
    store = SqliteStore(path)
    await store.open()
    samples = store.collection(SAMPLES)
    many = [sample() for _ in range(DOCUMENTS)]
    await samples.insert_many(many)
    steps = Steps(store, samples, [msgspec.structs.replace(document, version=1) for document in many])
    plan: list[tuple[str, Step, int]] = [
        ("read a row", steps.read_row, 1),
        ("get, decoded", steps.get, 1),
        ("find 10 by an index", steps.find, 1),
        ("insert", steps.insert, 1),
        ("insert", steps.insert, 64),
        ("save", steps.save, 1),
        ("save", steps.save, 8),
        ("save", steps.save, 64),
    ]
    rows = [await measure(name, step, at_once=tasks, seconds=seconds) for name, step, tasks in plan]
    rows.append(await measure_relay(steps, seconds))
    for tasks in (8, 64):
        rows.append(
            await measure("save with an event", steps.save_with_event, at_once=tasks, seconds=seconds)
        )
    await store.close()
    return rows


async def write_for(path: Path, seconds: float, at_once: int) -> None:
    """One of several processes that write to the same file; prints what it managed as JSON."""
    store = SqliteStore(path)
    await store.open()
    samples = store.collection(SAMPLES)
    own = [await samples.insert(sample()) for _ in range(at_once)]
    row = await measure("", Steps(store, samples, own).save, at_once=at_once, seconds=seconds)
    row["longest_lock_wait_us"] = round(store.stats()["longest_lock_wait_seconds"] * 1e6)
    await store.close()
    print(json.dumps(row))


def measure_together(path: Path, seconds: float, at_once: int) -> list[dict[str, Any]]:
    command = [
        sys.executable,
        __file__,
        "--write",
        str(path),
        "--at-once",
        str(at_once),
        "--seconds",
        str(seconds),
    ]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(WRITERS)]
    rows = [json.loads(writer.communicate()[0]) for writer in writers]
    for number, row in enumerate(rows, 1):
        row["operation"] = f"save, process {number} of {WRITERS}"
    return rows


def print_table(rows: list[dict[str, Any]]) -> None:
    columns = ["operation", "at_once", "per_second", "p50_us", "p95_us", "cpu_us"]
    print(f"{columns[0]:<24}" + "".join(f"{column:>12}" for column in columns[1:]))
    for row in rows:
        print(f"{row['operation']:<24}" + "".join(f"{row[column]:>12}" for column in columns[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--at-once", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write is not None:
        asyncio.run(write_for(options.write, options.seconds, options.at_once))
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure_all(Path(folder) / "one.sqlite3", options.seconds))
        for at_once in (1, 16):
            rows += measure_together(Path(folder) / f"four-{at_once}.sqlite3", options.seconds, at_once)
    print_table(rows)
    RESULTS.mkdir(exist_ok=True)
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    (RESULTS / "store.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
