"""Searches places for a person: their own first, then the provider's, then names on the map."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from supportcarr.contracts.geo import GeoPoint
from supportcarr.geocoding.model import (
    OWN_NEAR_M,
    FoundPlace,
    matches,
    nearest,
    without_repeats,
    words_of,
)
from supportcarr.geocoding.ports import (
    Geocoder,
    GeocoderUnavailable,
    NamedPlaces,
    RecentPlaces,
    SavedPlaces,
)

log = structlog.get_logger(__name__)


class GeocodingService:
    """Another person's places are never found: only the caller's own are read."""

    def __init__(
        self,
        saved: SavedPlaces,
        recent: RecentPlaces,
        named: NamedPlaces,
        geocoder: Geocoder | None,
    ) -> None:
        self._saved = saved
        self._recent = recent
        self._named = named
        self._geocoder = geocoder

    async def search(
        self, person_id: str, text: str, near: GeoPoint | None, limit: int, language: str
    ) -> list[FoundPlace]:
        """Places that the text may mean.  Without a text: what the person saved and used lately."""
        words = words_of(text)
        own = await self._own(person_id)
        if not words:
            return without_repeats(own, limit)
        matching = [place for place in own if matches(place, words)]
        provided, named = await asyncio.gather(
            self._provided(text, near, limit, language), self._named.search(words, near, limit)
        )
        return without_repeats([*matching, *provided, *named], limit)

    async def around(self, person_id: str, point: GeoPoint, limit: int, language: str) -> list[FoundPlace]:
        """What is at that point: a place of the person's own, else an address, else a street or district."""
        own, provided, named = await asyncio.gather(
            self._own(person_id),
            self._provided_around(point, limit, language),
            self._named.around(point),
        )
        return without_repeats([*nearest(own, point, OWN_NEAR_M), *provided, *named], limit)

    async def close(self) -> None:
        """Close what the provider opened."""
        if self._geocoder is not None:
            await self._geocoder.close()

    async def _own(self, person_id: str) -> list[FoundPlace]:
        saved, recent = await asyncio.gather(self._saved.listed(person_id), self._recent.of_rider(person_id))
        return [
            *(FoundPlace(one.name, one.place.point, "saved", one.place.address) for one in saved),
            *(FoundPlace(place.address, place.point, "recent") for place in recent if place.address),
        ]

    async def _provided(
        self, text: str, near: GeoPoint | None, limit: int, language: str
    ) -> Sequence[FoundPlace]:
        if self._geocoder is None:
            return ()
        try:
            return await self._geocoder.search(text, near, limit, language)
        except GeocoderUnavailable as error:
            log.warning("geocoding_failed", error=str(error))
            return ()

    async def _provided_around(self, point: GeoPoint, limit: int, language: str) -> Sequence[FoundPlace]:
        if self._geocoder is None:
            return ()
        try:
            return await self._geocoder.around(point, limit, language)
        except GeocoderUnavailable as error:
            log.warning("geocoding_failed", error=str(error))
            return ()
