"""Documents are read back as they were stored; each save increments the version."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import msgspec
import pytest

from support.store.fixtures import NOON, PARCELS, Parcel, store_at
from supportcarr.contracts.documents import Document
from supportcarr.kit.store.port import (
    Collection,
    CollectionSpec,
    DuplicateKey,
    Finding,
    Index,
    Range,
    Store,
    StoreError,
    StoreUnavailable,
    VersionConflict,
)

FULL = Parcel(
    id="full",
    owner="Zoë 🚲",
    shelf="A/1",
    weight=-7,
    price=2.5,
    urgent=True,
    due_at=NOON + timedelta(microseconds=1000),
    note='quotes " and \\ and \n lines',
)


def harmful(found: list[Finding]) -> list[str]:
    """The findings of ``check`` without what some servers lack and nothing depends on."""
    return [finding.text for finding in found if not finding.harmless]


async def test_an_inserted_document_is_read_back_at_version_one(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(FULL)
    assert stored == msgspec.structs.replace(FULL, version=1)
    assert await parcels.get("full") == stored


async def test_a_missing_document_is_none(parcels: Collection[Parcel]) -> None:
    assert await parcels.get("missing") is None


@pytest.mark.parametrize("name", ["", "\ud800", "a\x00b", "x" * 100_000, "' OR 1=1 --", "$ne"])
async def test_any_text_is_accepted_as_an_id(parcels: Collection[Parcel], name: str) -> None:
    await parcels.insert(FULL)
    assert await parcels.get(name) is None
    assert await parcels.get_many([name]) == {}
    assert await parcels.pending_events(name) == []


async def test_an_id_cannot_be_inserted_twice(parcels: Collection[Parcel]) -> None:
    first = await parcels.insert(Parcel(id="p", note="first"))
    with pytest.raises(DuplicateKey) as raised:
        await parcels.insert(Parcel(id="p", note="second"))
    assert raised.value.field == "id"
    assert await parcels.get("p") == first


async def test_a_save_replaces_the_document_and_increments_its_version(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(FULL)
    saved = await parcels.save(msgspec.structs.replace(stored, note="new", shelf=None))
    assert saved.version == 2
    assert await parcels.get("full") == saved


async def test_a_save_of_an_old_version_fails_and_changes_nothing(parcels: Collection[Parcel]) -> None:
    old = await parcels.insert(Parcel(id="p"))
    new = await parcels.save(msgspec.structs.replace(old, note="new"))
    with pytest.raises(VersionConflict):
        await parcels.save(msgspec.structs.replace(old, note="late"))
    assert await parcels.get("p") == new


@pytest.mark.parametrize("version", [0, 1])
async def test_a_save_of_a_missing_document_fails(parcels: Collection[Parcel], version: int) -> None:
    with pytest.raises(VersionConflict):
        await parcels.save(Parcel(id="p", version=version))
    assert await parcels.get("p") is None


async def test_a_unique_key_cannot_be_inserted_twice(parcels: Collection[Parcel]) -> None:
    await parcels.insert(Parcel(id="p", shelf="A"))
    with pytest.raises(DuplicateKey) as raised:
        await parcels.insert(Parcel(id="q", shelf="A"))
    assert raised.value.field == "shelf"
    assert await parcels.get("q") is None


async def test_a_save_cannot_take_a_unique_key_in_use(parcels: Collection[Parcel]) -> None:
    await parcels.insert(Parcel(id="p", shelf="A"))
    other = await parcels.insert(Parcel(id="q", shelf="B"))
    with pytest.raises(DuplicateKey) as raised:
        await parcels.save(msgspec.structs.replace(other, shelf="A"))
    assert raised.value.field == "shelf"
    assert await parcels.get("q") == other


async def test_absent_unique_keys_do_not_collide(parcels: Collection[Parcel]) -> None:
    for name in "pqr":
        await parcels.insert(Parcel(id=name))
    assert await parcels.count() == 3


class ExplicitNulls(Document, frozen=True, kw_only=True):
    """A document whose encoding contains every field, including nulls."""

    key: str | None = None
    note: str | None = None


async def test_null_counts_as_an_absent_unique_key(store: Store) -> None:
    documents = store.collection(CollectionSpec("nulls", ExplicitNulls, unique=("key",)))
    await documents.insert_many([ExplicitNulls(id="a"), ExplicitNulls(id="b", key=None)])
    held = await documents.insert(ExplicitNulls(id="c", key="K"))
    with pytest.raises(DuplicateKey):
        await documents.insert(ExplicitNulls(id="d", key="K"))
    await documents.save(msgspec.structs.replace(held, key=None))
    taken = await documents.insert(ExplicitNulls(id="d", key="K"))
    assert [document.id for document in (await documents.find({"key": Range()})).items] == ["d"]
    assert await documents.get("d") == taken
    assert await documents.get("c") == ExplicitNulls(id="c", version=2)


async def test_numbers_over_32_bits_are_stored_found_and_sorted(parcels: Collection[Parcel]) -> None:
    large = 2**53 + 1
    for n in (0, 2, 1):
        await parcels.insert(Parcel(id=f"p{n}", weight=large + n))
    found = await parcels.find({"weight": Range(ge=large + 1)}, sort="-weight", limit=1)
    assert [(p.id, p.weight) for p in found.items] == [("p2", large + 2)]
    rest = await parcels.find({"weight": Range(ge=large + 1)}, sort="-weight", cursor=found.next_cursor)
    assert [(p.id, type(p.weight)) for p in rest.items] == [("p1", int)]


async def test_a_released_unique_key_can_be_used_again(parcels: Collection[Parcel]) -> None:
    first = await parcels.insert(Parcel(id="p", shelf="A"))
    await parcels.save(msgspec.structs.replace(first, shelf=None))
    taken = await parcels.insert(Parcel(id="q", shelf="A"))
    await parcels.delete("q", taken.version)
    assert (await parcels.insert(Parcel(id="r", shelf="A"))).shelf == "A"


async def test_get_many_returns_the_documents_that_exist(parcels: Collection[Parcel]) -> None:
    ids = [f"p{n:04}" for n in range(1200)]
    await parcels.insert_many([Parcel(id=name) for name in ids])
    found = await parcels.get_many([*ids, "missing"])
    assert sorted(found) == ids
    assert found["p0007"].id == "p0007"
    assert await parcels.get_many([]) == {}


async def test_insert_many_skips_existing_ids_and_counts_new_documents(parcels: Collection[Parcel]) -> None:
    kept = await parcels.insert(Parcel(id="p0001", note="kept"))
    many = [Parcel(id=f"p{n:04}") for n in range(1200)]
    assert await parcels.insert_many(many) == 1199
    assert await parcels.insert_many(many) == 0
    assert await parcels.get("p0001") == kept
    assert (await parcels.get_many(["p0002"]))["p0002"].version == 1


async def test_insert_many_reports_a_taken_unique_key(parcels: Collection[Parcel]) -> None:
    await parcels.insert(Parcel(id="p", shelf="A"))
    with pytest.raises(DuplicateKey) as raised:
        await parcels.insert_many([Parcel(id="q"), Parcel(id="r", shelf="A")])
    assert raised.value.field == "shelf"
    assert await parcels.get("r") is None


async def test_a_deleted_document_cannot_be_read_or_saved(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(Parcel(id="p"))
    await parcels.delete("p", stored.version)
    assert await parcels.get("p") is None
    assert await parcels.count() == 0
    with pytest.raises(VersionConflict):
        await parcels.save(stored)


async def test_a_delete_of_another_version_fails(parcels: Collection[Parcel]) -> None:
    stored = await parcels.insert(Parcel(id="p"))
    with pytest.raises(VersionConflict):
        await parcels.delete("p", 2)
    with pytest.raises(VersionConflict):
        await parcels.delete("missing", 1)
    assert await parcels.get("p") == stored


async def test_a_time_keeps_its_instant_whatever_its_zone(parcels: Collection[Parcel]) -> None:
    montreal = datetime(2026, 3, 2, 7, tzinfo=timezone(timedelta(hours=-5)))
    await parcels.insert(Parcel(id="p", due_at=montreal))
    assert [p.id for p in (await parcels.find({"due_at": NOON})).items] == ["p"]


async def test_a_time_without_a_zone_is_rejected(parcels: Collection[Parcel]) -> None:
    with pytest.raises(ValueError, match="zone"):
        await parcels.insert(Parcel(id="p", due_at=NOON.replace(tzinfo=None)))


async def test_a_second_store_reads_saved_documents(parcels: Collection[Parcel], other_store: Store) -> None:
    stored = await parcels.insert(FULL)
    assert await other_store.collection(PARCELS).get("full") == stored


async def test_documents_survive_closing_and_reopening(url: str) -> None:
    first = store_at(url)
    await first.open()
    stored = await first.collection(PARCELS).insert(FULL)
    await first.close()
    second = store_at(url)
    parcels = second.collection(PARCELS)
    await second.open()
    assert await parcels.get("full") == stored
    await second.close()


async def test_a_closed_store_is_unavailable(url: str) -> None:
    store = store_at(url)
    await store.open()
    parcels = store.collection(PARCELS)
    await store.close()
    for attempt in (parcels.get("p"), parcels.insert(Parcel(id="p")), store.ping(), parcels.count()):
        with pytest.raises(StoreUnavailable):
            await attempt


async def test_a_collection_is_declared_once_and_found_by_name(store: Store) -> None:
    parcels = store.collection(PARCELS)
    assert store.collection(PARCELS) is parcels
    assert store.get_collection("parcels") is parcels
    with pytest.raises(KeyError):
        store.get_collection("barrels")
    with pytest.raises(ValueError, match="parcels"):
        store.collection(CollectionSpec("parcels", Parcel, (Index("weight"),)))


async def test_a_new_index_covers_existing_documents(url: str) -> None:
    before = store_at(url)
    await before.open()
    await before.collection(CollectionSpec("parcels", Parcel)).insert_many(
        [Parcel(id=f"p{n:04}", weight=n % 10, shelf=f"s{n}") for n in range(1500)]
    )
    await before.close()
    after = store_at(url)
    parcels = after.collection(PARCELS)
    await after.open()
    assert await parcels.count({"weight": 3}) == 150
    with pytest.raises(DuplicateKey):
        await parcels.insert(Parcel(id="new", shelf="s7"))
    assert harmful(await after.check(apply=True)) == []
    await after.close()


async def test_a_unique_key_with_duplicates_in_stored_documents_is_rejected(url: str) -> None:
    before = store_at(url)
    await before.open()
    await before.collection(CollectionSpec("parcels", Parcel)).insert_many(
        [Parcel(id="p", shelf="A"), Parcel(id="q", shelf="A")]
    )
    await before.close()
    after = store_at(url)
    after.collection(PARCELS)
    with pytest.raises(StoreError, match="shelf"):
        await after.open()
    await after.close()


async def test_check_reports_and_drops_undeclared_indexes(url: str) -> None:
    before = store_at(url)
    before.collection(PARCELS)
    await before.open()
    await before.close()
    after = store_at(url)
    after.collection(CollectionSpec("parcels", Parcel, (Index("due_at"),)))
    await after.open()
    assert any("weight" in finding.text for finding in await after.check(apply=False))
    assert harmful(await after.check(apply=True)) == []
    assert harmful(await after.check(apply=False)) == []
    await after.close()


def test_a_sharded_collection_cannot_have_unique_keys() -> None:
    with pytest.raises(ValueError, match="sharded"):
        CollectionSpec("parcels", Parcel, unique=("shelf",), sharded_by="owner")
