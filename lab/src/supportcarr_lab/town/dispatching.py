"""Which drivers are at work, and which of them takes a rescue."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from random import Random

import msgspec

from supportcarr.contracts.carrying import CarryingNeeds, VehicleSpec, can_carry
from supportcarr.contracts.geo import GeoPoint
from supportcarr.contracts.value_objects import Leg
from supportcarr.providers.routing import StraightLineRouter
from supportcarr_lab.town.driver_lives import DriverLife
from supportcarr_lab.town.places import TownMap

SAMPLE = 12  # drivers among whom the nearest is chosen
OVERHEAD_S = 1_800.0  # of a job beside the driving: offers, loading, waiting for a rider who does not come


class Worker(msgspec.Struct):
    """A driver at work."""

    id: str
    vehicle_id: str
    vehicle: VehicleSpec
    free_at: datetime
    place: GeoPoint
    online_from: datetime
    online_until: datetime
    missed: int = 0


class Dispatching:
    """The drivers at work as time goes on; asked in order of time."""

    def __init__(
        self,
        lives: list[DriverLife],
        town_map: TownMap,
        router: StraightLineRouter,
        latest: datetime,
        rng: Random,
    ) -> None:
        self._router, self._latest, self._rng = router, latest, rng
        self._coming = sorted(
            (
                (segment[0], segment[1], index)
                for index, life in enumerate(lives)
                for segment in life.segments
            ),
            reverse=True,
        )
        self._workers = [
            Worker(
                id=life.record.id,
                vehicle_id=life.record.vehicles[0].id,
                vehicle=life.record.vehicles[0].spec,
                free_at=life.record.profile.created_at,
                place=town_map.place(rng).point,
                online_from=life.record.profile.created_at,
                online_until=life.record.profile.created_at,
            )
            for life in lives
        ]
        self._online: list[int] = []
        self._leaving: list[tuple[datetime, int]] = []

    def pick(
        self, at: datetime, pickup: GeoPoint, needs: CarryingNeeds, trip: Leg, without: set[str]
    ) -> tuple[Worker, Leg] | None:
        self._move_to(at)
        few = len(self._online) <= SAMPLE
        sample = self._online if few else self._rng.sample(self._online, SAMPLE)
        best: tuple[Worker, Leg] | None = None
        for index in sample:
            worker = self._workers[index]
            if (
                max(worker.free_at, worker.online_from) > at
                or worker.id in without
                or not can_carry(worker.vehicle, needs)
            ):
                continue  # a worker may have come after that time: stories overlap
            leg = self._router.estimate(worker.place, pickup)
            length = timedelta(seconds=1.3 * (leg.duration_s + trip.duration_s) + OVERHEAD_S)
            if at + length > min(worker.online_until, self._latest):
                continue
            if best is None or leg.distance_m < best[1].distance_m:
                best = worker, leg
        return best

    def _move_to(self, at: datetime) -> None:
        while self._coming and self._coming[-1][0] <= at:
            since, until, index = self._coming.pop()
            self._workers[index].online_from, self._workers[index].online_until = since, until
            self._online.append(index)
            heapq.heappush(self._leaving, (until, index))
        while self._leaving and self._leaving[0][0] <= at:
            _, index = heapq.heappop(self._leaving)
            self._online.remove(index)
