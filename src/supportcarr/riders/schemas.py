"""Request and response bodies of riders' places and bikes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, UnsetType

from supportcarr.contracts.geo import Latitude, Longitude, Place
from supportcarr.contracts.value_objects import BikeType
from supportcarr.riders.commands import BikeDetails, PlaceDetails
from supportcarr.riders.possessions import Bike, SavedPlace

Name = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S", examples=["Home"])]
Word = Annotated[str, Meta(min_length=1, max_length=40)]
Address = Annotated[str, Meta(max_length=200)]
Weight = Annotated[float, Meta(ge=1, le=200, description="kilograms, with the battery")]
Battery = Annotated[int, Meta(ge=0, le=5000, description="watt-hours; 0: the bike has none")]


class NewPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Name
    lat: Latitude
    lng: Longitude
    address: Address | None = None

    @property
    def details(self) -> PlaceDetails:
        return PlaceDetails(self.name, Place(self.lat, self.lng, self.address))


class PlaceChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    name: Name | UnsetType = msgspec.UNSET
    lat: Latitude | UnsetType = msgspec.UNSET
    lng: Longitude | UnsetType = msgspec.UNSET
    address: Address | UnsetType | None = msgspec.UNSET

    def details(self, saved: SavedPlace) -> PlaceDetails:
        place = saved.place
        return PlaceDetails(
            saved.name if self.name is msgspec.UNSET else self.name,
            Place(
                place.lat if self.lat is msgspec.UNSET else self.lat,
                place.lng if self.lng is msgspec.UNSET else self.lng,
                place.address if self.address is msgspec.UNSET else self.address,
            ),
        )


class PlaceView(msgspec.Struct, frozen=True):
    """A saved place of the caller."""

    id: str
    name: str
    lat: float
    lng: float
    address: str | None

    @classmethod
    def of(cls, saved: SavedPlace) -> PlaceView:
        return cls(saved.id, saved.name, saved.place.lat, saved.place.lng, saved.place.address)


class NewBike(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``battery_removable``: whether the battery comes off."""

    name: Name
    type: BikeType = "other"
    make: Word | None = None
    model: Word | None = None
    weight_kg: Weight | None = None
    battery_wh: Battery | None = None
    battery_removable: bool | None = None

    @property
    def details(self) -> BikeDetails:
        return BikeDetails(**msgspec.structs.asdict(self))


class BikeChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is."""

    name: Name | UnsetType = msgspec.UNSET
    type: BikeType | UnsetType = msgspec.UNSET
    make: Word | UnsetType | None = msgspec.UNSET
    model: Word | UnsetType | None = msgspec.UNSET
    weight_kg: Weight | UnsetType | None = msgspec.UNSET
    battery_wh: Battery | UnsetType | None = msgspec.UNSET
    battery_removable: bool | UnsetType | None = msgspec.UNSET

    def details(self, bike: Bike) -> BikeDetails:
        given = {n: v for n, v in msgspec.structs.asdict(self).items() if v is not msgspec.UNSET}
        kept = {name: getattr(bike, name) for name in BikeDetails.__struct_fields__}
        return BikeDetails(**(kept | given))


class BikeView(msgspec.Struct, frozen=True, kw_only=True):
    """A bike of the caller."""

    id: str
    name: str
    type: BikeType
    make: str | None
    model: str | None
    weight_kg: float | None
    battery_wh: int | None
    battery_removable: bool | None

    @classmethod
    def of(cls, bike: Bike) -> BikeView:
        return msgspec.convert(bike, cls, from_attributes=True)
