"""Points and driving routes of the simulated city."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supportcarr.contracts.geo import GeoPoint, distance_m
from supportcarr_lab.simulator.geography import (
    LONGEST_TRIP_M,
    PICKUP_SPREAD_M,
    SHORTEST_TRIP_M,
    bearing,
    offset,
    plan_route,
    random_demand_point,
    random_destination,
    stationary,
    translate,
    zones,
)

HERE = GeoPoint(45.52, -73.58)
metres = st.floats(-12_000, 12_000)


def test_the_zones_are_those_of_montreal() -> None:
    assert len(zones()) == 249
    assert sum(zone.weight for zone in zones()) == pytest.approx(272_039.68)
    assert all(45.4 < zone.centre.lat < 45.7 and -73.8 < zone.centre.lng < -73.4 for zone in zones())


@given(metres, metres)
def test_offset_is_the_inverse_of_translate(east: float, north: float) -> None:
    back = offset(HERE, translate(HERE, east, north))
    assert back == pytest.approx((east, north), abs=1e-3)


@given(st.integers(0, 10_000))
def test_a_pickup_lies_near_a_zones_centre(seed: int) -> None:
    place = random_demand_point(Random(seed))
    assert min(distance_m(place, zone.centre) for zone in zones()) <= PICKUP_SPREAD_M * 1.01


@given(st.integers(0, 10_000))
def test_a_trip_is_two_to_nine_kilometres(seed: int) -> None:
    rng = Random(seed)
    pickup = random_demand_point(rng)
    trip = distance_m(pickup, random_destination(pickup, rng))
    assert SHORTEST_TRIP_M * 0.99 <= trip <= LONGEST_TRIP_M * 1.01


def test_a_pickup_far_from_all_zones_gets_the_nearest_zone_as_destination() -> None:
    far = GeoPoint(40.0, -100.0)
    assert random_destination(far, Random(1)) in [zone.centre for zone in zones()]


def test_demand_follows_the_weights_of_the_zones() -> None:
    heavy = max(zones(), key=lambda zone: zone.weight)
    light = min(zones(), key=lambda zone: zone.weight)
    rng = Random(5)
    places = [random_demand_point(rng) for _ in range(20_000)]

    def near(zone: object) -> int:
        return sum(distance_m(place, zone.centre) <= PICKUP_SPREAD_M for place in places)  # type: ignore[attr-defined]  # a Zone

    assert near(heavy) > 10 * near(light)


@given(metres, metres, st.booleans(), st.floats(0, 1))
def test_a_route_is_driven_at_constant_speed(east: float, north: float, first: bool, part: float) -> None:
    there = translate(HERE, east, north)
    route = plan_route(HERE, there, now=100.0, speed=8.0, grid_north_first=first)
    straight = distance_m(HERE, there)
    assert straight * 0.99 <= route.length_m <= straight * 1.42 + 2
    assert route.ends == pytest.approx(100.0 + route.length_m / 8.0)
    moment = 100.0 + (route.ends - 100.0) * part
    step = distance_m(route.at(moment).point, route.at(moment + 1.0).point)
    assert step <= 8.0 * 1.01 + 0.1
    assert route.at(route.ends + 1).point == route.corners[-1]
    assert distance_m(route.at(route.ends).point, there) < 3


def test_a_stationary_truck_does_not_move() -> None:
    position = stationary(HERE, 5.0).at(1_000.0)
    assert (position.point, position.speed) == (HERE, 0.0)
    assert stationary(HERE, 5.0).ends == 5.0


@pytest.mark.parametrize(("east", "north", "degrees"), [(0, 9, 0), (9, 0, 90), (0, -9, 180), (-9, 0, 270)])
def test_headings_run_clockwise_from_north(east: float, north: float, degrees: float) -> None:
    assert bearing(HERE, translate(HERE, east, north)) == pytest.approx(degrees, abs=0.01)
