"""Which vehicle can carry what."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from supportcarr.contracts.carrying import (
    NO_NEEDS,
    Obstacle,
    VehicleSpec,
    can_carry,
    carrying_needs,
    obstacles,
)
from supportcarr.contracts.value_objects import BikeLoad

PICKUP = VehicleSpec(type="pickup", bed_length_cm=180)  # as a driver states it who says no more
EQUIPPED = replace(PICKUP, ramp=True, tie_downs=4)
LONG = replace(EQUIPPED, bed_length_cm=250)
VAN = replace(EQUIPPED, type="van")
TRAILER = replace(EQUIPPED, type="trailer", bed_length_cm=300)

CITY = BikeLoad(type="city", weight_kg=24.0)
HEAVY = BikeLoad(type="city", weight_kg=37.0)
CARGO = BikeLoad(type="cargo")


@pytest.mark.parametrize(
    ("vehicle", "kind", "problem", "bike", "expected"),
    [
        # nothing is known of the bike: whatever has a place and a seat
        (PICKUP, "rescue", "flat_tire", None, ()),
        (replace(PICKUP, seats=0), "rescue", "flat_tire", None, ("seat",)),
        (replace(PICKUP, capacity=0), "rescue", "flat_tire", None, ("capacity",)),
        # a damaged battery never goes into a closed cabin, whatever is known of the bike
        (VAN, "rescue", "damaged_battery", None, ("damaged_battery",)),
        (VAN, "rescue", "damaged_battery", replace(CITY, battery_removable=True), ("damaged_battery",)),
        (VAN, "rescue", "dead_battery", CITY, ()),
        (EQUIPPED, "rescue", "damaged_battery", CITY, ()),
        (TRAILER, "rescue", "damaged_battery", CITY, ()),
        # length: half a metre may hang over the tailgate of an open bed
        (replace(EQUIPPED, bed_length_cm=130), "rescue", None, CITY, ()),
        (replace(EQUIPPED, bed_length_cm=129), "rescue", None, CITY, ("bed_length",)),
        (replace(VAN, bed_length_cm=179), "rescue", None, CITY, ("bed_length",)),
        (replace(VAN, bed_length_cm=90), "rescue", None, BikeLoad(type="folding"), ()),
        (EQUIPPED, "rescue", None, CARGO, ("bed_length",)),
        (LONG, "rescue", None, CARGO, ()),
        (TRAILER, "rescue", None, CARGO, ()),
        # weight: a ramp or a lift, and two tie-downs, for what two people cannot lift
        (replace(PICKUP, tie_downs=1), "rescue", None, replace(CITY, weight_kg=35.0), ()),
        (replace(PICKUP, tie_downs=1), "rescue", None, HEAVY, ("ramp", "tie_downs")),
        (replace(PICKUP, tie_downs=1), "rescue", None, replace(HEAVY, battery_removable=True), ()),
        (replace(EQUIPPED, tie_downs=1), "rescue", None, HEAVY, ("tie_downs",)),
        (
            replace(LONG, ramp=False),
            "rescue",
            None,
            CARGO,
            ("ramp",),
        ),  # heavy, unless its weight says otherwise
        (replace(LONG, ramp=False), "rescue", None, replace(CARGO, weight_kg=30.0), ()),
        (PICKUP, "rescue", None, CITY, ("tie_downs",)),
        # loads other than bikes need a bed, and no seat
        (replace(PICKUP, seats=0), "hauling", None, None, ()),
        (replace(PICKUP, bed_length_cm=179), "hauling", None, None, ("bed_length",)),
        (replace(PICKUP, bed_length_cm=149), "dump_run", None, None, ("bed_length",)),
        (replace(VAN, bed_length_cm=120), "pickup_delivery", None, None, ()),
    ],
)
def test_what_a_vehicle_can_carry(
    vehicle: VehicleSpec,
    kind: str,
    problem: str | None,
    bike: BikeLoad | None,
    expected: tuple[Obstacle, ...],
) -> None:
    needs = carrying_needs(kind, problem, bike)
    assert obstacles(vehicle, needs) == expected
    assert can_carry(vehicle, needs) == (not expected)


def test_nothing_is_in_the_way_of_a_vehicle_that_nothing_is_known_of() -> None:
    assert can_carry(None, carrying_needs("rescue", "damaged_battery", CARGO))
    assert can_carry(replace(PICKUP, seats=0, capacity=0), NO_NEEDS)
