"""What a read of a cached document queries, and when the cached document is still valid."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from support.mongo.wire import MongoWire
from support.store.fixtures import PARCELS, Parcel
from supportcarr.kit.store.mongo.document import Row
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import Collection

pytestmark = pytest.mark.xdist_group("mongodb")

VERSION_ALONE = {"version": True, "write_id": True}
WHOLE = {"outbox": False}


@pytest.fixture
async def wire(mongodb: str) -> AsyncIterator[MongoWire]:
    async with MongoWire(mongodb) as proxy:
        yield proxy


@pytest.fixture
async def store(wire: MongoWire) -> AsyncIterator[MongoStore]:
    opened = MongoStore(wire.url, timeout_s=60)
    opened.collection(PARCELS)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def raw(mongodb: str) -> AsyncIterator[AsyncDatabase[Row]]:
    """The same database through the driver alone."""
    async with AsyncMongoClient[Row](mongodb) as client:
        yield client.get_default_database()


@pytest.fixture
async def parcels(store: MongoStore, wire: MongoWire) -> Collection[Parcel]:
    """A collection with a document ``p`` that was read twice."""
    made = store.collection(PARCELS)
    await made.insert(Parcel(id="p", note="old"))
    for _ in range(2):
        await made.get("p")
    wire.commands.clear()
    return made


def projections(wire: MongoWire) -> list[Mapping[str, Any]]:
    """The projection of each read since the last call."""
    found = [command["projection"] for command in wire.commands if "find" in command]
    wire.commands.clear()
    return found


async def test_only_the_version_of_a_cached_document_is_queried(
    parcels: Collection[Parcel], wire: MongoWire
) -> None:
    await parcels.get("p")
    assert projections(wire) == [VERSION_ALONE]
    await parcels.get_many(["p"])
    assert projections(wire) == [VERSION_ALONE]
    await parcels.get_many(["p", "none"])
    assert projections(wire) == [WHOLE]


async def test_a_changed_document_is_cached_again_after_two_reads(
    parcels: Collection[Parcel], wire: MongoWire, raw: AsyncDatabase[Row]
) -> None:
    await raw["parcels"].update_one({"_id": "p"}, {"$set": {"note": "new"}, "$inc": {"version": 1}})
    notes = [(await parcels.get("p") or Parcel(id="gone")).note for _ in range(3)]
    assert notes == ["new"] * 3
    assert projections(wire) == [VERSION_ALONE, WHOLE, WHOLE, VERSION_ALONE]


async def test_the_same_version_with_another_write_id_is_not_served_from_the_cache(
    parcels: Collection[Parcel], raw: AsyncDatabase[Row]
) -> None:
    """This happens after a failover rolled a write back and another save got its version."""
    await raw["parcels"].update_one({"_id": "p"}, {"$set": {"note": "new", "write_id": ObjectId()}})
    assert await parcels.get_many(["p"]) == {"p": Parcel(id="p", version=1, note="new")}
    await raw["parcels"].update_one({"_id": "p"}, {"$set": {"note": "newer", "write_id": ObjectId()}})
    assert await parcels.get("p") == Parcel(id="p", version=1, note="newer")


async def test_a_document_without_a_write_id_is_always_read_whole(
    parcels: Collection[Parcel], wire: MongoWire, raw: AsyncDatabase[Row], store: MongoStore
) -> None:
    await raw["parcels"].insert_one(
        {"_id": "before", "version": 1, "owner": "nobody", "urgent": False, "note": "old"}
    )
    for note in ("old", "old", "old", "new"):
        await raw["parcels"].update_one({"_id": "before"}, {"$set": {"note": note}})
        assert await parcels.get("before") == Parcel(id="before", version=1, note=note)
    assert projections(wire) == [WHOLE] * 4
    assert store.stats()["cache_hits"] == 0
    assert store.stats()["cache_misses"] == 6
