"""Riders' saved places and bikes: list, add, change, remove."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import asdict

from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.ids import BIKE, SAVED_PLACE
from supportcarr.contracts.value_objects import BikeLoad
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import DuplicateKey, Store
from supportcarr.kit.store.purge import delete_document
from supportcarr.kit.store.update import update, without_events
from supportcarr.riders.collections import BIKES, PLACES
from supportcarr.riders.commands import BikeDetails, PlaceDetails
from supportcarr.riders.errors import TooManyBikes, TooManyPlaces
from supportcarr.riders.possessions import (
    BIKES_MAX,
    PLACES_MAX,
    Bike,
    SavedPlace,
    described_bike,
    described_place,
)


class PlaceService:
    """Saved places; those of others do not exist for a rider."""

    def __init__(self, store: Store) -> None:
        self._places = store.collection(PLACES)

    async def places(self, rider_id: str) -> Sequence[SavedPlace]:
        """The rider's places, oldest first."""
        return (await self._places.find({"rider_id": rider_id}, limit=PLACES_MAX)).items

    async def add(self, rider_id: str, details: PlaceDetails, *, place_id: str | None = None) -> SavedPlace:
        """Save a place; repeated with the id of one that was saved: that one.  Raises ``TooManyPlaces``."""
        if place_id is not None and (before := await self._places.get(place_id)):
            return before
        if await self._places.count({"rider_id": rider_id}) >= PLACES_MAX:
            raise TooManyPlaces
        place = SavedPlace(
            id=place_id or new_id(SAVED_PLACE),
            rider_id=rider_id,
            name=details.name.strip(),
            place=details.place,
        )
        try:
            return await self._places.insert(place)
        except DuplicateKey:  # the same request, made twice at the same time
            return await self._places.get(place.id) or place

    async def get(self, rider_id: str, place_id: str) -> SavedPlace:
        """Raises ``NotFound``."""
        place = await self._places.get(place_id)
        if place is None or place.rider_id != rider_id:
            raise NotFound
        return place

    async def change(self, rider_id: str, place_id: str, details: PlaceDetails) -> SavedPlace:
        """Raises ``NotFound``."""
        await self.get(rider_id, place_id)
        described = without_events(lambda place: described_place(place, details))
        return await update(self._places, place_id, described)

    async def remove(self, rider_id: str, place_id: str) -> None:
        """Raises ``NotFound``."""
        await self.get(rider_id, place_id)
        await delete_document(self._places, place_id)


class BikeService:
    """Bikes; those of others do not exist for a rider.  Implements the port ``Bikes`` of pricing."""

    def __init__(self, store: Store) -> None:
        self._bikes = store.collection(BIKES)

    async def bikes(self, rider_id: str) -> Sequence[Bike]:
        """The rider's bikes, oldest first."""
        return (await self._bikes.find({"rider_id": rider_id}, limit=BIKES_MAX)).items

    async def add(self, rider_id: str, details: BikeDetails, *, bike_id: str | None = None) -> Bike:
        """Add a bike; repeated with the id of one that was added: that one.  Raises ``TooManyBikes``."""
        if bike_id is not None and (before := await self._bikes.get(bike_id)):
            return before
        if await self._bikes.count({"rider_id": rider_id}) >= BIKES_MAX:
            raise TooManyBikes
        bike = Bike(
            id=bike_id or new_id(BIKE),
            rider_id=rider_id,
            **(asdict(details) | {"name": details.name.strip()}),
        )
        try:
            return await self._bikes.insert(bike)
        except DuplicateKey:  # the same request, made twice at the same time
            return await self._bikes.get(bike.id) or bike

    async def get(self, rider_id: str, bike_id: str) -> Bike:
        """Raises ``NotFound``."""
        bike = await self._bikes.get(bike_id)
        if bike is None or bike.rider_id != rider_id:
            raise NotFound
        return bike

    async def change(self, rider_id: str, bike_id: str, details: BikeDetails) -> Bike:
        """Raises ``NotFound``.  Quotes and rescues keep what they know of the bike."""
        await self.get(rider_id, bike_id)
        return await update(self._bikes, bike_id, without_events(lambda bike: described_bike(bike, details)))

    async def remove(self, rider_id: str, bike_id: str) -> None:
        """Raises ``NotFound``.  Quotes and rescues keep what they know of the bike."""
        await self.get(rider_id, bike_id)
        await delete_document(self._bikes, bike_id)

    async def load_of(self, rider_id: str, bike_id: str) -> BikeLoad:
        """What a vehicle has to carry.  Raises ``ValidationFailed`` unless the bike is the rider's."""
        bike = await self._bikes.get(bike_id)
        if bike is None or bike.rider_id != rider_id:
            raise ValidationFailed.of("bike_id", "not_found", "You have no such bike")
        return bike.load
