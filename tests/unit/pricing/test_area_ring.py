"""Which side of a boundary a point is on."""

from __future__ import annotations

import random

import pytest
import shapely

from supportcarr.pricing.areas import MONTREAL
from supportcarr.pricing.geography import Boundary, Ring

DENTED = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (2.0, 1.0), (0.0, 4.0))


@pytest.mark.parametrize("ring", [MONTREAL.boundary, DENTED, (*DENTED, DENTED[0]), tuple(reversed(DENTED))])
def test_a_point_is_inside_exactly_if_a_geometry_library_says_so(ring: Ring) -> None:
    polygon = shapely.Polygon(ring)
    boundary = Boundary(ring)
    west, south, east, north = polygon.bounds
    chance = random.Random(3)
    inside = 0
    for _ in range(3_000):
        lng, lat = chance.uniform(west - 0.1, east + 0.1), chance.uniform(south - 0.1, north + 0.1)
        assert boundary.contains(lng, lat) == shapely.contains_xy(polygon, lng, lat), (lng, lat)
        inside += boundary.contains(lng, lat)
    assert 300 < inside < 2_700


def by_every_side(ring: Ring, lng: float, lat: float) -> bool:
    """The even-odd rule as it is written: each side of the ring is looked at."""
    inside = False
    for i, (to_lng, to_lat) in enumerate(ring):
        from_lng, from_lat = ring[i - 1]
        if (from_lat > lat) != (to_lat > lat):
            inside ^= lng < (from_lng - to_lng) * (lat - to_lat) / (from_lat - to_lat) + to_lng
    return inside


@pytest.mark.parametrize("seed", range(20))
def test_indexed_lookup_equals_a_check_of_all_edges(seed: int) -> None:
    chance = random.Random(seed)
    ring = [(float(chance.randrange(6)), float(chance.randrange(6))) for _ in range(chance.randrange(3, 12))]
    boundary = Boundary(ring)
    for step in range(-2, 25):  # level with each corner, and between
        lng, lat = chance.uniform(-1, 6), step / 4
        assert boundary.contains(lng, lat) == by_every_side(ring, lng, lat), (ring, lng, lat)


def test_a_point_level_with_a_corner_is_counted_once() -> None:
    diamond = Boundary(((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)))
    assert diamond.contains(0.0, 0.0)
    assert not diamond.contains(-2.0, 0.0)
    assert not diamond.contains(2.0, 0.0)


@pytest.mark.parametrize("ring", [(), ((0.0, 0.0),), ((0.0, 0.0), (1.0, 1.0))])
def test_degenerate_ring_contains_no_point(ring: Ring) -> None:
    assert not Boundary(ring).contains(0.5, 0.5)
    assert not Boundary(ring).contains(0.0, 0.0)


@pytest.mark.parametrize("lat", [float("nan"), float("inf"), -float("inf")])
def test_invalid_coordinates_are_in_no_area(lat: float) -> None:
    assert not Boundary(MONTREAL.boundary).contains(-73.6, lat)
    assert not Boundary(MONTREAL.boundary).contains(lat, 45.5)
