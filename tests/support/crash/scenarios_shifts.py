"""Scenarios of drivers: what the clock does to their hours unasked, and a vehicle described anew."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from support.crash.scenario import (
    Findings,
    Scenario,
    find_all,
    problems,
    run_deadlines,
    run_relay,
)
from support.crash.world import ApiResponse, World
from supportcarr.drivers.collections import PROFILES, SHIFTS, VEHICLES
from supportcarr.drivers.model import Vehicle
from supportcarr.files.collections import FILES
from supportcarr.files.model import StoredFile
from supportcarr.notifications.collections import NOTIFICATIONS

PHOTO = "fil_01jdc0000000000000000000f2"
NEW_PHOTO = "fil_01jdc0000000000000000000f3"


async def _hours_are_over(world: World) -> None:
    """The far driver, online, has driven for as long as one may."""
    await world.relay()
    profiles, shifts = world.store.collection(PROFILES), world.store.collection(SHIFTS)
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    assert profile.shift is not None
    assert profile.hours.since is not None
    shift_id, earlier = profile.shift.id, timedelta(hours=13)
    hours = replace(
        profile.hours,
        since=profile.hours.since - earlier,
        limit_at=world.clock.city() - timedelta(hours=1),
        warned=True,
    )
    profile = await profiles.save(replace(profile, hours=hours))
    [shift] = await find_all(world, SHIFTS, id=shift_id)
    await shifts.save(replace(shift, due_at=world.clock.city() - timedelta(seconds=1)))


async def _rests(world: World) -> Findings:
    entry = await world.roster_entry(world.people.far)
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    shifts = await find_all(world, SHIFTS, driver_id=world.people.far.id)
    told = await find_all(world, NOTIFICATIONS, user_id=world.people.far.id, kind="hours_limit")
    return problems(
        (profile.offline_reason == "hours_limit", "the driver is online"),
        (not entry.online, "dispatch does not know that the driver is offline"),
        ([shift.end_reason for shift in shifts] == ["hours_limit"], "the shift has not ended once"),
        (len(told) == 1, f"{len(told)} notifications"),
    )


async def _vehicle(world: World) -> Vehicle:
    """The far driver's."""
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    vehicles: list[Vehicle] = await find_all(world, VEHICLES, id=profile.vehicle_id)
    return vehicles[0]


async def _has_photo(world: World) -> None:
    """The far driver's vehicle has a photo, and another one is uploaded."""
    vehicle = await _vehicle(world)
    for photo_id in (PHOTO, NEW_PHOTO):
        photo = StoredFile(
            id=photo_id,
            owner_id=vehicle.driver_id,
            purpose="vehicle_photo",
            state="ready",
            content_type="image/jpeg",
            size=1000,
            created_at=world.clock.wall(),
            attached_to=vehicle.id if photo_id == PHOTO else None,
        )
        await world.store.collection(FILES).insert(photo)
    await world.store.collection(VEHICLES).save(replace(vehicle, photo_ids=(PHOTO,)))


async def _describe_vehicle(world: World) -> ApiResponse:
    path = f"/me/vehicles/{(await _vehicle(world)).id}"
    return await world.request(world.people.far, "PATCH", path, {"tie_downs": 3, "photo_ids": [NEW_PHOTO]})


async def _dispatch_knows_the_vehicle(world: World) -> Findings:
    entry = await world.roster_entry(world.people.far)
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    vehicle = await _vehicle(world)
    [old], [new] = [await find_all(world, FILES, id=photo_id) for photo_id in (PHOTO, NEW_PHOTO)]
    return problems(
        (old.attached_to is None, "the photo is kept for a vehicle that does not have it"),
        (new.attached_to == vehicle.id and new.orphan_at is None, "the new photo will be collected"),
        (vehicle.tie_downs == 3, "the vehicle has not changed"),
        (profile.vehicle is not None and profile.vehicle.tie_downs == 3, "the profile is older"),
        (entry.vehicle is not None and entry.vehicle.tie_downs == 3, "dispatch has the older vehicle"),
    )


SHIFT_SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="hours that are over",
        prepare=_hours_are_over,
        background=(run_deadlines, run_relay),
        effect=_rests,
    ),
    Scenario(
        name="a vehicle described anew",
        prepare=_has_photo,
        request=_describe_vehicle,
        background=(run_relay,),
        effect=_dispatch_knows_the_vehicle,
    ),
)
