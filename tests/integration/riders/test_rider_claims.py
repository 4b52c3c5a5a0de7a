"""Claims on riders under races, on the real store."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from support.rescues.builders import NOW, terms
from support.rescues.riders import live_rescue
from supportcarr.contracts.actors import SYSTEM
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.contracts.errors import Conflict
from supportcarr.contracts.events import RescueUnserved
from supportcarr.contracts.money import Charge
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.store.port import Store
from supportcarr.riders import handlers, jobs
from supportcarr.riders.collections import RIDERS
from supportcarr.riders.errors import RiderHasLiveRescue
from supportcarr.riders.service import CLAIM_DURATION, RiderService


class Wall:
    """A wall clock that is moved by hand; city time runs thirty times faster, and must not matter."""

    def __init__(self) -> None:
        self.now = NOW.timestamp()
        self.clock = Clock(wall=lambda: self.now, speed=30)

    def pass_(self, seconds: float) -> None:
        self.now += seconds


class Living:
    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)

    async def rescue_is_live(self, rescue_id: str) -> bool:
        await asyncio.sleep(0)
        return rescue_id in self.ids


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def riders(store: Store, wall: Wall) -> RiderService:
    return RiderService(store, wall.clock)


def ended(rescue_id: str) -> EventEnvelope:
    event = RescueUnserved(
        rescue_id=rescue_id,
        rider_id="usr_1",
        area_id="montreal",
        status="unserved",
        owed=Charge(0, 0, terms().currency),
    )
    return EventEnvelope(
        id=f"{rescue_id}.3.0",
        collection="rescuerequests",
        document_id=rescue_id,
        document_version=3,
        at=NOW,
        actor=SYSTEM,
        event=event,
    )


async def test_one_of_many_concurrent_rescues_claims_the_rider(riders: RiderService, store: Store) -> None:
    async def claim(n: int) -> str | Conflict:
        try:
            await riders.claim("usr_1", f"res_{n}")
        except Conflict as refused:
            return refused
        return f"res_{n}"

    outcomes = await asyncio.gather(*(claim(n) for n in range(20)))
    winners = [o for o in outcomes if isinstance(o, str)]
    assert winners == [await live_rescue(store, "usr_1")]


async def test_claims_of_many_riders_are_independent(riders: RiderService, store: Store) -> None:
    await asyncio.gather(*(riders.claim(f"usr_{n}", f"res_{n}") for n in range(20)))
    assert [await live_rescue(store, f"usr_{n}") for n in range(20)] == [f"res_{n}" for n in range(20)]


async def test_same_rescue_can_claim_again(riders: RiderService, store: Store) -> None:
    await riders.claim("usr_1", "res_1")
    before = await store.collection(RIDERS).get("usr_1")
    await asyncio.gather(*(riders.claim("usr_1", "res_1") for _ in range(5)))
    assert await store.collection(RIDERS).get("usr_1") == before


async def test_expired_claim_is_exclusive_until_it_was_reviewed(riders: RiderService, wall: Wall) -> None:
    await riders.claim("usr_1", "res_1")
    wall.pass_(CLAIM_DURATION.total_seconds() + 1)
    with pytest.raises(RiderHasLiveRescue):
        await riders.claim("usr_1", "res_2")
    assert await riders.reconcile(Living()) == 1
    await riders.claim("usr_1", "res_2")


async def test_a_young_claim_is_left_alone(riders: RiderService, wall: Wall, store: Store) -> None:
    await riders.claim("usr_1", "res_1")
    wall.pass_(CLAIM_DURATION.total_seconds() - 1)
    assert await riders.reconcile(Living()) == 0
    assert await live_rescue(store, "usr_1") == "res_1"


async def test_an_overdue_claim_of_a_live_rescue_is_confirmed(
    riders: RiderService, wall: Wall, store: Store
) -> None:
    await riders.claim("usr_1", "res_1")
    wall.pass_(61)
    assert await riders.reconcile(Living("res_1")) == 1
    wall.pass_(3600)
    assert await riders.reconcile(Living()) == 0
    assert await live_rescue(store, "usr_1") == "res_1"


async def test_two_reconcilers_review_all_overdue_claims(
    riders: RiderService, wall: Wall, store: Store
) -> None:
    for n in range(120):
        await riders.claim(f"usr_{n}", f"res_{n}")
    wall.pass_(61)
    living = Living(*(f"res_{n}" for n in range(0, 120, 2)))
    other = RiderService(store, wall.clock)
    await asyncio.gather(riders.reconcile(living), other.reconcile(living))
    kept = [await live_rescue(store, f"usr_{n}") for n in range(120)]
    assert kept == [f"res_{n}" if n % 2 == 0 else None for n in range(120)]


async def test_claim_confirmed_during_its_review_is_kept(
    riders: RiderService, wall: Wall, store: Store
) -> None:
    await riders.claim("usr_1", "res_1")
    wall.pass_(61)

    class InsertedJustThen:
        async def rescue_is_live(self, rescue_id: str) -> bool:
            assert await riders.confirm("usr_1", rescue_id)
            return False  # as it was a moment ago

    await riders.reconcile(InsertedJustThen())
    assert await live_rescue(store, "usr_1") == "res_1"


async def test_confirmation_returns_whether_the_rescue_has_the_claim(
    riders: RiderService, wall: Wall
) -> None:
    await riders.claim("usr_1", "res_1")
    assert await riders.confirm("usr_1", "res_1")
    assert await riders.confirm("usr_1", "res_1")
    assert not await riders.confirm("usr_1", "res_2")
    wall.pass_(3600)
    assert await riders.reconcile(Living()) == 0, "a confirmed claim ends with its rescue"


async def test_confirmation_after_the_end_claims_the_rider_for_at_most_a_minute(
    riders: RiderService, wall: Wall, store: Store
) -> None:
    assert await riders.confirm("usr_1", "res_1")
    wall.pass_(CLAIM_DURATION.total_seconds() + 1)
    await riders.reconcile(Living())
    assert await live_rescue(store, "usr_1") is None


async def test_the_end_of_a_rescue_releases_its_claim_and_no_other(
    riders: RiderService, store: Store
) -> None:
    (consumer,) = handlers.consumers(riders)
    assert not consumer.slow
    await riders.claim("usr_1", "res_1")
    await riders.confirm("usr_1", "res_1")
    await consumer.handle(ended("res_other"))
    assert await live_rescue(store, "usr_1") == "res_1"
    await consumer.handle(ended("res_1"))
    await consumer.handle(ended("res_1"))
    assert await live_rescue(store, "usr_1") is None


async def test_periodic_task_reconciles(riders: RiderService, wall: Wall, store: Store) -> None:
    (task,) = jobs.periodic_tasks(riders, Living())
    assert timedelta(seconds=task.every_s) < CLAIM_DURATION
    assert not task.city
    await riders.claim("usr_1", "res_1")
    wall.pass_(61)
    await task.run()
    assert await live_rescue(store, "usr_1") is None
