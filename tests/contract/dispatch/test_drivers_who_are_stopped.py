"""A driver accepts at the moment when an operator suspends them, or when their papers end.

Whichever is first wins: nobody accepts who is suspended, and a job that a driver has is never lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from support.dispatch.world import START, DispatchWorld, assert_consistent
from supportcarr.contracts.actors import Actor
from supportcarr.contracts.errors import Conflict
from supportcarr.contracts.value_objects import Person
from supportcarr.dispatch.errors import DocumentsExpired
from supportcarr.drivers.applications.commands import Reinstate, Suspend
from supportcarr.drivers.collections import PROFILES
from supportcarr.drivers.model import Application, DriverProfile
from supportcarr.drivers.service import DriverService
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store

DRIVER = "usr_d"
OPERATOR = Actor("admin", "usr_admin")
ROUNDS = 20
WRITE_THAT_ASSIGNS = 3  # after the offer and the claim of the driver


class People:
    async def person(self, user_id: str) -> Person:
        return Person(user_id, "Marie Tremblay", "•••• 12")


class NoJobs:
    async def vehicles(self, driver_id: str) -> frozenset[str | None]:
        return frozenset()


class TwoProcesses:
    """Dispatch and drivers in one process; an operator's request in another."""

    def __init__(self, mine: Store, others: Store) -> None:
        self._mine = mine
        clock = Clock(city_origin=START, wall_origin=START, wall=lambda: self.world.now.timestamp())
        drivers, self.operators = [
            DriverService(store, clock, People(), NoJobs(), timezone="America/Toronto", area_id="montreal")
            for store in (mine, others)
        ]
        self.world = DispatchWorld(mine, drivers=drivers)

    async def sign_up(self, *, papers_end: date = date(2030, 1, 1)) -> None:
        """An approved driver who is online."""
        papers = Application(
            licence_class="5",
            licence_expires_on=papers_end,
            insurer="Intact",
            insurance_expires_on=papers_end,
        )
        profile = DriverProfile(
            id=DRIVER,
            approval="approved",
            application=papers,
            vehicle_ids=("veh",),
            vehicle_id="veh",
            online=True,
            created_at=START,
        )
        await self._mine.collection(PROFILES).insert(profile)
        await self.world.driver(DRIVER)

    async def accept(self, offer_id: str) -> bool:
        try:
            await self.world.dispatch.accept_offer(DRIVER, offer_id)
        except Conflict:
            return False
        return True

    async def suspend(self, delay: float) -> None:
        """Suspend the driver; dispatch learns of it later, as from another process's relay."""
        await asyncio.sleep(delay)
        await self.operators.review(OPERATOR, DRIVER, Suspend(reason="A complaint"))

    async def reinstate(self) -> None:
        await self.operators.review(OPERATOR, DRIVER, Reinstate(reason="It was another driver"))
        await self.operators.set_availability(Actor("driver", DRIVER), DRIVER, online=True)
        await self.world.driver(DRIVER)


@pytest.fixture
async def city(stores: tuple[Store, Store]) -> AsyncIterator[TwoProcesses]:
    city = TwoProcesses(*stores)
    await city.sign_up()
    yield city


async def test_who_is_suspended_does_not_accept_even_before_dispatch_knows(city: TwoProcesses) -> None:
    world = city.world
    await world.wait_for_driver()
    offer = await world.only_open_offer()
    await city.suspend(0)
    assert (await world.entry(DRIVER)).may_work, "dispatch has not heard of it"
    with pytest.raises(Conflict, match="cannot take jobs"):
        await world.dispatch.accept_offer(DRIVER, offer.id)
    assert world.outcomes() == [(DRIVER, "withdrawn")]
    await world.set_standing(DRIVER, online=False, approved=False)
    await world.run_for(10)
    assert (await world.rescue()).status == "matching"
    assert (await world.case()).state == "open", "others are asked"
    await assert_consistent(world)


async def test_one_of_an_acceptance_and_a_suspension_is_first(city: TwoProcesses) -> None:
    world, accepted = city.world, 0
    for round_ in range(ROUNDS):
        rescue_id = f"res_qc_{round_}"
        await world.wait_for_driver(rescue_id)
        offer = await world.only_open_offer()
        taken, _ = await asyncio.gather(city.accept(offer.id), city.suspend(0.0004 * (round_ % 10)))
        if taken:
            await world.deliver()
            assert (await world.rescue(rescue_id)).driver_id == DRIVER, "the driver finishes it"
        else:
            assert (await world.rescue(rescue_id)).status == "matching", "the job waits for another driver"
        accepted += taken
        await world.set_standing(DRIVER, online=False, approved=False)
        await world.run_for(10)
        await assert_consistent(world)
        await world.cancel(rescue_id)
        await city.reinstate()
    assert len(world.outcomes()) == ROUNDS
    assert [outcome for _, outcome in world.outcomes()].count("accepted") == accepted


@pytest.mark.parametrize("after", range(1, 6))
async def test_a_suspension_between_two_writes_of_an_acceptance(city: TwoProcesses, after: int) -> None:
    """Only before the job is assigned does the suspension win; a process that takes over decides the same."""
    world = city.world
    await world.wait_for_driver()
    offer = await world.only_open_offer()

    async def suspend_and_take_over() -> None:
        await city.suspend(0)
        world.pass_time(6)
        await world.run_due()

    accepting = world.process(after=after, meanwhile=suspend_and_take_over)
    try:
        await accepting.accept_offer(DRIVER, offer.id)
    except Conflict:
        taken = False
    else:
        taken = True
    await world.deliver()
    await world.run_for(10)
    assert ((await world.rescue()).driver_id == DRIVER) == taken
    assert taken == (after >= WRITE_THAT_ASSIGNS)
    await assert_consistent(world)


@pytest.mark.parametrize("milliseconds", [-1, 0, 1])
async def test_papers_end_at_the_moment_of_an_acceptance(
    stores: tuple[Store, Store], milliseconds: int
) -> None:
    city = TwoProcesses(*stores)
    await city.sign_up(papers_end=date(2026, 6, 1))
    await city.operators.date_papers()
    profile = await city.operators.profile(DRIVER)
    assert profile.documents_until is not None
    world = city.world
    world.now = profile.documents_until + timedelta(milliseconds=milliseconds) - timedelta(seconds=3)
    await world.wait_for_driver()
    offer = await world.only_open_offer()
    world.now += timedelta(seconds=3)
    assert await city.accept(offer.id) == (milliseconds < 0)
    await world.deliver()
    await world.set_standing(DRIVER, online=False, documents_until=profile.documents_until)
    await world.run_for(10)
    assert ((await world.rescue()).driver_id == DRIVER) == (milliseconds < 0)
    await assert_consistent(world)


async def test_papers_that_end_while_an_acceptance_is_under_way(stores: tuple[Store, Store]) -> None:
    city = TwoProcesses(*stores)
    await city.sign_up(papers_end=date(2026, 6, 1))
    await city.operators.date_papers()
    profile = await city.operators.profile(DRIVER)
    assert profile.documents_until is not None
    world = city.world
    world.now = profile.documents_until - timedelta(seconds=1)
    await world.wait_for_driver()
    offer = await world.only_open_offer()

    async def papers_end() -> None:
        world.pass_time(2)

    with pytest.raises(DocumentsExpired):
        await world.process(after=1, meanwhile=papers_end).accept_offer(DRIVER, offer.id)
    await world.run_for(10)
    assert (await world.rescue()).status == "matching"
    await assert_consistent(world)
