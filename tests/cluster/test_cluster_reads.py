"""Lists of read models are really served by secondaries, and nothing else is."""

from __future__ import annotations

from typing import Any

from support.mongo.cluster import Cluster
from supportcarr.kit.store.mongo.engine import MongoStore
from supportcarr.kit.store.port import CollectionSpec
from supportcarr.operations.repository import OPS_RESCUES
from supportcarr.riders.collections import RIDERS

READS = 300
NOISE = 60  # what servers ask each other meanwhile


async def served(cluster: Cluster, store: MongoStore, spec: CollectionSpec[Any]) -> dict[str, int]:
    """How many more questions each member of the shard answered while so many pages were read."""
    members = [await cluster.primary("east"), *await cluster.secondaries("east")]

    async def answered() -> dict[str, int]:
        return {m: (await cluster.ask(m, "serverStatus"))["opcounters"]["query"] for m in members}

    before = await answered()
    for _ in range(READS):
        await store.get_collection(spec.name).find(limit=5)
    after = await answered()
    return {member: after[member] - before[member] for member in members}


async def test_pages_of_a_read_model_are_served_by_secondaries(cluster: Cluster, store: MongoStore) -> None:
    primary, *secondaries = (await served(cluster, store, OPS_RESCUES)).values()
    assert sum(secondaries) >= READS
    assert primary <= NOISE


async def test_pages_of_what_decisions_hang_on_are_served_by_the_primary(
    cluster: Cluster, store: MongoStore
) -> None:
    primary, *secondaries = (await served(cluster, store, RIDERS)).values()
    assert primary >= READS
    assert sum(secondaries) <= NOISE
