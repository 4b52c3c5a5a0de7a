"""Concurrent writers that record acknowledged writes, and a check that these are stored."""

from __future__ import annotations

import asyncio

from support.store.fixtures import pending
from supportcarr.contracts.documents import Document
from supportcarr.kit.store.port import Collection, CollectionSpec, Index, StoreUnavailable

WRITERS = 20


class Ride(Document, frozen=True, kw_only=True):
    """A document that is sharded like a rescue."""

    region: str
    status: str = "new"


RIDES = CollectionSpec("rides", Ride, indexes=(Index("status"), Index("region")), sharded_by="region")


class Writers:
    """Each writer inserts a ride with an event, saves it with another event, and continues with the next."""

    def __init__(self, rides: Collection[Ride]) -> None:
        self._rides = rides
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.acknowledged: dict[str, int] = {}  # the last version of each id
        self.unknown: set[str] = set()  # ids of writes that ended with StoreUnavailable
        self.count = 0

    async def __aenter__(self) -> Writers:
        self._tasks = [asyncio.create_task(self._write(n)) for n in range(WRITERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let each writer finish its current ride.  Raises a writer's unexpected error."""
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    async def wait_for_more(self, acknowledgements: int, within_s: float = 180.0) -> None:
        """Wait for that many more acknowledgements.  Raises ``TimeoutError``, or a writer's error."""
        wanted = self.count + acknowledgements
        async with asyncio.timeout(within_s):
            while self.count < wanted:
                for task in self._tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)

    async def _write(self, writer: int) -> None:
        number = 0
        while not self._stopping.is_set():
            number += 1
            name = f"res_qc_{writer:02}{number:06}"
            try:
                ride = await self._rides.insert(Ride(id=name, region="qc"), pending("in"))
                self._acknowledge(name, 1)
                await self._rides.save(ride, pending("again"))
                self._acknowledge(name, 2)
            except StoreUnavailable:
                self.unknown.add(name)

    def _acknowledge(self, name: str, version: int) -> None:
        self.acknowledged[name] = version
        self.count += 1

    async def findings(self) -> list[str]:
        """A sentence for each lost, partial or duplicated write."""
        stored = {ride.id: ride.version async for ride in self._rides.scan()}
        found = [
            f"{name} was acknowledged as version {version}, and is {stored.get(name)}"
            for name, version in self.acknowledged.items()
            if stored.get(name, 0) < version
        ]
        for name, version in stored.items():
            if version > self.acknowledged.get(name, 0) and name not in self.unknown:
                found.append(f"{name} is at version {version}, which was not acknowledged")
            versions = [event.document_version for event in await self._rides.pending_events(name)]
            if versions != list(range(1, version + 1)):
                found.append(f"{name} is at version {version} and has the events of {versions}")
        return found
