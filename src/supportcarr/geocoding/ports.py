"""What geocoding needs of other parts and of a map provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from supportcarr.contracts.geo import GeoPoint, Place
from supportcarr.geocoding.model import FoundPlace


class SavedPlace(Protocol):
    """A place that a rider saved.  Implemented by ``riders.possessions.SavedPlace``."""

    @property
    def name(self) -> str: ...

    @property
    def place(self) -> Place: ...


class SavedPlaces(Protocol):
    """Implemented by ``riders.possession_service.PlaceService``."""

    async def listed(self, rider_id: str) -> Sequence[SavedPlace]:
        """The rider's places, oldest first."""


class RecentPlaces(Protocol):
    """Implemented by ``rescues.recent_places.RecentPlaces``."""

    async def of_rider(self, rider_id: str) -> Sequence[Place]:
        """Pickups and drop-offs of the rider's last rescues that have an address, the latest first."""


class NamedPlaces(Protocol):
    """Names on the map.  Implemented by ``providers.named_places.NamedPlaces``."""

    async def search(self, words: Sequence[str], near: GeoPoint | None, limit: int) -> Sequence[FoundPlace]:
        """Places whose names have words that begin so, the best first."""

    async def around(self, point: GeoPoint) -> Sequence[FoundPlace]:
        """The street or district at that point, the nearest first; empty, if none is near."""


class GeocoderUnavailable(Exception):
    """The provider gave no answer; nothing is known of the address."""


class Geocoder(Protocol):
    """A map provider's search for addresses.  Implemented by ``providers.mapbox.MapboxGeocoder``."""

    async def search(
        self, text: str, near: GeoPoint | None, limit: int, language: str
    ) -> Sequence[FoundPlace]:
        """Places that the text may mean, the best first.  Raises ``GeocoderUnavailable``."""

    async def around(self, point: GeoPoint, limit: int, language: str) -> Sequence[FoundPlace]:
        """Addresses at the point, the nearest first.  Raises ``GeocoderUnavailable``."""

    async def close(self) -> None:
        """Close the connections."""
