"""A ticker runs in one process at a time, and in another when that one goes."""

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


def ticker(run: Callable[[], object], name: str = "test.tick", every_s: float = 0.005) -> PeriodicTask:
    async def tick() -> None:
        run()

    return PeriodicTask(name, every_s, tick)


async def reach(ticks: list[object], count: int) -> None:
    while len(ticks) < count:
        await asyncio.sleep(0.002)


async def test_a_lease_has_one_holder_until_it_runs_out(store: SqliteStore) -> None:
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


async def test_who_keeps_holding_a_lease_keeps_it(store: SqliteStore) -> None:
    wall = Wall()
    clock = Clock(wall=wall)
    first, second = (Leases(store, clock, seconds=10, holder=name) for name in ("first", "second"))
    for _ in range(20):
        assert await first.acquire("work")
        assert not await second.acquire("work")
        wall.now += 3


async def test_a_held_lease_costs_a_write_only_when_half_of_it_is_over(store: SqliteStore) -> None:
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


async def test_of_many_who_want_a_lease_at_once_one_gets_it(store: SqliteStore) -> None:
    clock = Clock()
    outcomes = await asyncio.gather(*(Leases(store, clock).acquire("work") for _ in range(20)))
    assert outcomes.count(True) == 1


async def test_a_released_lease_is_free_at_once(store: SqliteStore) -> None:
    clock = Clock()
    first, second = Leases(store, clock), Leases(store, clock)
    assert await first.acquire("work")
    await second.release("work")  # it is not theirs to give
    assert not await second.acquire("work")
    await first.release("work")
    assert await second.acquire("work")


async def test_a_ticker_runs_in_one_runner_and_moves_when_that_stops(store: SqliteStore) -> None:
    ticks: list[object] = []
    runners = [
        Scheduler(store, Clock(), [ticker(lambda name=name: ticks.append(name))], lease_s=4)  # type: ignore[misc]  # mypy cannot infer a lambda's default
        for name in ("first", "second")
    ]
    runners[0].start()
    await reach(ticks, 3)
    runners[1].start()
    await asyncio.sleep(0.05)
    assert set(ticks) == {"first"}
    await runners[0].stop()
    already = len(ticks)
    await reach(ticks, already + 3)
    assert set(ticks[already:]) == {"second"}
    await runners[1].stop()
    assert runners[1].stats() == {"runs_total": len(ticks) - already, "failures_total": 0}


async def test_a_ticker_that_fails_ticks_again_and_the_others_with_it(store: SqliteStore) -> None:
    failing: list[object] = []
    waiting: list[object] = []
    healthy: list[object] = []

    def fail() -> None:
        failing.append(1)
        raise RuntimeError("broken")

    def ask_for_more_time() -> None:
        waiting.append(1)
        raise RetryLater(0.01, "not yet")

    runner = Scheduler(
        store,
        Clock(),
        [
            ticker(fail, "test.failing"),
            ticker(ask_for_more_time, "test.waiting"),
            ticker(lambda: healthy.append(1), "test.healthy"),
        ],
    )
    runner.start()
    await reach(failing, 2)
    await reach(waiting, 2)
    await reach(healthy, 3)
    await runner.stop()
    assert runner.stats()["failures_total"] == len(failing)


async def test_a_city_ticker_keeps_the_citys_pace(store: SqliteStore) -> None:
    """Ten city minutes apart at sixty thousand times the speed: it would never come again otherwise."""
    ticks: list[object] = []

    async def tick() -> None:
        ticks.append(1)

    runner = Scheduler(store, Clock(speed=60_000), [PeriodicTask("test.city", 600, tick, city=True)])
    runner.start()
    await asyncio.wait_for(reach(ticks, 3), 30)
    await runner.stop()
