"""What riders holds of a person: which live rescue has the rider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.kit.store.port import Store
from supportcarr.kit.store.purge import delete_document
from supportcarr.riders.collections import RIDERS


class RiderData:
    """``privacy.ports.PersonalData`` of riders."""

    part = "rider"
    slow = False

    def __init__(self, store: Store) -> None:
        self._riders = store.collection(RIDERS)

    async def export(self, person_id: str) -> Mapping[str, Any]:
        profile = await self._riders.get(person_id)
        return {"profile": profile} if profile else {}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()  # the rescue itself is one

    async def forget(self, person_id: str) -> None:
        """Delete the profile.  Raises ``VersionConflict`` if it is changed meanwhile: run it again."""
        await delete_document(self._riders, person_id)
