"""Deleting documents that others change or delete at the same time."""

from __future__ import annotations

import asyncio

from support.store.memory import MemoryStore
from supportcarr.contracts.documents import Document
from supportcarr.kit.store.port import Collection, CollectionSpec
from supportcarr.kit.store.purge import delete_document


class Thing(Document, frozen=True, kw_only=True):
    text: str = ""


THINGS = CollectionSpec("things", Thing)


async def opened() -> Collection[Thing]:
    store = MemoryStore()
    things = store.collection(THINGS)
    await store.open()
    return things


async def test_a_document_is_deleted_by_several_at_once_and_twice() -> None:
    things = await opened()
    await things.insert(Thing(id="one"))
    await asyncio.gather(*(delete_document(things, "one") for _ in range(5)))
    assert await things.get("one") is None
    await delete_document(things, "one")


async def test_a_document_is_deleted_though_somebody_changes_it_meanwhile() -> None:
    things = await opened()
    stored = await things.insert(Thing(id="one"))
    await asyncio.gather(
        things.save(Thing(id="one", version=stored.version, text="changed")), delete_document(things, "one")
    )
    assert await things.get("one") is None
