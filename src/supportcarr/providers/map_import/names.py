"""Names of a region, in the file that ``providers.named_places`` searches."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import shapely

from supportcarr.geocoding.model import words_of
from supportcarr.providers.map_import.features import ADDRESS_RANK, STREET_RANK, Drawn
from supportcarr.providers.map_import.reader import Region
from supportcarr.providers.named_places import SCHEMA

NEIGHBOURHOOD_DEGREES = 0.08  # a street further from every place has no place in its detail
POINT_EVERY_DEGREES = 0.0005  # along a street: about 50 m
_SETTLEMENTS = frozenset({"city", "town", "village", "suburb", "hamlet"})

Point = tuple[float, float]  # longitude, latitude


class Name(NamedTuple):
    """A name with what the reverse search finds it by."""

    label: str
    detail: str | None
    kind: str
    rank: int
    at: Point
    points: Sequence[Point]


def write_names(path: Path, region: Region) -> int:
    """Write the file; returns the number of names."""
    database = sqlite3.connect(path)
    try:
        database.executescript(SCHEMA)
        number = 0
        for number, name in enumerate(names_of(region), 1):
            lng, lat = name.at
            values = (number, name.label, name.detail, name.kind, name.rank, lat, lng)
            database.execute("INSERT INTO names VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            words = " ".join(words_of(f"{name.label} {name.detail or ''}"))
            database.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (number, words))
            # The tree numbers its points itself.
            rows = [(x, x, y, y, number) for x, y in name.points]
            database.executemany("INSERT INTO points VALUES (NULL, ?, ?, ?, ?, ?)", rows)
        database.commit()
        return number
    finally:
        database.close()


def names_of(region: Region) -> Iterator[Name]:
    """Places and points, streets (one for all its ways in a settlement), and addresses."""
    settlements = _Settlements([one for one in region.features if one.kind in _SETTLEMENTS])
    streets: dict[tuple[str, str | None], list[Any]] = defaultdict(list)
    seen: set[tuple[str, str | None, str]] = set()
    for feature in region.features:
        if not feature.name:
            continue
        if feature.layer == "roads" and feature.kind not in ("rail", "path"):
            middle = feature.geometry.interpolate(0.5, normalized=True)
            streets[feature.name, settlements.of(middle)].append(feature.geometry)
        elif feature.layer == "places":
            point = feature.geometry
            detail = settlements.of(point) if feature.kind not in ("city", "town", "village") else None
            name = Name(
                feature.name,
                None if detail == feature.name else detail,
                "point" if feature.kind == "point" else "settlement",
                feature.rank or 0,
                (point.x, point.y),
                (),
            )
            if (key := (name.label, name.detail, name.kind)) not in seen:
                seen.add(key)
                yield name
    for (street, detail), lines in streets.items():
        longest = max(lines, key=lambda line: line.length)
        middle = longest.interpolate(0.5, normalized=True)
        points = [at for line in lines for at in _along(line)]
        yield Name(street, detail, "street", STREET_RANK, (middle.x, middle.y), points)
    for address, at in region.addresses:
        yield Name(address, settlements.of(shapely.Point(at)), "address", ADDRESS_RANK, at, (at,))


def _along(line: Any) -> Iterator[Point]:
    """Points of a line that are at most ``POINT_EVERY_DEGREES`` apart."""
    yield from shapely.segmentize(line, POINT_EVERY_DEGREES).coords


class _Settlements:
    """Finds the settlement that a point is in or near."""

    def __init__(self, features: Sequence[Drawn]) -> None:
        self._names = [feature.name for feature in features]
        self._tree = shapely.STRtree([feature.geometry for feature in features])

    def of(self, point: Any) -> str | None:
        """Its name; ``None`` if none is near."""
        found = self._tree.query_nearest(point, max_distance=NEIGHBOURHOOD_DEGREES, all_matches=False)
        return self._names[int(found[0])] if len(found) else None
