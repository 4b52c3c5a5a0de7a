"""Accounts, sessions, drivers' standing, cards: what happens before anybody asks for a rescue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from support.crash.life import (
    PASSWORD,
    VEHICLE,
    ask_for_rescue,
    assigned,
    go_offline,
    ok,
    quoted,
)
from support.crash.scenario import (
    Findings,
    Scenario,
    all_of,
    later,
    nothing,
    relay,
    ticker,
    wrong,
)
from support.crash.world import Answered, World
from supportcarr.auth.collections import SESSIONS, USERS
from supportcarr.dispatch.roster import JobClaim
from supportcarr.drivers.collections import PROFILES, VEHICLES
from supportcarr.gateway.idempotency import CLAIMS
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.payments.collections import ACCOUNTS, EVENTS, METHODS
from supportcarr.payments.model import StripeEvent
from supportcarr.pricing.collections import QUOTES
from supportcarr.rescues.collections import MESSAGES
from supportcarr.riders.collections import RIDERS

NEWCOMER = "Zoé Tremblay"
NOBODYS_RESCUE = "res_qc_01jtwn00000000000000000009"


# --- accounts -------------------------------------------------------------------------------------


async def _sign_up(world: World) -> Answered:
    body = {"phone": "+15145550199", "password": PASSWORD, "name": NEWCOMER, "role": "driver"}
    return await world.request(None, "POST", "/auth/sign-up", body, key="newcomer")


async def _one_account(world: World) -> Findings:
    users = await all_of(world, USERS, name=NEWCOMER)
    profile = await world.store.collection(PROFILES).get(users[0].id) if users else None
    return wrong(
        (len(users) == 1, f"{len(users)} accounts"),
        (profile is not None, "no profile for the operators to approve"),
    )


async def _refresh(world: World) -> Answered:
    body = {"refresh_token": world.who.rider.refresh_token, "nonce": "nonce-0001"}
    return await world.request(None, "POST", "/auth/refresh", body)


async def _same_successor(world: World) -> Findings:
    first, second = ok(await _refresh(world)), ok(await _refresh(world))
    [session] = await all_of(world, SESSIONS, user_id=world.who.rider.id)
    return wrong(
        (first["refresh_token"] == second["refresh_token"], "two successors of one token"),
        (session.generation == 2, f"generation {session.generation} after one refresh"),
        (session.ended_at is None, "the session was ended"),
    )


async def _sign_out(world: World) -> Answered:
    return await world.request(world.who.far, "POST", "/auth/sign-out")


async def _signed_out(world: World) -> Findings:
    sessions = await all_of(world, SESSIONS, user_id=world.who.far.id)
    me = await world.request(world.who.far, "GET", "/me")
    return wrong(
        ([s.ended_because for s in sessions] == ["signed_out"], "the session goes on"),
        (me.status == 401, f"its token is answered with {me.status}"),
    )


FORGETTERS: dict[str, CollectionSpec[Any]] = {
    "auth.purge_sessions": SESSIONS,
    "gateway.forget_idempotency_keys": CLAIMS,
    "pricing.forget_quotes": QUOTES,
    "payments.forget_stripe_events": EVENTS,
}


async def _days_pass(world: World) -> None:
    """A quote that nobody took, and a webhook that was none of ours, among what is there anyway."""
    await quoted(world)
    now = world.clock.wall()
    event = StripeEvent(id="evt_1", type="charge.succeeded", received_at=now, handled_at=now)
    await world.store.collection(EVENTS).insert(event)
    await later(200 * 86_400)(world)


async def _forgotten(world: World) -> Findings:
    for name in FORGETTERS:
        await world.tick(name)
    left = {name: len(await all_of(world, spec)) for name, spec in FORGETTERS.items()}
    return wrong((not any(left.values()), f"kept for ever: {left}"))


# --- drivers --------------------------------------------------------------------------------------


async def _far_is_offline(world: World) -> None:
    await go_offline(world, world.who.far)
    await world.relay()


async def _go_online(world: World) -> Answered:
    body = {"online": True, "vehicle_id": world.who.far_vehicle}
    return await world.request(world.who.far, "PUT", "/me/availability", body)


async def _is_online(world: World) -> Findings:
    entry, profile = await world.entry(world.who.far), await all_of(world, PROFILES, id=world.who.far.id)
    return wrong(
        (profile[0].online, "the profile is offline"),
        (entry.is_free, "dispatch does not know that the driver is online"),
        (entry.standing_version == profile[0].version, "dispatch knows an older standing"),
    )


async def _add_vehicle(world: World) -> Answered:
    with (world.place.path / "asked").open("a") as file:
        file.write(".")
    body = VEHICLE | {"plate": "NEW 001"}
    return await world.request(world.who.far, "POST", "/me/vehicles", body)


async def _has_the_vehicle(world: World) -> Findings:
    listed = await world.container.drivers.vehicles(world.who.far.id)
    plates = [vehicle.plate for vehicle in listed]
    stored = len(await all_of(world, VEHICLES, plate="NEW 001"))
    asked = len((world.place.path / "asked").read_text())
    return wrong(
        ("NEW 001" in plates, "the vehicle is not listed"),
        (stored <= asked, f"{stored} vehicles were stored by {asked} requests"),
    )


async def _offered_to_nobodys_rescue(world: World) -> None:
    """A claim on the far driver for a rescue that never came to be, long past its time."""
    entry = await world.entry(world.who.far)
    until = world.clock.city() + timedelta(seconds=5)
    job = JobClaim(
        rescue_id=NOBODYS_RESCUE,
        entry=1,
        offer_id="off_01jtwn00000000000000000009",
        area_id="montreal",
        confirmed=False,
        until=until,
    )
    await world.roster.save(replace(entry, job=job, claim_until=until, busy_area="montreal"))
    await later(20)(world)


async def _far_is_free(world: World) -> Findings:
    free = await world.until(lambda: _free(world), 60)
    return wrong((free, "the driver is claimed for ever"))


async def _free(world: World) -> bool:
    return (await world.entry(world.who.far)).is_free


# --- riders ---------------------------------------------------------------------------------------


async def _add_card(world: World) -> Answered:
    body = {"stripe_payment_method": "pm_card_mastercard"}
    return await world.request(world.who.near, "POST", "/me/payment-methods", body)


async def _near_also_rides(world: World) -> None:
    """The near driver is a rider too, and has no card yet."""
    user = await world.store.collection(USERS).get(world.who.near.id)
    assert user is not None
    await world.container.auth.ensure_account(user.phone, PASSWORD, user.name, ["rider"])
    await world.relay()
    granted = await world.container.auth.sign_in(user.phone, PASSWORD)
    near = replace(world.who.near, access_token=granted.access_token, refresh_token=granted.refresh_token)
    world.meet(replace(world.who, near=near))


async def _has_a_card(world: World) -> Findings:
    accounts = await all_of(world, ACCOUNTS, id=world.who.near.id)
    cards = await all_of(world, METHODS, rider_id=world.who.near.id)
    usable = [await world.container.payment_methods.gateway_ids(world.who.near.id, card.id) for card in cards]
    return wrong(
        (len(accounts) == 1, "no customer at Stripe"),
        (bool(cards) and all(usable), "no card that can be charged"),
    )


async def _claimed_for_nobodys_rescue(world: World) -> None:
    """A request died after it had claimed the rider, and its rider gave up; a minute later."""
    await world.container.riders.claim(world.who.rider.id, NOBODYS_RESCUE)
    await later(61)(world)


async def _rider_may_ask(world: World) -> Findings:
    async def asks() -> bool:
        answered = await ask_for_rescue(world, await quoted(world), key="after-all")
        return answered.status == 201

    free = await world.until(lambda: _unclaimed(world), 30)
    return wrong((free, "the rider is claimed for ever"), (free and await asks(), "the rider may not ask"))


async def _unclaimed(world: World) -> bool:
    rider = await world.store.collection(RIDERS).get(world.who.rider.id)
    return rider is None or rider.live_rescue is None


async def _send_message(world: World) -> Answered:
    rescue = await world.rescue()
    body = {"text": "I am at the corner."}
    return await world.request(world.who.rider, "POST", f"/rescues/{rescue.id}/messages", body)


async def _said_once(world: World) -> Findings:
    messages = await all_of(world, MESSAGES)
    return wrong((len(messages) == 1, f"{len(messages)} messages"))


ACCOUNTS_SCENARIOS = (
    Scenario(
        name="signing up as a driver",
        prepare=nothing,
        ask=_sign_up,
        behind=(relay,),
        effect=_one_account,
    ),
    Scenario(name="refreshing a session", prepare=nothing, ask=_refresh, effect=_same_successor),
    Scenario(
        name="signing out",
        prepare=_far_is_offline,
        ask=_sign_out,
        repeats=False,  # the token is refused by then
        perhaps=True,
        effect=_signed_out,
    ),
    Scenario(
        name="forgetting what was over long ago",
        prepare=_days_pass,
        behind=tuple(ticker(name) for name in FORGETTERS),
        effect=_forgotten,
    ),
    Scenario(
        name="going online", prepare=_far_is_offline, ask=_go_online, behind=(relay,), effect=_is_online
    ),
    Scenario(name="adding a vehicle", prepare=nothing, ask=_add_vehicle, effect=_has_the_vehicle),
    Scenario(
        name="a driver's claim that was left behind",
        prepare=_offered_to_nobodys_rescue,
        behind=(ticker("dispatch.reconcile"),),
        effect=_far_is_free,
    ),
    Scenario(name="adding a card", prepare=_near_also_rides, ask=_add_card, effect=_has_a_card),
    Scenario(
        name="a rider's claim that was left behind",
        prepare=_claimed_for_nobodys_rescue,
        behind=(ticker("riders.reconcile_claims"),),
        effect=_rider_may_ask,
    ),
    Scenario(
        name="a message",
        prepare=assigned,
        ask=_send_message,
        behind=(relay,),
        repeats=False,  # said again it is said twice
        perhaps=True,
        effect=_said_once,
    ),
)
