"""The command ``supportcarr map import``."""

from __future__ import annotations

from pathlib import Path

from supportcarr.bootstrap.maps import map_folder
from supportcarr.bootstrap.settings import Settings

EXTRA = 'pip install "supportcarr[map]"'


class MapImportFailed(Exception):
    """The message is a sentence for the operator."""


def run_import(settings: Settings, file: Path, name: str) -> str:
    """Import the region of *file*; returns what was done, in words.  Raises ``MapImportFailed``."""
    try:
        from supportcarr.providers.map_import.reader import NotReadable
        from supportcarr.providers.map_import.region import import_region
    except ModuleNotFoundError as error:
        raise MapImportFailed(f"Reading maps needs the package {error.name}: {EXTRA}") from None
    folder = map_folder(settings)
    try:
        imported = import_region(file, folder, name)
    except NotReadable as error:
        raise MapImportFailed(f"{error}.") from None
    west, south, east, north = imported.bounds
    return (
        f"{name}: {imported.tiles:,} tiles ({imported.size / 1e6:.1f} MB) and {imported.names:,} names, from "
        f"{south:.3f}, {west:.3f} to {north:.3f}, {east:.3f}, are in {folder}."
    )
