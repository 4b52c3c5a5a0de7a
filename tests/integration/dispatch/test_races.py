"""Everything at once: several tasks and several processes on one store."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from support.dispatch.world import DispatchWorld, assert_consistent
from support.processes.dispatch_child import DRIVERS, run
from supportcarr.contracts.errors import Conflict
from supportcarr.dispatch.model import Offer
from supportcarr.kit.store.port import Store, VersionConflict


@pytest.fixture
def world(store: Store) -> DispatchWorld:
    return DispatchWorld(store)


async def test_two_concurrent_dispatchers_make_one_offer_per_rescue_and_per_driver(
    world: DispatchWorld,
) -> None:
    for driver_id, metres in DRIVERS.items():
        await world.driver(driver_id, metres)
    events = [await world.matching(f"res_qc_{n}") for n in range(12)]
    processes = [world.process() for _ in range(3)]

    await asyncio.gather(*(p.follow_rescue(event) for event in events for p in processes))
    await world.run_for(2)

    offers = await world.open_offers()
    assert len(offers) == len(DRIVERS)
    assert max(Counter(o.driver_id for o in offers).values()) == 1
    assert max(Counter(o.rescue_id for o in offers).values()) == 1
    await assert_consistent(world)


async def test_five_acceptances_at_once_assign_one_job_and_all_succeed(world: DispatchWorld) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()
    processes = [world.process() for _ in range(5)]
    answers = await asyncio.gather(*(p.accept_offer("usr_d", offer.id) for p in processes))
    assert {a.state for a in answers} == {"accepted"}
    await world.run_for(1)
    assert (await world.rescue()).assignments == 1
    assert world.outcomes() == [("usr_d", "accepted")]
    await assert_consistent(world)


@pytest.mark.parametrize("head_start", range(6))
async def test_acceptance_and_cancellation_at_once_leave_the_driver_free(
    world: DispatchWorld, head_start: int
) -> None:
    await world.driver("usr_d")
    await world.wait_for_driver()
    offer = await world.only_open_offer()

    async def cancel() -> None:
        await asyncio.sleep(0.001 * head_start)
        while (await world.rescue()).status != "cancelled":
            with contextlib.suppress(VersionConflict):
                await world.cancel()

    await asyncio.gather(world.dispatch.accept_offer("usr_d", offer.id), cancel(), return_exceptions=True)
    await world.run_for(10)
    assert (await world.entry("usr_d")).is_free
    assert len(world.outcomes()) == 1
    await assert_consistent(world)


async def offer_to_many(world: DispatchWorld) -> tuple[Offer, list[str]]:
    """One rescue with an open offer to each of many drivers, as if the one-offer rule had failed:
    the last line of defence is the rescue itself."""
    await world.driver("usr_d0")
    await world.wait_for_driver()
    offer = await world.only_open_offer()
    pairs = [f"usr_d0={offer.id}"]
    for n in range(1, 8):
        await world.driver(f"usr_d{n}", 100)
        copy = await world.offers.insert(replace(offer, id=f"off_{n}", driver_id=f"usr_d{n}", version=0))
        pairs.append(f"{copy.driver_id}={copy.id}")
    return offer, pairs


async def test_one_of_many_concurrent_acceptances_wins(
    world: DispatchWorld,
) -> None:
    _, pairs = await offer_to_many(world)

    async def accept(pair: str) -> bool:
        driver_id, offer_id = pair.split("=")
        try:
            await world.process().accept_offer(driver_id, offer_id)
        except Conflict:
            return False
        return True

    taken = await asyncio.gather(*(accept(pair) for pair in pairs))
    await world.run_for(20)
    assert sum(taken) == 1
    winner = pairs[taken.index(True)].split("=")[0]
    assert (await world.rescue()).driver_id == winner
    assert [e.id async for e in world.roster.scan() if e.job] == [winner]


@pytest.mark.processes
async def test_two_processes_that_accept_at_once_have_one_winner(
    world: DispatchWorld, tmp_path: Path
) -> None:
    _, pairs = await offer_to_many(world)
    children = [run(tmp_path / "store.sqlite3", "accept", *pairs[n::2]) for n in range(2)]
    outputs = [(await asyncio.to_thread(child.communicate, timeout=110))[0].split() for child in children]
    assert all(child.returncode == 0 for child in children)
    winners = outputs[0] + outputs[1]
    assert len(winners) == 1
    assert (await world.rescue()).driver_id == winners[0]
    assert [e.id async for e in world.roster.scan() if e.job] == winners


@pytest.mark.processes
async def test_two_processes_that_search_at_once_make_each_driver_one_offer(
    world: DispatchWorld, tmp_path: Path
) -> None:
    rescues = [f"res_qc_{n}" for n in range(10)]
    for rescue_id in rescues:
        await world.wait_for_driver(rescue_id)  # no driver yet: each waits for the next search
    for driver_id, metres in DRIVERS.items():
        await world.driver(driver_id, metres)
    for rescue_id in rescues:
        case = await world.case(rescue_id)
        await world.cases.save(replace(case, due_at=world.now))
    children = [run(tmp_path / "store.sqlite3", "search", *rescues) for _ in range(2)]
    for child in children:
        await asyncio.to_thread(child.communicate, timeout=110)
    assert all(child.returncode == 0 for child in children)
    offers = await world.open_offers()
    assert len({o.driver_id for o in offers}) == len({o.rescue_id for o in offers}) == len(offers)
    assert len(offers) == len(DRIVERS)
