"""How a world comes to a state that a scenario begins with, and how life in it goes on afterwards."""

from __future__ import annotations

from typing import Any

from support.crash.deployment import People, Person
from support.crash.world import Answered, World
from supportcarr.contracts.actors import Actor
from supportcarr.contracts.rescues import FINAL
from supportcarr.dispatch.errors import OfferNotOpen
from supportcarr.pricing.areas import seed_demo
from supportcarr.rescues.commands import Arrive, Cancel, Command, Complete, Depart, Start
from supportcarr.rescues.model import Rescue

PICKUP, DROPOFF = {"lat": 45.505, "lng": -73.58}, {"lat": 45.53, "lng": -73.6}
PASSWORD = "correct horse battery"
VEHICLE = {
    "type": "pickup",
    "make": "Ford",
    "model": "F-150",
    "colour": "red",
    "plate": "ABC 123",
    "bed_length_cm": 200,
    "capacity": 2,
    "ramp": True,
    "tie_downs": 4,
    "seats": 2,
}
LONGEST_LIFE_S = 3_600.0  # city time until every rescue of a scenario must be over


def ok(answered: Answered, *statuses: int) -> Any:
    """The answer's body; fails if its status is none of these (none named: 2xx)."""
    good = answered.status in statuses if statuses else answered.status < 300
    assert good, answered
    return answered.body


# --- from nothing to a city -----------------------------------------------------------------------


async def sign_up(world: World, number: str, role: str) -> Person:
    body = {"phone": f"+1514555{number}", "password": PASSWORD, "name": "Ana Roy", "role": role}
    granted = ok(await world.request(None, "POST", "/auth/sign-up", body, key=f"sign-up-{number}"))
    return Person(
        id=granted["user"]["id"],
        access_token=granted["access_token"],
        refresh_token=granted["refresh_token"],
    )


async def populate(world: World, card: str = "pm_card_visa") -> None:
    """A rider with that card, and two drivers online; everything is told."""
    await seed_demo(world.store)
    rider = await sign_up(world, "0111", "rider")
    method = ok(await world.request(rider, "POST", "/me/payment-methods", {"stripe_payment_method": card}))
    drivers: list[tuple[Person, str]] = []
    for number in ("0112", "0113"):
        driver = await sign_up(world, number, "driver")
        await world.relay()
        vehicle = ok(await world.request(driver, "POST", "/me/vehicles", VEHICLE))["id"]
        await world.container.drivers.set_approval(Actor("admin", "usr_admin"), driver.id, "approved")
        drivers.append((driver, vehicle))
    (near, near_vehicle), (far, far_vehicle) = drivers
    world.meet(
        People(
            rider=rider,
            card=method["id"],
            near=near,
            near_vehicle=near_vehicle,
            far=far,
            far_vehicle=far_vehicle,
        )
    )
    for driver, vehicle in drivers:
        await go_online(world, driver, vehicle)
    await world.relay()
    await world.drive_about()


async def go_online(world: World, driver: Person, vehicle: str) -> None:
    await world.container.drivers.set_availability(Actor("driver", driver.id), driver.id, True, vehicle)


async def go_offline(world: World, driver: Person) -> None:
    await world.container.drivers.set_availability(Actor("driver", driver.id), driver.id, False)


# --- from the quote to a driver -------------------------------------------------------------------


async def quoted(world: World, **more: Any) -> str:
    """A new quote's id."""
    body = {"kind": "rescue", "problem": "flat_tire", "pickup": PICKUP, "dropoff": DROPOFF} | more
    return str(ok(await world.request(world.who.rider, "POST", "/quotes", body))["id"])


async def ask_for_rescue(world: World, quote_id: str, key: str = "rescue-1") -> Answered:
    body = {"quote_id": quote_id, "payment_method_id": world.who.card}
    return await world.request(world.who.rider, "POST", "/rescues", body, key=key)


async def requested(world: World) -> None:
    """A rescue is asked for and told of; the job that holds the card waits."""
    ok(await ask_for_rescue(world, await quoted(world)))
    await world.relay()


async def held(world: World) -> None:
    """The card is held; nobody has been told yet."""
    await requested(world)
    await world.do_jobs()


async def matching(world: World) -> None:
    """The rescue waits for a driver, and the near one is asked."""
    await held(world)
    await world.relay()
    assert [offer.driver_id for offer in await world.open_offers()] == [world.who.near.id]


async def assigned(world: World) -> None:
    """The near driver has the job."""
    await matching(world)
    [offer] = await world.open_offers()
    await world.container.dispatch.accept_offer(offer.driver_id, offer.id)
    await world.relay()


async def en_route(world: World) -> None:
    await assigned(world)
    await drive(world, Depart())


async def arrived(world: World) -> None:
    await en_route(world)
    await drive(world, Arrive())


async def in_transit(world: World) -> None:
    await arrived(world)
    await drive(world, Start(pin=(await world.rescue()).pin))


async def completed(world: World) -> None:
    """The bike is home; the job that takes the money waits."""
    await in_transit(world)
    await drive(world, Complete(outcome="delivered"))


async def drive(world: World, command: Command) -> None:
    """The driver of the rescue does that, and everybody is told."""
    rescue = await world.rescue()
    assert rescue.driver_id is not None
    await world.container.rescues.act(rescue.id, command, Actor("driver", rescue.driver_id))
    await world.relay()


async def cancel(world: World) -> None:
    rescue = await world.rescue()
    rider = Actor("rider", world.who.rider.id)
    await world.container.rescues.act(rescue.id, Cancel(reason="found_help"), rider)
    await world.relay()


# --- life goes on ---------------------------------------------------------------------------------


async def live_on(world: World) -> None:
    """Drivers accept what they are offered and finish what they began, until every rescue is over, and
    then for a while, so that whatever was left behind has fallen due."""
    lived = 0.0
    while lived < LONGEST_LIFE_S:
        await world.settle()
        acted = await _answer_offers(world)
        live = [r async for r in world.rescues.scan() if r.status not in FINAL and r.status != "scheduled"]
        for rescue in live:
            acted = await _go_on(world, rescue) or acted
        if not live:
            break
        if not acted:
            await world.pass_time(30)
            lived += 30
    await world.pass_time(200)


async def _answer_offers(world: World) -> bool:
    acted = False
    for offer in await world.open_offers():
        try:
            await world.container.dispatch.accept_offer(offer.driver_id, offer.id)
        except OfferNotOpen:
            continue
        acted = True
    return acted


async def _go_on(world: World, rescue: Rescue) -> bool:
    """The driver's next step, if there is one."""
    steps: dict[str, Command] = {
        "assigned": Depart(),
        "en_route": Arrive(),
        "arrived": Start(pin=rescue.pin),
        "in_transit": Complete(outcome="delivered"),
    }
    step = steps.get(rescue.status)
    if step is None or rescue.driver_id is None:
        return False
    await world.container.rescues.act(rescue.id, step, Actor("driver", rescue.driver_id))
    return True
