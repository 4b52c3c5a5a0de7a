"""Who is in a rescue, for other parts."""

from __future__ import annotations

from supportcarr.contracts.value_objects import RescuePeople
from supportcarr.kit.store.port import Store
from supportcarr.rescues.collections import RESCUES


class PeopleOfRescues:
    """Implements the port ``Rescues`` of ratings."""

    def __init__(self, store: Store) -> None:
        self._rescues = store.collection(RESCUES)

    async def people_of(self, rescue_id: str) -> RescuePeople | None:
        """Who is in the rescue; ``None`` if there is none."""
        rescue = await self._rescues.get(rescue_id)
        if rescue is None:
            return None
        return RescuePeople(
            rescue_id=rescue.id,
            rider_id=rescue.rider_id,
            driver_id=rescue.driver_id,
            status=rescue.status,
            ended_at=rescue.ended_at,
        )
