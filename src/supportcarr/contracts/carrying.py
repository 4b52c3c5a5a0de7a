"""What a job needs of a vehicle, and whether a vehicle can carry it.  Pure.

The part ``drivers`` describes vehicles (``VehicleSpec``), ``dispatch`` asks before it offers a job, and
``pricing`` asks before it says that somebody could come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from supportcarr.contracts.value_objects import BikeLoad, BikeType

VehicleType = Literal["pickup", "van", "trailer"]
Obstacle = Literal["damaged_battery", "bed_length", "ramp", "tie_downs", "capacity", "seat"]

# Lengths in centimetres from tyre to tyre: of the longest usual model of each type, with some air.
BIKE_LENGTH_CM: Mapping[BikeType, int] = {
    "city": 180,
    "mountain": 180,
    "road": 170,
    "folding": 90,
    "cargo": 250,
    "other": 180,
}
OVERHANG_CM = 50  # of a bike over the lowered tailgate of an open bed; a van has to be closed
# A driver and a rider can lift that much onto a bed.  (NIOSH recommends at most 23 kg for one person under
# the best conditions.)
LIFT_LIMIT_KG = 35.0
REMOVABLE_BATTERY_KG = 3.5  # lighter, once the battery is off
TIE_DOWNS, TIE_DOWNS_HEAVY = 1, 2
LOAD_BED_CM: Mapping[str, int] = {"dump_run": 150, "pickup_delivery": 120, "hauling": 180}


class VehicleSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a vehicle has to carry things with: lengths in centimetres, ``capacity`` in bikes."""

    type: VehicleType
    bed_length_cm: int
    capacity: int = 1
    ramp: bool = False  # or a lift
    tie_downs: int = 0
    seats: int = 1  # for passengers

    @property
    def is_closed(self) -> bool:
        """True if the load shares the air with the people in the cabin."""
        return self.type == "van"


class CarryingNeeds(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a job needs of a vehicle; the defaults need nothing."""

    length_cm: int = 0  # of the bike, part of which may hang over an open bed
    bed_cm: int = 0
    bikes: int = 0
    ramp: bool = False
    tie_downs: int = 0
    seats: int = 0
    open_bed: bool = False


NO_NEEDS = CarryingNeeds()


def carrying_needs(kind: str, problem: str | None = None, bike: BikeLoad | None = None) -> CarryingNeeds:
    """What a job of that kind needs.  A bike of which nothing is known needs no more than a place."""
    if kind != "rescue":
        return CarryingNeeds(bed_cm=LOAD_BED_CM.get(kind, 0))
    open_bed = problem == "damaged_battery"
    if bike is None:
        return CarryingNeeds(bikes=1, seats=1, open_bed=open_bed)
    heavy = is_heavy(bike)
    return CarryingNeeds(
        length_cm=BIKE_LENGTH_CM[bike.type],
        bikes=1,
        ramp=heavy,
        tie_downs=TIE_DOWNS_HEAVY if heavy else TIE_DOWNS,
        seats=1,
        open_bed=open_bed,
    )


def is_heavy(bike: BikeLoad) -> bool:
    """True if two people cannot lift it; of a cargo bike without a known weight that is assumed."""
    if bike.weight_kg is None:
        return bike.type == "cargo"
    return bike.weight_kg - (REMOVABLE_BATTERY_KG if bike.battery_removable else 0) > LIFT_LIMIT_KG


def obstacles(vehicle: VehicleSpec, needs: CarryingNeeds) -> tuple[Obstacle, ...]:
    """Why the vehicle cannot do a job with those needs; empty: it can."""
    return tuple(_obstacles(vehicle, needs))


def can_carry(vehicle: VehicleSpec | None, needs: CarryingNeeds) -> bool:
    """True unless something is in the way; of a vehicle that nothing is known of (``None``): True."""
    return vehicle is None or not obstacles(vehicle, needs)


def _obstacles(vehicle: VehicleSpec, needs: CarryingNeeds) -> Iterator[Obstacle]:
    if needs.open_bed and vehicle.is_closed:
        yield "damaged_battery"  # may burn or give off gas at any time, with people in the same air
    overhang = 0 if vehicle.is_closed else OVERHANG_CM
    if vehicle.bed_length_cm < needs.bed_cm or vehicle.bed_length_cm + overhang < needs.length_cm:
        yield "bed_length"
    if needs.ramp and not vehicle.ramp:
        yield "ramp"
    if vehicle.tie_downs < needs.tie_downs:
        yield "tie_downs"
    if vehicle.capacity < needs.bikes:
        yield "capacity"
    if vehicle.seats < needs.seats:
        yield "seat"
