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
def city(store: Store) -> DispatchWorld:
    return DispatchWorld(store)


async def take_over(city: DispatchWorld) -> None:
    """Another process finishes a saga that seems to be incomplete."""
    city.pass_time(6)
    await city.run_due()


async def pause_past_deadlines(city: DispatchWorld) -> None:
    """Enough time passes that other processes finish the work of the paused one."""
    await city.run_for(30)


async def go_offline(city: DispatchWorld) -> None:
    await city.set_standing("usr_d", online=False)


async def cancel(city: DispatchWorld) -> None:
    await city.cancel()


Meanwhile = Callable[[DispatchWorld], Awaitable[None]]


@pytest.mark.parametrize("after", WRITES_MAKING)
@pytest.mark.parametrize("meanwhile", [cancel, go_offline, pause_past_deadlines])
async def test_interleavings_with_making_an_offer_keep_the_invariants(
    city: DispatchWorld, after: int, meanwhile: Meanwhile
) -> None:
    await city.driver("usr_d")
    event = await city.matching()

    await city.process(after=after, meanwhile=lambda: meanwhile(city)).follow_rescue(event)

    open_offers = await city.open_offers()
    case = await city.case()
    if meanwhile is cancel:
        assert open_offers == [], "a rescue that is over has no offer out"
        assert case.state == "closed"
    for offer in open_offers:
        assert case.offer is not None
        assert case.offer.offer_id == offer.id
        claim = (await city.entry("usr_d")).offer
        assert claim is not None
        assert claim.offer_id == offer.id
    await city.run_for(60)
    await assert_consistent(city)


async def test_dispatcher_paused_beyond_its_claim_withdraws_the_offer(
    city: DispatchWorld,
) -> None:
    await city.driver("usr_d")
    event = await city.matching()

    async def pause_past_the_deadline() -> None:
        city.pass_time(60)
        await city.dispatch.reconcile()
        city.pass_time(-60)  # the process has read the clock before its pause

    await city.process(after=3, meanwhile=pause_past_the_deadline).follow_rescue(event)

    assert city.outcomes() == [("usr_d", "withdrawn")]
    await city.run_for(10)
    assert await city.offered_to() == "usr_d", "the search went on"
    await assert_consistent(city)


@pytest.mark.parametrize("after", WRITES_ACCEPTING)
@pytest.mark.parametrize("meanwhile", [cancel, go_offline, take_over, pause_past_deadlines])
async def test_interleavings_with_accepting_an_offer_keep_the_invariants(
    city: DispatchWorld, after: int, meanwhile: Meanwhile
) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.only_open_offer()

    with contextlib.suppress(Conflict):
        await city.process(after=after, meanwhile=lambda: meanwhile(city)).accept_offer("usr_d", offer.id)
    await city.run_for(30)

    rescue = await city.rescue()
    entry = await city.entry("usr_d")
    if meanwhile is cancel:
        assert entry.is_free
    else:
        assert (rescue.driver_id, rescue.assignments) == ("usr_d", 1)
        assert entry.job is not None
        assert city.outcomes() == [("usr_d", "accepted")]
    assert len(city.outcomes()) == 1
    await assert_consistent(city)


@pytest.mark.parametrize("after", WRITES_DECLINING)
@pytest.mark.parametrize("meanwhile", [cancel, go_offline, take_over, pause_past_deadlines])
async def test_interleavings_with_declining_an_offer_keep_the_invariants(
    city: DispatchWorld, after: int, meanwhile: Meanwhile
) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.only_open_offer()

    await city.process(after=after, meanwhile=lambda: meanwhile(city)).decline_offer("usr_d", offer.id)
    await city.run_for(30)

    assert city.outcomes() == [("usr_d", "declined")]
    assert (await city.entry("usr_d")).offer is None
    assert len(city.offers_made()) == 1
    await assert_consistent(city)


@pytest.mark.parametrize("after", WRITES_ACCEPTING)
async def test_driver_releases_the_job_during_the_settlement(city: DispatchWorld, after: int) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.only_open_offer()

    async def give_up() -> None:
        if (await city.rescue()).status == "assigned":
            again = await city.matching(given_up_by="usr_d")
            await city.deliver()
            await city.dispatch.follow_rescue(again)

    await city.process(after=after, meanwhile=give_up).accept_offer("usr_d", offer.id)
    await city.run_for(30)

    assert city.outcomes() == [("usr_d", "accepted")]
    assert len(city.offers_made()) == 1
    await assert_consistent(city)
