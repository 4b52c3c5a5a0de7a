"""Which service area a point lies in."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from supportcarr.contracts.geo import GeoPoint, Place
from supportcarr.kit.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.pricing.model import ServiceArea, Tariff
from supportcarr.pricing.repository import AREAS, TARIFFS


class _Known(msgspec.Struct, frozen=True):
    area: ServiceArea
    tariff: Tariff


Ring = Sequence[tuple[float, float]]  # (longitude, latitude) of each corner; closed or not


def holds(ring: Ring, lng: float, lat: float) -> bool:
    """Whether the point lies inside (even-odd rule, W. R. Franklin's PNPOLY).

    A twentieth of a microsecond a corner: a geometry library gives the interpreter's lock away for each
    question, which under load costs more than the question.
    """
    inside = False
    before_lng, before_lat = ring[-1] if ring else (0.0, 0.0)
    for corner_lng, corner_lat in ring:
        if (corner_lat > lat) != (before_lat > lat) and lng < (before_lng - corner_lng) * (
            lat - corner_lat
        ) / (before_lat - corner_lat) + corner_lng:
            inside = not inside
        before_lng, before_lat = corner_lng, corner_lat
    return inside


class Areas:
    """The service areas and their tariffs, kept in the process.

    They are read again every ``refresh_s`` wall seconds.
    """

    def __init__(self, store: Store, clock: Clock, *, refresh_s: float = 30.0) -> None:
        self._areas = store.collection(AREAS)
        self._tariffs = store.collection(TARIFFS)
        self._clock = clock
        self._refresh_s = refresh_s
        self._known: dict[str, _Known] = {}
        self._read_at = float("-inf")

    async def area_at(self, point: GeoPoint | Place) -> str | None:
        """The id of the area that holds the point; of overlapping ones the first by id."""
        known = self._known if self._is_fresh() else await self._read()
        for area_id, one in known.items():
            if holds(one.area.boundary, point.lng, point.lat):
                return area_id
        return None

    async def terms_of(self, area_id: str) -> tuple[ServiceArea, Tariff]:
        """An area with its tariff.  Raises ``KeyError`` if there is none of that id."""
        known = self._known if self._is_fresh() else await self._read()
        return known[area_id].area, known[area_id].tariff

    def _is_fresh(self) -> bool:
        return self._clock.wall().timestamp() - self._read_at < self._refresh_s

    async def _read(self) -> dict[str, _Known]:
        known: dict[str, _Known] = {}
        async for area in self._areas.scan():
            tariff = await self._tariffs.get(area.tariff_id)
            if tariff is None:
                continue  # an area without a tariff has no price, so we do not drive there yet
            known[area.id] = _Known(area, tariff)
        self._known = known
        self._read_at = self._clock.wall().timestamp()
        return known
