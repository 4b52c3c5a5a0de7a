"""Removing a published event is a deferred write: it shares a commit with others, and is never dropped."""

from __future__ import annotations

import asyncio
from pathlib import Path

from support.store.fixtures import PARCELS, Parcel, open_store, pending


async def test_published_events_are_removed_with_the_next_commit(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "s")
    parcels = store.collection(PARCELS)
    for name in ("p1", "p2"):
        await parcels.insert(Parcel(id=name), pending("in"))
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


async def test_a_published_event_is_removed_without_another_write(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "s")
    parcels = store.collection(PARCELS)
    await parcels.insert(Parcel(id="p1"), pending("in"))
    (event,) = await parcels.pending_events("p1")
    await parcels.mark_published(event)
    assert await store.outbox(older_than_s=0, limit=10) == []
    await store.close()


async def test_closing_the_store_commits_deferred_writes(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "s")
    parcels = store.collection(PARCELS)
    await parcels.insert(Parcel(id="p1"), pending("in"))
    (event,) = await parcels.pending_events("p1")
    leaving = asyncio.create_task(parcels.mark_published(event))
    await asyncio.sleep(0)
    await store.close()
    await leaving
    again = await open_store(tmp_path / "s")
    assert await again.outbox(older_than_s=0, limit=10) == []
    await again.close()
