"""Pages of read models are read from secondaries, and all other data from the primary."""

from __future__ import annotations

from typing import Any

from support.mongo.cluster import Cluster
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.operations.repository import OPS_RESCUES
from supportcarr.riders.collections import RIDERS

READS = 300
NOISE = 60  # queries that the servers send each other in the meantime


async def reads_by_member(cluster: Cluster, store: MongoStore, spec: CollectionSpec[Any]) -> dict[str, int]:
    """The number of queries that each member of the shard answered while ``READS`` pages were read."""
    members = [await cluster.primary("east"), *await cluster.secondaries("east")]

    async def answered() -> dict[str, int]:
        return {m: (await cluster.run_command(m, "serverStatus"))["opcounters"]["query"] for m in members}

    before = await answered()
    for _ in range(READS):
        await store.get_collection(spec.name).find(limit=5)
    after = await answered()
    return {member: after[member] - before[member] for member in members}


async def test_pages_of_a_read_model_are_read_from_secondaries(cluster: Cluster, store: MongoStore) -> None:
    primary, *secondaries = (await reads_by_member(cluster, store, OPS_RESCUES)).values()
    assert sum(secondaries) >= READS
    assert primary <= NOISE


async def test_pages_of_other_collections_are_read_from_the_primary(
    cluster: Cluster, store: MongoStore
) -> None:
    primary, *secondaries = (await reads_by_member(cluster, store, RIDERS)).values()
    assert primary >= READS
    assert sum(secondaries) <= NOISE
