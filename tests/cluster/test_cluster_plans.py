"""Every query uses an index, and a query by id goes to one shard."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pymongo.asynchronous.database import AsyncDatabase

from support.mongo.commands import Commands
from support.mongo.plans import (
    BY_INDEX,
    ONE_SHARD,
    ONE_SHARD_WRITTEN,
    SORTED_IN_MEMORY,
    WHOLE_COLLECTION,
    explain,
    shards,
    stages,
)
from support.rescues.builders import rescue_in
from support.store.queries import QUERIES, Query
from supportcarr.bootstrap.collections import SPECS
from supportcarr.kit.store.mongo.document import OUTBOX, Row
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import CollectionSpec, VersionConflict
from supportcarr.rescues.collections import RESCUES

ABSENT = "res_qc_absent"


@pytest.mark.parametrize("query", QUERIES, ids=str)
async def test_every_query_uses_an_index(
    query: Query, store: MongoStore, raw: AsyncDatabase[Row], commands: Commands
) -> None:
    await query.run(store.get_collection(query.spec.name))
    [asked] = commands.of_collection(query.spec.name, "find", "aggregate")
    plan = stages(await explain(raw, asked))
    assert WHOLE_COLLECTION not in plan
    assert BY_INDEX & set(plan), plan
    assert query.sorting == "memory" or SORTED_IN_MEMORY not in plan, plan


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
async def test_unpublished_events_are_found_by_an_index(
    spec: CollectionSpec[Any], store: MongoStore, raw: AsyncDatabase[Row], commands: Commands
) -> None:
    await store.outbox(older_than_s=0, limit=10)
    [asked] = commands.of_collection(spec.name, "find")
    assert f"{OUTBOX}.saved_at" in asked["filter"]
    plan = stages(await explain(raw, asked))
    assert WHOLE_COLLECTION not in plan
    assert BY_INDEX & set(plan), plan


async def test_a_rescue_is_read_from_one_shard(
    store: MongoStore, raw: AsyncDatabase[Row], commands: Commands
) -> None:
    rescues = store.collection(RESCUES)
    for region, shard in (("qc", "east"), ("on", "west")):
        commands.clear()
        await rescues.get(f"res_{region}_absent")
        await rescues.get_many([f"res_{region}_absent", f"res_{region}_too"])
        await rescues.pending_events(f"res_{region}_absent")
        asked = commands.of_collection(RESCUES.name, "find")
        assert len(asked) == 3
        for command in asked:
            explained = await explain(raw, command)
            assert stages(explained)[0] == ONE_SHARD
            assert shards(explained) == {shard}


async def test_a_rescue_is_saved_on_one_shard(
    store: MongoStore, raw: AsyncDatabase[Row], commands: Commands
) -> None:
    rescue = msgspec.structs.replace(rescue_in("assigned"), id=ABSENT)
    with pytest.raises(VersionConflict):
        await store.collection(RESCUES).save(rescue)
    [asked] = commands.of_collection(RESCUES.name, "update")
    explained = await explain(raw, asked)
    assert stages(explained)[0] == ONE_SHARD_WRITTEN
    assert shards(explained) == {"east"}


async def test_a_query_without_a_region_goes_to_every_shard(
    store: MongoStore, raw: AsyncDatabase[Row], commands: Commands
) -> None:
    """A rider's rescues may be in several regions.  This also shows that the tests above can fail."""
    await store.collection(RESCUES).find({"rider_id": "usr_1"}, sort="-created_at")
    [asked] = commands.of_collection(RESCUES.name, "find")
    assert shards(await explain(raw, asked)) == {"east", "west"}
