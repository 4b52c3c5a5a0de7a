"""A child process for tests of the store: ``python -m support.processes.store_child URL ROLE …``."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from bisect import bisect
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from support.store.fixtures import PARCELS, Parcel, pending, store_at
from support.store.writers import RIDES
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.kit.store.copy import copy_store
from supportcarr.kit.store.update import update

ROOT = Path(__file__).resolve().parents[3]


def start(url: str, role: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a child; its input and output are piped."""
    return subprocess.Popen(
        [sys.executable, "-m", "support.processes.store_child", url, role, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
    )


async def increment(url: str, id: str, writers: str, times: str) -> None:
    """Count a parcel up *times* times by each of *writers* tasks, and record each."""
    store = store_at(url)
    await store.open()
    parcels = store.collection(PARCELS)

    def counted(parcel: Parcel) -> tuple[Parcel, PendingEvents]:
        return msgspec.structs.replace(parcel, count=parcel.count + 1), pending(str(parcel.count + 1))

    async def write() -> None:
        for _ in range(int(times)):
            await update(parcels, id, counted, 1000)

    await asyncio.gather(*(write() for _ in range(int(writers))))
    await store.close()


async def insert_for_ever(url: str, writers: str) -> None:
    """Insert parcels with an event each, save each with another event, print each acknowledged write."""
    store = store_at(url)
    await store.open()
    parcels = store.collection(PARCELS)

    async def write(writer: int) -> None:
        number = 0
        while True:
            name = f"{writer}-{number}"
            parcel = await parcels.insert(Parcel(id=name), pending("in"))
            sys.stdout.write(f"{name} 1\n")
            await parcels.save(parcel, pending("again"))
            sys.stdout.write(f"{name} 2\n")
            sys.stdout.flush()
            number += 1

    await asyncio.gather(*(write(writer) for writer in range(int(writers))))


async def take(url: str, name: str, shelf: str, attempts: str) -> None:
    """Insert many parcels with the same unique shelf concurrently; print how many succeeded."""
    store = store_at(url)
    await store.open()
    parcels = store.collection(PARCELS)
    outcomes = await asyncio.gather(
        *(parcels.insert(Parcel(id=f"{name}-{n}", shelf=shelf)) for n in range(int(attempts))),
        return_exceptions=True,
    )
    sys.stdout.write(str(sum(isinstance(outcome, Parcel) for outcome in outcomes)))
    await store.close()


async def save_until(url: str, name: str, writers: str) -> None:
    """Print ``ready``, and read when (s, of the machine's monotonic clock) some periods begin, and when the
    last one ends.  Each writer saves its parcel repeatedly meanwhile; print the number of saves in each."""
    store = store_at(url)
    await store.open()
    parcels = store.collection(PARCELS)
    read = [await parcels.insert(Parcel(id=f"{name}-{n}")) for n in range(int(writers))]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    marks = [float(mark) for mark in (await asyncio.to_thread(sys.stdin.readline)).split()]
    await asyncio.sleep(max(0.0, marks[0] - time.monotonic()))
    saves = [0] * (len(marks) - 1)

    async def write(parcel: Parcel) -> None:
        while (now := time.monotonic()) < marks[-1]:
            parcel = await parcels.save(parcel)
            saves[bisect(marks, now) - 1] += 1

    await asyncio.gather(*map(write, read))
    sys.stdout.write(" ".join(map(str, saves)))
    await store.close()


async def copy_to(url: str, target_url: str) -> None:
    """Copy a batch of parcels to the store at *target_url*, print what is written, and wait to be killed."""
    source, target = store_at(url), store_at(target_url)
    await source.open()
    await target.open(allow_unfinished_copy=True)

    def progress(collection: str, written: int) -> None:
        sys.stdout.write(f"{collection} {written}\n")
        sys.stdout.flush()
        time.sleep(600)  # the parent kills this process meanwhile

    await copy_store(
        source, target, (PARCELS, RIDES), source_name=url, now=datetime.now(UTC), progress=progress
    )


ROLES: dict[str, Callable[..., Coroutine[None, None, None]]] = {
    "copy_to": copy_to,
    "increment": increment,
    "insert_for_ever": insert_for_ever,
    "save_until": save_until,
    "take": take,
}

if __name__ == "__main__":
    asyncio.run(ROLES[sys.argv[2]](sys.argv[1], *sys.argv[3:]))
