"""Reads a server's ``explain``: the stages of the winning plan, and the queried shards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from support.mongo.commands import explainable
from supportcarr.kit.store.mongo.document import Row

ONE_SHARD, ONE_SHARD_WRITTEN = "SINGLE_SHARD", "SHARD_WRITE"
WHOLE_COLLECTION, SORTED_IN_MEMORY = "COLLSCAN", "SORT"
BY_INDEX = frozenset(
    {
        "CLUSTERED_IXSCAN",
        "COUNT_SCAN",
        "DISTINCT_SCAN",
        "EXPRESS_CLUSTERED_IXSCAN",
        "EXPRESS_IXSCAN",
        "EXPRESS_UPDATE",
        "IDHACK",
        "IXSCAN",
    }
)


async def explain(database: AsyncDatabase[Row], command: Mapping[str, Any]) -> Mapping[str, Any]:
    """The server's plan for a command, which is not executed."""
    return await database.command({"explain": explainable(command), "verbosity": "queryPlanner"})


def stages(explained: Mapping[str, Any]) -> list[str]:
    """The stages of the winning plans, outermost first, shard after shard.

    Raises ``ValueError`` if the response contains no plan.
    """
    found = [stage for plan in _winners(explained) for stage in _stages(plan)]
    if not found:
        raise ValueError(f"no plan in the response: {sorted(explained)}")
    return found


def shards(explained: Mapping[str, Any]) -> set[str]:
    """The names of the shards that the router would query."""
    named = {shard["shardName"] for plan in _winners(explained) for shard in plan.get("shards", ())}
    return named | set(explained.get("shards", ()))  # of an aggregation


def _winners(value: object) -> Iterator[Mapping[str, Any]]:
    """Each ``winningPlan`` that is not inside another."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "winningPlan":
                yield inner
            elif name != "rejectedPlans":
                yield from _winners(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _winners(inner)


def _stages(plan: object) -> Iterator[str]:
    if isinstance(plan, Mapping):
        if isinstance(plan.get("stage"), str):
            yield plan["stage"]
        for name, inner in plan.items():
            if name != "rejectedPlans":
                yield from _stages(inner)
    elif isinstance(plan, list):
        for inner in plan:
            yield from _stages(inner)
