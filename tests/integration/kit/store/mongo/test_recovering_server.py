"""A server that cannot serve yet and says so in its own way: unavailable, logged once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from support.mongo.wire import MongoWire, failed_writes, failure
from support.store.fixtures import NOON, PARCELS, Parcel, pending
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import Collection, CollectionSpec, StoreUnavailable

pytestmark = pytest.mark.xdist_group("mongodb")

RECOVERING = failure(57_003, message="the database system is not yet accepting connections")
UNUSED = CollectionSpec("unused", Parcel, PARCELS.indexes, unique=("shelf",))

Call = Callable[[MongoStore, Collection[Parcel]], Awaitable[Any]]


@pytest.fixture
async def wire(mongodb: str) -> AsyncIterator[MongoWire]:
    async with MongoWire(mongodb) as proxy:
        yield proxy


@pytest.fixture
async def store(wire: MongoWire) -> AsyncIterator[MongoStore]:
    opened = MongoStore(wire.url, timeout_s=60)
    opened.outage.quiet_s = 0
    await opened.open()
    yield opened
    await opened.close()


async def relay(store: MongoStore, parcels: Collection[Parcel]) -> None:
    [event] = pending("in").envelopes("parcels", "p", 1)
    await parcels.mark_published(event)


async def scan(store: MongoStore, parcels: Collection[Parcel]) -> None:
    assert [parcel async for parcel in parcels.scan()]


CALLS: dict[str, Call] = {
    "get": lambda store, parcels: parcels.get("p"),
    "get_many": lambda store, parcels: parcels.get_many(["p", "q"]),
    "find": lambda store, parcels: parcels.find({"owner": "ana"}, sort="due_at"),
    "count": lambda store, parcels: parcels.count(),
    "scan": scan,
    "pending_events": lambda store, parcels: parcels.pending_events("p"),
    "insert": lambda store, parcels: parcels.insert(Parcel(id="r"), pending("in")),
    "insert_many": lambda store, parcels: parcels.insert_many([Parcel(id="s"), Parcel(id="t")]),
    "save": lambda store, parcels: parcels.save(Parcel(id="p", version=1, note="new"), pending("again")),
    "delete": lambda store, parcels: parcels.delete("q", 1),
    "mark_published": relay,
    "read_stored": lambda store, parcels: parcels.read_stored(),
    "erase_stored": lambda store, parcels: parcels.erase_stored(["x"]),
    "first use": lambda store, parcels: store.collection(UNUSED).count(),
    "outbox": lambda store, parcels: store.outbox(older_than_s=0, limit=9),
    "ping": lambda store, parcels: store.ping(),
    "check": lambda store, parcels: store.check(apply=False),
    "check --apply": lambda store, parcels: store.check(apply=True),
}


async def test_every_call_is_unavailable_until_the_server_is_back_and_the_outage_is_logged_once(
    wire: MongoWire, store: MongoStore
) -> None:
    parcels = store.collection(PARCELS)
    await parcels.insert(Parcel(id="p", owner="ana", due_at=NOON), pending("in"))
    await parcels.insert(Parcel(id="q"))
    store.collection(UNUSED)
    with capture_logs() as logs:
        wire.failing = RECOVERING
        for _ in range(2):
            for name, call in CALLS.items():
                with pytest.raises(StoreUnavailable, match="not yet accepting connections"):
                    await call(store, parcels)
                    pytest.fail(f"{name} did not fail")
        wire.failing = None
        for call in CALLS.values():
            await call(store, parcels)
    assert [line["event"] for line in logs if line["event"] != "index_refused"] == [
        "store_failed",
        "store_recovered",
    ]


@pytest.mark.parametrize("code", [57_003, 91])
async def test_a_bulk_write_that_the_server_could_not_do_is_unavailable(
    wire: MongoWire, store: MongoStore, code: int
) -> None:
    parcels = store.collection(PARCELS)
    wire.respond_instead("insert", failed_writes(code, (0, 1)))
    with pytest.raises(StoreUnavailable):
        await parcels.insert_many([Parcel(id="r"), Parcel(id="s")])
    wire.respond_instead("insert", failed_writes(code))
    with pytest.raises(StoreUnavailable):
        await parcels.insert(Parcel(id="r"))
    assert await parcels.count() == 0
    assert await parcels.insert_many([Parcel(id="r"), Parcel(id="s")]) == 2


async def test_indexes_interrupted_by_a_recovery_are_created_at_the_next_use(
    wire: MongoWire, store: MongoStore
) -> None:
    parcels = store.collection(PARCELS)
    wire.respond_instead("createIndexes", RECOVERING, RECOVERING)
    wire.respond_instead("find", RECOVERING)
    with pytest.raises(StoreUnavailable):
        await parcels.count()
    assert await parcels.count() == 0
    assert not any("index" in finding.text for finding in await store.check(apply=False))


async def test_one_command_creates_all_indexes_of_a_collection(wire: MongoWire, store: MongoStore) -> None:
    await store.collection(PARCELS).count()
    [command] = wire.named("createIndexes")
    assert len(command["indexes"]) == 7
