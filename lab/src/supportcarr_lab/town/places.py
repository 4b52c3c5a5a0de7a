"""Where rescues begin and end: the zones of Montreal by demand, with addresses that sound like it."""

from __future__ import annotations

import itertools
from random import Random
from typing import NamedTuple

from supportcarr.contracts.geo import GeoPoint, Place, distance_m
from supportcarr_lab.simulator.geography import (
    LONGEST_TRIP_M,
    PICKUP_SPREAD_M,
    SHORTEST_TRIP_M,
    Zone,
    random_point_near,
    zones,
)

_STREETS = (
    "rue Saint-Denis", "rue Sainte-Catherine Est", "boulevard Saint-Laurent", "avenue du Parc",
    "rue Sherbrooke Est", "avenue du Mont-Royal Est", "rue Ontario Est", "rue Beaubien Est",
    "rue Jean-Talon Est", "rue Rachel Est", "avenue Papineau", "boulevard Pie-IX",
    "rue Masson", "rue Laurier Est", "rue Notre-Dame Ouest", "rue Wellington",
    "avenue de Monkland", "chemin de la Côte-des-Neiges", "rue Fleury Est", "rue Hochelaga",
)  # fmt: skip


class _Destinations(NamedTuple):
    zones: tuple[Zone, ...]
    cumulative: tuple[float, ...]


class TownMap:
    """Draws trips; the destinations of each zone are computed once."""

    def __init__(self) -> None:
        self._zones = zones()
        self._cumulative = tuple(itertools.accumulate(zone.weight for zone in self._zones))
        self._destinations: dict[int, _Destinations] = {}

    def place(self, rng: Random) -> Place:
        """A place in a zone drawn by demand."""
        return _place(self._zones[self._zone(rng)], rng)

    def trip(self, rng: Random) -> tuple[Place, Place]:
        """Where a rescue begins and where it leads."""
        start = self._zone(rng)
        known = self._destinations.get(start)
        if known is None:
            known = self._destinations[start] = self._reachable(self._zones[start])
        target = rng.choices(known.zones, cum_weights=known.cumulative)[0]
        return _place(self._zones[start], rng), _place(target, rng)

    def _zone(self, rng: Random) -> int:
        return rng.choices(range(len(self._zones)), cum_weights=self._cumulative)[0]

    def _reachable(self, start: Zone) -> _Destinations:
        slack = 2 * PICKUP_SPREAD_M
        least, most = SHORTEST_TRIP_M + slack, LONGEST_TRIP_M - slack
        found = tuple(zone for zone in self._zones if least <= distance_m(start.centre, zone.centre) <= most)
        return _Destinations(found, tuple(itertools.accumulate(zone.weight for zone in found)))


def _place(zone: Zone, rng: Random) -> Place:
    point = rounded(random_point_near(zone.centre, rng))
    return Place(point.lat, point.lng, f"{rng.randint(1, 9_400)} {rng.choice(_STREETS)}, Montréal")


def rounded(point: GeoPoint) -> GeoPoint:
    """The point as phones report it: to about ten centimetres."""
    return GeoPoint(round(point.lat, 6), round(point.lng, 6))
