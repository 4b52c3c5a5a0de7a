"""The commands that the MongoDB engine sends: write concerns, read preferences and retries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest

from support.mongo.wire import HANG_UP, MongoWire, Row, failed_writes, failure, name_of
from support.store.fixtures import PARCELS, Parcel, pending, word_of
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.mongo.errors import DUPLICATE_KEY, WRITE_CONFLICT
from supportcarr.kit.store.port import Collection, CollectionSpec, DuplicateKey, VersionConflict

pytestmark = pytest.mark.xdist_group("mongodb")

WRITES = {"insert", "update", "delete", "findAndModify"}
NOT_PRIMARY = failure(10107, "RetryableWriteError")
ROWS = CollectionSpec("rows", Parcel, PARCELS.indexes, read_model=True)

Write = Callable[[Collection[Parcel]], Awaitable[object]]


@pytest.fixture
async def wire(mongodb: str) -> AsyncIterator[MongoWire]:
    async with MongoWire(mongodb, router=True) as proxy:
        yield proxy


@pytest.fixture
async def store(wire: MongoWire) -> AsyncIterator[MongoStore]:
    opened = MongoStore(wire.url, timeout_s=60)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def parcels(store: MongoStore) -> Collection[Parcel]:
    """A collection with p at version 1 with an event, and q without one."""
    made = store.collection(PARCELS)
    await made.insert(Parcel(id="p", shelf="A"), pending("in"))
    await made.insert(Parcel(id="q"))
    return made


async def insert(parcels: Collection[Parcel]) -> None:
    assert (await parcels.insert(Parcel(id="r"), pending("r"))).version == 1


async def insert_many(parcels: Collection[Parcel]) -> None:
    assert await parcels.insert_many([Parcel(id="r"), Parcel(id="s")]) == 2


async def save(parcels: Collection[Parcel]) -> None:
    read = await parcels.get("p")
    assert read is not None
    assert (await parcels.save(read, pending("again"))).version == 2
    assert [word_of(event) for event in await parcels.pending_events("p")] == ["in", "again"]


async def relay(parcels: Collection[Parcel]) -> None:
    for event in await parcels.pending_events("p"):
        await parcels.mark_published(event)
    assert await parcels.pending_events("p") == []


async def delete(parcels: Collection[Parcel]) -> None:
    await parcels.delete("q", 1)
    assert await parcels.get("q") is None


WRITTEN: list[tuple[Write, str]] = [
    (insert, "insert"),
    (insert_many, "insert"),
    (save, "update"),
    (relay, "findAndModify"),
    (delete, "delete"),
]
EACH_WRITE = pytest.mark.parametrize(("write", "command"), WRITTEN)

# Either the whole command fails or the writes in it do; findAndModify has only the first form.
CONFLICTS = [(*one, failure(WRITE_CONFLICT)) for one in WRITTEN] + [
    (write, command, failed_writes(WRITE_CONFLICT, (0, 1) if write is insert_many else (0,)))
    for write, command in WRITTEN
    if command != "findAndModify"
]


async def test_every_write_requests_majority_acknowledgement(
    wire: MongoWire, parcels: Collection[Parcel]
) -> None:
    for write in (insert, save, relay, delete):
        await write(parcels)
    writes = wire.named(*WRITES)
    assert {name_of(command) for command in writes} == WRITES
    assert [c for c in writes if c["writeConcern"] != {"w": "majority"}] == []


async def test_only_pages_counts_and_scans_of_read_models_use_secondaries(
    wire: MongoWire, store: MongoStore
) -> None:
    for spec, elsewhere in ((PARCELS, []), (ROWS, ["find", "find", "aggregate", "find"])):
        listed = store.collection(spec)
        stored = await listed.insert(Parcel(id="p"), pending("in"))
        stored = await listed.save(stored)
        wire.commands.clear()
        await listed.get("p")
        await listed.get_many(["p"])
        await listed.pending_events("p")
        await store.outbox(older_than_s=0, limit=10)
        assert [c for c in wire.commands if "$readPreference" in c] == []
        assert [name_of(c) for c in wire.commands][:3] == ["find", "find", "find"]
        wire.commands.clear()
        await listed.find()
        await listed.find({"owner": "nobody"}, sort="-due_at")
        await listed.count()
        assert [p async for p in listed.scan()] == [stored]
        asked = [c for c in wire.commands if c.get("$readPreference", {}).get("mode") == "secondaryPreferred"]
        assert [name_of(c) for c in asked] == elsewhere
        assert len(wire.commands) == 4
        assert [c["$readPreference"]["maxStalenessSeconds"] for c in asked] == [90] * len(asked)


@pytest.mark.parametrize(("write", "command", "answer"), CONFLICTS)
async def test_a_write_conflict_is_retried_and_takes_effect_once(
    wire: MongoWire, store: MongoStore, parcels: Collection[Parcel], write: Write, command: str, answer: Row
) -> None:
    wire.commands.clear()
    wire.respond_instead(command, answer, answer)
    await write(parcels)
    assert len(wire.named(command)) == 3
    assert store.stats()["unavailable"] == 0


async def test_only_the_conflicting_inserts_of_a_batch_are_retried(
    wire: MongoWire, parcels: Collection[Parcel]
) -> None:
    mixed = failed_writes(WRITE_CONFLICT, (0, 1))
    mixed["writeErrors"].append({"index": 2, "code": DUPLICATE_KEY, "keyPattern": {"_id": 1}, "errmsg": ""})
    wire.commands.clear()
    wire.respond_instead("insert", mixed)
    assert await parcels.insert_many([Parcel(id="r"), Parcel(id="s"), Parcel(id="p")]) == 2
    assert await parcels.count() == 4
    assert len(wire.named("insert")) == 2


@EACH_WRITE
async def test_a_write_to_a_former_primary_is_retried_with_the_same_transaction_number(
    wire: MongoWire, parcels: Collection[Parcel], write: Write, command: str
) -> None:
    wire.commands.clear()
    wire.respond_instead(command, NOT_PRIMARY)
    await write(parcels)
    first, second = wire.named(command)
    assert first["txnNumber"] == second["txnNumber"] >= 1
    assert first["lsid"] == second["lsid"]


async def test_a_read_is_retried_after_a_broken_connection(
    wire: MongoWire, parcels: Collection[Parcel]
) -> None:
    wire.commands.clear()
    wire.respond_instead("find", HANG_UP)
    assert (await parcels.get("p")) is not None
    wire.respond_instead("find", HANG_UP)
    assert len((await parcels.find()).items) == 2
    assert len(wire.named("find")) == 4


async def test_a_version_conflict_is_not_retried(wire: MongoWire, parcels: Collection[Parcel]) -> None:
    old = await parcels.get("q")
    assert old is not None
    await parcels.save(old)
    wire.commands.clear()
    with pytest.raises(VersionConflict):
        await parcels.save(old)
    assert [name_of(command) for command in wire.commands] == ["update"]


async def test_duplicate_keys_are_identified_when_the_server_names_none(
    wire: MongoWire, parcels: Collection[Parcel]
) -> None:
    def nameless(answer: Row) -> Row:
        errors = answer.get("writeErrors", [])
        return answer | {
            "writeErrors": [{"index": e["index"], "code": e["code"], "errmsg": "E11000"} for e in errors]
        }

    wire.rewrite_responses(nameless)
    other = await parcels.insert(Parcel(id="r", shelf="B"))
    for field, write in (
        ("id", parcels.insert(Parcel(id="p"))),
        ("id", parcels.insert(Parcel(id="q", shelf="C"))),
        ("shelf", parcels.insert(Parcel(id="s", shelf="A"))),
        ("shelf", parcels.save(msgspec.structs.replace(other, shelf="A"))),
        ("shelf", parcels.insert_many([Parcel(id="t", shelf="A")])),
    ):
        with pytest.raises(DuplicateKey) as raised:
            await write
        assert raised.value.field == field
