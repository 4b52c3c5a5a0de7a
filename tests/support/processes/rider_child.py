"""A child process for tests of rider claims: ``python -m support.processes.rider_child STORE ACTION …``.

``claim RIDER RESCUE …`` claims the rider for all those rescues concurrently and prints the one that got the
claim.  ``reconcile RESCUE …`` runs several reconcilers concurrently, with those rescues live, and prints how
many claims were reviewed.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from supportcarr.contracts.errors import Conflict
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.riders.service import RiderService


class Living:
    def __init__(self, *ids: str) -> None:
        self._ids = set(ids)

    async def rescue_is_live(self, rescue_id: str) -> bool:
        await asyncio.sleep(0)
        return rescue_id in self._ids


async def _claim(store: SqliteStore, rider_id: str, *rescues: str) -> None:
    async def one(rescue_id: str) -> str | None:
        try:
            await RiderService(store, Clock()).claim(rider_id, rescue_id)
        except Conflict:
            return None
        return rescue_id

    taken = await asyncio.gather(*map(one, rescues))
    print("\n".join(rescue_id for rescue_id in taken if rescue_id))  # noqa: T201 - read by the parent


async def _reconcile(store: SqliteStore, *living: str) -> None:
    workers = [RiderService(store, Clock()) for _ in range(3)]
    reviewed = await asyncio.gather(*(worker.reconcile(Living(*living)) for worker in workers))
    print(sum(reviewed))  # noqa: T201 - read by the parent


async def _main(path: str, action: str, arguments: list[str]) -> None:
    store = SqliteStore(Path(path), timeout_s=60)
    await store.open()
    try:
        await (_claim if action == "claim" else _reconcile)(store, *arguments)
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], sys.argv[3:]))
