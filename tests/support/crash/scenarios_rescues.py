"""Scenarios of rescues: request, offer, acceptance, job, end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from support.crash.deployment import Person
from support.crash.life import (
    arrived,
    assigned,
    create_quote,
    en_route,
    go_offline,
    go_online,
    held,
    in_transit,
    matching,
    ok,
    request_rescue,
    requested,
)
from support.crash.scenario import Findings, Scenario, advance, find_all, problems, run_deadlines, run_relay
from support.crash.world import ApiResponse, World
from supportcarr.dispatch.collections import CASES
from supportcarr.payments.collections import RECORDS
from supportcarr.pricing.collections import QUOTES
from supportcarr.rescues.collections import RESCUES
from supportcarr.riders.collections import RIDERS

# --- requests --------------------------------------------------------------------------------------


async def _with_a_quote(world: World) -> None:
    world.save_value("quote", await create_quote(world))


async def _request(world: World) -> ApiResponse:
    return await request_rescue(world, world.saved_value("quote"))


async def _one_rescue(world: World) -> Findings:
    rescues = await find_all(world, RESCUES)
    quotes = await find_all(world, QUOTES)
    rider = await world.store.collection(RIDERS).get(world.people.rider.id)
    ids = [rescue.id for rescue in rescues]
    return problems(
        (len(rescues) == 1, f"{len(rescues)} rescues"),
        ([q.rescue_id for q in quotes] == ids, "the quote is not this rescue's"),
        (
            rider is not None and rider.live_rescue is not None and [rider.live_rescue.rescue_id] == ids,
            "the rider's claim is not this rescue's",
        ),
        (len(await find_all(world, RECORDS)) <= 1, "several payments"),
    )


async def _at_most_one_rescue(world: World) -> Findings:
    """Without a retry there is at most one rescue, and without one the rider can request another."""
    await world.pass_time(90)
    first = await find_all(world, RESCUES)
    rider = await world.store.collection(RIDERS).get(world.people.rider.id)
    claimed = rider.live_rescue.rescue_id if rider and rider.live_rescue else None
    if first:
        return problems((claimed == first[0].id, f"a live rescue, and the rider is claimed for {claimed}"))
    response = await request_rescue(world, await create_quote(world), key="another")
    return problems((response.status == 201, f"no rescue, and none can be requested: {response.body}"))


async def _scheduled(world: World) -> None:
    start_time = (world.clock.city() + timedelta(minutes=31)).isoformat()
    ok(await request_rescue(world, await create_quote(world, scheduled_for=start_time)))
    await world.relay()
    await advance(31 * 60 + 1)(world)


async def _started_once(world: World) -> Findings:
    async def is_matching() -> bool:
        return (await world.rescue()).status == "matching"

    # The claim of a killed worker on the job that holds the card must end first.
    started = await world.until(is_matching, 90)
    statuses = [entry.to for entry in (await world.rescue()).timeline]
    return problems(
        (started, "the scheduled rescue did not start"),
        (statuses.count("requested") == 1, f"its states were {statuses}"),
    )


# --- offers ---------------------------------------------------------------------------------------


async def _offered_to(world: World, person: Person) -> bool:
    return [offer.driver_id for offer in await world.open_offers()] == [person.id]


async def _near_has_an_offer(world: World) -> Findings:
    offered = await world.until(lambda: _offered_to(world, world.people.near), 60)
    made = await find_all(world, CASES)
    return problems(
        (offered, "no offer to the nearest driver"),
        ([case.entry for case in made] == [1], "not one case"),
    )


async def _far_has_an_offer(world: World) -> Findings:
    offered = await world.until(lambda: _offered_to(world, world.people.far), 60)
    return problems((offered, "no offer to the next driver"))


async def _next_search_is_due(world: World) -> None:
    """A search found no driver; then the far driver went online, and the next search is due."""
    for driver in (world.people.near, world.people.far):
        await go_offline(world, driver)
    await held(world)
    await world.relay()
    assert await world.open_offers() == []
    await go_online(world, world.people.far, world.people.far_vehicle)
    await world.relay()
    await advance(2.5)(world)


async def _accept(world: World) -> ApiResponse:
    offer_id = (await find_all(world, world.offers.spec))[0].id
    return await world.request(world.people.near, "POST", f"/offers/{offer_id}/acceptance")


async def _near_is_assigned(world: World) -> Findings:
    async def settled() -> bool:
        return (await world.rescue()).status == "assigned"

    taken = await world.until(settled, 12)
    rescue, entry = await world.rescue(), await world.roster_entry(world.people.near)
    [offer] = await find_all(world, world.offers.spec)
    statuses = [e.to for e in rescue.timeline]
    return problems(
        (taken and rescue.driver_id == world.people.near.id, "the rescue does not have the near driver"),
        (statuses.count("assigned") == 1, f"assigned {statuses.count('assigned')} times"),
        (entry.job is not None and entry.job.confirmed, "the driver's claim is not confirmed"),
        (offer.settled and offer.state == "accepted", "the offer is not settled"),
    )


async def _decline(world: World) -> ApiResponse:
    offer_id = min(offer.id for offer in await find_all(world, world.offers.spec))
    return await world.request(world.people.near, "POST", f"/offers/{offer_id}/decline")


async def _near_had_one_offer(world: World) -> Findings:
    found = await _far_has_an_offer(world)
    entry = await world.roster_entry(world.people.near)
    offers = await find_all(world, world.offers.spec, driver_id=world.people.near.id)
    return found + problems(
        ([o.state for o in offers] == ["declined"], f"the near driver's offers: {[o.state for o in offers]}"),
        (entry.offer is None, "the near driver is still claimed"),
        (entry.missed == 0, "a decline was counted as missed"),
    )


async def _third_miss_is_due(world: World) -> None:
    await matching(world)
    await world.roster.save(replace(await world.roster_entry(world.people.near), missed=2))
    await advance(16)(world)


async def _taken_offline_once(world: World) -> Findings:
    found = await _far_has_an_offer(world)
    entry = await world.roster_entry(world.people.near)
    return found + problems(
        (not entry.online, "still online after three missed offers"),
        (entry.missed == 0, "the count of misses was not reset"),
        (entry.offer is None, "the near driver is still claimed"),
    )


async def _release(world: World) -> ApiResponse:
    rescue = await world.rescue()
    body = {"reason": "flat_tyre_of_my_own"}
    return await world.request(world.people.near, "POST", f"/rescues/{rescue.id}/release", body)


async def _released_once(world: World) -> Findings:
    found = await _far_has_an_offer(world)
    entry, rescue = await world.roster_entry(world.people.near), await world.rescue()
    return found + problems(
        (entry.job is None, "the near driver still has the job"),
        (rescue.matching_entry == 2, f"entry {rescue.matching_entry} into matching"),
    )


# --- the job -------------------------------------------------------------------------------------


def _step(path: str, status: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The request of the driver's next step, which must take effect once."""

    async def request(world: World) -> ApiResponse:
        rescue = await world.rescue()
        sent = {"pin": rescue.pin} if path == "start" else body
        return await world.request(world.people.near, "POST", f"/rescues/{rescue.id}/{path}", sent)

    async def effect(world: World) -> Findings:
        await world.settle()
        statuses = [str(entry.to) for entry in (await world.rescue()).timeline]
        return problems((statuses.count(status) == 1, f"its states were {statuses}"))

    return {"request": request, "background": (run_relay,), "effect": effect}


# --- ends -----------------------------------------------------------------------------------------


async def _cancel(world: World) -> ApiResponse:
    rescue = await world.rescue()
    body = {"reason": "found_help"}
    return await world.request(world.people.rider, "POST", f"/rescues/{rescue.id}/cancellation", body)


def _ended(status: str, owed: int | None = None) -> Any:
    """The rescue ended in that state with that charge, and its rider and drivers are free."""

    async def effect(world: World) -> Findings:
        async def over() -> bool:
            return (await world.rescue()).status == status and await _all_free(world)

        ended = await world.until(over, 60)
        rescue = await world.rescue()
        return problems(
            (ended, f"{rescue.status}, and not all claims are released"),
            (
                owed is None or (rescue.owed is not None and rescue.owed.rider_minor == owed),
                f"its charge is {rescue.owed}",
            ),
        )

    return effect


async def _all_free(world: World) -> bool:
    rider = await world.store.collection(RIDERS).get(world.people.rider.id)
    entries = [await world.roster_entry(world.people.near), await world.roster_entry(world.people.far)]
    claimed = rider is not None and rider.live_rescue is not None
    return not claimed and all(entry.offer is None and entry.job is None for entry in entries)


async def _assigned_long_ago(world: World) -> None:
    await assigned(world)
    await advance(121)(world)


async def _rider_did_not_show_up(world: World) -> None:
    await arrived(world)
    await advance(601)(world)


async def _matching_timed_out(world: World) -> None:
    for driver in (world.people.near, world.people.far):
        await go_offline(world, driver)
    await held(world)
    await world.relay()
    await advance(481)(world)


async def _hold_timed_out(world: World) -> None:
    await requested(world)
    await advance(301)(world)


CANCELLATION_FEE, NO_SHOW_FEE = 700, 1000

RESCUES_SCENARIOS = (
    Scenario(
        name="requesting a rescue",
        prepare=_with_a_quote,
        request=_request,
        background=(run_relay,),
        effect=_one_rescue,
    ),
    Scenario(
        name="requesting a rescue without a retry",
        prepare=_with_a_quote,
        request=_request,
        client_retries=False,
        effect=_at_most_one_rescue,
    ),
    Scenario(
        name="a scheduled rescue becomes due",
        prepare=_scheduled,
        background=(run_deadlines, run_relay),
        effect=_started_once,
    ),
    Scenario(
        name="matching begins and an offer is made",
        prepare=held,
        background=(run_relay,),
        effect=_near_has_an_offer,
    ),
    Scenario(
        name="the next search is due",
        prepare=_next_search_is_due,
        background=(run_deadlines, run_relay),
        effect=_far_has_an_offer,
    ),
    Scenario(
        name="accepting an offer",
        prepare=matching,
        request=_accept,
        background=(run_relay,),
        effect=_near_is_assigned,
    ),
    Scenario(
        name="accepting an offer without a retry",
        prepare=matching,
        request=_accept,
        client_retries=False,
        effect_optional=True,
        effect=_near_is_assigned,
    ),
    Scenario(
        name="declining an offer",
        prepare=matching,
        request=_decline,
        background=(run_relay,),
        effect=_near_had_one_offer,
    ),
    Scenario(
        name="declining an offer without a retry",
        prepare=matching,
        request=_decline,
        client_retries=False,
        effect_optional=True,
        effect=_near_had_one_offer,
    ),
    Scenario(
        name="a third missed offer",
        prepare=_third_miss_is_due,
        background=(run_deadlines, run_relay),
        effect=_taken_offline_once,
    ),
    Scenario(
        name="a driver releases the job",
        prepare=en_route,
        request=_release,
        background=(run_relay,),
        effect=_released_once,
    ),
    Scenario(name="departure", prepare=assigned, **_step("departure", "en_route")),
    Scenario(name="arrival", prepare=en_route, **_step("arrival", "arrived")),
    Scenario(name="start", prepare=arrived, **_step("start", "in_transit")),
    Scenario(
        name="completion", prepare=in_transit, **_step("completion", "completed", {"outcome": "delivered"})
    ),
    Scenario(
        name="cancelling while an offer is open",
        prepare=matching,
        request=_cancel,
        background=(run_relay,),
        effect=_ended("cancelled", 0),
    ),
    Scenario(
        name="cancelling two minutes after the assignment",
        prepare=_assigned_long_ago,
        request=_cancel,
        background=(run_relay,),
        effect=_ended("cancelled", CANCELLATION_FEE),
    ),
    Scenario(
        name="the rider does not show up",
        prepare=_rider_did_not_show_up,
        **_step("no-show", "no_show") | {"effect": _ended("no_show", NO_SHOW_FEE)},
    ),
    Scenario(
        name="aborting",
        prepare=arrived,
        **_step("abort", "aborted", {"reason": "unsafe"}) | {"effect": _ended("aborted", 0)},
    ),
    Scenario(
        name="no driver is found",
        prepare=_matching_timed_out,
        background=(run_deadlines, run_relay),
        effect=_ended("unserved", 0),
    ),
    Scenario(
        name="the card hold times out",
        prepare=_hold_timed_out,
        background=(run_deadlines, run_relay),
        effect=_ended("rejected", 0),
    ),
)
