"""Lists of read models may be answered by secondaries; what a decision may hang on never is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from support.mongo.commands import name_of, read_mode
from support.mongo.wire import MongoWire
from support.store.queries import QUERIES
from supportcarr.bootstrap.container import SPECS
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.operations.repository import OPS_RESCUES

pytestmark = pytest.mark.xdist_group("mongodb")

READ_MODELS = {OPS_RESCUES.name}
READS = ("find", "aggregate")


@pytest.fixture
async def wire(mongodb: str) -> AsyncIterator[MongoWire]:
    """A server that says it is a router, to which drivers tell who may answer."""
    async with MongoWire(mongodb, router=True) as proxy:
        yield proxy


@pytest.fixture
async def store(wire: MongoWire) -> AsyncIterator[MongoStore]:
    opened = MongoStore(wire.url, timeout_s=20)
    for spec in SPECS:
        opened.collection(spec)
    await opened.open()
    wire.said.clear()
    yield opened
    await opened.close()


def modes(said: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """By collection, who was allowed to answer."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for command in said:
        if name_of(command) in READS:
            found[command[name_of(command)]].add(read_mode(command))
    return dict(found)


async def test_of_all_the_lists_only_those_of_read_models_may_come_from_secondaries(
    store: MongoStore, wire: MongoWire
) -> None:
    for query in QUERIES:
        await query.run(store.get_collection(query.spec.name))
    asked = {query.spec.name for query in QUERIES}
    assert modes(wire.said) == {
        name: {"secondaryPreferred" if name in READ_MODELS else "primary"} for name in asked
    }


async def test_what_is_read_before_a_write_and_by_the_relay_comes_from_the_primary(
    store: MongoStore, wire: MongoWire
) -> None:
    for spec in SPECS:
        collection = store.get_collection(spec.name)
        await collection.get("res_qc_1")
        await collection.get_many(["res_qc_1", "res_qc_2"])
        await collection.pending_events("res_qc_1")
    await store.outbox(older_than_s=0, limit=10)
    assert modes(wire.said) == {spec.name: {"primary"} for spec in SPECS}


def test_read_models_are_declared_as_such_and_nothing_else_is() -> None:
    assert {spec.name for spec in SPECS if spec.read_model} == READ_MODELS
