"""Scenarios of bikes: a photo that is replaced, removed, or given by a client that does not ask again."""

from __future__ import annotations

from datetime import timedelta

from support.crash.scenario import Findings, Scenario, find_all, problems, run_relay
from support.crash.world import ApiResponse, World
from supportcarr.files.collections import FILES
from supportcarr.files.model import StoredFile
from supportcarr.riders.collections import BIKES
from supportcarr.riders.possessions import Bike

BIKE = "bik_01jdc0000000000000000000b1"
PHOTO = "fil_01jdc0000000000000000000f4"
NEW_PHOTO = "fil_01jdc0000000000000000000f5"
LONGER_THAN_UNUSED_S = 25 * 3_600.0


async def _has_photo(world: World) -> None:
    """The rider's bike has a photo, and another one is uploaded."""
    rider_id = world.people.rider.id
    for photo_id in (PHOTO, NEW_PHOTO):
        photo = StoredFile(
            id=photo_id,
            owner_id=rider_id,
            purpose="bike_photo",
            state="ready",
            content_type="image/jpeg",
            size=1000,
            created_at=world.clock.wall(),
            attached_to=BIKE if photo_id == PHOTO else None,
            orphan_at=None if photo_id == PHOTO else world.clock.wall() + timedelta(days=1),
        )
        await world.store.collection(FILES).insert(photo)
    await world.store.collection(BIKES).insert(
        Bike(id=BIKE, rider_id=rider_id, name="Commuter", photo_id=PHOTO)
    )


async def _replace(world: World) -> ApiResponse:
    return await world.request(world.people.rider, "PATCH", f"/me/bikes/{BIKE}", {"photo_id": NEW_PHOTO})


async def _remove(world: World) -> ApiResponse:
    removed = await world.request(world.people.rider, "DELETE", f"/me/bikes/{BIKE}")
    if removed.status != 404:
        return removed
    return await world.request(world.people.rider, "GET", "/me/bikes")  # the first request has removed it


async def _file(world: World, file_id: str) -> StoredFile | None:
    return next(iter(await find_all(world, FILES, id=file_id)), None)


async def _replaced(world: World) -> Findings:
    [bike] = await find_all(world, BIKES)
    old, new = await _file(world, PHOTO), await _file(world, NEW_PHOTO)
    return problems(
        (bike.photo_id == NEW_PHOTO, f"the bike has the photo {bike.photo_id}"),
        (old is not None and old.attached_to is None, "the old photo is kept"),
        (
            new is not None and new.attached_to == BIKE and new.orphan_at is None,
            "the new photo will be collected",
        ),
    )


async def _removed(world: World) -> Findings:
    photo = await _file(world, PHOTO)
    return problems(
        (not await find_all(world, BIKES), "the bike is there"),
        (photo is not None and photo.attached_to is None, "the photo is kept for a bike that is gone"),
    )


async def _kept_or_collected(world: World) -> Findings:
    """A day later the photo is kept for its bike, or it is gone."""
    world.advance(LONGER_THAN_UNUSED_S)
    await world.run_periodic_task("files.collect")
    [bike] = await find_all(world, BIKES)
    old, new = await _file(world, PHOTO), await _file(world, NEW_PHOTO)
    return problems(
        (
            (old is not None) == (bike.photo_id == PHOTO),
            f"the bike has {bike.photo_id}; the old photo: {old}",
        ),
        ((new is not None) == (bike.photo_id == NEW_PHOTO), f"the bike has {bike.photo_id}; the new: {new}"),
    )


BIKE_SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="a bike's photo replaced",
        prepare=_has_photo,
        request=_replace,
        background=(run_relay,),
        effect=_replaced,
    ),
    Scenario(
        name="a bike with a photo removed",
        prepare=_has_photo,
        request=_remove,
        background=(run_relay,),
        effect=_removed,
    ),
    Scenario(
        name="a bike's photo replaced by a client that does not ask again",
        prepare=_has_photo,
        request=_replace,
        background=(run_relay,),
        client_retries=False,
        effect=_kept_or_collected,
    ),
)
