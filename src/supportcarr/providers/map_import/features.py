"""What of OpenStreetMap is on the map, and from which zoom level on.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Tags = Mapping[str, str]

PLACE_RANKS = {"city": 0, "town": 1, "village": 2, "suburb": 3, "quarter": 3, "hamlet": 3, "neighbourhood": 4}
STREET_RANK, POINT_RANK, ADDRESS_RANK = 5, 6, 7
# The names of points that people say where they are by.
POINT_KEYS = ("amenity", "shop", "tourism", "leisure", "railway", "public_transport", "historic", "office")
_NOT_POINTS = frozenset(
    {"bench", "waste_basket", "parking_space", "vending_machine", "platform", "stop_position"}
)

_WATER = {"natural": {"water"}, "waterway": {"riverbank"}, "landuse": {"reservoir"}}
_ROADS = {
    "motorway": ("motorway", 5),
    "trunk": ("trunk", 6),
    "primary": ("primary", 7),
    "secondary": ("secondary", 9),
    "tertiary": ("tertiary", 10),
    "unclassified": ("street", 12),
    "residential": ("street", 12),
    "living_street": ("street", 12),
    "pedestrian": ("street", 13),
    "service": ("street", 13),
    "road": ("street", 13),
    "track": ("path", 13),
    "cycleway": ("path", 13),
    "footway": ("path", 14),
    "path": ("path", 14),
    "bridleway": ("path", 14),
    "steps": ("path", 14),
}
_GREEN = {
    "landuse": {"forest", "grass", "meadow", "recreation_ground", "cemetery", "village_green"},
    "leisure": {"park", "garden", "pitch", "golf_course", "nature_reserve"},
    "natural": {"wood", "scrub", "heath", "grassland"},
}
_BUILT = {"residential", "commercial", "retail", "industrial"}


class Drawn(NamedTuple):
    """A feature of a layer of the tiles; shown from *minzoom* on."""

    layer: str
    kind: str
    minzoom: int
    geometry: Any = None  # of shapely, in degrees
    name: str | None = None
    rank: int | None = None


def line_of(tags: Tags) -> Drawn | None:
    """How a way is drawn as a line, if it is."""
    name = tags.get("name")
    if (highway := tags.get("highway")) is not None:
        kind, minzoom = _ROADS.get(highway.removesuffix("_link"), (None, 0))
        return Drawn("roads", kind, minzoom, name=name or tags.get("ref")) if kind else None
    if tags.get("railway") in ("rail", "light_rail", "narrow_gauge", "tram"):
        return Drawn("roads", "rail", 10, name=name)
    if (waterway := tags.get("waterway")) in ("river", "canal", "stream"):
        return Drawn("waterways", waterway, 13 if waterway == "stream" else 8, name=name)
    return None


def area_of(tags: Tags) -> Drawn | None:
    """How a closed way or a multipolygon is drawn as an area, if it is."""
    if any(tags.get(key) in values for key, values in _WATER.items()):
        return Drawn("areas", "water", 5)
    if "building" in tags:
        return Drawn("areas", "building", 14)
    if any(tags.get(key) in values for key, values in _GREEN.items()):
        return Drawn("areas", "green", 8)
    if tags.get("landuse") in _BUILT:
        return Drawn("areas", "built", 9)
    return None


def point_of(tags: Tags) -> Drawn | None:
    """The name of a place or point, if it has one."""
    name = tags.get("name")
    if not name:
        return None
    if (place := tags.get("place")) in PLACE_RANKS:
        kind = {"quarter": "suburb", "neighbourhood": "suburb"}.get(place, place)
        rank = PLACE_RANKS[place]
        return Drawn("places", kind, (4, 7, 9, 12, 13)[rank], name=name, rank=rank)
    if any(key in tags and tags[key] not in _NOT_POINTS for key in POINT_KEYS):
        return Drawn("places", "point", 14, name=name, rank=POINT_RANK)
    return None


def address_of(tags: Tags) -> str | None:
    """House number and street."""
    number, street = tags.get("addr:housenumber"), tags.get("addr:street")
    return f"{number} {street}" if number and street else None
