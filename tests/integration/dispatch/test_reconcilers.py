"""Concurrent reconcilers in several processes: orphaned claims are released, owned claims are kept,
incomplete sagas are completed once, and a claim that cannot be reviewed does not block the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support.dispatch.world import Crash, DispatchWorld, Rescue
from support.processes.dispatch_child import run
from supportcarr.contracts.events import OfferClosed
from supportcarr.dispatch.jobs import periodic_tasks
from supportcarr.kit.jobs.periodic import Scheduler
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store

EACH = 6
LATER = 700.0  # city seconds: past every claim's deadline


@pytest.fixture
def world(store: Store) -> DispatchWorld:
    return DispatchWorld(store)


async def offered(world: DispatchWorld, driver_id: str, rescue_id: str) -> str:
    """Make an offer of that rescue to the driver, the only one in range; return its id."""
    await world.driver(driver_id)
    await world.wait_for_driver(rescue_id)
    offer_id = {o.driver_id: o.id for o in await world.open_offers()}[driver_id]
    world.positions.at.pop(driver_id)
    return offer_id


async def give_job(world: DispatchWorld, driver_id: str, rescue_id: str) -> None:
    """Assign the job to the driver, with all documents consistent."""
    await world.dispatch.accept_offer(driver_id, await offered(world, driver_id, rescue_id))
    await world.deliver()


async def end_rescue_silently(world: DispatchWorld, rescue_id: str) -> None:
    rescue = await world.rescue(rescue_id)
    await world.rescues.save(Rescue(id=rescue_id, version=rescue.version, status="completed"))


async def accepted_by_a_process_that_died(
    world: DispatchWorld, driver_id: str, rescue_id: str, after: int
) -> None:
    offer_id = await offered(world, driver_id, rescue_id)
    with pytest.raises(Crash):
        await world.process(after=after).accept_offer(driver_id, offer_id)


async def claimed_by_a_process_that_died(world: DispatchWorld, driver_id: str, rescue_id: str) -> None:
    """The driver is claimed for an offer that was never made, of a rescue that is cancelled."""
    await world.driver(driver_id)
    event = await world.matching(rescue_id)
    with pytest.raises(Crash):
        await world.process(after=3).follow_rescue(event)
    assert (await world.entry(driver_id)).offer is not None
    world.positions.at.pop(driver_id)
    await world.cancel(rescue_id)


async def closings(world: DispatchWorld) -> Counter[str]:
    """How many times the end of each offer was recorded, by any process."""
    events = [e for offer_id in await _offer_ids(world) for e in await world.offers.pending_events(offer_id)]
    return Counter(event.event.offer_id for event in events if isinstance(event.event, OfferClosed))


async def _offer_ids(world: DispatchWorld) -> list[str]:
    return [offer.id async for offer in world.offers.scan()]


@pytest.mark.processes
async def test_two_concurrent_reconcilers_do_no_harm(world: DispatchWorld, tmp_path: Path) -> None:
    for n in range(EACH):
        await give_job(world, f"usr_busy{n}", f"res_qc_busy{n}")
        await give_job(world, f"usr_over{n}", f"res_qc_over{n}")
        await end_rescue_silently(world, f"res_qc_over{n}")
        await claimed_by_a_process_that_died(world, f"usr_claimed{n}", f"res_qc_claimed{n}")
        await accepted_by_a_process_that_died(world, f"usr_taken{n}", f"res_qc_taken{n}", after=1 + n % 4)
    children = [run(tmp_path / "store.sqlite3", "reconcile", str(LATER)) for _ in range(2)]
    for child in children:
        await asyncio.to_thread(child.communicate, timeout=110)
    assert all(child.returncode == 0 for child in children)

    for n in range(EACH):
        busy, taken = await world.entry(f"usr_busy{n}"), await world.entry(f"usr_taken{n}")
        assert busy.job is not None
        assert busy.job.rescue_id == f"res_qc_busy{n}"
        assert taken.job is not None, "the driver who accepted has the job despite the crash"
        assert taken.job.confirmed
        assert (await world.rescue(f"res_qc_taken{n}")).driver_id == f"usr_taken{n}"
        assert (await world.rescue(f"res_qc_taken{n}")).assignments == 1
        assert (await world.entry(f"usr_over{n}")).is_free
        assert (await world.entry(f"usr_claimed{n}")).is_free
    offers = {offer.id: offer async for offer in world.offers.scan()}
    assert len(offers) == 3 * EACH
    assert all(offer.settled for offer in offers.values())
    assert await closings(world) == Counter(dict.fromkeys(offers, 1))


async def test_two_concurrent_schedulers_do_no_harm(world: DispatchWorld, store: Store) -> None:
    """With a lease of zero seconds both schedulers run the task."""
    for n in range(EACH):
        await give_job(world, f"usr_busy{n}", f"res_qc_busy{n}")
        await give_job(world, f"usr_over{n}", f"res_qc_over{n}")
        await end_rescue_silently(world, f"res_qc_over{n}")
    world.pass_time(LATER)
    task_lists = [  # at different intervals, or the same scheduler would always be first
        [replace(task, every_s=interval_s, city=False) for task in periodic_tasks(world.process())]
        for interval_s in (0.02, 0.031)
    ]
    runners = [Scheduler(store, Clock(), tasks, lease_s=0.0) for tasks in task_lists]
    for runner in runners:
        runner.start()

    async def all_free() -> bool:
        return all([(await world.entry(f"usr_over{n}")).is_free for n in range(EACH)])

    async with asyncio.timeout(60):
        while not (await all_free() and all(runner.runs for runner in runners)):
            await asyncio.sleep(0.02)
    for runner in runners:
        await runner.stop()
    assert [runner.failures for runner in runners] == [0, 0]
    for n in range(EACH):
        assert (await world.entry(f"usr_busy{n}")).job is not None


async def test_claim_that_cannot_be_reviewed_does_not_block_others(world: DispatchWorld) -> None:
    await give_job(world, "usr_first", "res_qc_first")
    world.pass_time(1)
    await give_job(world, "usr_over", "res_qc_over")
    await end_rescue_silently(world, "res_qc_over")
    world.pass_time(LATER)

    class Broken:
        """Its first driver's rescue cannot be read."""

        def __init__(self, book: Any) -> None:
            self._book = book

        async def driver_of(self, rescue_id: str) -> str | None:
            if rescue_id == "res_qc_first":
                raise ValueError("this document makes no sense")
            return str(await self._book.driver_of(rescue_id))

    process = world.process()
    process._reconciler._rescues = Broken(process._reconciler._rescues)  # type: ignore[assignment]  # a part of the port
    await process.reconcile()
    assert (await world.entry("usr_over")).is_free
    assert (await world.entry("usr_first")).job is not None
