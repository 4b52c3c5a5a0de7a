"""Structs of a tuple are sealed one by one, each with the key of its own person."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from msgspec.structs import replace

from support.sealing import LETTERS, Letter, PlainLetter, Remark, raw
from support.store.memory import MemoryDatabase, MemoryStore
from supportcarr.contracts.documents import Document
from supportcarr.contracts.personal import PersonalItems
from supportcarr.kit.sealing import rotation
from supportcarr.kit.sealing.keyset import Keyset, new_keyset
from supportcarr.kit.sealing.shapes import Shape
from supportcarr.kit.sealing.store import SealingStore, stored_spec
from supportcarr.kit.store.port import CollectionSpec, StoreError

KEYSET = Keyset(new_keyset())
ANA = Remark(number=1, by="usr_ana", text="the purple walrus", from_="here")
BO = Remark(number=2, by="usr_bo", text="a green sombrero")
NOBODY = Remark(number=3, text="no_driver_found")
LETTER = Letter(id="let_1", remarks=(ANA, BO, NOBODY))


async def opened(database: MemoryDatabase) -> SealingStore:
    """Another process's store of the same database."""
    store = SealingStore(MemoryStore(database), KEYSET)
    store.collection(LETTERS)
    await store.inner.open()
    return store


async def stored_remarks(store: SealingStore) -> list[Any]:
    stored: Any = await store.inner.collection(stored_spec(LETTERS)).get("let_1")
    return list(stored.remarks)


async def test_each_is_sealed_and_read_in_every_process() -> None:
    database = MemoryDatabase()
    stored = await (await opened(database)).collection(LETTERS).insert(LETTER)
    assert "walrus" not in raw(database) and "sombrero" not in raw(database)
    assert '"from":"here"' in raw(database) and "no_driver_found" in raw(database)
    assert await (await opened(database)).collection(LETTERS).get("let_1") == stored
    assert [one.id async for one in (await opened(database)).collection(LETTERS).scan()] == ["let_1"]


async def test_a_destroyed_key_takes_the_words_of_that_person_only() -> None:
    database = MemoryDatabase()
    store = await opened(database)
    await store.collection(LETTERS).insert(LETTER)
    await store.data_keys.destroy("usr_ana")
    for one in (store, await opened(database)):
        letter = await one.collection(LETTERS).get("let_1")
        assert letter is not None
        assert letter.remarks == (replace(ANA, text=None), BO, NOBODY)
    await store.collection(LETTERS).save(replace(LETTER, version=1))
    assert "walrus" not in raw(database), "nothing is stored of a person without a key"


async def test_what_was_sealed_is_not_sealed_again() -> None:
    database = MemoryDatabase()
    store = await opened(database)
    letter = await store.collection(LETTERS).insert(LETTER)
    before = await stored_remarks(store)
    added = replace(letter, remarks=(ANA, replace(BO, text="a red one"), NOBODY, replace(ANA, number=4)))
    await store.collection(LETTERS).save(added)
    after = await stored_remarks(store)
    assert [one.sealed == other.sealed for one, other in zip(before, after, strict=False)] == [
        True,
        False,
        True,
    ]
    assert after[3].sealed is not None and after[3].text is None


async def test_swapped_values_are_refused() -> None:
    database = MemoryDatabase()
    store = await opened(database)
    await store.collection(LETTERS).insert(replace(LETTER, remarks=(ANA, replace(BO, by="usr_ana"))))
    inner = store.inner.collection(stored_spec(LETTERS))
    stored: Any = await inner.get("let_1")
    first, second = stored.remarks
    swapped = (replace(first, sealed=second.sealed), replace(second, sealed=first.sealed))
    await inner.save(replace(stored, remarks=swapped))
    with pytest.raises(StoreError, match=r"remarks\.text of let_1"):
        await (await opened(database)).collection(LETTERS).get("let_1")


async def test_documents_of_before_are_read_sealed_when_saved_and_by_store_seal() -> None:
    database = MemoryDatabase()
    older = MemoryStore(database)
    await older.open()
    for name in ("let_1", "let_2"):
        plain = PlainLetter(id=name, remarks=LETTER.remarks)
        await older.collection(CollectionSpec("letters", PlainLetter)).insert(plain)
    store = await opened(database)
    letter = await store.collection(LETTERS).get("let_1")
    assert letter == replace(LETTER, version=1)
    await store.collection(LETTERS).save(letter)
    assert raw(database).count("walrus") == 1
    assert [one.documents for one in await rotation.count_plain(store, (LETTERS,))] == [1]
    assert await rotation.seal_all(store, (LETTERS,)) == 1
    assert "walrus" not in raw(database)
    assert await rotation.count_plain(store, (LETTERS,)) == []


@pytest.mark.parametrize(
    "declared",
    [
        PersonalItems("texts", "by", key="number"),
        PersonalItems("text", "author", key="number"),
        PersonalItems("text", "by", key="place"),
        PersonalItems("number", "by", key="number"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(declared: PersonalItems) -> None:
    class Wrong(Document, frozen=True, kw_only=True):
        remarks: tuple[Remark, ...] = ()

    Wrong.__annotations__["remarks"] = Annotated[tuple[Remark, ...], declared]
    with pytest.raises(TypeError):
        Shape("letters", Wrong)
