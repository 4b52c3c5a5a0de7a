"""Many who write at once and remember what was acknowledged; a judge looks for it afterwards."""

from __future__ import annotations

import asyncio

from support.store.fixtures import recorded
from supportcarr.contracts.documents import Document
from supportcarr.kit.store.port import Collection, CollectionSpec, Index, StoreUnavailable

WRITERS = 20


class Ride(Document, frozen=True, kw_only=True):
    """What is sharded as rescues are."""

    region: str
    status: str = "new"


RIDES = CollectionSpec("rides", Ride, indexes=(Index("status"), Index("region")), sharded_by="region")


class Writers:
    """Each inserts a ride with an event, saves it with another, and goes on to the next."""

    def __init__(self, rides: Collection[Ride]) -> None:
        self._rides = rides
        self._enough = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.acknowledged: dict[str, int] = {}  # the last version of each id that was
        self.unknown: set[str] = set()  # whose writer was told that the outcome is not known
        self.count = 0

    async def __aenter__(self) -> Writers:
        self._tasks = [asyncio.create_task(self._write(n)) for n in range(WRITERS)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let each finish what it is at.  Raises what one of them met and should not."""
        self._enough.set()
        await asyncio.gather(*self._tasks)

    async def more(self, acknowledgements: int, within_s: float = 180.0) -> None:
        """Wait for so many more.  Raises ``TimeoutError``, and what a writer ended with."""
        wanted = self.count + acknowledgements
        async with asyncio.timeout(within_s):
            while self.count < wanted:
                for task in self._tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)

    async def _write(self, writer: int) -> None:
        number = 0
        while not self._enough.is_set():
            number += 1
            name = f"res_qc_{writer:02}{number:06}"
            try:
                ride = await self._rides.insert(Ride(id=name, region="qc"), recorded("in"))
                self._note(name, 1)
                await self._rides.save(ride, recorded("again"))
                self._note(name, 2)
            except StoreUnavailable:
                self.unknown.add(name)

    def _note(self, name: str, version: int) -> None:
        self.acknowledged[name] = version
        self.count += 1

    async def findings(self) -> list[str]:
        """What is lost, halved or doubled; sentences."""
        stored = {ride.id: ride.version async for ride in self._rides.scan()}
        found = [
            f"{name} was acknowledged as version {version}, and is {stored.get(name)}"
            for name, version in self.acknowledged.items()
            if stored.get(name, 0) < version
        ]
        for name, version in stored.items():
            if version > self.acknowledged.get(name, 0) and name not in self.unknown:
                found.append(f"{name} is at version {version}, which nobody was told")
            versions = [event.document_version for event in await self._rides.pending_events(name)]
            if versions != list(range(1, version + 1)):
                found.append(f"{name} is at version {version} and has the events of {versions}")
        return found
