"""Scenarios of drivers' hours: what the clock does while nobody asks."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from support.crash.scenario import Findings, Scenario, find_all, problems, run_deadlines, run_relay
from support.crash.world import World
from supportcarr.drivers.collections import PROFILES, SHIFTS
from supportcarr.notifications.collections import NOTIFICATIONS


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


SHIFT_SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="hours that are over",
        prepare=_hours_are_over,
        background=(run_deadlines, run_relay),
        effect=_rests,
    ),
)
