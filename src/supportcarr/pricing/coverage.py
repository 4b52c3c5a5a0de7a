"""Answers to ``GET /coverage``, kept for some seconds: it is asked on every move of a map."""

from __future__ import annotations

import asyncio

import msgspec
from h3.api import basic_int as h3  # its cells are numbers, made in half the time of those that are text

from supportcarr.contracts.geo import GeoPoint
from supportcarr.kit.runtime.clock import Clock
from supportcarr.pricing.geography import ServiceAreas
from supportcarr.pricing.ports import PickupEtas
from supportcarr.pricing.schemas import CoverageAnswer

CELL_RESOLUTION = 8  # H3: cells of about 0.7 km², so that one arrival time serves a neighbourhood
MOST_KEPT = 20_000

_OUTSIDE = msgspec.json.encode(CoverageAnswer(covered=False, drivers_available=False))


_Key = tuple[str, int]  # area, cell


class CoverageService:
    """Whether a point is covered is judged for the point itself; the arrival time for its cell.

    An arrival time is kept for *keep_s* city seconds, a third of the time for which positions are fresh.
    """

    def __init__(
        self, areas: ServiceAreas, supply: PickupEtas, clock: Clock, *, keep_s: float = 10.0
    ) -> None:
        self._areas = areas
        self._supply = supply
        self._clock = clock
        self._keep_s = keep_s
        # Not a ``BoundedCache``, as for the views of rescues: that takes four times as long.
        self._kept: dict[_Key, tuple[float, bytes]] = {}
        self._looks: dict[_Key, asyncio.Task[bytes]] = {}

    async def at(self, point: GeoPoint) -> bytes:
        """The encoded ``CoverageAnswer`` for that point."""
        area_id = await self._areas.area_at(point)
        if area_id is None:
            return _OUTSIDE
        key = area_id, h3.latlng_to_cell(point.lat, point.lng, CELL_RESOLUTION)
        kept = self._kept.get(key)
        if kept is not None and self._clock.city_seconds() < kept[0]:
            return kept[1]
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = asyncio.create_task(self._look(key, point))
            look.add_done_callback(lambda _: self._looks.pop(key))
        # those who ask at once share one look; one who leaves must not end it for the others
        return await asyncio.shield(look)

    async def _look(self, key: _Key, point: GeoPoint) -> bytes:
        until = self._clock.city_seconds() + self._keep_s
        eta = await self._supply.eta_seconds(key[0], point)
        answer = msgspec.json.encode(
            CoverageAnswer(covered=True, area_id=key[0], drivers_available=eta is not None, eta_seconds=eta)
        )
        self._kept.pop(key, None)  # so that the first of all is the oldest
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = until, answer
        return answer
