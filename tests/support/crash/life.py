"""Bring a world to the starting state of a scenario, and finish its rescues afterwards."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from support.crash.deployment import People, Person
from support.crash.world import ApiResponse, World
from support.sms import code_of
from supportcarr.contracts.actors import Actor
from supportcarr.contracts.rescues import FINAL
from supportcarr.dispatch.errors import OfferNotOpen
from supportcarr.drivers.applications.commands import Approve
from supportcarr.pricing.areas import seed_demo
from supportcarr.rescues.commands import Arrive, Cancel, Command, Complete, Depart, Start
from supportcarr.rescues.model import Rescue

PICKUP, DROPOFF = {"lat": 45.505, "lng": -73.58}, {"lat": 45.53, "lng": -73.6}
PASSWORD = "correct horse battery"
APPLICATION = {
    "licence_class": "5",
    "licence_expires_on": "2099-01-31",
    "insurer": "Promutuel",
    "insurance_expires_on": "2099-01-31",
}
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
LONGEST_LIFE_S = 3_600.0  # city time within which every rescue of a scenario must end


def ok(response: ApiResponse, *statuses: int) -> Any:
    """The body of the response; fails if its status is not one of *statuses* (default: 2xx)."""
    good = response.status in statuses if statuses else response.status < 300
    assert good, response
    return response.body


# --- people -------------------------------------------------------------------------


async def sign_up(world: World, number: str, role: str) -> Person:
    body = {"phone": f"+1514555{number}", "password": PASSWORD, "name": "Ana Roy", "role": role}
    granted = ok(await world.request(None, "POST", "/auth/sign-up", body, key=f"sign-up-{number}"))
    person = Person(
        id=granted["user"]["id"],
        access_token=granted["access_token"],
        refresh_token=granted["refresh_token"],
    )
    verified = ok(await verify_phone(world, person))
    return replace(person, access_token=verified["access_token"])


async def verify_phone(world: World, person: Person) -> ApiResponse:
    """Verify the phone with the code that was requested last."""
    code = await code_of(world.store, world.container.settings.auth.lookup_secret, person.id)
    return await world.request(person, "POST", "/auth/phone-verification", {"code": code})


async def populate(world: World, card: str = "pm_card_visa") -> None:
    """Create a rider with that card and two online drivers; all events are relayed."""
    await seed_demo(world.store)
    rider = await sign_up(world, "0111", "rider")
    method = ok(await world.request(rider, "POST", "/me/payment-methods", {"stripe_payment_method": card}))
    drivers: list[tuple[Person, str]] = []
    for number in ("0112", "0113"):
        driver = await sign_up(world, number, "driver")
        await world.relay()
        vehicle = ok(await world.request(driver, "POST", "/me/vehicles", VEHICLE))["id"]
        ok(await world.request(driver, "PUT", "/me/driver-application", APPLICATION))
        await world.container.drivers.review(Actor("admin", "usr_admin"), driver.id, Approve())
        drivers.append((driver, vehicle))
    (near, near_vehicle), (far, far_vehicle) = drivers
    world.set_people(
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
    await world.report_positions()


async def go_online(world: World, driver: Person, vehicle: str) -> None:
    await world.container.drivers.set_availability(Actor("driver", driver.id), driver.id, True, vehicle)


async def go_offline(world: World, driver: Person) -> None:
    await world.container.drivers.set_availability(Actor("driver", driver.id), driver.id, False)


# --- states of a rescue -------------------------------------------------------------------


async def create_quote(world: World, **more: Any) -> str:
    """Create a quote and return its id."""
    body = {"kind": "rescue", "problem": "flat_tire", "pickup": PICKUP, "dropoff": DROPOFF} | more
    return str(ok(await world.request(world.people.rider, "POST", "/quotes", body))["id"])


async def request_rescue(world: World, quote_id: str, key: str = "rescue-1") -> ApiResponse:
    body = {"quote_id": quote_id, "payment_method_id": world.people.card}
    return await world.request(world.people.rider, "POST", "/rescues", body, key=key)


async def requested(world: World) -> None:
    """A rescue was requested and its events were relayed; the job that holds the card is waiting."""
    ok(await request_rescue(world, await create_quote(world)))
    await world.relay()


async def held(world: World) -> None:
    """The card is held; the event was not relayed yet."""
    await requested(world)
    await world.run_jobs()


async def matching(world: World) -> None:
    """The rescue is in matching, and the near driver has an offer."""
    await held(world)
    await world.relay()
    assert [offer.driver_id for offer in await world.open_offers()] == [world.people.near.id]


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
    """The rescue is completed; the job that captures the fare is waiting."""
    await in_transit(world)
    await drive(world, Complete(outcome="delivered"))


async def drive(world: World, command: Command) -> None:
    """The rescue's driver issues a command, and its events are relayed."""
    rescue = await world.rescue()
    assert rescue.driver_id is not None
    await world.container.rescues.act(rescue.id, command, Actor("driver", rescue.driver_id))
    await world.relay()


async def cancel(world: World) -> None:
    rescue = await world.rescue()
    rider = Actor("rider", world.people.rider.id)
    await world.container.rescues.act(rescue.id, Cancel(reason="found_help"), rider)
    await world.relay()


# --- finishing ----------------------------------------------------------------------------------


async def finish_all_rescues(world: World) -> None:
    """Let drivers accept their offers and finish their jobs until every rescue has ended, then let time
    pass, so that everything a crash left behind becomes due."""
    lived = 0.0
    while lived < LONGEST_LIFE_S:
        await world.settle()
        acted = await _accept_offers(world)
        live = [r async for r in world.rescues.scan() if r.status not in FINAL and r.status != "scheduled"]
        for rescue in live:
            acted = await _advance_rescue(world, rescue) or acted
        if not live:
            break
        if not acted:
            await world.pass_time(30)
            lived += 30
    await world.pass_time(200)


async def _accept_offers(world: World) -> bool:
    acted = False
    for offer in await world.open_offers():
        try:
            await world.container.dispatch.accept_offer(offer.driver_id, offer.id)
        except OfferNotOpen:
            continue
        acted = True
    return acted


async def _advance_rescue(world: World, rescue: Rescue) -> bool:
    """Issue the driver's next command, if there is one."""
    steps: dict[str, Command] = {
        "assigned": Depart(),
        "en_route": Arrive(),
        "arrived": Start(pin=rescue.pin),
        "in_transit": Complete(outcome="delivered"),
    }
    step = steps.get(rescue.status)
    if step is None or rescue.driver_id is None:
        return False
    if rescue.status == "en_route":
        await world.drive(rescue.driver_id, PICKUP["lat"])
    await world.container.rescues.act(rescue.id, step, Actor("driver", rescue.driver_id))
    return True
