"""``check`` on a router: collections that are sharded, that are not yet, and rejected commands."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo.errors import OperationFailure

from support.store.fixtures import PARCELS
from supportcarr.kit.store.mongo.cluster import parse_arguments
from supportcarr.kit.store.mongo.errors import Attempts
from supportcarr.kit.store.mongo.maintenance import check_sharding
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.rescues.collections import RESCUES


class Router:
    """A client of a router, with an entry in its config database; records the commands it receives."""

    def __init__(self, entry: Mapping[str, Any] | None, refuses: str | None = None, code: int = 72) -> None:
        self.entry, self.refuses, self.code = entry, refuses, code
        self.commands: list[Mapping[str, Any]] = []
        self.queries: list[Mapping[str, Any]] = []

    def __getitem__(self, name: str) -> Any:
        return {"collections": self} if name == "config" else self

    async def find_one(self, which: Mapping[str, Any]) -> Mapping[str, Any] | None:
        self.queries.append(which)
        return self.entry

    async def command(self, command: Mapping[str, Any]) -> Mapping[str, Any]:
        self.commands.append(command)
        if self.refuses:
            raise OperationFailure(self.refuses, self.code, {"errmsg": self.refuses})
        return {"ok": 1}


async def run_check(router: Router, spec: CollectionSpec[Any], *, apply: bool = False) -> list[str]:
    database: Any = SimpleNamespace(name="city", client=router)
    found = await check_sharding(database, spec, Attempts(), apply=apply)
    assert all(finding.harmless == (router.code == 59) for finding in found)
    return [finding.text for finding in found]


async def test_an_unsharded_collection_is_reported_and_sharded_with_apply() -> None:
    router = Router(None)
    assert await run_check(router, RESCUES) == ["rescuerequests is not sharded by region yet."]
    assert router.commands == [{"listShards": 1}]
    router.commands.clear()
    assert await run_check(router, RESCUES, apply=True) == []
    assert router.commands == [
        {"enableSharding": "city"},
        {"shardCollection": "city.rescuerequests", "key": {"region": 1, "_id": 1}},
    ]
    assert router.queries[0] == {"_id": "city.rescuerequests"}


async def test_a_collection_sharded_as_declared_is_left_unchanged() -> None:
    router = Router({"key": {"region": 1, "_id": 1}})
    assert await run_check(router, RESCUES, apply=True) == []
    assert router.commands == []


async def test_a_different_shard_key_is_reported_and_left_unchanged() -> None:
    router = Router({"key": {"_id": "hashed"}})
    assert await run_check(router, RESCUES, apply=True) == [
        "rescuerequests is sharded by _id, not by region."
    ]
    assert router.commands == []


async def test_a_rejected_command_is_reported_in_a_sentence() -> None:
    router = Router(None, refuses="please create an index first.")
    assert await run_check(router, RESCUES, apply=True) == [
        "MongoDB refused to shard rescuerequests: please create an index first."
    ]


async def test_a_server_without_sharding_is_reported_as_harmless() -> None:
    for apply in (False, True):
        router = Router(None, refuses="no such command", code=59)
        assert await run_check(router, RESCUES, apply=apply) == [
            "MongoDB has no sharding for rescuerequests: no such command."
        ]


@pytest.mark.parametrize(
    "entry", [None, {"key": {"a": 1}, "dropped": True}, {"key": {"_id": 1}, "unsplittable": True}]
)
async def test_a_collection_not_declared_as_sharded_stays_unsharded(entry: Mapping[str, Any] | None) -> None:
    router = Router(entry)
    assert await run_check(router, PARCELS, apply=True) == []
    assert router.commands == []


async def test_unique_keys_on_a_sharded_collection_are_reported() -> None:
    router = Router({"key": {"owner": 1}})
    assert await run_check(router, PARCELS, apply=True) == [
        "parcels is sharded, so its unique keys cannot be enforced."
    ]


def test_a_complete_command_line_is_parsed() -> None:
    made = parse_arguments(["mongodb://a", "replica-set", "rs0", "a:1", "b:2"])
    assert (made.url, made.command, made.name, made.members) == (
        "mongodb://a",
        "replica-set",
        "rs0",
        ["a:1", "b:2"],
    )
    assert parse_arguments(["mongodb://r", "shards", "qc/a:1,b:2"]).shards == ["qc/a:1,b:2"]
    assert made.config_servers is False
    assert parse_arguments(["mongodb://c", "replica-set", "config", "c:1", "--config-servers"]).config_servers
    pinned = parse_arguments(
        ["mongodb://r", "regions", "city.rescuerequests", "region", "qc=east", "on=west"]
    )
    assert (pinned.collection, pinned.field) == ("city.rescuerequests", "region")
    assert dict(pinned.regions) == {"qc": "east", "on": "west"}


@pytest.mark.parametrize(
    "given", [["mongodb://a"], ["mongodb://r", "regions", "city.rescuerequests", "region", "qc"]]
)
def test_an_incomplete_command_line_is_rejected(given: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(given)
