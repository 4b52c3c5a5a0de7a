"""``check`` of the MongoDB engine: compare the server with what is declared, and change what differs.

Servers that speak MongoDB's protocol differ in what they support.  What a server refuses is reported in a
sentence and the rest goes on: no promise of the engine depends on a validator or a secondary index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from supportcarr.kit.store.mongo import cluster, indexes, schema
from supportcarr.kit.store.mongo.document import Row, Shape
from supportcarr.kit.store.mongo.errors import Attempts
from supportcarr.kit.store.port import CollectionSpec

_ROUTED = "Sharded"  # the driver's word for a deployment behind a router


async def check(
    database: AsyncDatabase[Row], shapes: Sequence[Shape[Any]], attempt: Attempts, *, apply: bool
) -> list[str]:
    """One plain sentence for each thing that is, or with *apply* stays, different."""
    found: list[str] = []
    for shape in shapes:
        found += await _indexes(database, shape, attempt, apply=apply)
        found += await _validator(database, shape.spec, attempt, apply=apply)
        if database.client.topology_description.topology_type_name == _ROUTED:
            found += await sharding(database, shape.spec, attempt, apply=apply)
    return found


async def _indexes(
    database: AsyncDatabase[Row], shape: Shape[Any], attempt: Attempts, *, apply: bool
) -> list[str]:
    spec = shape.spec
    rows = database[spec.name]
    has = await indexes.made(rows, attempt)
    refused: dict[str, str] = {}
    if apply:
        lacking = indexes.missing(spec, has)
        if lacking:
            await indexes.fill(rows, shape, attempt)
        for name in [*indexes.superfluous(spec, has), *(name for name in lacking if name in has)]:
            await attempt(lambda: rows.drop_index(name))  # noqa: B023 - run at once
        for name, index in lacking.items():
            if refusal := await indexes.make(rows, name, index, attempt):
                refused[name] = refusal
        has = await indexes.made(rows, attempt)
    return [
        *refused.values(),
        *(
            f"{spec.name} lacks the index {name}."
            for name in indexes.missing(spec, has)
            if name not in refused
        ),
        *(
            f"{spec.name} has the index {name}, which nothing declares."
            for name in indexes.superfluous(spec, has)
        ),
    ]


async def _validator(
    database: AsyncDatabase[Row], spec: CollectionSpec[Any], attempt: Attempts, *, apply: bool
) -> list[str]:
    # moderate: what was stored before, and does not fit, may still be changed
    wanted: Row = {
        "validator": schema.validator(spec),
        "validationLevel": "moderate",
        "validationAction": "error",
    }

    async def held() -> bool:
        async def read() -> list[Any]:
            return await (await database.list_collections(filter={"name": spec.name})).to_list()

        options = [collection.get("options", {}) for collection in await attempt(read)]
        return any({name: of.get(name) for name in wanted} == wanted for of in options)

    if await held():
        return []
    if not apply:
        return [f"{spec.name} lacks its validator, or has another."]
    try:
        await attempt(lambda: database.command({"collMod": spec.name, **wanted}))
    except OperationFailure as error:
        return [f"MongoDB refused the validator of {spec.name}: {_why(error)}."]
    return [] if await held() else [f"MongoDB took the validator of {spec.name}, and does not hold it."]


async def sharding(
    database: AsyncDatabase[Row], spec: CollectionSpec[Any], attempt: Attempts, *, apply: bool
) -> list[str]:
    """What differs in how a collection is spread over the shards behind a router."""

    async def read() -> Any:
        return await database.client["config"]["collections"].find_one(
            {"_id": f"{database.name}.{spec.name}"}
        )

    entry = await attempt(read)
    # A router may know of collections that are on one shard, whole.
    split = entry is not None and "key" in entry and not (entry.get("dropped") or entry.get("unsplittable"))
    key = dict(entry["key"]) if split else None
    if key is not None and spec.unique:
        return [f"{spec.name} is sharded, where its unique keys cannot be held."]
    if not spec.sharded_by:
        return []
    if key is not None:
        same = key == cluster.shard_key(spec)
        return [] if same else [f"{spec.name} is sharded by {', '.join(key)}, not by {spec.sharded_by}."]
    if not apply:
        return [f"{spec.name} is not sharded by {spec.sharded_by} yet."]
    try:
        await cluster.shard_collection(cluster.runner(database.client), database.name, spec)
    except OperationFailure as error:
        return [f"MongoDB refused to shard {spec.name}: {_why(error)}."]
    return []


def _why(error: OperationFailure) -> str:
    return str((error.details or {}).get("errmsg") or error).rstrip(".")
