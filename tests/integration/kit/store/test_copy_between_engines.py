"""Copies between SQLite and MongoDB, in both directions, also when the process is killed midway."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from support.processes import store_child
from support.store.fixtures import NOON, PARCELS, Parcel, pending, store_at
from support.store.writers import RIDES, Ride
from supportcarr.kit.store.copy import BATCH, copy_store
from supportcarr.kit.store.port import CollectionSpec, Store, UnfinishedCopy

pytestmark = pytest.mark.xdist_group("mongodb")

SPECS: tuple[CollectionSpec[Any], ...] = (PARCELS, RIDES)
PARCEL_COUNT = 5 * BATCH


@asynccontextmanager
async def opened(url: str, *, allow_unfinished_copy: bool = False) -> AsyncIterator[Store]:
    store = store_at(url)
    for spec in SPECS:
        store.collection(spec)
    await store.open(allow_unfinished_copy=allow_unfinished_copy)
    try:
        yield store
    finally:
        await store.close()


async def fill(store: Store) -> None:
    parcels = store.collection(PARCELS)
    await parcels.insert_many(
        [
            Parcel(id=f"p{n:04}", shelf=f"s{n}", weight=n, price=n / 3, urgent=n % 2 == 0, due_at=NOON)
            for n in range(PARCEL_COUNT)
        ]
    )
    saved = await parcels.save(
        Parcel(id="p0000", version=1, note="ü", weight=2**53 + 1), pending("one", "two")
    )
    assert saved.version == 2
    gone = await parcels.insert(Parcel(id="gone"), pending("late"))
    await parcels.delete("gone", gone.version)
    rides = store.collection(RIDES)
    ride = await rides.insert(Ride(id="res_qc_1", region="qc"), pending("in"))
    await rides.save(ride, pending("again"))
    ended = await rides.insert(Ride(id="res_qc_2", region="qc"), pending("in"))
    await rides.delete(ended.id, ended.version)


@pytest.mark.parametrize(("source", "target"), [("sqlite", "mongodb"), ("mongodb", "sqlite")])
async def test_an_interrupted_copy_between_engines_can_be_continued(
    request: pytest.FixtureRequest, source: str, target: str
) -> None:
    source_url, target_url = request.getfixturevalue(source), request.getfixturevalue(target)
    async with opened(source_url) as store:
        await fill(store)
    child = store_child.start(source_url, "copy_to", target_url)
    assert child.stdout is not None
    assert await asyncio.to_thread(child.stdout.readline) == f"parcels {BATCH}\n".encode()
    child.send_signal(signal.SIGKILL)
    await asyncio.to_thread(child.communicate)
    with pytest.raises(UnfinishedCopy):
        await store_at(target_url).open()
    async with (
        opened(source_url) as ours,
        opened(target_url, allow_unfinished_copy=True) as theirs,
    ):
        begun = await theirs.collection(PARCELS).count()
        assert BATCH - 1 <= begun < PARCEL_COUNT  # one of the first batch is a deleted document
        compared = await copy_store(ours, theirs, SPECS, source_name=source_url, now=NOON)
        assert [one.equal for one in compared] == [True, True]
        assert (compared[0].target.documents, compared[0].target.events) == (PARCEL_COUNT, 3)
        assert (compared[1].target.documents, compared[1].target.events) == (1, 3)
        for spec in SPECS:
            read = [await store.collection(spec).read_stored(limit=9999) for store in (ours, theirs)]
            assert read[0] == read[1]
