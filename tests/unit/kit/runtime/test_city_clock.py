"""The city clock starts on a working day's afternoon, is shared, and never runs backwards."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from support.store.fixtures import store_at
from supportcarr.kit.runtime.city_clock import (
    CITY_CLOCK,
    HEARTBEAT_S,
    STOPPED_AFTER_S,
    CityHeartbeat,
    city_clock,
    first_city_time,
    join_city,
)
from supportcarr.kit.store.port import StoreUnavailable
from supportcarr.kit.store.sqlite.engine import SqliteStore

WEDNESDAY = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


class Wall:
    def __init__(self, now: datetime = WEDNESDAY) -> None:
        self.now = now.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 18), datetime(2026, 11, 18, 21, tzinfo=UTC)),  # Wednesday, winter time
        (date(2026, 7, 6), datetime(2026, 7, 6, 20, tzinfo=UTC)),  # Monday, summer time
        (date(2026, 11, 21), datetime(2026, 11, 20, 21, tzinfo=UTC)),  # Saturday: the Friday before
        (date(2026, 11, 22), datetime(2026, 11, 20, 21, tzinfo=UTC)),  # Sunday: the same
    ],
)
def test_city_time_begins_at_four_in_the_afternoon_of_a_working_day(today: date, expected: datetime) -> None:
    assert first_city_time(today, "America/Toronto", time(16)) == expected


async def test_the_first_process_starts_the_clock_at_its_speed(store: SqliteStore) -> None:
    wall = Wall()
    clock = await city_clock(store, speed=30, wall=wall)
    assert clock.city() == datetime(2026, 11, 18, 21, tzinfo=UTC)
    wall.now += 10
    assert clock.city() == datetime(2026, 11, 18, 21, 5, tzinfo=UTC)
    assert clock.speed == 30


async def test_the_time_zone_and_the_start_time_can_be_set(store: SqliteStore) -> None:
    clock = await city_clock(store, speed=1, zone="Europe/Madrid", starts_at=time(8, 15), wall=Wall())
    assert clock.city() == datetime(2026, 11, 18, 7, 15, tzinfo=UTC)


async def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    wall = Wall()
    stores = [store_at(f"sqlite:///{tmp_path / 'store.sqlite3'}") for _ in range(4)]
    for store in stores:
        store.collection(CITY_CLOCK)
        await store.open()
    clocks = await asyncio.gather(*(city_clock(store, speed=30, wall=wall) for store in stores))
    wall.now += 5
    late = await city_clock(stores[0], speed=30, wall=wall)
    wall.now += 1
    assert len({clock.city() for clock in [*clocks, late]}) == 1
    for store in stores:
        await store.close()


async def test_a_restarted_process_joins_the_running_city(store: SqliteStore) -> None:
    wall = Wall()
    clock = await city_clock(store, speed=30, wall=wall)
    heartbeat = CityHeartbeat(store, clock)
    for _ in range(20):
        wall.now += HEARTBEAT_S
        await heartbeat.beat()
    wall.now += HEARTBEAT_S
    joined = await city_clock(store, speed=30, wall=wall)
    assert abs(joined.city() - clock.city()) < timedelta(milliseconds=1)
    wall.now += 100
    assert abs(joined.city() - clock.city()) < timedelta(milliseconds=1)


@pytest.mark.parametrize("stopped_s", [STOPPED_AFTER_S + HEARTBEAT_S, 3600.0, 86_400.0 * 30])
async def test_a_stopped_city_resumes_from_its_last_time_and_never_earlier(
    store: SqliteStore, stopped_s: float
) -> None:
    wall = Wall()
    clock = await city_clock(store, speed=30, wall=wall)
    wall.now += 100
    await CityHeartbeat(store, clock).beat()
    wall.now += HEARTBEAT_S * 0.9  # killed just before the next heartbeat
    last = clock.city()
    wall.now += stopped_s
    resumed = await city_clock(store, speed=30, wall=wall)
    assert last <= resumed.city() < last + timedelta(seconds=30 * 2 * HEARTBEAT_S)
    joined = await city_clock(store, speed=30, wall=wall)
    assert joined.city() == resumed.city()


async def test_another_speed_continues_from_the_same_time(store: SqliteStore) -> None:
    wall = Wall()
    slow = await city_clock(store, speed=1, wall=wall)
    wall.now += 1
    fast = await city_clock(store, speed=60, wall=wall)
    assert timedelta(0) <= fast.city() - slow.city() < timedelta(seconds=1)
    wall.now += 10
    assert fast.city() - slow.city() > timedelta(minutes=9)


async def test_a_fresh_record_is_not_written_again(store: SqliteStore) -> None:
    wall = Wall()
    clock = await city_clock(store, speed=30, wall=wall)
    collection = store.collection(CITY_CLOCK)
    first, second = CityHeartbeat(store, clock), CityHeartbeat(store, clock)
    wall.now += HEARTBEAT_S
    await first.beat()
    await second.beat()
    record = await collection.get("city")
    assert record is not None
    assert record.version == 2
    assert record.wall.timestamp() == wall.now


async def test_the_heartbeat_writes_periodically_and_once_more_when_stopped(store: SqliteStore) -> None:
    wall = Wall()
    clock = await city_clock(store, speed=30, wall=wall)
    collection = store.collection(CITY_CLOCK)
    heartbeat = CityHeartbeat(store, clock)
    wall.now += HEARTBEAT_S
    heartbeat.start()
    while (record := await collection.get("city")) is not None and record.version < 2:
        await asyncio.sleep(0.002)
    wall.now += 0.5
    await heartbeat.stop()
    record = await collection.get("city")
    assert record is not None
    assert record.city == clock.city()


async def test_a_failed_heartbeat_is_followed_by_the_next(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    heartbeat = CityHeartbeat(store, await city_clock(store, speed=30, wall=Wall()))
    beats: list[Exception] = [RuntimeError("broken"), StoreUnavailable("unavailable")]
    succeeded = asyncio.Event()

    async def beat(*, fresh_s: float = 0.0) -> None:
        if beats:
            raise beats.pop()
        succeeded.set()

    monkeypatch.setattr(heartbeat, "beat", beat)
    monkeypatch.setattr("supportcarr.kit.runtime.city_clock.HEARTBEAT_S", 0.001)
    heartbeat.start()
    async with asyncio.timeout(45):
        await succeeded.wait()
    await heartbeat.stop()


async def test_a_restarted_process_never_moves_the_clock_even_if_heartbeats_are_late(
    store: SqliteStore,
) -> None:
    wall = Wall()
    running = await city_clock(store, speed=30, wall=wall)
    wall.now += 10 * STOPPED_AFTER_S  # the machine is so busy that no heartbeat was recorded
    restarted = await join_city(store, speed=30, wall=wall)
    assert restarted.city() == running.city()
    assert (await join_city(store, speed=30, wall=wall)).city() == running.city()


async def test_joining_without_a_running_clock_starts_one(store: SqliteStore) -> None:
    clock = await join_city(store, speed=30, wall=Wall())
    assert clock.city() == datetime(2026, 11, 18, 21, tzinfo=UTC)
