"""When SQLite's read cache serves a document; the contract suite tests that it is never stale."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from support.store.fixtures import PARCELS, Parcel, open_store
from supportcarr.kit.store.sqlite.cache import VersionCounters


async def test_a_document_is_cached_until_another_process_saves_it(tmp_path: Path) -> None:
    here, there = await open_store(tmp_path / "s"), await open_store(tmp_path / "s")
    ours, theirs = here.collection(PARCELS), there.collection(PARCELS)
    await theirs.insert(Parcel(id="p1", note="first"))
    first = await ours.get("p1")
    assert first is not None and await ours.get("p1") is first
    assert (await ours.get_many(["p1", "none"]))["p1"] is first
    assert here.stats()["cache_hits"] == 2
    await theirs.save(msgspec.structs.replace(first, note="second"))
    second = await ours.get("p1")
    assert second is not None and second.note == "second"
    await theirs.delete("p1", second.version)
    assert await ours.get("p1") is None and await ours.get_many(["p1"]) == {}
    await theirs.insert(Parcel(id="p1", note="third"))
    third = await ours.get("p1")
    assert third is not None and third.note == "third"
    await here.close()
    await there.close()


async def test_a_failed_save_leaves_the_document_readable(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "s")
    parcels = store.collection(PARCELS)
    stored = await parcels.insert(Parcel(id="p1", note="first"))
    await parcels.save(msgspec.structs.replace(stored, note="second"))
    late = await asyncio.gather(
        parcels.save(msgspec.structs.replace(stored, note="late")), return_exceptions=True
    )
    assert isinstance(late[0], Exception)
    for _ in range(2):
        found = await parcels.get("p1")
        assert found is not None and found.note == "second"
    assert store.stats()["cache_hits"] == 1
    await store.close()


async def test_documents_of_a_killed_writer_are_not_cached(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "s")
    parcels = store.collection(PARCELS)
    stored = await parcels.insert(Parcel(id="p1", note="first"))
    await parcels.get("p1")
    dead = VersionCounters(tmp_path / "s")
    dead.begin_write(["p1"])  # it died before it could call end_write
    dead.close()
    for _ in range(3):
        found = await parcels.get("p1")
        assert found is not None and found.note == "first"
    assert store.stats()["cache_hits"] == 1  # the read before
    await parcels.save(msgspec.structs.replace(stored, note="second"))
    assert [(await parcels.get("p1")).note for _ in range(2)] == ["second"] * 2  # type: ignore[union-attr]  # it exists
    assert store.stats()["cache_hits"] == 3
    await store.close()


async def test_a_written_document_is_served_from_the_cache(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "s")
    parcels = store.collection(PARCELS)
    stored = await parcels.insert(Parcel(id="p1", note="first"))
    assert await parcels.get("p1") == stored
    saved = await parcels.save(msgspec.structs.replace(stored, note="second"))
    assert await parcels.get_many(["p1"]) == {"p1": saved}
    assert await parcels.get("p1") == saved
    assert store.stats()["cache_misses"] == 0
    await store.close()


async def test_the_last_of_several_writes_in_one_commit_is_read(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "s")
    parcels = store.collection(PARCELS)
    first = await parcels.insert(Parcel(id="p1", note="first"))
    second = msgspec.structs.replace(first, note="second", version=2)
    third = msgspec.structs.replace(second, note="third")
    before = store.stats()["commits"]
    await asyncio.gather(
        parcels.save(msgspec.structs.replace(first, note="second")),
        parcels.save(third),
        parcels.delete("p1", 3),
        parcels.insert(Parcel(id="p2", note="other")),
    )
    assert store.stats()["commits"] == before + 1
    assert await parcels.get("p1") is None
    other = await parcels.get("p2")
    assert other is not None and other.note == "other"
    await store.close()


async def test_a_later_write_of_another_process_is_not_hidden(
    tmp_path: Path,
) -> None:
    here, there = await open_store(tmp_path / "s"), await open_store(tmp_path / "s")
    ours, theirs = here.collection(PARCELS), there.collection(PARCELS)
    stored = await ours.insert(Parcel(id="p1", note="ours"))
    await theirs.save(msgspec.structs.replace(stored, note="theirs"))
    found = await ours.get("p1")
    assert found is not None and found.note == "theirs"
    await here.close()
    await there.close()
