"""The imported region as it is served: its tiles, in pieces, and what must be credited."""

from __future__ import annotations

from pathlib import Path

import msgspec

TILES_FILE = "streets.pmtiles"
INFO_FILE = "region.json"


class MapInfo(msgspec.Struct, frozen=True):
    """An imported region.  ``bounds``: west, south, east, north in degrees; ``attribution``: HTML."""

    name: str
    attribution: str
    bounds: tuple[float, float, float, float]


class MapRegion(msgspec.Struct, frozen=True):
    """The files of a region; ``version`` changes with each import."""

    info: MapInfo
    tiles: Path
    version: str


def region_in(folder: Path) -> MapRegion | None:
    """The region that was imported to that folder; ``None``, if none was."""
    tiles = folder / TILES_FILE
    try:
        status = tiles.stat()
        info = msgspec.json.decode((folder / INFO_FILE).read_bytes(), type=MapInfo)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return MapRegion(info, tiles, f"{status.st_mtime_ns:x}-{status.st_size:x}")
