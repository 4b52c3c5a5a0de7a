"""A store that is away for a while costs a live job's trail nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from support.faults import FaultyStore
from supportcarr.kit.store.port import StoreUnavailable
from supportcarr.kit.store.sqlite.engine import SqliteStore
from supportcarr.tracking.collections import CURRENT_JOBS, LOCATION_HISTORY
from supportcarr.tracking.current_jobs import CurrentJobs
from supportcarr.tracking.location_history import LocationHistoryWriter
from supportcarr.tracking.model import CurrentJob, Position

START = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
DRIVER = "usr_driver"


def fix(second: int) -> Position:
    return Position(lat=45.5 + second / 1000, lng=-73.6, at=START + timedelta(seconds=second))


async def seconds(store: SqliteStore) -> list[int]:
    """When the points of all trails were, in the order of their documents."""
    kept = sorted(
        [trail async for trail in store.collection(LOCATION_HISTORY).scan()], key=lambda trail: trail.began_at
    )
    return [round((point.at - START).total_seconds()) for trail in kept for point in trail.points]


@pytest.fixture
async def faulty(store: SqliteStore) -> FaultyStore:
    """A store that can be taken away, with a driver on a job."""
    await store.collection(CURRENT_JOBS).insert(
        CurrentJob(
            id=DRIVER,
            rescue_id="res_qc_1",
            rescue_version=3,
            rider_id="usr_rider",
            area_id="montreal",
            since=START,
        )
    )
    return FaultyStore(store)


async def test_what_could_not_be_stored_is_stored_with_the_next_flush(
    store: SqliteStore, faulty: FaultyStore
) -> None:
    writer = LocationHistoryWriter(faulty.as_store, CurrentJobs(faulty.as_store))
    writer.add(DRIVER, fix(1))
    faulty.fails = True
    for second in (2, 3):
        with pytest.raises(StoreUnavailable):
            await writer.flush()
        writer.add(DRIVER, fix(second))
    faulty.heal()
    await writer.flush()
    writer.add(DRIVER, fix(4))
    await writer.flush()
    await writer.flush()
    assert await seconds(store) == [1, 2, 3, 4]
    await writer.close()


async def test_of_a_long_outage_the_newest_points_are_kept(
    store: SqliteStore, faulty: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.tracking.location_history.SEGMENT_POINTS_MAX", 3)
    writer = LocationHistoryWriter(faulty.as_store, CurrentJobs(faulty.as_store))
    faulty.fails = True
    for second in range(8):
        writer.add(DRIVER, fix(second))
        with pytest.raises(StoreUnavailable):
            await writer.flush()
    faulty.heal()
    await writer.flush()
    assert await seconds(store) == [5, 6, 7]
    await writer.close()
