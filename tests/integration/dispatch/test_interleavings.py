"""Another process or person acts between any two writes of a saga."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

import pytest

from support.dispatch.world import DispatchWorld, assert_consistent
from supportcarr.contracts.errors import Conflict
from supportcarr.kit.store.port import Store

WRITES_MAKING, WRITES_ACCEPTING, WRITES_DECLINING = range(1, 5), range(1, 6), range(1, 5)


@pytest.fixture
def world(store: Store) -> DispatchWorld:
    return DispatchWorld(store)


async def take_over(world: DispatchWorld) -> None:
    """Another process finishes a saga that seems to be incomplete."""
    world.pass_time(6)
    await world.run_due()


async def pause_past_deadlines(world: DispatchWorld) -> None:
    """Enough time passes that other processes finish the work of the paused one."""
    await world.run_for(30)


async def go_offline(world: DispatchWorld) -> None:
    await world.set_standing("usr_d", online=False)


async def cancel(world: DispatchWorld) -> None:
    await world.cancel()


Meanwhile = Callable[[DispatchWorld], Awaitable[None]]


@pytest.mark.parametrize("after", WRITES_MAKING)
@pytest.mark.parametrize("meanwhile", [cancel, go_offline, pause_past_deadlines])
async def test_interleavings_with_making_an_offer_keep_the_invariants(
    world: DispatchWorld, after: int, meanwhile: Meanwhile
) -> None:
    await world.driver("usr_d")
    event = await world.matching()

    await world.process(after=after, meanwhile=lambda: meanwhile(world)).follow_rescue(event)

    open_offers = await world.open_offers()
    case = await world.case()
    if meanwhile is cancel:
        assert open_offers == [], "a rescue that is over has no offer out"
        assert case.state == "closed"
    for offer in open_offers:
        assert case.offer is not None
        assert case.offer.offer_id == offer.id
        claim = (await world.entry("usr_d")).offer
        assert claim is not None
        assert claim.offer_id == offer.id
    await world.run_for(60)
    await assert_consistent(world)


async def test_dispatcher_paused_beyond_its_claim_withdraws_the_offer(
    world: DispatchWorld,
) -> None:
    await world.driver("usr_d")
    event = await world.matching()

    async def pause_past_the_deadline() -> None:
        world.pass_time(60)
        await world.dispatch.reconcile()
        world.pass_time(-60)  # the process has read the clock before its pause

    await world.process(after=3, meanwhile=pause_past_the_deadline).follow_rescue(event)

    assert world.outcomes() == [("usr_d", "withdrawn")]
    await world.run_for(10)
    assert await world.offered_to() == "usr_d", "the search went on"
    await assert_consistent(world)


@pytest.mark.parametrize("after", WRITES_ACCEPTING)
@pytest.mark.parametrize("meanwhile", [cancel, go_offline, take_over, pause_past_deadlines])
async def test_interleavings_with_accepting_an_offer_keep_the_invariants(
    world: DispatchWorld, after: int, meanwhile: Meanwhile
) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()

    with contextlib.suppress(Conflict):
        await world.process(after=after, meanwhile=lambda: meanwhile(world)).accept_offer("usr_d", offer.id)
    await world.run_for(30)

    rescue = await world.rescue()
    entry = await world.entry("usr_d")
    if meanwhile is cancel:
        assert entry.is_free
    else:
        assert (rescue.driver_id, rescue.assignments) == ("usr_d", 1)
        assert entry.job is not None
        assert world.outcomes() == [("usr_d", "accepted")]
    assert len(world.outcomes()) == 1
    await assert_consistent(world)


@pytest.mark.parametrize("after", WRITES_DECLINING)
@pytest.mark.parametrize("meanwhile", [cancel, go_offline, take_over, pause_past_deadlines])
async def test_interleavings_with_declining_an_offer_keep_the_invariants(
    world: DispatchWorld, after: int, meanwhile: Meanwhile
) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()

    await world.process(after=after, meanwhile=lambda: meanwhile(world)).decline_offer("usr_d", offer.id)
    await world.run_for(30)

    assert world.outcomes() == [("usr_d", "declined")]
    assert (await world.entry("usr_d")).offer is None
    assert len(world.offers_made()) == 1
    await assert_consistent(world)


@pytest.mark.parametrize("after", WRITES_ACCEPTING)
async def test_driver_releases_the_job_during_the_settlement(world: DispatchWorld, after: int) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()

    async def give_up() -> None:
        if (await world.rescue()).status == "assigned":
            again = await world.matching(given_up_by="usr_d")
            await world.deliver()
            await world.dispatch.follow_rescue(again)

    await world.process(after=after, meanwhile=give_up).accept_offer("usr_d", offer.id)
    await world.run_for(30)

    assert world.outcomes() == [("usr_d", "accepted")]
    assert len(world.offers_made()) == 1
    await assert_consistent(world)
