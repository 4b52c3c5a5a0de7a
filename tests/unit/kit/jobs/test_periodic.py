"""A periodic task runs in one process at a time, and in another when that process stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from supportcarr.kit.jobs.declarations import PeriodicTask
from supportcarr.kit.jobs.leases import Leases
from supportcarr.kit.jobs.periodic import Scheduler
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.kit.store.sqlite.engine import SqliteStore

pytestmark = pytest.mark.usefixtures("logs")


class Wall:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def periodic_task(run: Callable[[], object], name: str = "test.tick", every_s: float = 0.005) -> PeriodicTask:
    async def tick() -> None:
        run()

    return PeriodicTask(name, every_s, tick)


async def reach(ticks: list[object], count: int) -> None:
    while len(ticks) < count:
        await asyncio.sleep(0.002)


async def test_a_lease_has_one_holder_until_it_expires(store: SqliteStore) -> None:
    wall = Wall()
    clock = Clock(wall=wall)
    first, second = (Leases(store, clock, seconds=10, holder=name) for name in ("first", "second"))
    assert await first.acquire("work")
    assert not await second.acquire("work")
    assert await second.acquire("other work")
    wall.now += 9
    assert not await second.acquire("work")
    wall.now += 2
    assert await second.acquire("work")
    assert not await first.acquire("work")


async def test_a_renewed_lease_keeps_its_holder(store: SqliteStore) -> None:
    wall = Wall()
    clock = Clock(wall=wall)
    first, second = (Leases(store, clock, seconds=10, holder=name) for name in ("first", "second"))
    for _ in range(20):
        assert await first.acquire("work")
        assert not await second.acquire("work")
        wall.now += 3


async def test_a_lease_is_only_written_again_after_half_its_duration(store: SqliteStore) -> None:
    wall = Wall()
    leases = Leases(store, Clock(wall=wall), seconds=10)
    assert await leases.acquire("work")
    written = store.stats()["operations"]
    wall.now += 4
    assert await leases.acquire("work")
    assert store.stats()["operations"] == written
    wall.now += 2
    assert await leases.acquire("work")
    assert store.stats()["operations"] == written + 1


async def test_one_of_many_concurrent_callers_gets_the_lease(store: SqliteStore) -> None:
    clock = Clock()
    outcomes = await asyncio.gather(*(Leases(store, clock).acquire("work") for _ in range(20)))
    assert outcomes.count(True) == 1


async def test_a_released_lease_is_free_at_once(store: SqliteStore) -> None:
    clock = Clock()
    first, second = Leases(store, clock), Leases(store, clock)
    assert await first.acquire("work")
    await second.release("work")  # not the holder: no effect
    assert not await second.acquire("work")
    await first.release("work")
    assert await second.acquire("work")


async def test_a_task_runs_in_one_scheduler_and_moves_when_that_stops(store: SqliteStore) -> None:
    ticks: list[object] = []
    clock = Clock(wall=Wall())  # it stands still: no lease ends because the machine is slow
    schedulers = [
        Scheduler(store, clock, [periodic_task(lambda name=name: ticks.append(name))], lease_s=4)  # type: ignore[misc]  # mypy cannot infer a lambda's default
        for name in ("first", "second")
    ]
    schedulers[0].start()
    await reach(ticks, 3)
    schedulers[1].start()
    await asyncio.sleep(0.05)
    assert set(ticks) == {"first"}
    await schedulers[0].stop()
    ticks_before = len(ticks)
    await reach(ticks, ticks_before + 3)
    assert set(ticks[ticks_before:]) == {"second"}
    await schedulers[1].stop()
    assert schedulers[1].stats() == {"runs_total": len(ticks) - ticks_before, "failures_total": 0}


async def test_a_failing_task_runs_again_and_does_not_stop_the_others(store: SqliteStore) -> None:
    failing: list[object] = []
    waiting: list[object] = []
    healthy: list[object] = []

    def fail() -> None:
        failing.append(1)
        raise RuntimeError("broken")

    def retry_later() -> None:
        waiting.append(1)
        raise RetryLater(0.01, "not yet")

    scheduler = Scheduler(
        store,
        Clock(),
        [
            periodic_task(fail, "test.failing"),
            periodic_task(retry_later, "test.waiting"),
            periodic_task(lambda: healthy.append(1), "test.healthy"),
        ],
    )
    scheduler.start()
    await reach(failing, 2)
    await reach(waiting, 2)
    await reach(healthy, 3)
    await scheduler.stop()
    assert scheduler.stats()["failures_total"] == len(failing)


async def test_a_city_task_runs_at_the_speed_of_city_time(store: SqliteStore) -> None:
    """Every ten city minutes at 60 000 times the speed; in wall-clock time it would not run again."""
    ticks: list[object] = []

    async def tick() -> None:
        ticks.append(1)

    scheduler = Scheduler(store, Clock(speed=60_000), [PeriodicTask("test.city", 600, tick, city=True)])
    scheduler.start()
    await asyncio.wait_for(reach(ticks, 3), 60)
    await scheduler.stop()
