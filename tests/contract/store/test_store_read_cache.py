"""Reads by id never return documents older than the last acknowledged write, whatever the engine caches.

Two stores on one database stand for two processes, each with its own cache.  The last test starts a second
process.
"""

from __future__ import annotations

import asyncio
import random

import msgspec
import pytest

from support.processes import store_child
from support.store.fixtures import PARCELS, Parcel, pending
from supportcarr.kit.store.port import Collection, Store, StoredDocument, VersionConflict


@pytest.fixture
def theirs(other_store: Store) -> Collection[Parcel]:
    """The collection in the second store."""
    return other_store.collection(PARCELS)


async def read_until_cached(parcels: Collection[Parcel], name: str) -> Parcel:
    """The document, read often enough to be cached."""
    for _ in range(3):
        found = await parcels.get(name)
    assert found is not None
    return found


async def test_an_unchanged_document_is_decoded_once(store: Store, parcels: Collection[Parcel]) -> None:
    await parcels.insert_many([Parcel(id="p1", note="first"), Parcel(id="p2")])
    first, second = await read_until_cached(parcels, "p1"), await read_until_cached(parcels, "p2")
    before = store.stats().get("cache_hits")
    again = await parcels.get("p1")
    both = await parcels.get_many(["p1", "p2"])
    assert again == both["p1"] == first and both["p2"] == second
    assert await parcels.get_many(["p1", "none"]) == {"p1": first}
    if before is not None:  # the store in memory has no cache
        assert again is first and both["p1"] is first and both["p2"] is second
        assert store.stats()["cache_hits"] >= before + 3


async def test_a_process_reads_its_own_writes(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(Parcel(id="p1", note="0"))
    for turn in range(1, 5):
        await read_until_cached(parcels, "p1")
        stored = await parcels.save(msgspec.structs.replace(stored, note=str(turn)))
        assert await parcels.get("p1") == stored
        assert await parcels.get_many(["p1"]) == {"p1": stored}


async def test_a_process_reads_the_writes_of_another(
    parcels: Collection[Parcel], theirs: Collection[Parcel]
) -> None:
    stored = await theirs.insert(Parcel(id="p1", note="0"))
    for turn in range(1, 5):
        await read_until_cached(parcels, "p1")
        stored = await theirs.save(msgspec.structs.replace(stored, note=str(turn)))
        assert await parcels.get("p1") == stored
        await read_until_cached(parcels, "p1")
        stored = await theirs.save(msgspec.structs.replace(stored, note=f"{turn} again"))
        assert await parcels.get_many(["p1"]) == {"p1": stored}


@pytest.mark.parametrize("others", [False, True], ids=["by this process", "by another"])
async def test_a_deleted_document_is_not_read(
    parcels: Collection[Parcel], theirs: Collection[Parcel], others: bool
) -> None:
    await parcels.insert_many([Parcel(id="p1"), Parcel(id="p2")])
    first, second = await read_until_cached(parcels, "p1"), await read_until_cached(parcels, "p2")
    deleting = theirs if others else parcels
    await deleting.delete("p1", first.version)
    assert await parcels.get("p1") is None
    assert await parcels.get_many(["p1", "p2"]) == {"p2": second}
    await deleting.delete("p2", second.version)
    assert await parcels.get_many(["p1", "p2"]) == {}


async def test_a_document_inserted_again_at_the_same_version_is_read(
    parcels: Collection[Parcel], theirs: Collection[Parcel]
) -> None:
    await parcels.insert(Parcel(id="p1", note="old"))
    old = await read_until_cached(parcels, "p1")
    await theirs.delete("p1", old.version)
    new = await theirs.insert(Parcel(id="p1", note="new"))
    assert new.version == old.version
    assert await parcels.get("p1") == new
    assert await parcels.get_many(["p1"]) == {"p1": new}


async def test_documents_changed_by_a_copy_are_read(
    parcels: Collection[Parcel], theirs: Collection[Parcel]
) -> None:
    await parcels.insert_many([Parcel(id="p1", note="old"), Parcel(id="p2")])
    old = await read_until_cached(parcels, "p1")
    await read_until_cached(parcels, "p2")
    new = msgspec.structs.replace(old, note="new")
    await theirs.write_stored([StoredDocument("p1", new)])
    await theirs.erase_stored(["p2"])
    assert await parcels.get("p1") == new
    assert await parcels.get("p2") is None


async def test_a_failed_save_leaves_the_document_unchanged(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(Parcel(id="p1", note="first"))
    saved = await parcels.save(msgspec.structs.replace(stored, note="second"))
    await read_until_cached(parcels, "p1")
    with pytest.raises(VersionConflict):
        await parcels.save(msgspec.structs.replace(stored, note="late"))
    for _ in range(4):
        assert await parcels.get("p1") == saved


async def test_publishing_an_event_leaves_the_document_unchanged(
    parcels: Collection[Parcel], theirs: Collection[Parcel]
) -> None:
    stored = await parcels.insert(Parcel(id="p1", note="first"), pending("one", "two"))
    await read_until_cached(parcels, "p1")
    for event in await theirs.pending_events("p1"):
        await theirs.mark_published(event)
        assert await parcels.get("p1") == stored


async def test_reads_never_return_stale_documents(
    parcels: Collection[Parcel], theirs: Collection[Parcel]
) -> None:
    names = [f"p{n}" for n in range(6)]
    await parcels.insert_many([Parcel(id=name) for name in names])
    acknowledged = dict.fromkeys(names, 1)  # the newest version acknowledged to a caller
    saving = True
    checked = 0

    async def save(saver: Collection[Parcel], mine: list[str]) -> None:
        for turn in range(60):
            found = await saver.get_many(mine)
            for saved in await asyncio.gather(
                *(saver.save(msgspec.structs.replace(found[name], note=str(turn))) for name in mine)
            ):
                acknowledged[saved.id] = saved.version

    async def read(reader: Collection[Parcel], seed: int) -> None:
        nonlocal checked
        chance = random.Random(seed)
        while saving:
            name = chance.choice(names)
            least = acknowledged[name]
            found = await reader.get(name)
            assert found is not None and found.version >= least
            checked += 1
            await asyncio.sleep(0)

    readers = [asyncio.create_task(read(one, n)) for n, one in enumerate((parcels, theirs, parcels))]
    await asyncio.gather(save(parcels, names[:3]), save(theirs, names[3:]))
    saving = False
    await asyncio.gather(*readers)
    assert set(acknowledged.values()) == {61}
    assert checked > 100


@pytest.mark.processes
async def test_reads_never_return_documents_older_than_another_process_acknowledged(
    url: str, parcels: Collection[Parcel]
) -> None:
    child = store_child.start(url, "insert_for_ever", "2")  # each parcel is inserted, and saved once
    assert child.stdout is not None
    try:
        for _ in range(120):
            name, version = (await asyncio.to_thread(child.stdout.readline)).split()
            for _ in range(3):  # afterwards it is cached, and the next acknowledgement is of a change
                found = await parcels.get(name.decode())
                assert found is not None and found.version >= int(version)
    finally:
        child.kill()
        await asyncio.to_thread(child.communicate)
