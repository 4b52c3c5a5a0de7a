"""A process dies after each write of a saga in turn; what is due, and the reconciler, put it right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from support.dispatch.world import RESCUE, Crash, DispatchWorld, Rescue, assert_consistent
from supportcarr.dispatch.service import DispatchService
from supportcarr.kit.store.port import Store

Act = Callable[[DispatchService], Awaitable[object]]

MOST_WRITES = 12


@pytest.fixture
def world(store: Store) -> DispatchWorld:
    return DispatchWorld(store)


async def crashes(world: DispatchWorld, after: int, act: Act) -> bool:
    """Whether the process died during *act*; it dies after that many writes."""
    try:
        await act(world.process(after=after))
    except Crash:
        return True
    return False


@pytest.mark.parametrize("after", range(1, MOST_WRITES))
async def test_an_acceptance_takes_effect_once_after_a_crash_at_any_write(
    world: DispatchWorld, after: int
) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()

    await crashes(world, after, lambda process: process.accept_offer("usr_d", offer.id))
    await world.run_for(60)

    rescue = await world.rescue()
    assert (rescue.driver_id, rescue.assignments) == ("usr_d", 1)
    assert world.outcomes() == [("usr_d", "accepted")]
    assert len(world.offers_made()) == 1
    assert (await world.case()).state == "closed"
    await assert_consistent(world)


async def test_acceptance_has_at_least_five_writes(world: DispatchWorld) -> None:
    """The test above would prove nothing if its processes did not die."""
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()
    for _ in range(5):  # each goes one write further: what is done is not written again
        assert await crashes(world, 1, lambda process: process.accept_offer("usr_d", offer.id))
    assert not await crashes(world, 1, lambda process: process.accept_offer("usr_d", offer.id))
    await world.run_for(1)
    await assert_consistent(world)


@pytest.mark.parametrize("after", range(1, MOST_WRITES))
async def test_a_crash_while_accepting_a_cancelled_rescue_leaves_the_driver_free(
    world: DispatchWorld, after: int
) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()

    await crashes(world, after, lambda process: process.accept_offer("usr_d", offer.id))
    event = await world.cancellation()
    await world.deliver()
    await world.dispatch.follow_rescue(event)
    await world.run_for(60)

    assert (await world.entry("usr_d")).is_free
    had_it = (await world.rescue()).assignments == 1
    assert world.outcomes() == [("usr_d", "accepted" if had_it else "withdrawn")]
    await assert_consistent(world)


@pytest.mark.parametrize("after", range(1, MOST_WRITES))
async def test_a_late_acceptance_leaves_nothing_behind_after_a_crash_at_any_write(
    world: DispatchWorld, after: int
) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()
    event = await world.cancellation()

    async def accept(process: DispatchService) -> None:
        with pytest.raises(Exception, match="no longer waits for a driver"):
            await process.accept_offer("usr_d", offer.id)

    await crashes(world, after, accept)
    await world.dispatch.follow_rescue(event)
    await world.run_for(60)

    assert (await world.entry("usr_d")).is_free
    assert world.outcomes() == [("usr_d", "withdrawn")]
    await assert_consistent(world)


@pytest.mark.parametrize("after", range(1, MOST_WRITES))
async def test_a_crash_while_making_an_offer_leaves_one_that_can_be_accepted(
    world: DispatchWorld, after: int
) -> None:
    await world.driver("usr_d")
    event = await world.matching()

    await crashes(world, after, lambda process: process.follow_rescue(event))
    for _ in range(60):
        await world.run_for(1)
        if (offers := await world.open_offers()) and len(world.offers_made()) > len(world.outcomes()):
            break
    else:
        pytest.fail("the rescue was forgotten")
    (offer,) = offers
    await world.dispatch.accept_offer("usr_d", offer.id)
    await world.run_for(30)

    assert (await world.rescue()).assignments == 1
    await assert_consistent(world)


@pytest.mark.parametrize("after", range(1, MOST_WRITES))
async def test_a_crash_while_declining_makes_one_offer_to_the_next_driver(
    world: DispatchWorld, after: int
) -> None:
    await world.driver("usr_a", 100)
    await world.driver("usr_b", 200)
    await world.wait_for_driver()
    offer = await world.only_open_offer()

    await crashes(world, after, lambda process: process.decline_offer("usr_a", offer.id))
    for _ in range(60):
        if await world.offered_to() == "usr_b":
            break
        await world.run_for(1)
    await world.dispatch.accept_offer("usr_b", (await world.only_open_offer()).id)
    await world.run_for(30)

    assert (await world.rescue()).driver_id == "usr_b"
    assert ("usr_a", "declined") in world.outcomes()
    assert [d for d, o in world.outcomes() if o == "accepted"] == ["usr_b"]
    assert (await world.entry("usr_a")).is_free
    await assert_consistent(world)


@pytest.mark.parametrize("after", range(1, MOST_WRITES))
async def test_an_expired_offer_counts_once_as_missed_after_a_crash_at_any_write(
    world: DispatchWorld, after: int
) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()
    world.pass_time(15)

    await crashes(world, after, lambda process: process.on_offer_deadline(offer.id))
    await world.run_for(12)

    assert (await world.entry("usr_d")).missed == 1
    assert world.outcomes() == [("usr_d", "expired")]
    await assert_consistent(world)


@pytest.mark.parametrize("after", range(1, 5))
async def test_a_claimed_driver_is_released_if_the_rescue_ends_before_the_offer(
    world: DispatchWorld, after: int
) -> None:
    await world.driver("usr_d")
    event = await world.matching()
    assert await crashes(world, after, lambda process: process.follow_rescue(event))
    await world.cancel()  # no search comes back to this case
    await world.run_for(30)
    assert (await world.entry("usr_d")).is_free
    await assert_consistent(world)


async def test_a_job_claim_without_an_owner_is_released(world: DispatchWorld) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    await world.dispatch.accept_offer("usr_d", (await world.only_open_offer()).id)
    await world.deliver()
    rescue = await world.rescue()
    await world.rescues.save(
        Rescue(id=RESCUE, version=rescue.version, status="completed")
    )  # without an event
    await world.run_for(60)
    assert (await world.entry("usr_d")).job is not None, "its deadline has not come"
    await world.run_for(600, step=20)
    assert (await world.entry("usr_d")).is_free


async def test_driver_of_a_live_rescue_stays_claimed(world: DispatchWorld) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    await world.dispatch.accept_offer("usr_d", (await world.only_open_offer()).id)
    await world.run_for(3600, step=60)
    await assert_consistent(world)
    assert (await world.entry("usr_d")).job is not None
