"""Leases: documents that say which process does a task, and until when.

A lease saves work and is no guarantee: for a moment two processes may hold the same one (one of them
was stopped and comes back).  What is done under a lease must still be a compare-and-set.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import CollectionSpec, DuplicateKey, Store, VersionConflict


class Lease(Document, frozen=True, kw_only=True):
    """The process that holds a lease, and until when (wall time); the id names the task."""

    holder: str
    until: datetime


LEASES = CollectionSpec("leases", Lease)
SPECS: tuple[CollectionSpec[Any], ...] = (LEASES,)


class Leases:
    """The leases of one process, each for *seconds* (wall time), renewed when half of that is over."""

    def __init__(
        self, store: Store, clock: Clock, *, seconds: float = 5.0, holder: str | None = None
    ) -> None:
        self._collection = store.collection(LEASES)
        self._clock, self._seconds = clock, seconds
        self._holder = holder or new_id("own")
        self._held: dict[str, Lease] = {}

    async def acquire(self, name: str) -> bool:
        """Take or renew the lease; True if this process holds it now."""
        now = self._clock.wall()
        held = self._held.get(name)
        if held is not None and held.until - now > timedelta(seconds=self._seconds / 2):
            return True
        until = now + timedelta(seconds=self._seconds)
        stored = await self._collection.get(name)
        try:
            if stored is None:
                stored = await self._collection.insert(Lease(id=name, holder=self._holder, until=until))
            elif stored.holder != self._holder and stored.until > now:
                self._held.pop(name, None)
                return False
            else:
                taken = msgspec.structs.replace(stored, holder=self._holder, until=until)
                stored = await self._collection.save(taken)
        except (DuplicateKey, VersionConflict):  # another process took it first
            self._held.pop(name, None)
            return False
        self._held[name] = stored
        return True

    async def release(self, name: str) -> None:
        """Give the lease up, so that another process can take it at once."""
        held = self._held.pop(name, None)
        if held is not None:
            with suppress(VersionConflict):
                await self._collection.save(msgspec.structs.replace(held, until=self._clock.wall()))
