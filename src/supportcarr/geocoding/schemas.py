"""Query parameters and responses of geocoding."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from supportcarr.contracts.errors import ValidationFailed
from supportcarr.contracts.geo import GeoPoint, Latitude, Longitude
from supportcarr.contracts.languages import Language
from supportcarr.geocoding.model import FoundPlace, Source

Limit = Annotated[int, Meta(ge=1, le=10, description="number of places at most")]
NameLanguage = Annotated[Language, Meta(description="of the provider's names, as far as it has them")]


class GeocodingQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to look for, and where from.  Without ``q``: the caller's saved and recent places."""

    q: Annotated[str, Meta(max_length=200, description="words of an address or a name")] = ""
    lat: Latitude | None = None
    lng: Longitude | None = None
    limit: Limit = 5
    language: NameLanguage = "en"

    @property
    def near(self) -> GeoPoint | None:
        """Places near this point come first.  Raises ``ValidationFailed`` if half of it is missing."""
        if self.lat is None and self.lng is None:
            return None
        if self.lat is None or self.lng is None:
            missing = "lat" if self.lat is None else "lng"
            raise ValidationFailed.of(missing, "required", "lat and lng belong together")
        return GeoPoint(self.lat, self.lng)


class ReverseQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A point whose address is wanted."""

    lat: Latitude
    lng: Longitude
    limit: Limit = 1
    language: NameLanguage = "en"


class FoundPlaceView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place that was found.  ``source``: the caller's own places, a name on the map, or Mapbox."""

    label: str
    detail: str | None = None
    lat: float
    lng: float
    source: Source

    @classmethod
    def of(cls, found: FoundPlace) -> FoundPlaceView:
        return cls(
            label=found.label,
            detail=found.detail,
            lat=found.point.lat,
            lng=found.point.lng,
            source=found.source,
        )


class FoundPlaces(Struct, frozen=True):
    """The best match first; empty, if there is none."""

    items: list[FoundPlaceView]
