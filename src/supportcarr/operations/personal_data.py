"""What the console's read model holds of a person: the places of a rider's rescues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from supportcarr.kit.store.port import Store
from supportcarr.operations.repository import OpsRescueRepository


class OperationsData:
    """``privacy.ports.PersonalData`` of operations.

    Nothing is exported: its rows repeat what the rescues hold.
    """

    part = "operations"
    slow = False

    def __init__(self, store: Store) -> None:
        self._rows = OpsRescueRepository(store)

    async def export(self, person_id: str) -> Mapping[str, Any]:
        return {}

    async def obstacles(self, person_id: str) -> Sequence[str]:
        return ()

    async def forget(self, person_id: str) -> None:
        await self._rows.coarsen_places(person_id)
