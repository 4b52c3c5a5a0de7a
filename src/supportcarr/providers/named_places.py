"""Names on the map: those of an imported region, else the districts of the demo's city.

``supportcarr map import`` writes the file (``providers.map_import``): SQLite with a full-text index of the
names and an R*-tree of their points.  It is only read here, and read again when it was replaced.
"""

from __future__ import annotations

import asyncio
import math
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from supportcarr.contracts.geo import GeoPoint, distance_m
from supportcarr.geocoding.districts import DISTRICTS
from supportcarr.geocoding.model import FoundPlace, matches, nearest

NAMES_FILE = "names.sqlite3"
NEAR_M = 250.0  # a street or house
DISTRICT_M = 4_000.0
CANDIDATES = 200
_METRES_PER_DEGREE = 111_320

SCHEMA = """
CREATE TABLE names (id INTEGER PRIMARY KEY, label TEXT NOT NULL, detail TEXT, kind TEXT NOT NULL,
                    rank INTEGER NOT NULL, lat REAL NOT NULL, lng REAL NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(text, content='', prefix='1 2 3');
CREATE VIRTUAL TABLE points USING rtree(id, min_lng, max_lng, min_lat, max_lat, +name INTEGER);
"""


class NamedPlaces:
    """Implements ``geocoding.ports.NamedPlaces``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAMES_FILE
        self._lock = threading.Lock()  # one connection, used by one thread at a time
        self._database: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None  # inode and time of the file

    async def search(self, words: Sequence[str], near: GeoPoint | None, limit: int) -> Sequence[FoundPlace]:
        return await asyncio.to_thread(self._search, words, near, limit)

    async def around(self, point: GeoPoint) -> Sequence[FoundPlace]:
        return await asyncio.to_thread(self._around, point)

    def _search(self, words: Sequence[str], near: GeoPoint | None, limit: int) -> Sequence[FoundPlace]:
        with self._lock:
            database = self._current()
            if database is None:
                return [place for place in _districts() if matches(place, words)][:limit]
            # Words have letters and digits only, so that none is read as syntax of the index.
            expression = " ".join(f'"{word}"*' for word in words)
            rows = database.execute(
                "SELECT n.label, n.detail, n.lat, n.lng, n.rank FROM words w JOIN names n ON n.id = w.rowid "
                "WHERE words MATCH ? ORDER BY n.rank, length(n.label) LIMIT ?",
                (expression, CANDIDATES),
            ).fetchall()
        return [_found(row) for row in sorted(rows, key=lambda row: _order(row, near))[:limit]]

    def _around(self, point: GeoPoint) -> Sequence[FoundPlace]:
        with self._lock:
            database = self._current()
            if database is None:
                return nearest(_districts(), point, DISTRICT_M)
            lat_reach = NEAR_M / _METRES_PER_DEGREE
            lng_reach = lat_reach / max(0.01, math.cos(math.radians(point.lat)))
            rows = database.execute(
                "SELECT n.label, n.detail, p.min_lat, p.min_lng, n.rank FROM points p "
                "JOIN names n ON n.id = p.name WHERE p.min_lng <= ? AND p.max_lng >= ? "
                "AND p.min_lat <= ? AND p.max_lat >= ? AND n.kind IN ('street', 'address')",
                (point.lng + lng_reach, point.lng - lng_reach, point.lat + lat_reach, point.lat - lat_reach),
            ).fetchall()
        return nearest((_found(row) for row in rows), point, NEAR_M)

    def _current(self) -> sqlite3.Connection | None:
        """The file as it is now; ``None``, if no map was imported."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        seen = status.st_ino, status.st_mtime_ns
        if seen != self._opened:
            if self._database is not None:
                self._database.close()
            self._database = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._opened = seen
        return self._database


def _districts() -> list[FoundPlace]:
    return [FoundPlace(name, GeoPoint(lat, lng), "named") for name, lat, lng in DISTRICTS]


def _found(row: Any) -> FoundPlace:
    label, detail, lat, lng, _ = row
    return FoundPlace(label, GeoPoint(lat, lng), "named", detail)


def _order(row: Any, near: GeoPoint | None) -> tuple[float, int]:
    """Importance and distance together: a place ten times as far must be one rank more important."""
    label, _, lat, lng, rank = row
    if near is None:
        return float(rank), len(label)
    return rank + math.log10(1 + distance_m(near, GeoPoint(lat, lng)) / 100), len(label)
