"""Clusters are set up by the right commands in the right order; repeating a set-up changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from bson import MaxKey, MinKey
from pymongo.errors import OperationFailure

from support.store.fixtures import PARCELS, Parcel
from supportcarr.kit.store.mongo.cluster import (
    add_shards,
    initiate_replica_set,
    pin_regions,
    shard_collection,
)
from supportcarr.kit.store.port import CollectionSpec, Index, StoreUnavailable
from supportcarr.rescues.collections import RESCUES

MEMBERS = ["a:27017", "b:27017", "c:27017"]
NOT_YET = OperationFailure("no replset config has been received", 94)
ALREADY = OperationFailure("already initialized", 23)

Answer = Mapping[str, Any] | Exception


class Log:
    """A server that records commands and returns prepared responses."""

    def __init__(self, **answers: Answer | Callable[[], Answer]) -> None:
        self.answers = answers
        self.commands: list[tuple[str, Mapping[str, Any]]] = []

    async def __call__(self, database: str, command: Mapping[str, Any]) -> Mapping[str, Any]:
        self.commands.append((database, command))
        answer = self.answers.get(next(iter(command)), {"ok": 1})
        answer = answer() if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def names(self) -> list[str]:
        return [next(iter(command)) for _, command in self.commands]


async def test_a_new_replica_set_is_initiated_and_its_primary_awaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("supportcarr.kit.store.mongo.cluster.POLL_S", 0.001)
    looks: Iterator[dict[str, Any]] = iter([{"ok": 1}, {"ok": 1}, {"ok": 1, "primary": "a:27017"}])
    server = Log(replSetGetStatus=NOT_YET, hello=lambda: next(looks))
    await initiate_replica_set(server, "rs0", MEMBERS)
    assert server.names == ["replSetGetStatus", "replSetInitiate", "hello", "hello", "hello"]
    assert server.commands[1] == (
        "admin",
        {
            "replSetInitiate": {
                "_id": "rs0",
                "members": [
                    {"_id": 0, "host": "a:27017"},
                    {"_id": 1, "host": "b:27017"},
                    {"_id": 2, "host": "c:27017"},
                ],
            }
        },
    )


async def test_the_replica_set_of_config_servers_is_marked_as_such() -> None:
    server = Log(replSetGetStatus=NOT_YET, hello={"primary": "a:27017"})
    await initiate_replica_set(server, "config", ["a:27017"], config_servers=True)
    assert server.commands[1] == (
        "admin",
        {
            "replSetInitiate": {
                "_id": "config",
                "members": [{"_id": 0, "host": "a:27017"}],
                "configsvr": True,
            }
        },
    )


async def test_an_existing_replica_set_is_left_unchanged() -> None:
    server = Log(replSetGetStatus={"set": "rs0"}, hello={"primary": "a:27017"})
    await initiate_replica_set(server, "rs0", MEMBERS)
    assert server.names == ["replSetGetStatus", "hello"]


async def test_a_set_initiated_by_another_process_is_awaited() -> None:
    server = Log(replSetGetStatus=NOT_YET, replSetInitiate=ALREADY, hello={"primary": "b:27017"})
    await initiate_replica_set(server, "rs0", MEMBERS)
    assert server.names == ["replSetGetStatus", "replSetInitiate", "hello"]


async def test_a_server_of_another_replica_set_is_rejected() -> None:
    server = Log(replSetGetStatus={"set": "others"})
    with pytest.raises(ValueError, match="others"):
        await initiate_replica_set(server, "rs0", MEMBERS)
    assert server.names == ["replSetGetStatus"]


async def test_an_error_while_initiating_is_raised() -> None:
    error = OperationFailure("replSetInitiate quorum check failed", 74)
    with pytest.raises(OperationFailure, match="quorum"):
        await initiate_replica_set(Log(replSetGetStatus=NOT_YET, replSetInitiate=error), "rs0", MEMBERS)
    with pytest.raises(OperationFailure, match="not running with"):
        standalone = OperationFailure("not running with --replSet", 76)
        await initiate_replica_set(Log(replSetGetStatus=standalone), "rs0", MEMBERS)


async def test_a_replica_set_without_a_primary_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supportcarr.kit.store.mongo.cluster.POLL_S", 0.001)
    server = Log(replSetGetStatus={"set": "rs0"})
    with pytest.raises(StoreUnavailable, match="no primary"):
        await initiate_replica_set(server, "rs0", MEMBERS, within_s=0.01)


async def test_known_shards_are_not_added_again() -> None:
    router = Log(listShards={"shards": [{"_id": "qc"}]})
    await add_shards(router, ["qc/a:27017,b:27017", "on/c:27017"])
    assert router.commands == [
        ("admin", {"listShards": 1}),
        ("admin", {"addShard": "on/c:27017", "name": "on"}),
    ]


async def test_rescues_are_sharded_by_region_and_each_region_is_pinned() -> None:
    router = Log()
    await shard_collection(router, "supportcarr", RESCUES)
    await pin_regions(router, "supportcarr", RESCUES, {"qc": "shard-east"})
    assert router.commands == [
        ("admin", {"enableSharding": "supportcarr"}),
        ("admin", {"shardCollection": "supportcarr.rescuerequests", "key": {"region": 1, "_id": 1}}),
        ("admin", {"addShardToZone": "shard-east", "zone": "qc"}),
        (
            "admin",
            {
                "updateZoneKeyRange": "supportcarr.rescuerequests",
                "min": {"region": "qc", "_id": MinKey()},
                "max": {"region": "qc", "_id": MaxKey()},
                "zone": "qc",
            },
        ),
    ]


async def test_a_collection_not_declared_as_sharded_cannot_be_sharded() -> None:
    router = Log()
    with pytest.raises(ValueError, match="not declared"):
        await shard_collection(router, "supportcarr", PARCELS)
    with pytest.raises(ValueError, match="unique"):
        CollectionSpec("parcels", Parcel, (Index("owner"),), unique=("shelf",), sharded_by="owner")
    assert router.commands == []
