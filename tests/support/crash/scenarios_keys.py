"""A scenario of ``supportcarr keys rotate-lookup``: the key of look-up hashes is replaced."""

from __future__ import annotations

from support.crash.deployment import Person
from support.crash.life import PASSWORD, VEHICLE
from support.crash.scenario import Findings, Scenario, find_all, no_preparation, problems
from support.crash.steps import attributed_to
from support.crash.world import World
from supportcarr.auth.collections import USERS
from supportcarr.auth.name_index import NameIndex
from supportcarr.auth.phone_directory import PhoneDirectory
from supportcarr.drivers.plates import Plates
from supportcarr.kit.sealing import lookup_rotation
from supportcarr.kit.sealing.lookup_keys import LookupKeys
from supportcarr.kit.sealing.search_terms import SEARCH_TERMS

RIDER_PHONE = "+15145550111"


async def _rotate(world: World) -> None:
    secret = world.container.settings.auth.lookup_secret
    data: list[lookup_rotation.HashedData] = [
        PhoneDirectory(world.store, secret),
        NameIndex(world.store, secret),
        Plates(world.store, secret),
    ]
    with attributed_to("keys rotate-lookup"):
        await lookup_rotation.rotate(LookupKeys(world.store, secret), data, settle_seconds=0)


async def _not_found(world: World) -> Findings:
    """What is not found by its number, name or plate, or can be claimed a second time."""
    secret = world.container.settings.auth.lookup_secret
    people = world.people
    by_phone = await PhoneDirectory(world.store, secret).find(RIDER_PHONE)
    by_name = {user.id for user in await NameIndex(world.store, secret).find("ana", 10)}
    by_plate = set(await Plates(world.store, secret).drivers_with(str(VEHICLE["plate"])))
    return problems(
        (by_phone is not None and by_phone.id == people.rider.id, "the number finds nobody"),
        (by_name >= {people.rider.id, people.near.id, people.far.id}, f"the name finds {by_name}"),
        (by_plate == {people.near.id, people.far.id}, f"the plate finds {by_plate}"),
        (await _is_refused(world), "the number was claimed twice"),
    )


async def _is_refused(world: World) -> bool:
    """Whether a second account with the rider's number stays without it."""
    body = {"phone": RIDER_PHONE, "password": PASSWORD, "name": "Eve Roy", "role": "rider"}
    reply = await world.request(None, "POST", "/auth/sign-up", body, key="sign-up-again")
    assert reply.status == 201, reply
    other = Person(
        id=reply.body["user"]["id"],
        access_token=reply.body["access_token"],
        refresh_token=reply.body["refresh_token"],
    )
    # No code is sent to it: the owner of the number is told instead.
    tried = await world.request(other, "POST", "/auth/phone-verification", {"code": "000000"})
    holders = {user.id for user in await find_all(world, USERS) if user.verified}
    return tried.status >= 400 and other.id not in holders


async def _found_before_and_after_the_next_run(world: World) -> Findings:
    found = [f"before the next run {problem}" for problem in await _not_found(world)]
    await _rotate(world)
    found += [f"after the next run {problem}" for problem in await _not_found(world)]
    secret = world.container.settings.auth.lookup_secret
    state = await LookupKeys(world.store, secret).state()
    numbers = [key.number for key in state.keys]
    terms = {term.key_number for term in await find_all(world, SEARCH_TERMS)}
    return found + problems(
        (numbers == [state.complete] and state.removing is None, f"the rotation is not over: {state}"),
        (terms == {state.complete}, f"words have hashes of the keys {terms}"),
    )


KEY_SCENARIOS = (
    Scenario(
        name="rotating the look-up key",
        prepare=no_preparation,
        background=(_rotate,),
        effect=_found_before_and_after_the_next_run,
    ),
)
