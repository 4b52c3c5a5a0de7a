"""Lists of read models may be answered by secondaries; what a decision may hang on never is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
from pymongo import hello
from pymongo.server_type import SERVER_TYPE

from support.mongo_commands import Commands, commands, name_of, read_mode
from support.queries import QUERIES
from supportcarr.bootstrap.house import SPECS
from supportcarr.kit.store.mongo import MongoStore
from supportcarr.operations.repository import OPS_RESCUES

__all__ = ["commands"]

pytestmark = pytest.mark.xdist_group("mongodb")

READ_MODELS = {OPS_RESCUES.name}
READS = ("find", "aggregate")


@pytest.fixture
async def store(mongodb: str, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A store whose driver takes the server for a router, to which it tells who may answer."""
    if not hasattr(hello, "_get_server_type"):
        pytest.fail("this PyMongo decides elsewhere what a server is")
    monkeypatch.setattr(hello, "_get_server_type", lambda _: SERVER_TYPE.Mongos)
    opened = MongoStore(mongodb, patience_s=20)
    for spec in SPECS:
        opened.collection(spec)
    await opened.open()
    commands.clear()
    yield opened
    await opened.close()


def modes(heard: list[Mapping[str, Any]]) -> dict[str, set[str]]:
    """By collection, who was allowed to answer."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for command in heard:
        if name_of(command) in READS:
            found[command[name_of(command)]].add(read_mode(command))
    return dict(found)


async def test_of_all_the_lists_only_those_of_read_models_may_come_from_secondaries(
    store: MongoStore, commands: Commands
) -> None:
    for query in QUERIES:
        await query.ask(store.named(query.spec.name))
    asked = {query.spec.name for query in QUERIES}
    assert modes(commands.heard) == {
        name: {"secondaryPreferred" if name in READ_MODELS else "primary"} for name in asked
    }


async def test_what_is_read_before_a_write_and_by_the_relay_comes_from_the_primary(
    store: MongoStore, commands: Commands
) -> None:
    for spec in SPECS:
        collection = store.named(spec.name)
        await collection.get("res_qc_1")
        await collection.get_many(["res_qc_1", "res_qc_2"])
        await collection.unrelayed("res_qc_1")
    await store.outbox(older_than_s=0, limit=10)
    assert modes(commands.heard) == {spec.name: {"primary"} for spec in SPECS}


def test_read_models_are_declared_as_such_and_nothing_else_is() -> None:
    assert {spec.name for spec in SPECS if spec.read_model} == READ_MODELS
