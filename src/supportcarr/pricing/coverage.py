"""Answers to ``GET /coverage``, kept for some seconds: it is asked on every move of a map."""

from __future__ import annotations

import asyncio

import h3
import msgspec

from supportcarr.contracts.geo import GeoPoint
from supportcarr.kit.cache import BoundedCache
from supportcarr.kit.clock import Clock
from supportcarr.pricing.geography import Areas
from supportcarr.pricing.ports import Supply
from supportcarr.pricing.schemas import CoverageAnswer

CELL_RESOLUTION = 8  # H3: cells of about 0.7 km², so that one arrival time serves a neighbourhood
MOST_KEPT = 20_000

_OUTSIDE = msgspec.json.encode(CoverageAnswer(covered=False, drivers_available=False))


class Coverage:
    """Whether a point is covered is judged for the point itself; the arrival time for its cell.

    An arrival time is kept for *keep_s* city seconds, a third of the time for which positions are fresh.
    """

    def __init__(self, areas: Areas, supply: Supply, clock: Clock, *, keep_s: float = 10.0) -> None:
        self._areas = areas
        self._supply = supply
        self._kept: BoundedCache[tuple[str, str], asyncio.Task[bytes]] = BoundedCache(
            MOST_KEPT, keep_s, monotonic=lambda: clock.city().timestamp()
        )

    async def at(self, point: GeoPoint) -> bytes:
        """The encoded ``CoverageAnswer`` for that point."""
        area_id = await self._areas.area_at(point)
        if area_id is None:
            return _OUTSIDE
        key = (area_id, h3.latlng_to_cell(point.lat, point.lng, CELL_RESOLUTION))
        kept = self._kept.get(key)
        if kept is None or _has_failed(kept):
            kept = asyncio.create_task(self._ask(area_id, point))
            self._kept.put(key, kept)
        # those who ask at once share one look; one who leaves must not end it for the others
        return await asyncio.shield(kept)

    async def _ask(self, area_id: str, point: GeoPoint) -> bytes:
        eta = await self._supply.eta_seconds(area_id, point)
        return msgspec.json.encode(
            CoverageAnswer(covered=True, area_id=area_id, drivers_available=eta is not None, eta_seconds=eta)
        )


def _has_failed(task: asyncio.Task[bytes]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
