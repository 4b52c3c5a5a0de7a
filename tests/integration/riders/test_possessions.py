"""Saved places and bikes: a rider's own, and what a quote keeps of a bike."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from support.files.no_photos import NoPhotos
from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.geo import Place
from supportcarr.contracts.value_objects import BikeLoad
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.kit.store.update import update, without_events
from supportcarr.riders.commands import BikeDetails, PlaceDetails
from supportcarr.riders.errors import TooManyBikes, TooManyPlaces
from supportcarr.riders.personal_data import RiderData
from supportcarr.riders.possession_service import BikeService, PlaceService
from supportcarr.riders.possessions import BIKES_MAX, PLACES_MAX, Bike, SavedPlace
from supportcarr.riders.routes import routes
from supportcarr.riders.schemas import BikeChange, PlaceChange


def bike_service(store: Store) -> BikeService:
    return BikeService(store, Clock(), NoPhotos())


HOME = PlaceDetails(" Home ", Place(45.53, -73.6, "1234 rue Rachel"))
CARGO = BikeDetails(name="Cargo", type="cargo", weight_kg=51.5, battery_wh=545, battery_removable=True)


async def test_a_place_is_saved_changed_in_part_and_removed(store: Store) -> None:
    places = PlaceService(store)
    saved = await places.add("usr_1", HOME, place_id="plc_1")
    assert (saved.name, await places.add("usr_1", HOME, place_id="plc_1")) == ("Home", saved)
    after = await places.change("usr_1", "plc_1", PlaceChange(lat=45.6).details)
    assert (after.name, after.place) == ("Home", Place(45.6, -73.6, "1234 rue Rachel"))
    assert PlaceChange(address=None).details(after).place.address is None
    for wrong in (places.get("usr_2", "plc_1"), places.change("usr_2", "plc_1", lambda _: HOME)):
        with pytest.raises(NotFound):
            await wrong
    with pytest.raises(NotFound):
        await places.remove("usr_2", "plc_1")
    await places.remove("usr_1", "plc_1")
    assert list(await places.listed("usr_1")) == []


async def test_a_bike_is_changed_in_part_and_says_what_has_to_be_carried(store: Store) -> None:
    bikes = bike_service(store)
    bike = await bikes.add("usr_1", CARGO)
    changes = BikeChange(weight_kg=None, make="Urban Arrow")
    after = await bikes.change("usr_1", bike.id, changes.details)
    assert (after.weight_kg, after.make, after.battery_wh) == (None, "Urban Arrow", 545)
    assert await bikes.load_of("usr_1", bike.id) == BikeLoad(type="cargo", battery_removable=True)
    for rider_id, bike_id in (("usr_2", bike.id), ("usr_1", "bik_none")):
        with pytest.raises(ValidationFailed) as refused:
            await bikes.load_of(rider_id, bike_id)
        assert (refused.value.errors[0].field, refused.value.errors[0].code) == ("bike_id", "not_found")


async def test_a_bike_with_a_photo_that_cannot_be_used_is_not_saved(store: Store) -> None:
    bikes = bike_service(store)
    bike = await bikes.add("usr_1", CARGO)
    wrong = replace(CARGO, name="Other", photo_id="fil_of_somebody")
    for refused_call in (bikes.add("usr_1", wrong), bikes.change("usr_1", bike.id, lambda _: wrong)):
        with pytest.raises(ValidationFailed) as refused:
            await refused_call
        assert [error.field for error in refused.value.errors] == ["photo_id"]
    assert list(await bikes.listed("usr_1")) == [bike]


class OvertakenBikes(BikeService):
    """Bikes of which another request changes the weight once one has been read."""

    async def get(self, rider_id: str, bike_id: str) -> Bike:
        bike = await super().get(rider_id, bike_id)
        if bike.weight_kg != 30:
            await update(self._owned, bike_id, without_events(lambda now: replace(now, weight_kg=30.0)))
        return bike


class OvertakenPlaces(PlaceService):
    """Places of which another request changes the name once one has been read."""

    async def get(self, rider_id: str, place_id: str) -> SavedPlace:
        place = await super().get(rider_id, place_id)
        if place.name != "Work":
            await update(self._owned, place_id, without_events(lambda now: replace(now, name="Work")))
        return place


async def test_two_changes_at_once_keep_each_what_they_do_not_name(store: Store) -> None:
    places, bikes = OvertakenPlaces(store), OvertakenBikes(store, Clock(), NoPhotos())
    place, bike = await places.add("usr_1", HOME), await bikes.add("usr_1", CARGO)
    change = {route.path: route.handler for route in routes(places, bikes) if route.method == "PATCH"}
    caller = SimpleNamespace(user_id="usr_1")
    for path, parameters, body in (
        ("/me/bikes/{bike_id}", {"bike_id": bike.id}, BikeChange(make="Urban Arrow")),
        ("/me/places/{place_id}", {"place_id": place.id}, PlaceChange(lat=45.6)),
    ):
        request: Any = SimpleNamespace(caller=caller, path_params=parameters, body=body)
        await change[path](request)
    (bike,), (place,) = await bikes.listed("usr_1"), await places.listed("usr_1")
    assert (bike.weight_kg, bike.make) == (30, "Urban Arrow")
    assert (place.name, place.place.lat) == ("Work", 45.6)


async def test_there_is_a_limit(store: Store) -> None:
    places, bikes = PlaceService(store), bike_service(store)
    for _ in range(PLACES_MAX):
        await places.add("usr_1", HOME)
    for _ in range(BIKES_MAX):
        await bikes.add("usr_1", CARGO)
    with pytest.raises(TooManyPlaces):
        await places.add("usr_1", HOME)
    with pytest.raises(TooManyBikes):
        await bikes.add("usr_1", CARGO)
    assert len(await places.listed("usr_1")) == PLACES_MAX


async def test_they_are_exported_and_erased_with_their_rider(store: Store) -> None:
    places, bikes, data = PlaceService(store), bike_service(store), RiderData(store)
    for rider_id in ("usr_1", "usr_2"):
        await places.add(rider_id, HOME)
        await bikes.add(rider_id, CARGO)
    exported: Any = await data.export("usr_1")
    assert [place.place.address for place in exported["places"]] == ["1234 rue Rachel"]
    assert [bike.name for bike in exported["bikes"]] == ["Cargo"]
    await data.forget("usr_1")
    await data.forget("usr_1")
    assert await data.export("usr_1") == {}
    assert set(await data.export("usr_2")) == {"places", "bikes"}
