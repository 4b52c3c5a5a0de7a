"""Request and response bodies of riders' places and bikes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, UnsetType

from supportcarr.contracts.geo import Latitude, Longitude, Place
from supportcarr.contracts.value_objects import BikeType
from supportcarr.riders.commands import BikeDetails, PlaceDetails
from supportcarr.riders.ports import PhotoLinks
from supportcarr.riders.possessions import Bike, SavedPlace

Name = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S", examples=["Home"])]
Word = Annotated[str, Meta(min_length=1, max_length=40)]
Address = Annotated[str, Meta(max_length=200)]
Weight = Annotated[float, Meta(ge=1, le=200, description="kilograms, with the battery")]
PhotoId = Annotated[
    str, Meta(min_length=1, max_length=64, description="id of an upload with the purpose bike_photo")
]
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
    photo_id: PhotoId | None = None

    @property
    def details(self) -> BikeDetails:
        return BikeDetails(**msgspec.structs.asdict(self))


class BikeChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is; without the photo: ``photo_id`` null."""

    name: Name | UnsetType = msgspec.UNSET
    type: BikeType | UnsetType = msgspec.UNSET
    make: Word | UnsetType | None = msgspec.UNSET
    model: Word | UnsetType | None = msgspec.UNSET
    weight_kg: Weight | UnsetType | None = msgspec.UNSET
    battery_wh: Battery | UnsetType | None = msgspec.UNSET
    battery_removable: bool | UnsetType | None = msgspec.UNSET
    photo_id: PhotoId | UnsetType | None = msgspec.UNSET

    def details(self, bike: Bike) -> BikeDetails:
        given = {n: v for n, v in msgspec.structs.asdict(self).items() if v is not msgspec.UNSET}
        kept = {name: getattr(bike, name) for name in BikeDetails.__struct_fields__}
        return BikeDetails(**(kept | given))


class BikePhotoView(msgspec.Struct, frozen=True, kw_only=True):
    """A photo; the links are valid for minutes, and null while there is nothing to see."""

    id: str
    state: Annotated[
        Literal["awaiting_upload", "processing", "ready", "refused", "deleted"],
        Meta(description="refused: the file was not accepted, and can be replaced"),
    ]
    content_type: Annotated[str, Meta(description="of the links, once the photo is ready")]
    url: str | None
    thumbnail_url: Annotated[str | None, Meta(description="at most 320 pixels a side")]

    @classmethod
    def of(cls, photo_id: str, links: PhotoLinks) -> BikePhotoView:
        return cls(
            id=photo_id,
            state=links.state,
            content_type=links.content_type,
            url=links.url,
            thumbnail_url=links.thumbnail_url,
        )


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
    photo: BikePhotoView | None

    @classmethod
    def of(cls, bike: Bike, links: Mapping[str, PhotoLinks]) -> BikeView:
        """The bike with the links to its photo; without a photo if its file is gone."""
        photo_links = links.get(bike.photo_id) if bike.photo_id else None
        return cls(
            id=bike.id,
            name=bike.name,
            type=bike.type,
            make=bike.make,
            model=bike.model,
            weight_kg=bike.weight_kg,
            battery_wh=bike.battery_wh,
            battery_removable=bike.battery_removable,
            photo=BikePhotoView.of(bike.photo_id, photo_links) if bike.photo_id and photo_links else None,
        )
