"""Coordinates and distances, WGS 84."""

from __future__ import annotations

import math
from typing import Annotated

import h3
import msgspec

from supportcarr.contracts.personal import Clear

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90, description="degrees north, WGS 84")]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180, description="degrees east, WGS 84")]

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


class GeoPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A coordinate pair."""

    lat: Latitude
    lng: Longitude


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A coordinate pair with an optional address."""

    lat: Latitude
    lng: Longitude
    address: Annotated[str, msgspec.Meta(max_length=200)] | None = None

    @property
    def point(self) -> GeoPoint:
        return GeoPoint(self.lat, self.lng)


def coarse(point: GeoPoint) -> GeoPoint:
    """The point to two decimals, about a kilometre: what remains of a place of a person who was erased."""
    return GeoPoint(round(point.lat, 2), round(point.lng, 2))


COARSE_RESOLUTION = 7  # of H3: cells of about 5 square kilometres


def coarse_cell(point: GeoPoint | Place) -> str:
    """The H3 cell that a point is in: near enough for statistics and queries, and nobody's address."""
    cell: str = h3.latlng_to_cell(point.lat, point.lng, COARSE_RESOLUTION)
    return cell


def _center(cell: str) -> tuple[float, float]:
    lat, lng = h3.cell_to_latlng(cell)
    return round(lat, 2), round(lng, 2)


# What stays beside the sealed value of an exact place: its cell.  Later readers get the cell's centre.
COARSE_POINT = Clear("cell", coarse_cell, lambda cell: GeoPoint(*_center(cell)))
COARSE_PLACE = Clear("cell", coarse_cell, lambda cell: Place(*_center(cell)))
UNKNOWN_POINT = GeoPoint(0.0, 0.0)  # of an event whose place cannot be read any more


def distance_m(a: GeoPoint | Place, b: GeoPoint | Place) -> float:
    """Great-circle distance in metres (haversine formula)."""
    lat1, lat2 = math.radians(a.lat), math.radians(b.lat)
    dlat, dlng = lat2 - lat1, math.radians(b.lng - a.lng)
    h = math.sin(dlat / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(dlng / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(h))
