"""Behaviour specific to the MongoDB engine: pools, outages, tombstones, duplicate keys, rejected commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import msgspec
import pytest
from pymongo import AsyncMongoClient, IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, OperationFailure

from support.mongo.proxy import MongoProxy
from support.store.fixtures import NOON, PARCELS, Parcel, pending, word_of
from supportcarr.contracts.documents import Document
from supportcarr.kit.store.mongo.cluster import command_runner
from supportcarr.kit.store.mongo.collection import MongoCollection
from supportcarr.kit.store.mongo.document import Row
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import (
    CollectionSpec,
    DuplicateKey,
    Finding,
    Index,
    StoreError,
    StoreUnavailable,
    VersionConflict,
)

pytestmark = pytest.mark.xdist_group("mongodb")

EMPTY_TOMBSTONE = {"_id": "p", "outbox": []}


@pytest.fixture
async def store(mongodb: str) -> AsyncIterator[MongoStore]:
    opened = MongoStore(mongodb, timeout_s=60)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def parcels(store: MongoStore) -> MongoCollection[Parcel]:
    made = store.collection(PARCELS)
    assert isinstance(made, MongoCollection)
    return made


@pytest.fixture
async def raw(mongodb: str) -> AsyncIterator[AsyncDatabase[Row]]:
    """The same database through the driver alone."""
    async with AsyncMongoClient[Row](mongodb) as client:
        yield client.get_default_database()


# --- connections ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [("", 90, 100), ("?maxPoolSize=500", 90, 100), ("?maxPoolSize=5", 5, 7)],
)
async def test_a_process_opens_at_most_a_hundred_connections(
    mongodb: str, asked: str, least: int, most: int
) -> None:
    async with MongoProxy(mongodb + asked) as proxy:
        store = MongoStore(proxy.url, timeout_s=90)
        parcels = store.collection(PARCELS)
        await store.open()
        stored = await parcels.insert(Parcel(id="p"))
        proxy.forwarding_responses.clear()
        reads = [asyncio.create_task(parcels.get("p")) for _ in range(400)]
        while proxy.max_open < least:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)  # time for connections above the limit
        proxy.forwarding_responses.set()
        assert await asyncio.gather(*reads) == [stored] * 400
        assert proxy.max_open <= most
        await store.close()


async def test_the_figures_of_the_pool_follow_its_connections(mongodb: str) -> None:
    async with MongoProxy(mongodb) as proxy:
        store = MongoStore(f"{proxy.url}{'&' if '?' in proxy.url else '?'}maxPoolSize=3", timeout_s=90)
        parcels = store.collection(PARCELS)
        await store.open()
        await parcels.insert(Parcel(id="p"))
        assert (store.stats()["connections_max"], store.stats()["connections_in_use"]) == (3, 0)
        proxy.forwarding_responses.clear()
        reads = [asyncio.create_task(parcels.get("p")) for _ in range(10)]
        async with asyncio.timeout(90):
            while (held := store.stats())["connections_in_use"] < 3 or held["connection_waiters"] < 7:
                await asyncio.sleep(0.01)
        assert held["connections"] >= 3
        proxy.forwarding_responses.set()
        await asyncio.gather(*reads)
        after = store.stats()
        assert (after["connections_in_use"], after["connection_waiters"]) == (0, 0)
        assert after["connection_wait_seconds_total"] > 0
        assert sum(dict(store.timings.items())["get",].counts) >= 10
        await store.close()
        assert store.stats()["connections"] == 0


async def test_an_unreachable_server_is_unavailable_until_it_returns(mongodb: str) -> None:
    async with MongoProxy(mongodb) as proxy:
        store = MongoStore(proxy.url, timeout_s=8.0)
        parcels = store.collection(PARCELS)
        await store.open()
        stored = await parcels.insert(Parcel(id="p"), pending("in"))
        await proxy.cut()
        outcomes = await asyncio.gather(
            parcels.get("p"),
            parcels.save(stored),
            parcels.find(),
            parcels.pending_events("p"),
            store.outbox(older_than_s=0, limit=1),
            store.ping(),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [StoreUnavailable] * 6
        assert store.stats()["unavailable"] >= 6
        await proxy.listen()
        async with asyncio.timeout(60):
            while True:
                try:
                    assert await parcels.get("p") == stored
                    break
                except StoreUnavailable:
                    continue  # the driver has not looked again yet
        assert (await parcels.save(stored)).version == 2
        await store.close()


async def test_a_store_without_a_server_cannot_be_opened(mongodb: str) -> None:
    async with MongoProxy(mongodb) as proxy:
        url = proxy.url
    store = MongoStore(url, timeout_s=0.3)
    with pytest.raises(StoreUnavailable):
        await store.open()
    with pytest.raises(StoreUnavailable):
        await store.ping()


@pytest.mark.parametrize("url", ["mongodb://", "mongodb://127.0.0.1/?maxPoolSize=many", "mongodb://a:b:c"])
async def test_an_invalid_url_is_reported_in_a_sentence(url: str) -> None:
    with pytest.raises(StoreUnavailable, match="URL"):
        await MongoStore(url, timeout_s=0.3).open()


async def test_the_named_database_is_used(mongodb: str, raw: AsyncDatabase[Row]) -> None:
    base = mongodb.rpartition("/")[0]
    store = MongoStore(f"{base}/", raw.name)
    await store.open()
    await store.collection(PARCELS).insert(Parcel(id="p"))
    assert await raw["parcels"].find_one({"_id": "p"}, {"version": 1}) == {"_id": "p", "version": 1}
    await store.close()


async def test_several_processes_can_create_a_collection_at_once(mongodb: str) -> None:
    stores = [MongoStore(mongodb, timeout_s=60) for _ in range(4)]
    for store in stores:
        store.collection(PARCELS)
    await asyncio.gather(*(store.open() for store in stores))
    await stores[0].collection(PARCELS).insert(Parcel(id="p", shelf="A"))
    with pytest.raises(DuplicateKey):
        await stores[1].collection(PARCELS).insert(Parcel(id="q", shelf="A"))
    await asyncio.gather(*(store.close() for store in stores))


async def test_only_read_models_prefer_secondaries(mongodb: str) -> None:
    async with AsyncMongoClient[Row](mongodb) as client:
        for read_model, mode in ((False, "primary"), (True, "secondaryPreferred")):
            spec = CollectionSpec("parcels", Parcel, PARCELS.indexes, read_model=read_model)
            collection = MongoCollection(MongoStore(mongodb), spec)
            collection.attach(client.get_default_database())
            assert collection._rows is not None
            assert collection._replicas is not None
            assert collection._rows.read_preference.mongos_mode == "primary"
            assert collection._replicas.read_preference.mongos_mode == mode


async def test_writes_wait_for_the_majority(store: MongoStore) -> None:
    assert store._database is not None
    assert store._database.write_concern.document == {"w": "majority"}


# --- writes -----------------------------------------------------------------------------------


async def test_a_cancelled_caller_does_not_stop_the_write(mongodb: str, raw: AsyncDatabase[Row]) -> None:
    async with MongoProxy(mongodb) as proxy:
        store = MongoStore(proxy.url, timeout_s=60)
        parcels = store.collection(PARCELS)
        await store.open()
        notified: list[str] = []
        store.subscribe(lambda _, name, events: notified.extend(word_of(event) for event in events))
        proxy.forwarding_responses.clear()
        impatient = asyncio.create_task(parcels.insert(Parcel(id="p"), pending("in")))
        while await raw["parcels"].find_one({"_id": "p"}) is None:
            await asyncio.sleep(0.01)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        assert notified == []
        proxy.forwarding_responses.set()
        await store.close()  # waits for the write
        assert notified == ["in"]


async def test_unknown_fields_survive_a_save(
    parcels: MongoCollection[Parcel], raw: AsyncDatabase[Row]
) -> None:
    stored = await parcels.insert(Parcel(id="p", note="old"))
    await raw["parcels"].update_one({"_id": "p"}, {"$set": {"of_the_next_release": 7}})
    await parcels.save(msgspec.structs.replace(stored, note=""))
    row = await raw["parcels"].find_one({"_id": "p"})
    assert row is not None and row.pop("write_id")
    assert row == {"_id": "p", "version": 2, "owner": "nobody", "urgent": False, "of_the_next_release": 7}


class FailingOnce:
    """The server's collection, with one method whose first call fails."""

    def __init__(self, rows: AsyncCollection[Row], name: str, error: Callable[..., Exception]) -> None:
        self._rows, self._name, self._error = rows, name, error
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._rows, name)
        if name != self._name:
            return real

        async def fail_once(*arguments: Any, **options: Any) -> Any:
            self.calls += 1
            if self.calls == 1:
                raise self._error(*arguments)
            return await real(*arguments, **options)

        return fail_once


async def test_a_write_conflict_is_retried(
    store: MongoStore, parcels: MongoCollection[Parcel], monkeypatch: pytest.MonkeyPatch
) -> None:
    await parcels.count()
    assert parcels._rows is not None
    rows = parcels._rows
    for name in ("insert_one", "update_one", "delete_one"):
        failing_once = FailingOnce(rows, name, lambda *_: OperationFailure("WriteConflict", 112))
        monkeypatch.setattr(parcels, "_rows", failing_once)
        stored = await parcels.insert(Parcel(id=name))
        stored = await parcels.save(stored)
        await parcels.delete(name, stored.version)
        assert failing_once.calls == 2
    assert store.stats()["write_conflicts"] == 3


async def test_conflicting_inserts_of_a_batch_are_retried(
    parcels: MongoCollection[Parcel], monkeypatch: pytest.MonkeyPatch
) -> None:
    await parcels.insert(Parcel(id="p0"))
    assert parcels._rows is not None

    def conflict(batch: list[Row]) -> Exception:
        failures = [
            {"index": index, "code": 11000 if row["_id"] == "p0" else 112, "errmsg": "index: _id_ dup"}
            for index, row in enumerate(batch)
        ]
        return BulkWriteError({"writeErrors": failures, "writeConcernErrors": []})

    failing_once = FailingOnce(parcels._rows, "insert_many", conflict)
    monkeypatch.setattr(parcels, "_rows", failing_once)
    assert await parcels.insert_many([Parcel(id=f"p{n}") for n in range(3)]) == 2
    assert failing_once.calls == 2
    assert await parcels.count() == 3


async def test_duplicate_keys_are_identified_when_the_server_names_none(
    parcels: MongoCollection[Parcel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("supportcarr.kit.store.mongo.indexes.index_of", lambda _: None)
    await parcels.insert(Parcel(id="p", shelf="A"))
    other = await parcels.insert(Parcel(id="q", shelf="B"))
    attempts: dict[str, list[Coroutine[Any, Any, object]]] = {
        "id": [parcels.insert(Parcel(id="p")), parcels.insert(Parcel(id="p", shelf="C"))],
        "shelf": [
            parcels.insert(Parcel(id="r", shelf="A")),
            parcels.save(msgspec.structs.replace(other, shelf="A")),
            parcels.insert_many([Parcel(id="s"), Parcel(id="t", shelf="B")]),
        ],
    }
    for field, refused in attempts.items():
        for attempt in refused:
            with pytest.raises(DuplicateKey) as raised:
                await attempt
            assert raised.value.field == field
    assert await parcels.insert_many([Parcel(id="p"), Parcel(id="u")]) == 1


async def test_a_duplicate_key_released_in_the_meantime_is_retried(
    parcels: MongoCollection[Parcel], raw: AsyncDatabase[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await parcels.insert(Parcel(id="p", shelf="A"))
    gone = False

    def nameless(_: object) -> None:
        nonlocal gone
        gone = True

    class Freeing(FailingOnce):
        def __getattr__(self, name: str) -> Any:
            if name == "find_one" and gone:

                async def find_one(*arguments: Any) -> Any:
                    await raw["parcels"].delete_one({"_id": held.id})
                    return await self._rows.find_one(*arguments)

                return find_one
            return getattr(self._rows, name)

    monkeypatch.setattr("supportcarr.kit.store.mongo.indexes.index_of", nameless)
    assert parcels._rows is not None
    monkeypatch.setattr(parcels, "_rows", Freeing(parcels._rows, "", RuntimeError))
    assert (await parcels.insert(Parcel(id="q", shelf="A"))).shelf == "A"


# --- tombstones -------------------------------------------------------------------------------


async def test_a_tombstone_holds_the_id_and_the_pending_events(
    parcels: MongoCollection[Parcel], raw: AsyncDatabase[Row]
) -> None:
    stored = await parcels.insert(Parcel(id="p", shelf="A", note="n"), pending("in", "out"))
    await parcels.delete("p", stored.version)
    row = await raw["parcels"].find_one({"_id": "p"})
    assert row is not None
    assert row.keys() == {"_id", "outbox"}
    first, second = await parcels.pending_events("p")
    await parcels.mark_published(first)
    assert await raw["parcels"].count_documents({}) == 1
    await parcels.mark_published(second)
    assert await raw["parcels"].count_documents({}) == 0


async def test_deleting_during_publishing_leaves_no_tombstone(
    parcels: MongoCollection[Parcel], raw: AsyncDatabase[Row]
) -> None:
    for n in range(20):
        stored = await parcels.insert(Parcel(id=f"p{n}"), pending("in"))
        [event] = await parcels.pending_events(stored.id)
        await asyncio.gather(parcels.delete(stored.id, 1), parcels.mark_published(event))
    assert await raw["parcels"].count_documents({}) == 0


@pytest.mark.parametrize("many", [False, True])
async def test_an_empty_tombstone_left_by_a_killed_process_does_not_block_its_id(
    parcels: MongoCollection[Parcel], raw: AsyncDatabase[Row], many: bool
) -> None:
    await parcels.count()
    await raw["parcels"].insert_one(dict(EMPTY_TOMBSTONE))
    assert await parcels.get("p") is None
    assert await parcels.count() == 0
    if many:
        assert await parcels.insert_many([Parcel(id="p"), Parcel(id="q")]) == 2
    else:
        await parcels.insert(Parcel(id="p"))
    assert await parcels.get("p") == Parcel(id="p", version=1)


async def test_a_tombstone_can_be_neither_saved_nor_deleted(parcels: MongoCollection[Parcel]) -> None:
    stored = await parcels.insert(Parcel(id="p"), pending("in"))
    await parcels.delete("p", 1)
    with pytest.raises(VersionConflict):
        await parcels.save(stored)
    with pytest.raises(VersionConflict):
        await parcels.delete("p", 1)


# --- sharding ---------------------------------------------------------------------------------


class Ride(Document, frozen=True, kw_only=True):
    region: str
    status: str = "new"


RIDES = CollectionSpec("rides", Ride, indexes=(Index("status"), Index("region")), sharded_by="region")


async def test_sharded_documents_support_every_operation(store: MongoStore) -> None:
    rides = store.collection(RIDES)
    first = await rides.insert(Ride(id="res_qc_1", region="qc"), pending("in"))
    await rides.insert_many([Ride(id="res_on_2", region="on"), Ride(id="res_qc_3", region="qc")])
    saved = await rides.save(msgspec.structs.replace(first, status="old"))
    assert await rides.get("res_qc_1") == saved
    assert await rides.get("res") is None
    assert set(await rides.get_many(["res_qc_1", "res_on_2", "res_xx_4"])) == {"res_qc_1", "res_on_2"}
    await rides.delete("res_qc_1", 2)
    assert await rides.count({"region": "qc"}) == 1
    [event] = await rides.pending_events("res_qc_1")
    await rides.mark_published(event)
    assert (await rides.insert(first)).version == 1


async def test_set_up_commands_reach_the_server(mongodb: str) -> None:
    async with AsyncMongoClient[Row](mongodb) as client:
        assert (await command_runner(client)("admin", {"ping": 1}))["ok"] == 1


# --- check ------------------------------------------------------------------------------------


async def test_check_creates_missing_indexes_and_reports_rejected_validators(
    store: MongoStore, parcels: MongoCollection[Parcel], raw: AsyncDatabase[Row]
) -> None:
    assert any("parcels__due_at" in finding.text for finding in await store.check(apply=False))
    left = await store.check(apply=True)  # the test's server may have no validators
    assert all("MongoDB has no validators for parcels" in finding.text for finding in left)
    assert all(finding.harmless for finding in left)
    assert await store.check(apply=False) == left
    assert {"parcels__due_at", "parcels__shelf__unique", "parcels__outbox"} <= set(
        await raw["parcels"].index_information()
    )
    await parcels.insert(Parcel(id="p", shelf="A"), pending("in"))


async def test_check_continues_after_a_rejected_index(
    store: MongoStore, parcels: MongoCollection[Parcel], monkeypatch: pytest.MonkeyPatch
) -> None:
    create_indexes = AsyncCollection.create_indexes

    async def refusing(self: AsyncCollection[Row], indexes: list[IndexModel]) -> list[str]:
        if any(index.document["name"] == "parcels__due_at" for index in indexes):
            raise OperationFailure("no more room", 67, {"errmsg": "too many indexes"})
        return await create_indexes(self, indexes)

    monkeypatch.setattr(AsyncCollection, "create_indexes", refusing)
    found = await store.check(apply=True)
    assert Finding("MongoDB refused the index parcels__due_at: too many indexes.") in found
    assert not any("lacks the index" in finding.text for finding in found)
    assert (await parcels.insert(Parcel(id="p", due_at=NOON))).version == 1  # the collection is usable


async def test_a_rejected_unique_index_makes_the_collection_unusable(
    parcels: MongoCollection[Parcel], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refusing(self: AsyncCollection[Row], indexes: list[IndexModel]) -> list[str]:
        raise OperationFailure("no", 67, {"errmsg": "cannot create unique index with this shard key"})

    monkeypatch.setattr(AsyncCollection, "create_indexes", refusing)
    with pytest.raises(StoreError, match="parcels__shelf__unique"):
        await parcels.insert(Parcel(id="p"))


async def test_check_drops_our_undeclared_indexes_and_keeps_others(
    store: MongoStore, parcels: MongoCollection[Parcel], raw: AsyncDatabase[Row]
) -> None:
    await parcels.count()
    await raw["parcels"].create_index("note", name="parcels__note")
    await raw["parcels"].create_index("count", name="made_by_an_operator")
    found = await store.check(apply=False)
    assert Finding("parcels has the index parcels__note, which is not declared.") in found
    assert not any("made_by_an_operator" in finding.text for finding in found)
    await store.check(apply=True)
    names = set(await raw["parcels"].index_information())
    assert "made_by_an_operator" in names
    assert "parcels__note" not in names


async def test_a_changed_index_is_created_again(
    store: MongoStore, parcels: MongoCollection[Parcel], raw: AsyncDatabase[Row]
) -> None:
    await raw["parcels"].create_index([("_id", 1), ("due_at", 1)], name="parcels__due_at")
    assert Finding("parcels lacks the index parcels__due_at.") in await store.check(apply=False)
    await store.check(apply=True)
    made = (await raw["parcels"].index_information())["parcels__due_at"]["key"]
    assert list(made) == [("due_at", 1), ("_id", 1)]


async def test_documents_without_a_new_field_are_found_by_the_default(
    mongodb: str, raw: AsyncDatabase[Row]
) -> None:
    await raw["parcels"].insert_one({"_id": "p", "version": 1})
    await raw["parcels"].insert_one(
        {"_id": "tombstone", "outbox": [{"id": "1", "saved_at": "2026", "event": ""}]}
    )
    store = MongoStore(mongodb, timeout_s=60)
    parcels = store.collection(PARCELS)
    await store.open()
    assert [p.id for p in (await parcels.find({"owner": "nobody", "urgent": False})).items] == ["p"]
    assert await parcels.count() == 1
    await store.close()
