"""The repository of the console's read model."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.rescues import LIVE, WAITING
from supportcarr.kit.store.port import (
    CollectionSpec,
    DuplicateKey,
    In,
    Index,
    Page,
    Range,
    Scalar,
    Store,
    VersionConflict,
)
from supportcarr.kit.store.update import update, without_events
from supportcarr.operations.model import OpsRescue, apply_event, with_coarse_places

_PAGE = 200

OPS_RESCUES = CollectionSpec(
    "opsrescues",
    OpsRescue,
    indexes=(
        Index("requested_at"),
        Index("status", "requested_at"),
        Index("area_id", "requested_at"),
        Index("area_id", "status", "requested_at"),
        Index("status", "waiting_since"),
        Index("area_id", "ended_at"),
        Index("needs_attention", "requested_at"),
        Index("rider_id", "requested_at"),
        Index("driver_id", "requested_at"),
    ),
    # Built from events, so slightly late in any case: queries may read a secondary.  A row is read by its
    # id before it is written, which every engine does where it writes.
    read_model=True,
)

SPECS: tuple[CollectionSpec[Any], ...] = (OPS_RESCUES,)


class OpsRescueRepository:
    """Stores and queries the rows of rescues."""

    def __init__(self, store: Store) -> None:
        self._rows = store.collection(OPS_RESCUES)

    async def apply(self, event: EventEnvelope, rescue_id: str) -> None:
        """Apply *event* to the row of the rescue.  Idempotent.

        After a lost race the row is read again; each round means that another event was applied, so the
        loop ends.
        """
        while True:
            row = await self._rows.get(rescue_id)
            changed = apply_event(row, event)
            if changed is None or changed == row:
                return
            try:
                await (self._rows.insert(changed) if row is None else self._rows.save(changed))
            except (VersionConflict, DuplicateKey):
                continue
            return

    async def get(self, rescue_id: str) -> OpsRescue | None:
        return await self._rows.get(rescue_id)

    async def search(self, where: dict[str, Scalar | In], limit: int, cursor: str | None) -> Page[OpsRescue]:
        """Newest request first.  Raises ``BadCursor``."""
        return await self._rows.find(where, sort="-requested_at", limit=limit, cursor=cursor)

    async def count(self, status: str, area_id: str | None) -> int:
        return await self._rows.count(_of_area(area_id, status=status))

    async def longest_waiting(self, area_id: str | None) -> OpsRescue | None:
        """The rescue that has waited longest for a driver; ``None`` if none waits."""
        page = await self._rows.find(_of_area(area_id, status=In(WAITING)), sort="waiting_since", limit=1)
        return page.items[0] if page.items else None

    async def in_progress(self, area_id: str) -> AsyncIterator[OpsRescue]:
        """All active rescues of the area."""
        async for row in self._rows.scan({"area_id": area_id, "status": In(LIVE)}):
            yield row

    async def ended_since(self, area_id: str, start: datetime) -> AsyncIterator[OpsRescue]:
        """The rescues of the area that ended at *start* (city time) or later."""
        async for row in self._rows.scan({"area_id": area_id, "ended_at": Range(ge=start)}):
            yield row

    async def coarsen_places(self, rider_id: str) -> None:
        """Leave of the places of a rider's rescues about a kilometre.  Idempotent."""
        cursor: str | None = None
        while True:
            page = await self._rows.find(
                {"rider_id": rider_id}, sort="-requested_at", limit=_PAGE, cursor=cursor
            )
            for row in page.items:
                await update(self._rows, row.id, without_events(with_coarse_places))
            cursor = page.next_cursor
            if cursor is None:
                return


def _of_area(area_id: str | None, **where: Scalar | In) -> dict[str, Scalar | In]:
    return where | {"area_id": area_id} if area_id else where
