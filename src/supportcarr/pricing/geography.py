"""Which service area a point lies in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from supportcarr.contracts.geo import GeoPoint, Place
from supportcarr.kit.redis.response_cache import ResponseCache
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.pricing.collections import AREAS, TARIFFS
from supportcarr.pricing.model import ServiceArea, Tariff

_FORMAT = "terms.1"  # of what is shared; another for each change of its types
_DECODER = msgspec.msgpack.Decoder(list[tuple[ServiceArea, Tariff]])

Ring = Sequence[tuple[float, float]]  # (longitude, latitude) of each corner; closed or not


class Boundary:
    """A polygon prepared for point-in-polygon tests (even-odd rule, W. R. Franklin's PNPOLY).

    Between two neighbouring latitudes of its corners, every parallel crosses the same sides.  They are
    listed once per band, so that a test looks at about two sides of a polygon with many corners.  A
    geometry library releases the interpreter lock for each test, which under load costs more than the
    test itself.
    """

    __slots__ = ("_latitudes", "_sides")

    def __init__(self, ring: Ring) -> None:
        sides = [(*ring[i - 1], *corner) for i, corner in enumerate(ring)]
        self._latitudes = sorted({lat for _, lat in ring})
        self._sides = [  # [n]: those crossed from latitude n - 1 on and below latitude n
            [side for side in sides if (side[1] >= above) != (side[3] >= above)] for above in self._latitudes
        ]
        self._sides.append([])  # nothing is crossed above the last, nor (the first list) below the first

    def contains(self, lng: float, lat: float) -> bool:
        """True if the point lies inside."""
        inside = False
        for from_lng, from_lat, to_lng, to_lat in self._sides[bisect_right(self._latitudes, lat)]:
            if lng < (from_lng - to_lng) * (lat - to_lat) / (from_lat - to_lat) + to_lng:
                inside = not inside
        return inside


class _AreaTerms(NamedTuple):
    area: ServiceArea
    tariff: Tariff
    boundary: Boundary


class ServiceAreas:
    """The service areas and their tariffs, cached and read again every *refresh_s* wall seconds.

    The processes share what one of them has read, for five minutes or until ``changed`` (*shared*).
    """

    def __init__(
        self, store: Store, clock: Clock, *, refresh_s: float = 30.0, shared: ResponseCache | None = None
    ) -> None:
        self._shared = shared
        self._areas = store.collection(AREAS)
        self._tariffs = store.collection(TARIFFS)
        self._clock = clock
        self._refresh_s = refresh_s
        self._known: dict[str, _AreaTerms] = {}
        self._read_at = float("-inf")

    async def area_at(self, point: GeoPoint | Place) -> str | None:
        """The id of the area that contains the point; of overlapping areas the first by id."""
        known = self._known if self._is_fresh() else await self._read()
        for area_id, one in known.items():
            if one.boundary.contains(point.lng, point.lat):
                return area_id
        return None

    async def terms_of(self, area_id: str) -> tuple[ServiceArea, Tariff]:
        """An area and its tariff.  Raises ``KeyError`` if there is no such area."""
        known = self._known if self._is_fresh() else await self._read()
        return known[area_id].area, known[area_id].tariff

    def _is_fresh(self) -> bool:
        return self._clock.wall_seconds() - self._read_at < self._refresh_s

    async def _read(self) -> dict[str, _AreaTerms]:
        if self._shared is None:
            stored = await self._stored()
        else:
            encoded = await self._shared.get(_FORMAT, self._encoded)
            stored = _DECODER.decode(encoded) if encoded else []
        known = {area.id: _AreaTerms(area, tariff, Boundary(area.boundary)) for area, tariff in stored}
        self._known = known
        self._read_at = self._clock.wall_seconds()
        return known

    async def _stored(self) -> list[tuple[ServiceArea, Tariff]]:
        """The areas in the store that have a tariff; one without has no prices yet."""
        found = []
        async for area in self._areas.scan():
            tariff = await self._tariffs.get(area.tariff_id)
            if tariff is not None:
                found.append((area, tariff))
        return found

    async def _encoded(self) -> bytes:
        """The same for the cache; nothing while there are none, so that new ones are soon found."""
        stored = await self._stored()
        return msgspec.msgpack.encode(stored) if stored else b""

    async def changed(self) -> None:
        """Areas or tariffs in the store have changed: other processes read them within *refresh_s*."""
        self._read_at = float("-inf")
        if self._shared is not None:
            await self._shared.changed()
