"""The requests that the emulator answers.

GET  /search/geocode/v6/forward?q=…, /search/geocode/v6/reverse?longitude=…&latitude=…
GET  /styles/v1/USER/STYLE                  a style that names every kind of source below
GET  /styles/v1/USER/STYLE/…sprite….json, .png
GET  /v4/TILESET.json                       TileJSON
GET  /v4/TILESET/Z/X/Y.vector.pbf           a vector tile
GET  /fonts/v1/USER/FONTS/RANGE.pbf         glyphs (none: the text is not drawn)
GET  /map-sessions/v1, POST /events/v2      accounting
Each needs ``access_token=pk.…``; without it the answer is 401, as Mapbox's.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from supportcarr.contracts.geo import GeoPoint
from supportcarr_lab.emulators.mapbox.places import forward, reverse
from supportcarr_lab.emulators.mapbox.tile import water_tile

TILESET = "mapbox.mapbox-streets-v8"
ATTRIBUTION = (
    '<a href="https://www.mapbox.com/about/maps/">© Mapbox</a> '
    '<a href="https://www.openstreetmap.org/about/">© OpenStreetMap</a>'
)
JSON = "application/json"
PROTOBUF = "application/x-protobuf"
# The smallest PNG: one transparent pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class MapboxBehaviour(msgspec.Struct):
    """How the emulator misbehaves: ``outage`` answers 503, ``refuse_token`` 401."""

    outage: bool = False
    refuse_token: bool = False


class MapboxAnswer(msgspec.Struct, frozen=True):
    body: bytes
    media_type: str = JSON
    status: int = 200


def _json(value: Any, status: int = 200) -> MapboxAnswer:
    return MapboxAnswer(msgspec.json.encode(value), JSON, status)


class MapboxEmulator:
    """Answers requests by their paths and query parameters, and counts them by kind."""

    def __init__(self, behaviour: MapboxBehaviour) -> None:
        self._behaviour = behaviour
        self._tile = water_tile()
        self.requests: Counter[str] = Counter()

    def handle(self, path: str, query: Mapping[str, str], base: str) -> MapboxAnswer:
        """*base* is the emulator's own address, for the addresses of tiles."""
        parts = path.strip("/").split("/")
        self.requests["/".join(parts[:2])] += 1
        if self._behaviour.outage:
            return _json({"message": "Service Unavailable"}, 503)
        if self._behaviour.refuse_token or not query.get("access_token", "").startswith("pk."):
            return _json({"message": "Not Authorized - Invalid Token"}, 401)
        match parts:
            case ["search", "geocode", "v6", "forward" | "reverse" as what]:
                return self._geocode(what, query)
            case ["styles", "v1", _, _]:
                return _json(_style())
            case ["styles", "v1", *_, name] if name.endswith(".json"):
                return _json({})
            case ["styles", "v1", *_, name] if name.endswith(".png"):
                return MapboxAnswer(PIXEL, "image/png")
            case ["v4", name] if name.endswith(".json"):
                return _json(_tile_json(name.removesuffix(".json"), base))
            case ["v4", _, _, _, _]:
                return MapboxAnswer(self._tile, "application/vnd.mapbox-vector-tile")
            case ["fonts", "v1", _, _, _]:
                return MapboxAnswer(b"", PROTOBUF)
            case ["map-sessions", "v1"] | ["events", "v2"]:
                return MapboxAnswer(b"", status=204)
        return _json({"message": "Not Found"}, 404)

    def _geocode(self, what: str, query: Mapping[str, str]) -> MapboxAnswer:
        try:
            if what == "reverse":
                features = reverse(GeoPoint(float(query["latitude"]), float(query["longitude"])))
            else:
                lng, _, lat = query.get("proximity", "").partition(",")
                near = GeoPoint(float(lat), float(lng)) if lat else None
                features = forward(query["q"], near, min(10, int(query.get("limit", "5"))))
        except KeyError as missing:
            return _json({"message": f"{missing.args[0]} is required", "error_code": "INVALID_REQUEST"}, 422)
        except ValueError as error:
            return _json({"message": str(error), "error_code": "INVALID_REQUEST"}, 422)
        return _json({"type": "FeatureCollection", "features": features, "attribution": "emulated"})


def _style() -> dict[str, Any]:
    return {
        "version": 8,
        "name": "Emulated",
        "sprite": "mapbox://sprites/mapbox/light-v11",
        "glyphs": "mapbox://fonts/mapbox/{fontstack}/{range}.pbf",
        "sources": {"streets": {"type": "vector", "url": f"mapbox://{TILESET}"}},
        "layers": [
            {"id": "land", "type": "background", "paint": {"background-color": "#eef2f4"}},
            {
                "id": "water",
                "type": "fill",
                "source": "streets",
                "source-layer": "water",
                "paint": {"fill-color": "#9fcbe0"},
            },
            {
                "id": "names",
                "type": "symbol",
                "source": "streets",
                "source-layer": "water",
                "layout": {"text-field": "water", "text-font": ["DIN Pro Regular"]},
            },
        ],
    }


def _tile_json(tileset: str, base: str) -> dict[str, Any]:
    return {
        "tilejson": "2.2.0",
        "id": tileset,
        "name": tileset,
        "attribution": ATTRIBUTION,
        "bounds": [-180, -85, 180, 85],
        "minzoom": 0,
        "maxzoom": 16,
        "tiles": [f"{base}/v4/{tileset}/{{z}}/{{x}}/{{y}}.vector.pbf"],
        "vector_layers": [{"id": "water", "fields": {}}],
    }
