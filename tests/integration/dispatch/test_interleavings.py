"""Somebody else acts between any two writes of a saga."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

import pytest

from support.dispatch.world import City, assert_at_rest
from supportcarr.contracts.errors import Conflict
from supportcarr.kit.store.port import Store

WRITES_MAKING, WRITES_ACCEPTING, WRITES_DECLINING = range(1, 5), range(1, 6), range(1, 5)


@pytest.fixture
def city(store: Store) -> City:
    return City(store)


async def recover(city: City) -> None:
    """Another process takes up what seems to have been left half-done."""
    city.pass_time(6)
    await city.run_due()


async def wake_up_late(city: City) -> None:
    """So much time passes that everything is put right without the one that slept."""
    await city.live(30)


async def go_offline(city: City) -> None:
    await city.stand("usr_d", online=False)


async def cancel(city: City) -> None:
    await city.cancel()


Meanwhile = Callable[[City], Awaitable[None]]


@pytest.mark.parametrize("after", WRITES_MAKING)
@pytest.mark.parametrize("meanwhile", [cancel, go_offline, wake_up_late])
async def test_while_an_offer_is_being_made(city: City, after: int, meanwhile: Meanwhile) -> None:
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
    await city.live(60)
    await assert_at_rest(city)


async def test_a_dispatcher_that_slept_until_its_claim_was_released_withdraws_the_offer(city: City) -> None:
    await city.driver("usr_d")
    event = await city.matching()

    async def sleep_over_the_deadline() -> None:
        city.pass_time(60)
        await city.dispatch.reconcile()
        city.pass_time(-60)  # it has read the clock before it fell asleep

    await city.process(after=3, meanwhile=sleep_over_the_deadline).follow_rescue(event)

    assert city.outcomes() == [("usr_d", "withdrawn")]
    await city.live(10)
    assert await city.offered_to() == "usr_d", "the search went on"
    await assert_at_rest(city)


@pytest.mark.parametrize("after", WRITES_ACCEPTING)
@pytest.mark.parametrize("meanwhile", [cancel, go_offline, recover, wake_up_late])
async def test_while_an_offer_is_being_accepted(city: City, after: int, meanwhile: Meanwhile) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.the_offer()

    with contextlib.suppress(Conflict):
        await city.process(after=after, meanwhile=lambda: meanwhile(city)).accept_offer("usr_d", offer.id)
    await city.live(30)

    rescue = await city.rescue()
    entry = await city.entry("usr_d")
    if meanwhile is cancel:
        assert entry.is_free
    else:
        assert (rescue.driver_id, rescue.assignments) == ("usr_d", 1)
        assert entry.job is not None
        assert city.outcomes() == [("usr_d", "accepted")]
    assert len(city.outcomes()) == 1
    await assert_at_rest(city)


@pytest.mark.parametrize("after", WRITES_DECLINING)
@pytest.mark.parametrize("meanwhile", [cancel, go_offline, recover, wake_up_late])
async def test_while_an_offer_is_being_declined(city: City, after: int, meanwhile: Meanwhile) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.the_offer()

    await city.process(after=after, meanwhile=lambda: meanwhile(city)).decline_offer("usr_d", offer.id)
    await city.live(30)

    assert city.outcomes() == [("usr_d", "declined")]
    assert (await city.entry("usr_d")).offer is None
    assert len(city.made()) == 1
    await assert_at_rest(city)


@pytest.mark.parametrize("after", WRITES_ACCEPTING)
async def test_the_driver_gives_up_while_the_acceptance_is_being_settled(city: City, after: int) -> None:
    await city.driver("usr_d")
    await city.wait_for_driver()
    offer = await city.the_offer()

    async def give_up() -> None:
        if (await city.rescue()).status == "assigned":
            again = await city.matching(given_up_by="usr_d")
            await city.deliver()
            await city.dispatch.follow_rescue(again)

    await city.process(after=after, meanwhile=give_up).accept_offer("usr_d", offer.id)
    await city.live(30)

    assert city.outcomes() == [("usr_d", "accepted")]
    assert len(city.made()) == 1
    await assert_at_rest(city)
