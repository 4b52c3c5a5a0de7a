"""Imports a region: reads it, and replaces tiles and names of the one before."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import msgspec

from supportcarr.providers.map_import import names, tiles
from supportcarr.providers.map_import.reader import read
from supportcarr.providers.map_region import INFO_FILE, TILES_FILE, MapInfo
from supportcarr.providers.named_places import NAMES_FILE


class Imported(NamedTuple):
    """What was written."""

    tiles: int
    names: int
    bounds: tuple[float, float, float, float]
    size: int  # bytes of the tiles' file


def import_region(source: Path, folder: Path, name: str) -> Imported:
    """Write the map of *source* to *folder*.  Raises ``NotReadable``; then the map before stays.

    Each file is written beside its place and then renamed: a running platform reads either the old or the
    new one.
    """
    region = read(source)
    bounds = region.bounds
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".import-") as made_at:
        made = Path(made_at)
        number = tiles.write_tiles(made / TILES_FILE, region.features, bounds, name)
        named = names.write_names(made / NAMES_FILE, region)
        info = MapInfo(name=name, attribution=tiles.ATTRIBUTION, bounds=bounds)
        (made / INFO_FILE).write_bytes(msgspec.json.encode(info))
        size = (made / TILES_FILE).stat().st_size
        for file in (NAMES_FILE, TILES_FILE, INFO_FILE):
            (made / file).replace(folder / file)
    return Imported(number, named, bounds, size)
