"""Pages of read models may be read from secondaries; reads that decisions depend on may not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from support.mongo.commands import name_of, read_mode
from support.mongo.wire import MongoWire
from support.store.queries import QUERIES
from supportcarr.bootstrap.collections import SPECS
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.operations.repository import OPS_RESCUES

pytestmark = pytest.mark.xdist_group("mongodb")

READ_MODELS = {OPS_RESCUES.name}
READS = ("find", "aggregate")


@pytest.fixture
async def wire(mongodb: str) -> AsyncIterator[MongoWire]:
    """A proxy that presents the server as a router, because drivers send read preferences only to routers."""
    async with MongoWire(mongodb, router=True) as proxy:
        yield proxy


@pytest.fixture
async def store(wire: MongoWire) -> AsyncIterator[MongoStore]:
    opened = MongoStore(wire.url, timeout_s=60)
    for spec in SPECS:
        opened.collection(spec)
    await opened.open()
    wire.commands.clear()
    yield opened
    await opened.close()


def modes(commands: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The read modes of the reads of each collection."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for command in commands:
        if name_of(command) in READS:
            found[command[name_of(command)]].add(read_mode(command))
    return dict(found)


async def test_only_queries_of_read_models_may_use_secondaries(store: MongoStore, wire: MongoWire) -> None:
    for query in QUERIES:
        await query.run(store.get_collection(query.spec.name))
    asked = {query.spec.name for query in QUERIES}
    assert modes(wire.commands) == {
        name: {"secondaryPreferred" if name in READ_MODELS else "primary"} for name in asked
    }


async def test_reads_by_id_and_of_the_outbox_use_the_primary(store: MongoStore, wire: MongoWire) -> None:
    for spec in SPECS:
        collection = store.get_collection(spec.name)
        await collection.get("res_qc_1")
        await collection.get_many(["res_qc_1", "res_qc_2"])
        await collection.pending_events("res_qc_1")
    await store.outbox(older_than_s=0, limit=10)
    assert modes(wire.commands) == {spec.name: {"primary"} for spec in SPECS}


def test_only_the_read_models_are_declared_as_read_models() -> None:
    assert {spec.name for spec in SPECS if spec.read_model} == READ_MODELS
