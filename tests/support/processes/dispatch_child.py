"""A child process for dispatch tests: ``python -m support.processes.dispatch_child STORE ACTION ARGUMENTS``.

``accept DRIVER=OFFER …`` accepts all offers concurrently and prints the drivers who got the job.
``search RESCUE …`` searches for all rescues concurrently, several times.  ``reconcile SECONDS`` advances the
clock, fires deadlines and reconciles in three workers concurrently.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

from support.dispatch.world import DispatchWorld, north
from supportcarr.contracts.errors import Conflict
from supportcarr.kit.store.sqlite.engine import SqliteStore

DRIVERS = {f"usr_d{n}": 100.0 + n for n in range(8)}


def run(store: Path, action: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a child; its output is read from ``stdout``."""
    root = Path(__file__).resolve().parents[3]
    return subprocess.Popen(
        [sys.executable, "-m", "support.processes.dispatch_child", str(store), action, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": f"{root / 'src'}:{root / 'tests'}"},
    )


async def _accept(world: DispatchWorld, pairs: list[str]) -> None:
    async def one(driver_id: str, offer_id: str) -> str | None:
        try:
            await world.dispatch.accept_offer(driver_id, offer_id)
        except Conflict:
            return None
        return driver_id

    taken = await asyncio.gather(*(one(*pair.split("=")) for pair in pairs))
    print("\n".join(d for d in taken if d))  # noqa: T201 - read by the parent


async def _search(world: DispatchWorld, rescues: list[str]) -> None:
    for driver_id, metres in DRIVERS.items():
        world.positions.at[driver_id] = north(metres)
    for _ in range(5):
        await asyncio.gather(*(world.process().on_case_deadline(r) for r in rescues))


async def _reconcile(world: DispatchWorld, arguments: list[str]) -> None:
    world.pass_time(float(arguments[0]))
    workers = [world.process() for _ in range(3)]
    for _ in range(4):
        await asyncio.gather(world.run_due(), *(worker.reconcile() for worker in workers))


async def _main(path: str, action: str, arguments: list[str]) -> None:
    store = SqliteStore(Path(path), timeout_s=60)
    await store.open()
    try:
        await {"accept": _accept, "search": _search, "reconcile": _reconcile}[action](
            DispatchWorld(store), arguments
        )
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], sys.argv[3:]))
