"""A copy transfers everything, can be continued after an interruption, and reports differences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, timezone
from typing import Any

import msgspec
import pytest

from support.store.fixtures import NOON, PARCELS, Parcel, pending
from support.store.memory import MemoryStore
from supportcarr.kit.store.copy import BATCH, Comparison, CopyRefused, copy_store, digest
from supportcarr.kit.store.port import CollectionSpec, StoredDocument

BARRELS = CollectionSpec("barrels", Parcel)
SPECS = (PARCELS, BARRELS)


@pytest.fixture
async def source() -> MemoryStore:
    store = await empty_store()
    parcels = store.collection(PARCELS)
    for n in range(2 * BATCH + 50):
        parcel = await parcels.insert(Parcel(id=f"p{n:04}", shelf=f"s{n}", due_at=NOON), pending("one"))
        if n % 2:
            await parcels.save(parcel, pending("two"))
    await parcels.delete("p0000", 1)
    await store.collection(BARRELS).insert(Parcel(id="b"))
    return store


async def empty_store() -> MemoryStore:
    store = MemoryStore()
    for spec in SPECS:
        store.collection(spec)
    await store.open()
    return store


async def copied(source: MemoryStore, target: MemoryStore, source_name: str = "here") -> list[Comparison]:
    return await copy_store(source, target, SPECS, source_name=source_name, now=NOON)


class Interrupted(Exception):
    pass


def interrupt_writes(store: MemoryStore, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make writes to the parcels of *store* fail after *after* batches."""
    parcels: Any = store.collection(PARCELS)
    write = parcels.write_stored
    left = after

    async def write_stored(documents: Sequence[StoredDocument[Parcel]]) -> None:
        nonlocal left
        if left == 0:
            raise Interrupted
        left -= 1
        await write(documents)

    monkeypatch.setattr(parcels, "write_stored", write_stored)


async def test_documents_versions_and_pending_events_are_copied(source: MemoryStore) -> None:
    target = await empty_store()
    parcels, barrels = await copied(source, target)
    assert parcels.equal
    assert (parcels.target.documents, parcels.target.events) == (2 * BATCH + 49, 3 * BATCH + 75)
    assert (barrels.target.documents, barrels.equal) == (1, True)
    for spec in SPECS:
        theirs, ours = source.collection(spec), target.collection(spec)
        assert await ours.read_stored(limit=9999) == await theirs.read_stored(limit=9999)


@pytest.mark.parametrize("batches", [0, 1, 2])
async def test_an_interrupted_copy_can_be_continued(
    source: MemoryStore, batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = await empty_store()
    with monkeypatch.context() as patched:
        interrupt_writes(target, batches, patched)
        with pytest.raises(Interrupted):
            await copied(source, target)
    assert await target.collection(PARCELS).count() < 2 * BATCH + 49
    assert all(one.equal for one in await copied(source, target))


async def test_a_copy_can_be_continued_after_the_source_changed(
    source: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = await empty_store()
    with monkeypatch.context() as patched:
        interrupt_writes(target, 1, patched)
        with pytest.raises(Interrupted):
            await copied(source, target)
    parcels = source.collection(PARCELS)
    await parcels.save(Parcel(id="p0002", version=1, note="changed"))  # releases its unique key
    await parcels.insert(Parcel(id="p0001a", shelf="s2"))  # takes the released key
    await parcels.delete("p0003", 2)
    assert all(one.equal for one in await copied(source, target))


async def test_repeating_a_finished_copy_changes_nothing(source: MemoryStore) -> None:
    target = await empty_store()
    first = await copied(source, target)
    assert await copied(source, target) == first


async def test_a_changed_target_is_reported(source: MemoryStore) -> None:
    target = await empty_store()
    await copied(source, target)
    parcels = target.collection(PARCELS)
    read = await parcels.get("p0001")
    assert read is not None
    await parcels.write_stored([StoredDocument("p0001", msgspec.structs.replace(read, note="forged"))])
    with pytest.raises(CopyRefused, match=r"other data already \(in parcels\)"):
        await copied(source, target)
    assert await parcels.get("p0001") == msgspec.structs.replace(read, note="forged")


async def test_a_write_to_the_target_during_the_copy_is_reported_and_corrected_by_the_next_run(
    source: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = await empty_store()
    barrels: Any = target.collection(BARRELS)
    write = barrels.write_stored

    async def tamper(documents: Sequence[StoredDocument[Parcel]]) -> None:
        await write(documents)
        await target.collection(PARCELS).insert(Parcel(id="stranger"))

    with monkeypatch.context() as patched:
        patched.setattr(barrels, "write_stored", tamper)
        parcels, unchanged = await copied(source, target)
    assert (parcels.equal, unchanged.equal) == (False, True)
    assert parcels.target.documents == parcels.source.documents + 1
    assert all(one.equal for one in await copied(source, target))


async def test_a_target_with_other_data_is_rejected_and_left_unchanged(source: MemoryStore) -> None:
    target = await empty_store()
    kept = await target.collection(BARRELS).insert(Parcel(id="mine"))
    with pytest.raises(CopyRefused, match="other data already"):
        await copied(source, target)
    assert [p async for p in target.collection(BARRELS).scan()] == [kept]
    assert await target.collection(PARCELS).count() == 0


async def test_an_unfinished_copy_is_rejected_as_source_and_as_target_of_another(
    source: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = await empty_store()
    interrupt_writes(target, 1, monkeypatch)
    with pytest.raises(Interrupted):
        await copied(source, target)
    with pytest.raises(CopyRefused, match="unfinished copy of here"):
        await copied(source, target, "elsewhere")
    with pytest.raises(CopyRefused, match="source is itself an unfinished copy"):
        await copied(target, await empty_store())


async def test_an_empty_source_is_rejected() -> None:
    with pytest.raises(CopyRefused, match="holds no documents"):
        await copied(await empty_store(), await empty_store())


async def test_a_digest_compares_times_as_instants_and_other_values_exactly() -> None:
    store = await empty_store()
    barrels = store.collection(BARRELS)

    async def digest_of(**fields: Any) -> str:
        await barrels.write_stored([StoredDocument("b", Parcel(id="b", version=1, **fields))])
        return (await digest(barrels)).sha256

    montreal = NOON.astimezone(timezone(timedelta(hours=-5)))
    assert await digest_of(due_at=NOON) == await digest_of(due_at=montreal)
    assert await digest_of(due_at=NOON) != await digest_of(due_at=NOON + timedelta(microseconds=1))
    assert await digest_of(owner="nobody") == await digest_of(owner="".join(["no", "body"]))  # the default
    assert await digest_of(note="a") != await digest_of(note="b")


async def test_a_tombstone_without_events_is_not_copied(source: MemoryStore) -> None:
    """MongoDB keeps one if a process is killed between two steps of a deletion."""
    await source.collection(BARRELS).write_stored([StoredDocument("gone", None, ())])
    target = await empty_store()
    parcels, barrels = await copied(source, target)
    assert parcels.equal and barrels.equal
    assert [stored.id for stored in await target.collection(BARRELS).read_stored(limit=9)] == ["b"]
