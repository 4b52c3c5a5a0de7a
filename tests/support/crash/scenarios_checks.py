"""Scenarios of drivers' checks: one that is ordered from the provider, and one that has a result."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from support.crash.life import ok
from support.crash.scenario import (
    Findings,
    Scenario,
    advance,
    find_all,
    problems,
    run_deadlines,
    run_relay,
)
from support.crash.world import ApiResponse, World
from support.rescues.fixtures import VEHICLE
from supportcarr.drivers.checks.model import DriverCheck
from supportcarr.drivers.collections import DRIVER_CHECKS, PROFILES

RESULT_S = 0.6  # after which the emulator has one


async def _in_draft(world: World) -> None:
    """The far driver's application is a draft."""
    await world.relay()
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    drafted = type(profile)(
        id=profile.id,
        version=profile.version,
        created_at=profile.created_at,
        stage="draft",
        application=profile.application,
        vehicle_ids=profile.vehicle_ids,
    )
    await world.store.collection(PROFILES).save(drafted)


async def _submit(world: World) -> ApiResponse:
    return await world.request(world.people.far, "POST", "/me/driver-application/submission")


async def _orders(world: World) -> list[dict[str, Any]]:
    """What the provider has."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{world.deployment.stripe_url}/sandbox/checks") as response,
    ):
        reports: list[dict[str, Any]] = (await response.json())["reports"]
        return reports


async def _ordered_once(world: World) -> Findings:
    checks: list[DriverCheck] = await find_all(world, DRIVER_CHECKS)
    orders = await _orders(world)
    return problems(
        (len(checks) == 1, f"the checks are {checks}"),
        ([order["id"] for order in orders] == [check.report_id for check in checks], f"ordered: {orders}"),
    )


async def _provider_has_result(world: World, name: str | None = None) -> None:
    """The provider has a result that we have not asked for; it depends on the *name*."""
    await _in_draft(world)
    if name is not None:
        ok(await world.request(world.people.far, "PATCH", "/me", {"name": name}))
        # Another version of the profile, so another id of the check: to the provider it is another order.
        ok(await world.request(world.people.far, "POST", "/me/vehicles", VEHICLE))
    ok(await _submit(world))
    await world.settle()
    await asyncio.sleep(RESULT_S)


async def _is_clear(world: World) -> Findings:
    await world.pass_time(120)
    checks: list[DriverCheck] = await find_all(world, DRIVER_CHECKS)
    states = [(check.state, check.due_at) for check in checks]
    return [*await _ordered_once(world), *problems((states == [("clear", None)], f"the checks are {states}"))]


async def _provider_has_found_something(world: World) -> None:
    """The same, and the result is not clear."""
    await _provider_has_result(world, "Ada Consider")


async def _waits_for_an_operator(world: World) -> Findings:
    await world.pass_time(120)
    checks: list[DriverCheck] = await find_all(world, DRIVER_CHECKS)
    [profile] = await find_all(world, PROFILES, id=world.people.far.id)
    waiting = profile.check_news.waiting if profile.check_news else ()
    return [
        *await _ordered_once(world),
        *problems(
            ([check.state for check in checks] == ["consider"], f"the checks are {checks}"),
            (waiting == tuple(check.id for check in checks), f"what waits is {waiting}"),
        ),
    ]


CHECK_SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="submitting an application that is checked",
        prepare=_in_draft,
        request=_submit,
        background=(run_relay, run_deadlines),
        effect=_ordered_once,
    ),
    Scenario(
        name="the result of a check",
        prepare=_provider_has_result,
        background=(advance(61), run_deadlines),
        effect=_is_clear,
    ),
    Scenario(
        name="the result of a check that is not clear",
        prepare=_provider_has_found_something,
        background=(advance(61), run_deadlines, run_relay),
        effect=_waits_for_an_operator,
    ),
)
