"""Vector tiles of a region, in one PMTiles file (https://github.com/protomaps/PMTiles)."""

from __future__ import annotations

import gzip
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from supportcarr.providers.map_import.features import Drawn
from supportcarr.providers.map_import.vector_tile import EXTENT, Layer

MINZOOM, MAXZOOM = 5, 14  # the map enlarges tiles of the last zoom level
BUFFER = 64  # of the tile's units around it, so that edges and lines have no seams
LAYERS = ("areas", "waterways", "roads", "places")
ATTRIBUTION = (
    '<a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">'
    "© OpenStreetMap contributors</a>"
)
_SIMPLIFIED = 1.5  # units of a tile by which a line may differ
_SMALLEST = 12.0  # square units of a polygon that is still drawn

Bounds = tuple[float, float, float, float]


def write_tiles(path: Path, features: Sequence[Drawn], bounds: Bounds, name: str) -> int:
    """Write the file; returns the number of tiles."""
    joined = _joined(features)
    tiles = {
        zxy_to_tileid(zoom, x, y): data
        for zoom in range(MINZOOM, MAXZOOM + 1)
        for (x, y), data in _tiles_of(joined, zoom)
    }
    west, south, east, north = bounds
    with path.open("wb") as file:
        writer = Writer(file)
        for tile_id in sorted(tiles):
            writer.write_tile(tile_id, tiles[tile_id])
        writer.finalize(
            {
                "tile_type": TileType.MVT,
                "tile_compression": Compression.GZIP,
                "min_zoom": MINZOOM,
                "max_zoom": MAXZOOM,
                "min_lon_e7": round(west * 1e7),
                "min_lat_e7": round(south * 1e7),
                "max_lon_e7": round(east * 1e7),
                "max_lat_e7": round(north * 1e7),
                "center_zoom": 12,
                "center_lon_e7": round((west + east) / 2 * 1e7),
                "center_lat_e7": round((south + north) / 2 * 1e7),
            },
            {
                "name": name,
                "attribution": ATTRIBUTION,
                "vector_layers": [{"id": layer, "fields": {}} for layer in LAYERS],
            },
        )
    return len(tiles)


def _joined(features: Sequence[Drawn]) -> list[Drawn]:
    """The same with the ways of each named line joined: a short way has no room for its name."""
    kept: list[Drawn] = []
    lines: dict[Drawn, list[Any]] = defaultdict(list)
    for feature in features:
        if feature.name and feature.layer in ("roads", "waterways"):
            lines[feature._replace(geometry=None)].append(feature.geometry)
        else:
            kept.append(feature)
    for line, geometries in lines.items():
        joined = shapely.line_merge(shapely.MultiLineString(geometries))
        kept.extend(line._replace(geometry=part) for part in shapely.get_parts(joined))
    return kept


def _projected(coordinates: Any) -> Any:
    """Degrees to Web Mercator, both from 0 to 1, y to the south."""
    lng, lat = coordinates[:, 0], numpy.radians(numpy.clip(coordinates[:, 1], -85.05, 85.05))
    y = (1 - numpy.log(numpy.tan(lat) + 1 / numpy.cos(lat)) / math.pi) / 2
    return numpy.column_stack(((lng + 180) / 360, y))


def _tiles_of(features: Sequence[Drawn], zoom: int) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Each tile of a zoom level that has something, by its column and row."""
    scale = EXTENT * 2.0**zoom
    shown = [feature for feature in features if feature.minzoom <= zoom]
    placed: dict[tuple[int, int], list[tuple[Drawn, Any]]] = defaultdict(list)
    for feature in shown:
        geometry = shapely.transform(feature.geometry, lambda at: _projected(at) * scale)
        if feature.layer != "places" and zoom < MAXZOOM:
            geometry = shapely.simplify(geometry, _SIMPLIFIED)
        if feature.layer == "areas" and geometry.area < _SMALLEST:
            continue
        west, north, east, south = geometry.bounds
        for x in range(math.floor((west - BUFFER) / EXTENT), math.floor((east + BUFFER) / EXTENT) + 1):
            for y in range(math.floor((north - BUFFER) / EXTENT), math.floor((south + BUFFER) / EXTENT) + 1):
                placed[x, y].append((feature, geometry))
    for (x, y), here in placed.items():
        if encoded := _tile(here, x * EXTENT, y * EXTENT):
            yield (x, y), gzip.compress(encoded, mtime=0)


def _tile(here: Sequence[tuple[Drawn, Any]], left: int, top: int) -> bytes:
    layers = {name: Layer(name) for name in LAYERS}
    for feature, geometry in here:
        clipped = shapely.clip_by_rect(
            geometry, left - BUFFER, top - BUFFER, left + EXTENT + BUFFER, top + EXTENT + BUFFER
        )
        if clipped.is_empty:
            continue
        local = shapely.transform(clipped, lambda at: at - (left, top))
        properties: dict[str, str | int] = {"kind": feature.kind}
        if feature.name:
            properties["name"] = feature.name
        if feature.rank is not None:
            properties["rank"] = feature.rank
        layers[feature.layer].add(local, properties)
    return b"".join(layer.encoded() for layer in layers.values())
