"""The life of a rescue: asked for, offered, accepted, driven, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from support.crash.deployment import Person
from support.crash.life import (
    arrived,
    ask_for_rescue,
    assigned,
    en_route,
    go_offline,
    go_online,
    held,
    in_transit,
    matching,
    ok,
    quoted,
    requested,
)
from support.crash.scenario import Findings, Scenario, all_of, deadlines, later, relay, wrong
from support.crash.world import Answered, World
from supportcarr.dispatch.collections import CASES
from supportcarr.payments.collections import RECORDS
from supportcarr.pricing.collections import QUOTES
from supportcarr.rescues.collections import RESCUES
from supportcarr.riders.collections import RIDERS

# --- asking ---------------------------------------------------------------------------------------


async def _with_a_quote(world: World) -> None:
    world.keep("quote", await quoted(world))


async def _ask(world: World) -> Answered:
    return await ask_for_rescue(world, world.kept("quote"))


async def _one_rescue(world: World) -> Findings:
    rescues = await all_of(world, RESCUES)
    quotes = await all_of(world, QUOTES)
    rider = await world.store.collection(RIDERS).get(world.who.rider.id)
    ids = [rescue.id for rescue in rescues]
    return wrong(
        (len(rescues) == 1, f"{len(rescues)} rescues"),
        ([q.rescue_id for q in quotes] == ids, "the quote is not this rescue's"),
        (
            rider is not None and rider.live_rescue is not None and [rider.live_rescue.rescue_id] == ids,
            "the rider's claim is not this rescue's",
        ),
        (len(await all_of(world, RECORDS)) <= 1, "several payments"),
    )


async def _at_most_one_rescue(world: World) -> Findings:
    """Nobody asked again.  The rider may ask for another one once the first is over, or never was."""
    await world.pass_time(90)
    first = await all_of(world, RESCUES)
    rider = await world.store.collection(RIDERS).get(world.who.rider.id)
    claimed = rider.live_rescue.rescue_id if rider and rider.live_rescue else None
    if first:
        return wrong((claimed == first[0].id, f"a live rescue, and the rider is claimed for {claimed}"))
    asked = await ask_for_rescue(world, await quoted(world), key="another")
    return wrong((asked.status == 201, f"no rescue, and none may be asked for: {asked.body}"))


async def _booked(world: World) -> None:
    starts = (world.clock.city() + timedelta(minutes=31)).isoformat()
    ok(await ask_for_rescue(world, await quoted(world, scheduled_for=starts)))
    await world.relay()
    await later(31 * 60 + 1)(world)


async def _woken(world: World) -> Findings:
    async def awake() -> bool:
        return (await world.rescue()).status == "matching"

    woke = await world.until(awake, 90)  # the card is held for it: a killed worker's claim on that must end
    statuses = [entry.to for entry in (await world.rescue()).timeline]
    return wrong(
        (woke, "the booking did not wake"),
        (statuses.count("requested") == 1, f"its life was {statuses}"),
    )


# --- offers ---------------------------------------------------------------------------------------


async def _offered_to(world: World, who: Person) -> bool:
    return [offer.driver_id for offer in await world.open_offers()] == [who.id]


async def _near_is_asked(world: World) -> Findings:
    asked = await world.until(lambda: _offered_to(world, world.who.near), 60)
    made = await all_of(world, CASES)
    return wrong(
        (asked, "no offer to the nearest driver"),
        ([case.entry for case in made] == [1], "not one case"),
    )


async def _far_is_asked(world: World) -> Findings:
    asked = await world.until(lambda: _offered_to(world, world.who.far), 60)
    return wrong((asked, "no offer to the next driver"))


async def _nobody_is_online(world: World) -> None:
    """The search found nobody; then the far driver goes online, and the next search is due."""
    for driver in (world.who.near, world.who.far):
        await go_offline(world, driver)
    await held(world)
    await world.relay()
    assert await world.open_offers() == []
    await go_online(world, world.who.far, world.who.far_vehicle)
    await world.relay()
    await later(2.5)(world)


async def _accept(world: World) -> Answered:
    offer_id = (await all_of(world, world.offers.spec))[0].id
    return await world.request(world.who.near, "POST", f"/offers/{offer_id}/acceptance")


async def _near_has_it(world: World) -> Findings:
    async def settled() -> bool:
        return (await world.rescue()).status == "assigned"

    taken = await world.until(settled, 12)
    rescue, entry = await world.rescue(), await world.entry(world.who.near)
    [offer] = await all_of(world, world.offers.spec)
    statuses = [e.to for e in rescue.timeline]
    return wrong(
        (taken and rescue.driver_id == world.who.near.id, "the rescue has not its driver"),
        (statuses.count("assigned") == 1, f"assigned {statuses.count('assigned')} times"),
        (entry.job is not None and entry.job.confirmed, "the driver's claim is not confirmed"),
        (offer.settled and offer.state == "accepted", "the offer is not settled"),
    )


async def _decline(world: World) -> Answered:
    offer_id = min(offer.id for offer in await all_of(world, world.offers.spec))
    return await world.request(world.who.near, "POST", f"/offers/{offer_id}/decline")


async def _near_was_asked_once(world: World) -> Findings:
    found = await _far_is_asked(world)
    entry = await world.entry(world.who.near)
    offers = await all_of(world, world.offers.spec, driver_id=world.who.near.id)
    return found + wrong(
        ([o.state for o in offers] == ["declined"], f"the near driver's offers: {[o.state for o in offers]}"),
        (entry.offer is None, "the near driver is still claimed"),
        (entry.missed == 0, "a decline was counted as missed"),
    )


async def _third_miss_is_due(world: World) -> None:
    await matching(world)
    await world.roster.save(replace(await world.entry(world.who.near), missed=2))
    await later(16)(world)


async def _missed_once(world: World) -> Findings:
    found = await _far_is_asked(world)
    entry = await world.entry(world.who.near)
    return found + wrong(
        (not entry.online, "three offers missed, and still online"),
        (entry.missed == 0, "the misses were not forgiven with the standing"),
        (entry.offer is None, "the near driver is still claimed"),
    )


async def _release(world: World) -> Answered:
    rescue = await world.rescue()
    body = {"reason": "flat_tyre_of_my_own"}
    return await world.request(world.who.near, "POST", f"/rescues/{rescue.id}/release", body)


async def _given_up_once(world: World) -> Findings:
    found = await _far_is_asked(world)
    entry, rescue = await world.entry(world.who.near), await world.rescue()
    return found + wrong(
        (entry.job is None, "the near driver still has the job"),
        (rescue.matching_entry == 2, f"entry {rescue.matching_entry} into matching"),
    )


# --- on the way -----------------------------------------------------------------------------------


def _step(path: str, status: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the driver's next step asks, and must come to: once."""

    async def ask(world: World) -> Answered:
        rescue = await world.rescue()
        sent = {"pin": rescue.pin} if path == "start" else body
        return await world.request(world.who.near, "POST", f"/rescues/{rescue.id}/{path}", sent)

    async def effect(world: World) -> Findings:
        await world.settle()
        statuses = [str(entry.to) for entry in (await world.rescue()).timeline]
        return wrong((statuses.count(status) == 1, f"its life was {statuses}"))

    return {"ask": ask, "behind": (relay,), "effect": effect}


# --- ends -----------------------------------------------------------------------------------------


async def _cancel(world: World) -> Answered:
    rescue = await world.rescue()
    body = {"reason": "found_help"}
    return await world.request(world.who.rider, "POST", f"/rescues/{rescue.id}/cancellation", body)


def _ended(status: str, owed: int | None = None) -> Any:
    """The rescue came to that end, owing that, and let go of everybody."""

    async def effect(world: World) -> Findings:
        async def over() -> bool:
            return (await world.rescue()).status == status and await _all_free(world)

        ended = await world.until(over, 60)
        rescue = await world.rescue()
        return wrong(
            (ended, f"{rescue.status}, and not everybody is free"),
            (
                owed is None or (rescue.owed is not None and rescue.owed.rider_minor == owed),
                f"it owes {rescue.owed}",
            ),
        )

    return effect


async def _all_free(world: World) -> bool:
    rider = await world.store.collection(RIDERS).get(world.who.rider.id)
    entries = [await world.entry(world.who.near), await world.entry(world.who.far)]
    claimed = rider is not None and rider.live_rescue is not None
    return not claimed and all(entry.offer is None and entry.job is None for entry in entries)


async def _assigned_long_ago(world: World) -> None:
    await assigned(world)
    await later(121)(world)


async def _waited_in_vain(world: World) -> None:
    await arrived(world)
    await later(601)(world)


async def _nobody_came(world: World) -> None:
    for driver in (world.who.near, world.who.far):
        await go_offline(world, driver)
    await held(world)
    await world.relay()
    await later(481)(world)


async def _card_said_nothing(world: World) -> None:
    await requested(world)
    await later(301)(world)


CANCELLATION_FEE, NO_SHOW_FEE = 700, 1000

RESCUES_SCENARIOS = (
    Scenario(
        name="asking for a rescue", prepare=_with_a_quote, ask=_ask, behind=(relay,), effect=_one_rescue
    ),
    Scenario(
        name="asking for a rescue and never again",
        prepare=_with_a_quote,
        ask=_ask,
        repeats=False,
        effect=_at_most_one_rescue,
    ),
    Scenario(name="a booking wakes", prepare=_booked, behind=(deadlines, relay), effect=_woken),
    Scenario(
        name="matching begins and an offer is made", prepare=held, behind=(relay,), effect=_near_is_asked
    ),
    Scenario(
        name="the next search is due",
        prepare=_nobody_is_online,
        behind=(deadlines, relay),
        effect=_far_is_asked,
    ),
    Scenario(name="accepting an offer", prepare=matching, ask=_accept, behind=(relay,), effect=_near_has_it),
    Scenario(
        name="accepting an offer and never again",
        prepare=matching,
        ask=_accept,
        repeats=False,
        perhaps=True,
        effect=_near_has_it,
    ),
    Scenario(
        name="declining an offer",
        prepare=matching,
        ask=_decline,
        behind=(relay,),
        effect=_near_was_asked_once,
    ),
    Scenario(
        name="declining an offer and never again",
        prepare=matching,
        ask=_decline,
        repeats=False,
        perhaps=True,
        effect=_near_was_asked_once,
    ),
    Scenario(
        name="a third offer runs out",
        prepare=_third_miss_is_due,
        behind=(deadlines, relay),
        effect=_missed_once,
    ),
    Scenario(
        name="a driver gives the job up",
        prepare=en_route,
        ask=_release,
        behind=(relay,),
        effect=_given_up_once,
    ),
    Scenario(name="departure", prepare=assigned, **_step("departure", "en_route")),
    Scenario(name="arrival", prepare=en_route, **_step("arrival", "arrived")),
    Scenario(name="start", prepare=arrived, **_step("start", "in_transit")),
    Scenario(
        name="completion", prepare=in_transit, **_step("completion", "completed", {"outcome": "delivered"})
    ),
    Scenario(
        name="cancelling while an offer is out",
        prepare=matching,
        ask=_cancel,
        behind=(relay,),
        effect=_ended("cancelled", 0),
    ),
    Scenario(
        name="cancelling after a driver has set out",
        prepare=_assigned_long_ago,
        ask=_cancel,
        behind=(relay,),
        effect=_ended("cancelled", CANCELLATION_FEE),
    ),
    Scenario(
        name="the rider does not show up",
        prepare=_waited_in_vain,
        **_step("no-show", "no_show") | {"effect": _ended("no_show", NO_SHOW_FEE)},
    ),
    Scenario(
        name="aborting",
        prepare=arrived,
        **_step("abort", "aborted", {"reason": "unsafe"}) | {"effect": _ended("aborted", 0)},
    ),
    Scenario(
        name="nobody takes it",
        prepare=_nobody_came,
        behind=(deadlines, relay),
        effect=_ended("unserved", 0),
    ),
    Scenario(
        name="the card's hold does not come in time",
        prepare=_card_said_nothing,
        behind=(deadlines, relay),
        effect=_ended("rejected", 0),
    ),
)
