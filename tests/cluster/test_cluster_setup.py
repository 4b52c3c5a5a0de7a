"""``check --apply`` brings a cluster to the declared state: indexes, validators, shards, zones."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, WriteError

from support.mongo.cluster import Cluster
from support.mongo.commands import Commands, name_of
from support.rescues.builders import rescue_in
from support.store.fixtures import pending
from support.store.writers import RIDES
from supportcarr.bootstrap.collections import SPECS
from supportcarr.kit.store.mongo.document import OUTBOX, Row
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.rescues.collections import RESCUES

DOCUMENT_FAILED_VALIDATION = 121


async def test_a_second_check_finds_no_differences(store: MongoStore, commands: Commands) -> None:
    assert await store.check(apply=False) == []
    changing = {"collMod", "createIndexes", "dropIndexes", "shardCollection", "enableSharding"}
    assert await store.check(apply=True) == []
    assert not changing & {name_of(command) for command in commands.sent}


async def test_only_collections_declared_as_sharded_are_sharded_by_region(
    store: MongoStore, raw: AsyncDatabase[Row]
) -> None:
    entries = await raw.client["config"]["collections"].find().to_list()
    keys = {
        entry["_id"].removeprefix(f"{raw.name}."): dict(entry["key"])
        for entry in entries
        if entry["_id"].startswith(f"{raw.name}.") and not entry.get("unsplittable")
    }
    assert keys == {name: {"region": 1, "_id": 1} for name in (RESCUES.name, RIDES.name)}


async def test_each_region_is_pinned_to_its_shard(raw: AsyncDatabase[Row], store: MongoStore) -> None:
    tags = await raw.client["config"]["tags"].find({"ns": f"{raw.name}.{RESCUES.name}"}).to_list()
    assert {(tag["tag"], tag["min"]["region"], tag["max"]["region"]) for tag in tags} == {
        ("qc", "qc", "qc"),
        ("on", "on", "on"),
    }


async def test_the_cluster_has_a_shard_with_three_data_bearing_nodes(cluster: Cluster) -> None:
    assert len(await cluster.members("east")) == 3
    assert len(await cluster.secondaries("east")) == 2


async def test_the_server_rejects_a_unique_index_on_a_sharded_collection(raw: AsyncDatabase[Row]) -> None:
    with pytest.raises(OperationFailure):
        await raw[RESCUES.name].create_index("rider_id", unique=True)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
async def test_validators_reject_fields_of_the_wrong_type(
    spec: CollectionSpec[Any], store: MongoStore, raw: AsyncDatabase[Row]
) -> None:
    shard = {spec.sharded_by: "qc"} if spec.sharded_by else {}
    of_another_type = {"_id": "res_qc_wrong", "version": "one", **shard}
    outbox_of_another_type = {**of_another_type, "version": 1, OUTBOX: "none"}
    for wrong in (of_another_type, outbox_of_another_type):
        with pytest.raises(WriteError) as refused:
            await raw[spec.name].insert_one(wrong)
        assert refused.value.code == DOCUMENT_FAILED_VALIDATION
    tombstone = {"_id": "res_qc_tombstone", OUTBOX: [], **shard}
    await raw[spec.name].insert_one(tombstone)
    await raw[spec.name].delete_one({"_id": "res_qc_tombstone", **shard})


async def test_validators_reject_a_rescue_without_required_fields(
    raw: AsyncDatabase[Row], store: MongoStore
) -> None:
    with pytest.raises(WriteError) as refused:
        await raw[RESCUES.name].insert_one({"_id": "res_qc_bare", "version": 1, "region": "qc"})
    assert refused.value.code == DOCUMENT_FAILED_VALIDATION


async def test_validators_accept_a_document_of_the_store(store: MongoStore) -> None:
    rescue = msgspec.structs.replace(rescue_in("assigned"), id="res_qc_taken")
    rescues = store.collection(RESCUES)
    stored = await rescues.insert(rescue, pending("in"))
    assert await rescues.get(rescue.id) == stored
    await rescues.save(stored, pending("again"))
