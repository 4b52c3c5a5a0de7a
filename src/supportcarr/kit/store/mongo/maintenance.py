"""``check`` of the MongoDB engine: compare the server with the declared collections, and update it.

Servers that speak MongoDB's protocol differ in what they support.  If a server refuses a change, that is
reported in a sentence and the check continues.  A refusal is harmless if the server has no validators, or no
sharding: no guarantee of the engine depends on them.  A server that has them and refuses all the same (for
want of a permission, say) is reported as a problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from supportcarr.kit.store.mongo import cluster, indexes, schema
from supportcarr.kit.store.mongo.document import Row, Shape
from supportcarr.kit.store.mongo.errors import Attempts, is_not_supported
from supportcarr.kit.store.port import CollectionSpec, Finding

_SHARDED = "Sharded"  # the driver's topology type behind a router


async def check(
    database: AsyncDatabase[Row], shapes: Sequence[Shape[Any]], attempt: Attempts, *, apply: bool
) -> list[Finding]:
    """One plain sentence for each difference; with *apply*, for each that remains."""
    found: list[Finding] = []
    for shape in shapes:
        found += await _check_indexes(database, shape, attempt, apply=apply)
        found += await _check_validator(database, shape.spec, attempt, apply=apply)
        if database.client.topology_description.topology_type_name == _SHARDED:
            found += await check_sharding(database, shape.spec, attempt, apply=apply)
    return found


async def _check_indexes(
    database: AsyncDatabase[Row], shape: Shape[Any], attempt: Attempts, *, apply: bool
) -> list[Finding]:
    spec = shape.spec
    rows = database[spec.name]
    has = await indexes.existing(rows, attempt)
    refused: dict[str, str] = {}
    if apply:
        lacking = indexes.missing(spec, has)
        if lacking:
            await indexes.fill_defaults(rows, shape, attempt)
        for name in [*indexes.undeclared(spec, has), *(name for name in lacking if name in has)]:
            await attempt(lambda: rows.drop_index(name))  # noqa: B023 - run at once
        refused = await indexes.create(rows, lacking, attempt)
        has = await indexes.existing(rows, attempt)
    sentences = [
        *refused.values(),
        *(
            f"{spec.name} lacks the index {name}."
            for name in indexes.missing(spec, has)
            if name not in refused
        ),
        *(
            f"{spec.name} has the index {name}, which is not declared."
            for name in indexes.undeclared(spec, has)
        ),
    ]
    return [Finding(sentence) for sentence in sentences]


async def _check_validator(
    database: AsyncDatabase[Row], spec: CollectionSpec[Any], attempt: Attempts, *, apply: bool
) -> list[Finding]:
    # moderate: documents that do not match already may still be changed
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
    # Without *apply*, a collection that does not exist shows whether the server has validators at all.
    name = spec.name if apply else f"{spec.name}__missing"
    refusal = await attempt.refusal(
        lambda: database.command({"collMod": name, **wanted}),
        lambda: database[spec.name].find_one({}, {"_id": True}),
    )
    if refusal is not None and is_not_supported(refusal):
        return [Finding(f"MongoDB has no validators for {spec.name}: {indexes.reason_of(refusal)}.", True)]
    if not apply:
        return [Finding(f"{spec.name} lacks its validator, or has a different one.")]
    if refusal is not None:
        return [Finding(f"MongoDB refused the validator of {spec.name}: {indexes.reason_of(refusal)}.")]
    if await held():
        return []
    return [Finding(f"MongoDB accepted the validator of {spec.name} but did not store it.", True)]


async def check_sharding(
    database: AsyncDatabase[Row], spec: CollectionSpec[Any], attempt: Attempts, *, apply: bool
) -> list[Finding]:
    """Differences in how a collection is sharded, as sentences."""

    async def read() -> Any:
        return await database.client["config"]["collections"].find_one(
            {"_id": f"{database.name}.{spec.name}"}
        )

    entry = await attempt(read)
    # Unsharded collections may have an entry too.
    split = entry is not None and "key" in entry and not (entry.get("dropped") or entry.get("unsplittable"))
    key = dict(entry["key"]) if split else None
    if key is not None and spec.unique:
        return [Finding(f"{spec.name} is sharded, so its unique keys cannot be enforced.")]
    if not spec.sharded_by:
        return []
    if key is not None:
        if key == cluster.shard_key(spec):
            return []
        return [Finding(f"{spec.name} is sharded by {', '.join(key)}, not by {spec.sharded_by}.")]
    run = cluster.command_runner(database.client)
    refusal = await attempt.refusal(
        lambda: (
            cluster.shard_collection(run, database.name, spec) if apply else run("admin", {"listShards": 1})
        ),
        lambda: database[spec.name].find_one({}, {"_id": True}),
    )
    if refusal is not None and is_not_supported(refusal):
        return [Finding(f"MongoDB has no sharding for {spec.name}: {indexes.reason_of(refusal)}.", True)]
    if not apply:
        return [Finding(f"{spec.name} is not sharded by {spec.sharded_by} yet.")]
    if refusal is not None:
        return [Finding(f"MongoDB refused to shard {spec.name}: {indexes.reason_of(refusal)}.")]
    return []
