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
def city(store: Store) -> DispatchWorld:
    return DispatchWorld(store)


async def offered(city: DispatchWorld, driver_id: str, rescue_id: str) -> str:
    """Make an offer of that rescue to the driver, the only one in range; return its id."""
    await city.driver(driver_id)
    await city.wait_for_driver(rescue_id)
    offer_id = {o.driver_id: o.id for o in await city.open_offers()}[driver_id]
    city.positions.at.pop(driver_id)
    return offer_id


async def give_job(city: DispatchWorld, driver_id: str, rescue_id: str) -> None:
    """Assign the job to the driver, with all documents consistent."""
    await city.dispatch.accept_offer(driver_id, await offered(city, driver_id, rescue_id))
    await city.deliver()


async def end_rescue_silently(city: DispatchWorld, rescue_id: str) -> None:
    rescue = await city.rescue(rescue_id)
    await city.rescues.save(Rescue(id=rescue_id, version=rescue.version, status="completed"))


async def accepted_by_a_process_that_died(
    city: DispatchWorld, driver_id: str, rescue_id: str, after: int
) -> None:
    offer_id = await offered(city, driver_id, rescue_id)
    with pytest.raises(Crash):
        await city.process(after=after).accept_offer(driver_id, offer_id)


async def claimed_by_a_process_that_died(city: DispatchWorld, driver_id: str, rescue_id: str) -> None:
    """The driver is claimed for an offer that was never made, of a rescue that is cancelled."""
    await city.driver(driver_id)
    event = await city.matching(rescue_id)
    with pytest.raises(Crash):
        await city.process(after=3).follow_rescue(event)
    assert (await city.entry(driver_id)).offer is not None
    city.positions.at.pop(driver_id)
    await city.cancel(rescue_id)


async def closings(city: DispatchWorld) -> Counter[str]:
    """How many times the end of each offer was recorded, by any process."""
    events = [e for offer_id in await _offer_ids(city) for e in await city.offers.pending_events(offer_id)]
    return Counter(event.event.offer_id for event in events if isinstance(event.event, OfferClosed))


async def _offer_ids(city: DispatchWorld) -> list[str]:
    return [offer.id async for offer in city.offers.scan()]


@pytest.mark.processes
async def test_two_concurrent_reconcilers_do_no_harm(city: DispatchWorld, tmp_path: Path) -> None:
    for n in range(EACH):
        await give_job(city, f"usr_busy{n}", f"res_qc_busy{n}")
        await give_job(city, f"usr_over{n}", f"res_qc_over{n}")
        await end_rescue_silently(city, f"res_qc_over{n}")
        await claimed_by_a_process_that_died(city, f"usr_claimed{n}", f"res_qc_claimed{n}")
        await accepted_by_a_process_that_died(city, f"usr_taken{n}", f"res_qc_taken{n}", after=1 + n % 4)
    children = [run(tmp_path / "store.sqlite3", "reconcile", str(LATER)) for _ in range(2)]
    for child in children:
        await asyncio.to_thread(child.communicate, timeout=60)
    assert all(child.returncode == 0 for child in children)

    for n in range(EACH):
        busy, taken = await city.entry(f"usr_busy{n}"), await city.entry(f"usr_taken{n}")
        assert busy.job is not None
        assert busy.job.rescue_id == f"res_qc_busy{n}"
        assert taken.job is not None, "the driver who accepted has the job despite the crash"
        assert taken.job.confirmed
        assert (await city.rescue(f"res_qc_taken{n}")).driver_id == f"usr_taken{n}"
        assert (await city.rescue(f"res_qc_taken{n}")).assignments == 1
        assert (await city.entry(f"usr_over{n}")).is_free
        assert (await city.entry(f"usr_claimed{n}")).is_free
    offers = {offer.id: offer async for offer in city.offers.scan()}
    assert len(offers) == 3 * EACH
    assert all(offer.settled for offer in offers.values())
    assert await closings(city) == Counter(dict.fromkeys(offers, 1))


async def test_two_concurrent_deadline_schedulers_do_no_harm(city: DispatchWorld, store: Store) -> None:
    """With a lease of zero seconds both schedulers run the task."""
    for n in range(EACH):
        await give_job(city, f"usr_busy{n}", f"res_qc_busy{n}")
        await give_job(city, f"usr_over{n}", f"res_qc_over{n}")
        await end_rescue_silently(city, f"res_qc_over{n}")
    city.pass_time(LATER)
    often = [  # not at one pace: in step with each other the same one would be faster each time
        [replace(task, every_s=pace, city=False) for task in periodic_tasks(city.process())]
        for pace in (0.02, 0.031)
    ]
    runners = [Scheduler(store, Clock(), ticking, lease_s=0.0) for ticking in often]
    for runner in runners:
        runner.start()

    async def all_free() -> bool:
        return all([(await city.entry(f"usr_over{n}")).is_free for n in range(EACH)])

    async with asyncio.timeout(20):
        while not (await all_free() and all(runner.runs for runner in runners)):
            await asyncio.sleep(0.02)
    for runner in runners:
        await runner.stop()
    assert [runner.failures for runner in runners] == [0, 0]
    for n in range(EACH):
        assert (await city.entry(f"usr_busy{n}")).job is not None


async def test_claim_that_cannot_be_reviewed_does_not_block_others(city: DispatchWorld) -> None:
    await give_job(city, "usr_first", "res_qc_first")
    city.pass_time(1)
    await give_job(city, "usr_over", "res_qc_over")
    await end_rescue_silently(city, "res_qc_over")
    city.pass_time(LATER)

    class Broken:
        """Its first driver's rescue cannot be read."""

        def __init__(self, book: Any) -> None:
            self._book = book

        async def driver_of(self, rescue_id: str) -> str | None:
            if rescue_id == "res_qc_first":
                raise ValueError("this document makes no sense")
            return str(await self._book.driver_of(rescue_id))

    process = city.process()
    process._reconciler._rescues = Broken(process._reconciler._rescues)  # type: ignore[assignment]  # a part of the port
    await process.reconcile()
    assert (await city.entry("usr_over")).is_free
    assert (await city.entry("usr_first")).job is not None
