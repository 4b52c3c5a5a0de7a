"""Riders' saved places and bikes: list, add, change, remove."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Generic, TypeVar

from msgspec.structs import asdict, replace

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.envelope import PendingEvents
from supportcarr.contracts.errors import Conflict, NotFound, ValidationFailed
from supportcarr.contracts.events import BikePhotoChanged
from supportcarr.contracts.ids import BIKE, SAVED_PLACE
from supportcarr.contracts.value_objects import BikeLoad
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.ids import new_id
from supportcarr.kit.store.port import Collection, CollectionSpec, DuplicateKey, Store, VersionConflict
from supportcarr.kit.store.purge import delete_document
from supportcarr.kit.store.update import update, without_events
from supportcarr.riders.collections import BIKES, PLACES
from supportcarr.riders.commands import BikeDetails, PlaceDetails
from supportcarr.riders.errors import TooManyBikes, TooManyPlaces
from supportcarr.riders.ports import PhotoFiles, PhotoLinks
from supportcarr.riders.possessions import (
    BIKES_MAX,
    PLACES_MAX,
    Bike,
    SavedPlace,
    described_bike,
    described_place,
)

P = TypeVar("P", SavedPlace, Bike)


class _PossessionService(Generic[P]):
    """What riders have of one kind, so many at most; that of others does not exist for a rider."""

    def __init__(self, store: Store, spec: CollectionSpec[P], most: int, too_many: type[Conflict]) -> None:
        self._owned: Collection[P] = store.collection(spec)
        self._most = most
        self._too_many = too_many

    async def listed(self, rider_id: str) -> Sequence[P]:
        """The rider's, oldest first."""
        return (await self._owned.find({"rider_id": rider_id}, limit=self._most)).items

    async def get(self, rider_id: str, id: str) -> P:
        """Raises ``NotFound``."""
        owned = await self._owned.get(id)
        if owned is None or owned.rider_id != rider_id:
            raise NotFound
        return owned

    async def _check_room(self, rider_id: str) -> None:
        """Raises the error of too many."""
        if await self._owned.count({"rider_id": rider_id}) >= self._most:
            raise self._too_many

    async def _insert(self, owned: P, events: PendingEvents | None = None) -> P:
        try:
            return await self._owned.insert(owned, events)
        except DuplicateKey:  # the same request, made twice at the same time
            return await self._owned.get(owned.id) or owned


class PlaceService(_PossessionService[SavedPlace]):
    """Saved places."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, PLACES, PLACES_MAX, TooManyPlaces)

    async def add(self, rider_id: str, details: PlaceDetails, *, place_id: str | None = None) -> SavedPlace:
        """Save a place; repeated with the id of one that was saved: that one.  Raises ``TooManyPlaces``."""
        if place_id is not None and (before := await self._owned.get(place_id)):
            return before
        await self._check_room(rider_id)
        place = SavedPlace(
            id=place_id or new_id(SAVED_PLACE),
            rider_id=rider_id,
            name=details.name.strip(),
            place=details.place,
        )
        return await self._insert(place)

    async def change(
        self, rider_id: str, place_id: str, describe: Callable[[SavedPlace], PlaceDetails]
    ) -> SavedPlace:
        """Describe a place anew, as *describe* says of the place as it is now.  Raises ``NotFound``."""
        await self.get(rider_id, place_id)
        described = without_events(lambda place: described_place(place, describe(place)))
        return await update(self._owned, place_id, described)

    async def remove(self, rider_id: str, place_id: str) -> None:
        """Raises ``NotFound``."""
        await self.get(rider_id, place_id)
        await delete_document(self._owned, place_id)


class BikeService(_PossessionService[Bike]):
    """Bikes.  Implements the port ``Bikes`` of pricing."""

    def __init__(self, store: Store, clock: Clock, photos: PhotoFiles) -> None:
        super().__init__(store, BIKES, BIKES_MAX, TooManyBikes)
        self._clock = clock
        self._photos = photos

    async def add(self, rider_id: str, details: BikeDetails, *, bike_id: str | None = None) -> Bike:
        """Add a bike; repeated with the id of one that was added: that one.

        Raises ``TooManyBikes``; ``ValidationFailed`` for a photo that cannot be used.
        """
        if bike_id is not None and (before := await self._owned.get(bike_id)):
            return before
        await self._check_room(rider_id)
        bike = Bike(
            id=bike_id or new_id(BIKE),
            rider_id=rider_id,
            **(asdict(details) | {"name": details.name.strip()}),
        )
        await self._use_photo(bike)
        return await self._insert(bike, self._photo_changed(bike, bike.photo_id))

    async def change(self, rider_id: str, bike_id: str, describe: Callable[[Bike], BikeDetails]) -> Bike:
        """Describe a bike anew, as *describe* says of the bike as it is now.

        Raises ``NotFound``; ``ValidationFailed`` for a photo that cannot be used.  Quotes and rescues keep
        what they know of the bike.
        """
        bike = await self.get(rider_id, bike_id)
        photo_id = describe(bike).photo_id
        if photo_id != bike.photo_id:
            await self._use_photo(replace(bike, photo_id=photo_id))

        def changed(bike: Bike) -> tuple[Bike, PendingEvents | None] | None:
            after = described_bike(bike, describe(bike))
            if after is None:
                return None
            changed = after.photo_id != bike.photo_id
            return after, self._photo_changed(bike, bike.photo_id, after.photo_id) if changed else None

        return await update(self._owned, bike_id, changed)

    async def remove(self, rider_id: str, bike_id: str) -> None:
        """Raises ``NotFound``.  Quotes and rescues keep what they know of the bike."""
        await self.get(rider_id, bike_id)
        while (bike := await self._owned.get(bike_id)) is not None:
            with suppress(VersionConflict):  # it was changed meanwhile: it may have a photo again
                if bike.photo_id is not None:
                    let_go = self._photo_changed(bike, bike.photo_id)
                    bike = await self._owned.save(replace(bike, photo_id=None), let_go)
                await self._owned.delete(bike_id, bike.version)

    async def follow_photos(self, changed: BikePhotoChanged) -> None:
        """Keep the photo that the bike has, and let go of one that it does not have any more.  Idempotent."""
        for photo_id in changed.photo_ids:
            has_photo = partial(self._has_photo, changed.bike_id, photo_id)
            await self._photos.follow(photo_id, changed.bike_id, has_photo)

    async def photo_links(self, bikes: Sequence[Bike]) -> Mapping[str, PhotoLinks]:
        """Links to the photos of the bikes, by photo."""
        photo_ids = [bike.photo_id for bike in bikes if bike.photo_id is not None]
        return await self._photos.links(photo_ids) if photo_ids else {}

    async def _use_photo(self, bike: Bike) -> None:
        """Raises ``ValidationFailed``."""
        if bike.photo_id is not None:
            await self._photos.reserve(bike.photo_id, bike.rider_id, "bike_photo", bike.id, field="photo_id")

    async def _has_photo(self, bike_id: str, photo_id: str) -> bool:
        bike = await self._owned.get(bike_id)
        return bike is not None and bike.photo_id == photo_id

    def _photo_changed(self, bike: Bike, *photo_ids: str | None) -> PendingEvents | None:
        """The event about those photos; ``None`` if there are none."""
        photos = tuple(photo_id for photo_id in photo_ids if photo_id is not None)
        if not photos:
            return None
        event = BikePhotoChanged(rider_id=bike.rider_id, bike_id=bike.id, photo_ids=photos)
        return PendingEvents((event,), Actor("rider", bike.rider_id), self._clock.city())

    async def load_of(self, rider_id: str, bike_id: str) -> BikeLoad:
        """What a vehicle has to carry.  Raises ``ValidationFailed`` unless the bike is the rider's."""
        bike = await self._owned.get(bike_id)
        if bike is None or bike.rider_id != rider_id:
            raise ValidationFailed.of("bike_id", "not_found", "You have no such bike")
        return bike.load
