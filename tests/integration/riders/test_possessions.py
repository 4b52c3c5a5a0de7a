"""Saved places and bikes: a rider's own, and what a quote keeps of a bike."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from support.files.no_photos import NoPhotos
from supportcarr.contracts.errors import NotFound, ValidationFailed
from supportcarr.contracts.geo import Place
from supportcarr.contracts.value_objects import BikeLoad
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.riders.commands import BikeDetails, PlaceDetails
from supportcarr.riders.errors import TooManyBikes, TooManyPlaces
from supportcarr.riders.personal_data import RiderData
from supportcarr.riders.possession_service import BikeService, PlaceService
from supportcarr.riders.possessions import BIKES_MAX, PLACES_MAX
from supportcarr.riders.schemas import BikeChange, PlaceChange


def bike_service(store: Store) -> BikeService:
    return BikeService(store, Clock(), NoPhotos())


HOME = PlaceDetails(" Home ", Place(45.53, -73.6, "1234 rue Rachel"))
CARGO = BikeDetails(name="Cargo", type="cargo", weight_kg=51.5, battery_wh=545, battery_removable=True)


async def test_a_place_is_saved_changed_in_part_and_removed(store: Store) -> None:
    places = PlaceService(store)
    saved = await places.add("usr_1", HOME, place_id="plc_1")
    assert (saved.name, await places.add("usr_1", HOME, place_id="plc_1")) == ("Home", saved)
    moved = PlaceChange(lat=45.6).details(await places.get("usr_1", "plc_1"))
    after = await places.change("usr_1", "plc_1", moved)
    assert (after.name, after.place) == ("Home", Place(45.6, -73.6, "1234 rue Rachel"))
    assert PlaceChange(address=None).details(after).place.address is None
    for wrong in (places.get("usr_2", "plc_1"), places.change("usr_2", "plc_1", HOME)):
        with pytest.raises(NotFound):
            await wrong
    with pytest.raises(NotFound):
        await places.remove("usr_2", "plc_1")
    await places.remove("usr_1", "plc_1")
    assert list(await places.places("usr_1")) == []


async def test_a_bike_is_changed_in_part_and_says_what_has_to_be_carried(store: Store) -> None:
    bikes = bike_service(store)
    bike = await bikes.add("usr_1", CARGO)
    changed = BikeChange(weight_kg=None, make="Urban Arrow").details(bike)
    after = await bikes.change("usr_1", bike.id, changed)
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
    for refused_call in (bikes.add("usr_1", wrong), bikes.change("usr_1", bike.id, wrong)):
        with pytest.raises(ValidationFailed) as refused:
            await refused_call
        assert [error.field for error in refused.value.errors] == ["photo_id"]
    assert list(await bikes.bikes("usr_1")) == [bike]


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
    assert len(await places.places("usr_1")) == PLACES_MAX


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
