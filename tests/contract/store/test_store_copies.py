"""A copy can read documents from one store and write them unchanged to another."""

from __future__ import annotations

import msgspec
import pytest

from support.store.fixtures import NOON, PARCELS, Parcel, pending, store_at, word_of
from supportcarr.kit.store.copy import MARKER_ID, MARKERS, CopyMarker
from supportcarr.kit.store.port import (
    Collection,
    DuplicateKey,
    Store,
    StoredDocument,
    StoreUnavailable,
    UnfinishedCopy,
)


async def stored_ids(parcels: Collection[Parcel]) -> list[str]:
    return [stored.id for stored in await parcels.read_stored()]


async def test_documents_are_read_with_version_and_outbox_in_order_of_id(parcels: Collection[Parcel]) -> None:
    await parcels.insert(Parcel(id="b", due_at=NOON))
    first = await parcels.insert(Parcel(id="a", shelf="A"), pending("one", "two"))
    saved = await parcels.save(msgspec.structs.replace(first, note="new"), pending("three"))
    await parcels.insert(Parcel(id="Ω"))
    a, b, omega = await parcels.read_stored()
    assert (a.id, a.document) == ("a", saved)
    assert [word_of(event) for event in a.events] == ["one", "two", "three"]
    assert (b.id, b.document, b.events) == ("b", Parcel(id="b", due_at=NOON, version=1), ())
    assert omega.id == "Ω"


async def test_a_deleted_document_with_pending_events_is_read_without_a_document(
    parcels: Collection[Parcel],
) -> None:
    parcel = await parcels.insert(Parcel(id="p"), pending("one"))
    await parcels.delete("p", parcel.version)
    [stored] = await parcels.read_stored()
    assert (stored.id, stored.document) == ("p", None)
    assert [word_of(event) for event in stored.events] == ["one"]


async def test_documents_are_read_in_batches_that_neither_skip_nor_repeat(
    parcels: Collection[Parcel],
) -> None:
    for n in range(9):
        parcel = await parcels.insert(Parcel(id=f"p{n}"), pending("one"))
        if n % 3 == 0:
            await parcels.delete(parcel.id, parcel.version)
    found: list[str] = []
    while batch := await parcels.read_stored(after=found[-1] if found else "", limit=2):
        assert len(batch) <= 2
        found += [stored.id for stored in batch]
    assert found == [f"p{n}" for n in range(9)]


async def test_written_documents_are_stored_unchanged(parcels: Collection[Parcel], store: Store) -> None:
    events = tuple(pending("one", "two").envelopes("parcels", "p", 6))
    notified: list[str] = []
    store.subscribe(lambda _, name, __: notified.append(name))
    written = [
        StoredDocument("gone", None, tuple(pending("late").envelopes("parcels", "gone", 3))),
        StoredDocument("p", Parcel(id="p", version=7, shelf="A", due_at=NOON, weight=3), events),
    ]
    for _ in range(2):  # safe to repeat
        await parcels.write_stored(written)
    assert await parcels.read_stored() == written
    assert [p.id for p in (await parcels.find({"weight": 3})).items] == ["p"]
    assert await parcels.get("gone") is None
    assert sorted(await store.outbox(older_than_s=0, limit=9)) == [("parcels", "gone"), ("parcels", "p")]
    assert notified == []
    assert (await parcels.save(Parcel(id="p", version=7))).version == 8


async def test_a_written_document_replaces_the_document_of_the_same_id(parcels: Collection[Parcel]) -> None:
    old = await parcels.insert(Parcel(id="p", note="old", weight=1), pending("old"))
    assert await parcels.get("p") == old
    new = StoredDocument("p", Parcel(id="p", version=4, note="new"))
    await parcels.write_stored([new])
    assert await parcels.get("p") == new.document
    assert await parcels.pending_events("p") == []
    assert await parcels.count({"weight": 1}) == 0


async def test_a_written_document_cannot_take_a_unique_key_in_use(parcels: Collection[Parcel]) -> None:
    await parcels.insert(Parcel(id="p", shelf="A"))
    with pytest.raises(DuplicateKey) as raised:
        await parcels.write_stored([StoredDocument("q", Parcel(id="q", version=1, shelf="A"))])
    assert raised.value.field == "shelf"
    assert await stored_ids(parcels) == ["p"]


async def test_erased_documents_are_deleted_with_their_events(parcels: Collection[Parcel]) -> None:
    for name in "pqr":
        await parcels.insert(Parcel(id=name, shelf=name), pending(name))
    await parcels.delete("q", 1)
    await parcels.erase_stored(["p", "q", "missing"])
    assert await stored_ids(parcels) == ["r"]
    await parcels.insert(Parcel(id="p", shelf="p"))


async def test_a_store_with_an_unfinished_copy_opens_only_to_continue_it(url: str) -> None:
    target = store_at(url)
    target.collection(PARCELS)
    await target.open()
    marker = CopyMarker(id=MARKER_ID, source="sqlite:////old.sqlite3", started_at=NOON)
    await target.collection(MARKERS).insert(marker)
    await target.close()

    refusing = store_at(url)
    refusing.collection(PARCELS)
    with pytest.raises(UnfinishedCopy) as refused:
        await refusing.open()
    sentence = str(refused.value)
    assert "holds an unfinished copy of sqlite:////old.sqlite3, begun 2026-03-02 12:00 UTC" in sentence
    assert "supportcarr store copy --from sqlite:////old.sqlite3 --to " in sentence
    assert ", or drop it: " in sentence
    with pytest.raises(StoreUnavailable):
        await refusing.collection(PARCELS).get("p")

    await target.open(allow_unfinished_copy=True)
    await target.collection(MARKERS).delete(MARKER_ID, 1)
    await target.close()
    await refusing.open()
    assert await refusing.collection(PARCELS).get("p") is None
    await refusing.close()
