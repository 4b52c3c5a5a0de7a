"""An outage of the store loses none of a job's location history."""

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


def position(second: int) -> Position:
    return Position(lat=45.5 + second / 1000, lng=-73.6, at=START + timedelta(seconds=second))


async def stored_seconds(store: SqliteStore) -> list[int]:
    """The times of all points, in the order of their documents."""
    segments = sorted(
        [segment async for segment in store.collection(LOCATION_HISTORY).scan()],
        key=lambda segment: segment.began_at,
    )
    return [round((point.at - START).total_seconds()) for segment in segments for point in segment.points]


@pytest.fixture
async def faulty(store: SqliteStore) -> FaultyStore:
    """A store that can fail, with a driver on a job."""
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


async def test_positions_that_could_not_be_stored_are_stored_with_the_next_flush(
    store: SqliteStore, faulty: FaultyStore
) -> None:
    writer = LocationHistoryWriter(faulty.as_store, CurrentJobs(faulty.as_store))
    writer.add(DRIVER, position(1))
    faulty.fails = True
    for second in (2, 3):
        with pytest.raises(StoreUnavailable):
            await writer.flush()
        writer.add(DRIVER, position(second))
    faulty.restore()
    await writer.flush()
    writer.add(DRIVER, position(4))
    await writer.flush()
    await writer.flush()
    assert await stored_seconds(store) == [1, 2, 3, 4]
    await writer.close()


async def test_in_a_long_outage_the_newest_positions_are_kept(
    store: SqliteStore, faulty: FaultyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.tracking.location_history.SEGMENT_POINTS_MAX", 3)
    writer = LocationHistoryWriter(faulty.as_store, CurrentJobs(faulty.as_store))
    faulty.fails = True
    for second in range(8):
        writer.add(DRIVER, position(second))
        with pytest.raises(StoreUnavailable):
            await writer.flush()
    faulty.restore()
    await writer.flush()
    assert await stored_seconds(store) == [5, 6, 7]
    await writer.close()
