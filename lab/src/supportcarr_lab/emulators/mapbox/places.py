"""The addresses that the emulator knows: some streets of Montréal, each with its middle."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, NamedTuple

from supportcarr.contracts.geo import GeoPoint, distance_m

CITY = "Montréal, Québec, Canada"
REVERSE_M = 5_000.0


class Street(NamedTuple):
    name: str
    lat: float
    lng: float


STREETS = (
    Street("Rue Rachel Est", 45.5266, -73.5727),
    Street("Rue Sainte-Catherine Ouest", 45.5013, -73.5723),
    Street("Rue Saint-Denis", 45.5232, -73.5812),
    Street("Boulevard Saint-Laurent", 45.5197, -73.5905),
    Street("Avenue du Mont-Royal Est", 45.5264, -73.5797),
    Street("Rue Sherbrooke Ouest", 45.5037, -73.5748),
    Street("Rue Ontario Est", 45.5262, -73.5553),
    Street("Rue Jean-Talon Est", 45.5431, -73.6203),
    Street("Rue Notre-Dame Ouest", 45.4871, -73.5733),
    Street("Avenue du Parc", 45.5158, -73.5953),
    Street("Rue Wellington", 45.4585, -73.5675),
    Street("Chemin de la Côte-des-Neiges", 45.4969, -73.6229),
)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z0-9]+", "".join(one for one in plain if not unicodedata.combining(one)))


def forward(text: str, near: GeoPoint | None, limit: int) -> list[dict[str, Any]]:
    """Streets with those words, with the house number that the text begins with."""
    words = _words(text)
    number = words.pop(0) if len(words) > 1 and words[0].isdecimal() else None
    found = [
        street
        for street in STREETS
        if words and all(any(known.startswith(word) for known in _words(street.name)) for word in words)
    ]
    if near is not None:
        found.sort(key=lambda street: distance_m(near, GeoPoint(street.lat, street.lng)))
    return [_feature(street, number) for street in found[:limit]]


def reverse(point: GeoPoint) -> list[dict[str, Any]]:
    """The nearest street, with a house number of the point's own."""
    metres, street = min((distance_m(point, GeoPoint(one.lat, one.lng)), one) for one in STREETS)
    if metres > REVERSE_M:
        return []
    return [_feature(Street(street.name, point.lat, point.lng), str(100 + int(metres)))]


def _feature(street: Street, number: str | None) -> dict[str, Any]:
    """As version 6 of the API describes it."""
    name = f"{number} {street.name}" if number else street.name
    identity = f"emulated.{'-'.join(_words(name))}"
    return {
        "type": "Feature",
        "id": identity,
        "geometry": {"type": "Point", "coordinates": [street.lng, street.lat]},
        "properties": {
            "mapbox_id": identity,
            "feature_type": "address" if number else "street",
            "name": name,
            "name_preferred": name,
            "place_formatted": CITY,
            "full_address": f"{name}, {CITY}",
            "coordinates": {"longitude": street.lng, "latitude": street.lat},
            "context": {"place": {"name": "Montréal"}, "country": {"name": "Canada", "country_code": "CA"}},
        },
    }
