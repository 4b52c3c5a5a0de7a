"""Taking an event out of the outbox is in no hurry: it shares a commit, and happens all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

from support.store.fixtures import PARCELS, Parcel, opened, recorded


async def test_events_leave_the_outbox_with_the_next_commit(tmp_path: Path) -> None:
    store = await opened(tmp_path / "s")
    parcels = store.collection(PARCELS)
    for name in ("p1", "p2"):
        await parcels.insert(Parcel(id=name), recorded("in"))
    events = [*await parcels.pending_events("p1"), *await parcels.pending_events("p2")]
    before = store.stats()["commits"]
    leaving = [asyncio.create_task(parcels.mark_published(event)) for event in events]
    await asyncio.sleep(0)
    assert store.stats()["waiting"] == 2
    await parcels.insert(Parcel(id="p3"))
    await asyncio.gather(*leaving)
    assert store.stats()["commits"] == before + 1
    assert await store.outbox(older_than_s=0, limit=10) == []
    await store.close()


async def test_an_event_leaves_by_itself_when_nothing_else_is_written(tmp_path: Path) -> None:
    store = await opened(tmp_path / "s")
    parcels = store.collection(PARCELS)
    await parcels.insert(Parcel(id="p1"), recorded("in"))
    (event,) = await parcels.pending_events("p1")
    await parcels.mark_published(event)
    assert await store.outbox(older_than_s=0, limit=10) == []
    await store.close()


async def test_closing_the_store_writes_what_was_in_no_hurry(tmp_path: Path) -> None:
    store = await opened(tmp_path / "s")
    parcels = store.collection(PARCELS)
    await parcels.insert(Parcel(id="p1"), recorded("in"))
    (event,) = await parcels.pending_events("p1")
    leaving = asyncio.create_task(parcels.mark_published(event))
    await asyncio.sleep(0)
    await store.close()
    await leaving
    again = await opened(tmp_path / "s")
    assert await again.outbox(older_than_s=0, limit=10) == []
    await again.close()
