"""What riders holds of a person: which live rescue has the rider, saved places, bikes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_document, delete_matching
from supportcarr.riders.collections import BIKES, PLACES, RIDERS


class RiderData:
    """``privacy.ports.PersonalData`` of riders."""

    part = "rider"
    slow = False

    def __init__(self, store: Store) -> None:
        self._riders = store.collection(RIDERS)
        self._places = store.collection(PLACES)
        self._bikes = store.collection(BIKES)

    async def export(self, person_id: str) -> Mapping[str, Any]:
        profile = await self._riders.get(person_id)
        places = [place async for place in self._places.scan({"rider_id": person_id})]
        bikes = [bike async for bike in self._bikes.scan({"rider_id": person_id})]
        found = {"profile": profile, "places": places, "bikes": bikes}
        return {name: value for name, value in found.items() if value}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()  # the rescue itself is one

    async def forget(self, person_id: str) -> None:
        """Delete everything.  Raises ``VersionConflict`` if it is changed meanwhile: run it again."""
        await delete_document(self._riders, person_id)
        await delete_matching(self._places, {"rider_id": person_id})
        await delete_matching(self._bikes, {"rider_id": person_id})
