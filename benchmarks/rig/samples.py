"""A document as large as a rescue, and the operations on it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.events import UserSignedUp
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import Collection, CollectionSpec, Index


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


def recorded() -> PendingEvents:
    return PendingEvents((UserSignedUp(user_id="usr", role="rider"),), SYSTEM, datetime.now(UTC))


class Steps:
    """The operations, each task's on a document of its own.  *stored* are as the store holds them."""

    def __init__(self, samples: Collection[Sample], stored: list[Sample]) -> None:
        self.samples, self.stored = samples, stored
        self.kept = dict(enumerate(stored))
        self._turn = 0

    def next(self) -> Sample:
        """A document that was not read for a while."""
        self._turn = (self._turn + 7919) % len(self.stored)
        return self.stored[self._turn]

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
