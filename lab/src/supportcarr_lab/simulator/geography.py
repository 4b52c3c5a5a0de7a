"""Where demand is, and plausible driving routes.

The zones are real (``data/SOURCES.md``).  There is no street map: a route bends once, along the two
directions of Montreal's street grid, so its length is 1 to 1.41 times the straight line.
"""

from __future__ import annotations

import csv
import itertools
import math
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from random import Random

from supportcarr.contracts.geo import GeoPoint, distance_m

METRES_PER_DEGREE = 111_195.0  # of latitude, on the sphere of contracts.geo
GRID_DEGREES = 33.0  # Montreal's "north" streets run this far west of true north
PICKUP_SPREAD_M = 220.0  # largest distance of a pickup from its zone's centre
SHORTEST_TRIP_M, LONGEST_TRIP_M = 2_000.0, 9_000.0


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone's centre and its weight in demand (car-hours per month)."""

    centre: GeoPoint
    weight: float


@cache
def zones() -> tuple[Zone, ...]:
    """The zones of Montreal, in the order of the file."""
    text = files("supportcarr_lab.simulator").joinpath("data/montreal-zones.csv").read_text("utf-8")
    return tuple(
        Zone(GeoPoint(float(row["lat"]), float(row["lng"])), float(row["car_hours"]))
        for row in csv.DictReader(text.splitlines())
    )


@cache
def _cumulative() -> tuple[float, ...]:
    return tuple(itertools.accumulate(zone.weight for zone in zones()))


def translate(point: GeoPoint, east_m: float, north_m: float) -> GeoPoint:
    """The point that many metres away (flat-earth approximation, for distances within a city)."""
    return GeoPoint(
        point.lat + north_m / METRES_PER_DEGREE,
        point.lng + east_m / (METRES_PER_DEGREE * math.cos(math.radians(point.lat))),
    )


def offset(a: GeoPoint, b: GeoPoint) -> tuple[float, float]:
    """Metres east and north from *a* to *b* (flat-earth approximation)."""
    east = (b.lng - a.lng) * METRES_PER_DEGREE * math.cos(math.radians(a.lat))
    return east, (b.lat - a.lat) * METRES_PER_DEGREE


def random_point_near(centre: GeoPoint, rng: Random, spread_m: float = PICKUP_SPREAD_M) -> GeoPoint:
    """A point within *spread_m*, uniformly distributed over the disc."""
    radius, angle = spread_m * math.sqrt(rng.random()), rng.random() * 2 * math.pi
    return translate(centre, radius * math.cos(angle), radius * math.sin(angle))


def random_demand_point(rng: Random) -> GeoPoint:
    """A point in a zone drawn by weight."""
    zone = rng.choices(zones(), cum_weights=_cumulative())[0]
    return random_point_near(zone.centre, rng)


def random_destination(pickup: GeoPoint, rng: Random) -> GeoPoint:
    """A point 2 to 9 km away, in a zone drawn by weight."""
    slack = PICKUP_SPREAD_M
    within = [
        zone
        for zone in zones()
        if SHORTEST_TRIP_M + slack <= distance_m(pickup, zone.centre) <= LONGEST_TRIP_M - slack
    ]
    if not within:  # a pickup far outside the zones (recorded demand): take the nearest zone
        return min(zones(), key=lambda zone: distance_m(pickup, zone.centre)).centre
    return random_point_near(rng.choices(within, weights=[zone.weight for zone in within])[0].centre, rng)


@dataclass(frozen=True, slots=True)
class Position:
    """A truck's position at one moment: heading in degrees clockwise from north, metres per second."""

    point: GeoPoint
    heading: float
    speed: float


@dataclass(frozen=True, slots=True)
class DrivingRoute:
    """A route driven at constant speed: corners, city time of the start, metres per second."""

    corners: tuple[GeoPoint, ...]
    started: float
    speed: float
    _legs: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        legs = tuple(distance_m(a, b) for a, b in itertools.pairwise(self.corners))
        object.__setattr__(self, "_legs", legs)

    @property
    def length_m(self) -> float:
        return sum(self._legs)

    @property
    def ends(self) -> float:
        """The city time of the arrival."""
        return self.started + (self.length_m / self.speed if self.length_m else 0.0)

    def at(self, now: float) -> Position:
        """The position at that city time: the start before the route, its end after it."""
        remaining = max(0.0, now - self.started) * self.speed  # metres driven, counted down by leg
        for leg, (a, b) in zip(self._legs, itertools.pairwise(self.corners), strict=True):
            if remaining < leg:
                part = remaining / leg
                point = GeoPoint(a.lat + (b.lat - a.lat) * part, a.lng + (b.lng - a.lng) * part)
                return Position(point, bearing(a, b), self.speed)
            remaining -= leg
        last = bearing(*self.corners[-2:]) if len(self.corners) > 1 else 0.0
        return Position(self.corners[-1], last, 0.0)


def bearing(a: GeoPoint, b: GeoPoint) -> float:
    """Degrees clockwise from north, 0 to 360."""
    east, north = offset(a, b)
    return math.degrees(math.atan2(east, north)) % 360


def stationary(point: GeoPoint, now: float) -> DrivingRoute:
    """The route of a truck that waits at *point*."""
    return DrivingRoute((point,), now, 1.0)


def plan_route(a: GeoPoint, b: GeoPoint, *, now: float, speed: float, grid_north_first: bool) -> DrivingRoute:
    """A route from *a* to *b* with one bend.

    *grid_north_first*: drive along the grid's "north" street first, then along the other.
    """
    return DrivingRoute(_corners(a, b, grid_north_first), now, speed)


def _corners(a: GeoPoint, b: GeoPoint, grid_north_first: bool) -> tuple[GeoPoint, ...]:
    east, north = offset(a, b)
    turn = math.radians(GRID_DEGREES)
    along_east, along_north = -math.sin(turn), math.cos(turn)  # the grid's "north" street
    share = east * along_east + north * along_north
    corner = (share * along_east, share * along_north)
    if not grid_north_first:
        corner = (east - corner[0], north - corner[1])
    bend = translate(a, *corner)
    # A bend within a metre of either end is left out.
    return (a, b) if min(distance_m(a, bend), distance_m(bend, b)) < 1.0 else (a, bend, b)
