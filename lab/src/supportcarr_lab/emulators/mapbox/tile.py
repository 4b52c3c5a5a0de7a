"""One vector tile: a square of water in the middle."""

from __future__ import annotations

import shapely

from supportcarr.providers.map_import.vector_tile import EXTENT, Layer


def water_tile() -> bytes:
    """The tile; it has one layer, ``water``."""
    layer = Layer("water")
    layer.add(shapely.box(EXTENT / 4, EXTENT / 4, EXTENT * 3 / 4, EXTENT * 3 / 4), {"class": "lake"})
    return layer.encoded()
