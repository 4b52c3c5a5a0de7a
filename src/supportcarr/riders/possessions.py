"""What riders save: places and bikes.  Pure."""

from __future__ import annotations

from typing import Annotated

from msgspec.structs import asdict, replace

from supportcarr.contracts.documents import Document
from supportcarr.contracts.geo import Place
from supportcarr.contracts.personal import Personal
from supportcarr.contracts.value_objects import BikeLoad, BikeType
from supportcarr.riders.commands import BikeDetails, PlaceDetails

PLACES_MAX = 50
BIKES_MAX = 20
UNKNOWN_PLACE = Place(0.0, 0.0)  # of a place that cannot be read any more


class SavedPlace(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A place that a rider saved: home, work."""

    rider_id: str
    name: Annotated[str, Personal("rider_id")]
    place: Annotated[Place, Personal("rider_id", neutral=UNKNOWN_PLACE)]


class Bike(Document, frozen=True, kw_only=True, omit_defaults=True):
    """A bike of a rider: weight with the battery in kilograms, battery in watt-hours."""

    rider_id: str
    name: Annotated[str, Personal("rider_id")]
    type: BikeType = "other"
    make: Annotated[str | None, Personal("rider_id")] = None
    model: Annotated[str | None, Personal("rider_id")] = None
    weight_kg: float | None = None
    battery_wh: int | None = None
    battery_removable: bool | None = None
    photo_id: str | None = None

    @property
    def load(self) -> BikeLoad:
        """The bike as a load of a vehicle."""
        return BikeLoad(
            type=self.type,
            weight_kg=self.weight_kg,
            battery_removable=self.battery_removable or False,
        )


def described_place(saved: SavedPlace, details: PlaceDetails) -> SavedPlace | None:
    """The place as described; ``None`` if it is that already."""
    after = replace(saved, name=details.name.strip(), place=details.place)
    return None if after == saved else after


def described_bike(bike: Bike, details: BikeDetails) -> Bike | None:
    """The bike as described; ``None`` if it is that already."""
    after = replace(bike, **(asdict(details) | {"name": details.name.strip()}))
    return None if after == bike else after
