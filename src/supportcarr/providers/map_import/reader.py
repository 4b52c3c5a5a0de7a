"""Reads an extract of OpenStreetMap (``.osm.pbf``) with osmium."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import osmium
import shapely

from supportcarr.providers.map_import.features import Drawn, Tags, address_of, area_of, line_of, point_of


@dataclass
class Region:
    """What was read.  *addresses*: text and (longitude, latitude)."""

    features: list[Drawn] = field(default_factory=list)
    addresses: list[tuple[str, tuple[float, float]]] = field(default_factory=list)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of everything that is drawn."""
        west, south, east, north = shapely.total_bounds([one.geometry for one in self.features])
        return float(west), float(south), float(east), float(north)


class NotReadable(Exception):
    """The file is no extract of OpenStreetMap, or is damaged."""


def read(path: Path) -> Region:
    """Read everything that the map shows.  Raises ``NotReadable``."""
    region = Region()
    try:
        # Areas need their ways' places, which osmium keeps in memory while it reads.
        for entity in osmium.FileProcessor(str(path)).with_locations().with_areas():
            region.features.extend(_drawn(entity, region))
    except (RuntimeError, ValueError, OSError) as error:
        raise NotReadable(f"{path} cannot be read as an extract of OpenStreetMap: {error}") from error
    if not region.features:
        raise NotReadable(f"{path} has nothing that a map shows")
    return region


def _drawn(entity: Any, region: Region) -> Iterator[Drawn]:
    tags: Tags = dict(entity.tags)
    if not tags:
        return
    if entity.is_node():
        at = entity.location
        yield from _named(tags, shapely.Point(at.lon, at.lat), region)
    elif entity.is_way():
        line = line_of(tags)
        if line and (geometry := _line(entity)) is not None:
            yield line._replace(geometry=geometry)
    elif entity.is_area():
        area = area_of(tags)
        has_name = point_of(tags) is not None or address_of(tags) is not None
        if not (area or has_name):
            return
        geometry = _polygons(entity)
        if geometry is None:
            return
        if area:
            yield area._replace(geometry=geometry)
        yield from _named(tags, geometry.representative_point(), region)


def _named(tags: Tags, point: Any, region: Region) -> Iterator[Drawn]:
    if address := address_of(tags):
        region.addresses.append((address, (point.x, point.y)))
    if named := point_of(tags):
        yield named._replace(geometry=point)


def _line(way: Any) -> Any | None:
    """The way's line; ``None`` if the extract has fewer than two of its places."""
    points = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    return shapely.LineString(points) if len(points) > 1 else None


def _polygons(area: Any) -> Any | None:
    """The area's polygons, valid; ``None`` if there are none."""
    polygons = []
    for outer in area.outer_rings():
        shell = [(node.lon, node.lat) for node in outer]
        holes = [[(node.lon, node.lat) for node in inner] for inner in area.inner_rings(outer)]
        if len(shell) > 3:
            polygons.append(shapely.Polygon(shell, [hole for hole in holes if len(hole) > 3]))
    if not polygons:
        return None
    geometry = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    valid = geometry if geometry.is_valid else shapely.make_valid(geometry)
    return None if valid.is_empty else valid
