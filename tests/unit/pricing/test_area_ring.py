"""Which side of a boundary a point is on."""

from __future__ import annotations

import random

import pytest
import shapely

from supportcarr.pricing.areas import MONTREAL
from supportcarr.pricing.geography import Ring, holds

DENTED = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0))


@pytest.mark.parametrize("ring", [MONTREAL.boundary, DENTED, (*DENTED, DENTED[0]), tuple(reversed(DENTED))])
def test_a_point_is_inside_exactly_if_a_geometry_library_says_so(ring: Ring) -> None:
    polygon = shapely.Polygon(ring)
    west, south, east, north = polygon.bounds
    chance = random.Random(3)
    inside = 0
    for _ in range(3_000):
        lng, lat = chance.uniform(west - 0.1, east + 0.1), chance.uniform(south - 0.1, north + 0.1)
        assert holds(ring, lng, lat) == shapely.contains_xy(polygon, lng, lat), (lng, lat)
        inside += holds(ring, lng, lat)
    assert 300 < inside < 2_700


def test_a_point_level_with_a_corner_is_counted_once() -> None:
    diamond = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
    assert holds(diamond, 0.0, 0.0)
    assert not holds(diamond, -2.0, 0.0)
    assert not holds(diamond, 2.0, 0.0)


@pytest.mark.parametrize("ring", [(), ((0.0, 0.0),), ((0.0, 0.0), (1.0, 1.0))])
def test_nothing_lies_in_a_ring_without_an_inside(ring: Ring) -> None:
    assert not holds(ring, 0.5, 0.5)
    assert not holds(ring, 0.0, 0.0)


@pytest.mark.parametrize("lat", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_place_is_in_no_area(lat: float) -> None:
    assert not holds(MONTREAL.boundary, -73.6, lat)
    assert not holds(MONTREAL.boundary, lat, 45.5)
