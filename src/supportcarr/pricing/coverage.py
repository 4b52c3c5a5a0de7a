"""Coverage of a point, cached for some seconds: clients ask on every move of a map."""

from __future__ import annotations

import asyncio
import struct

import msgspec
from h3.api import basic_int as h3  # integer cells take half the time of textual ones

from supportcarr.contracts.carrying import NO_NEEDS, CarryingNeeds
from supportcarr.contracts.geo import GeoPoint
from supportcarr.kit.redis.response_cache import ResponseCache
from supportcarr.kit.runtime.clock import Clock
from supportcarr.pricing.geography import ServiceAreas
from supportcarr.pricing.ports import PickupEtas
from supportcarr.pricing.schemas import CoverageView
from supportcarr.pricing.supply import estimate_pickup

CELL_RESOLUTION = 8  # H3: cells of about 0.7 km², so that one arrival time serves a neighbourhood
CACHE_MAX = 20_000
KEEP_S = 10.0  # city seconds

_OUTSIDE = msgspec.json.encode(CoverageView(covered=False, drivers_available=False))


_MADE_AT = struct.Struct("<d")  # city seconds, before the view

_Key = tuple[str, int, CarryingNeeds | None]  # area, cell, what is needed


class CoverageService:
    """Tells whether a point is covered, and how soon a driver could be in its cell.

    An arrival time is cached for *keep_s* city seconds, a third of the time for which positions are
    fresh: in the process, and in *shared* for the other processes.
    """

    def __init__(
        self,
        areas: ServiceAreas,
        supply: PickupEtas,
        clock: Clock,
        *,
        keep_s: float = KEEP_S,
        shared: ResponseCache | None = None,
    ) -> None:
        self._shared = shared
        self._hits = self._misses = 0
        self._areas = areas
        self._supply = supply
        self._clock = clock
        self._keep_s = keep_s
        # Not a ``BoundedCache``, as for the views of rescues: a plain dict takes a quarter of the time.
        self._cache: dict[_Key, tuple[float, bytes]] = {}
        self._lookups: dict[_Key, asyncio.Task[bytes]] = {}

    async def at(self, point: GeoPoint, needs: CarryingNeeds | None = None) -> bytes:
        """The encoded ``CoverageView`` of that point, for a job with those needs."""
        area_id = await self._areas.area_at(point)
        if area_id is None:
            return _OUTSIDE
        key = area_id, h3.latlng_to_cell(point.lat, point.lng, CELL_RESOLUTION), needs
        cached = self._cache.get(key)
        if cached is not None and self._clock.city_seconds() < cached[0]:
            self._hits += 1
            return cached[1]
        self._misses += 1
        lookup = self._lookups.get(key)
        if lookup is None:
            lookup = self._lookups[key] = asyncio.create_task(self._look_up(key, point))
            lookup.add_done_callback(lambda _: self._lookups.pop(key))
        # concurrent requests share one lookup; a cancelled request must not end it for the others
        return await asyncio.shield(lookup)

    async def _look_up(self, key: _Key, point: GeoPoint) -> bytes:
        area_id, cell, needs = key

        async def make() -> bytes:
            made_at = self._clock.city_seconds()
            estimate = await estimate_pickup(self._supply, area_id, point, needs or NO_NEEDS)
            view = CoverageView(
                covered=True,
                area_id=area_id,
                drivers_available=estimate.eta_seconds is not None,
                eta_seconds=estimate.eta_seconds,
                unavailable=estimate.unavailable,
            )
            return _MADE_AT.pack(made_at) + msgspec.json.encode(view)

        name = f"{area_id}:{cell:x}" + (f":{_encoded(needs)}" if needs else "")
        made = await (make() if self._shared is None else self._shared.get(name, make))
        until, encoded = _MADE_AT.unpack_from(made)[0] + self._keep_s, made[_MADE_AT.size :]
        self._cache.pop(key, None)  # so that the first entry is the oldest
        if len(self._cache) >= CACHE_MAX:
            del self._cache[next(iter(self._cache))]
        self._cache[key] = until, encoded
        return encoded

    def stats(self) -> dict[str, int]:
        """Figures for the metrics: of the requests within an area."""
        return {"hits_total": self._hits, "misses_total": self._misses}


def _encoded(needs: CarryingNeeds) -> str:
    """The needs as a part of a key."""
    return msgspec.json.encode(needs).decode()
