"""The indexes of one collection: compare the declared ones with the server's, and create missing ones.

Missing indexes are created when the collection is first used, because without its unique indexes it could
store duplicates.  A deployment runs ``supportcarr check --apply`` first, so that no process waits for a
long build.  Only indexes with our own prefix are ever dropped: operators may add others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pymongo
import structlog
from pymongo import IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from supportcarr.kit.store.mongo.document import NOT_DELETED, OUTBOX, Row, Shape
from supportcarr.kit.store.mongo.errors import DUPLICATE_KEY, Attempts, index_of
from supportcarr.kit.store.port import CollectionSpec, StoreError

BUILD_S = 600.0  # time-out of building an index or filling in defaults

_NAMESPACE_EXISTS = 48  # two processes created the collection at the same time

log = structlog.get_logger(__name__)


def unique_name(spec: CollectionSpec[Any], field: str) -> str:
    """The name of the index of a unique key."""
    return f"{spec.name}__{field}__unique"


def unique_fields(spec: CollectionSpec[Any]) -> dict[str, str]:
    """The unique fields, by each name that a server may use for them in an error."""
    return {
        "_id": "id",
        "_id_": "id",
        **{field: field for field in spec.unique},
        **{unique_name(spec, field): field for field in spec.unique},
    }


async def taken_field(
    rows: AsyncCollection[Row],
    spec: CollectionSpec[Any],
    attempt: Attempts,
    details: Mapping[str, Any] | None,
    row: Row,
    *,
    new: bool,
) -> str | None:
    """The field that a duplicate key error is about; ``None`` if its value is free again by now."""
    named = unique_fields(spec).get(index_of(details) or "")
    if named is not None:
        return named

    async def exists(matching: Row) -> bool:
        return await attempt(lambda: rows.find_one(matching, {"_id": True})) is not None

    # Some servers do not name the key.
    for field in spec.unique:
        if field in row and await exists({field: row[field], "_id": {"$ne": row["_id"]}}):
            return field
    return "id" if new and await exists({"_id": row["_id"]}) else None


def declared(spec: CollectionSpec[Any]) -> dict[str, Row]:
    """Every index that the spec declares, by name, and the one that finds documents with pending events."""
    indexes: dict[str, Row] = {}
    for index in spec.indexes:
        fields = [f for f in index.fields if f != "id"]
        if fields:
            indexes["__".join([spec.name, *fields])] = {"key": dict.fromkeys([*fields, "_id"], 1)}
    for field in spec.unique:
        indexes[unique_name(spec, field)] = {"key": {field: 1}, "unique": True, "sparse": True}
    indexes[f"{spec.name}__{OUTBOX}"] = {"key": {f"{OUTBOX}.saved_at": 1}, "sparse": True}
    if spec.sharded_by:
        indexes[f"{spec.name}__shard"] = {"key": {spec.sharded_by: 1, "_id": 1}}
    return indexes


async def existing(rows: AsyncCollection[Row], attempt: Attempts) -> dict[str, Row]:
    """Every index that the server has, by name, in the form of ``wanted``."""

    async def read() -> list[Any]:
        return await (await rows.list_indexes()).to_list()

    return {
        index["name"]: {
            "key": dict(index["key"]),
            **{option: True for option in ("unique", "sparse") if index.get(option)},
        }
        for index in await attempt(read)
    }


def missing(spec: CollectionSpec[Any], has: dict[str, Row]) -> dict[str, Row]:
    """The declared indexes that the server lacks or has in another form."""
    return {name: index for name, index in declared(spec).items() if not _same(has.get(name), index)}


def undeclared(spec: CollectionSpec[Any], has: dict[str, Row]) -> list[str]:
    """Names of our own indexes that the spec does not declare any more."""
    return sorted(name for name in has if name.startswith(f"{spec.name}__") and name not in declared(spec))


async def ensure(rows: AsyncCollection[Row], shape: Shape[Any], attempt: Attempts) -> None:
    """Create missing indexes.  Raises ``StoreError`` if one of a unique key cannot be created."""
    lacking = missing(shape.spec, await existing(rows, attempt))
    if not lacking:
        return
    await fill_defaults(rows, shape, attempt)
    refused = await create(rows, lacking, attempt)
    for name, reason in refused.items():
        if lacking[name].get("unique"):
            raise StoreError(reason)
    for name, reason in refused.items():  # queries are slower without them, but still correct
        log.warning("index_refused", collection=shape.spec.name, index=name, reason=reason)


async def fill_defaults(rows: AsyncCollection[Row], shape: Shape[Any], attempt: Attempts) -> None:
    """Write the defaults of fields that queries use into documents that were stored without them."""
    for field, value in shape.defaults().items():
        absent = {field: None, **NOT_DELETED}
        with pymongo.timeout(BUILD_S):
            await attempt(lambda: rows.update_many(absent, {"$set": {field: value}}))  # noqa: B023 - run at once


async def create(rows: AsyncCollection[Row], wanted: Mapping[str, Row], attempt: Attempts) -> dict[str, str]:
    """Create the indexes of those names; for each that the server refused, a sentence that says why.

    One command creates all of them, so that the collection is read and locked once.  If it is refused, one
    command each shows which of them is the reason.
    """
    if len(wanted) > 1 and await _refusal(rows, wanted, attempt) is None:
        return {}
    refused: dict[str, str] = {}
    for name, index in wanted.items():
        error = await _refusal(rows, {name: index}, attempt)
        if error is not None and error.code == DUPLICATE_KEY:
            refused[name] = f"The index {name} cannot be created: stored documents repeat its value."
        elif error is not None:
            refused[name] = f"MongoDB refused the index {name}: {reason_of(error)}."
    return refused


async def _refusal(
    rows: AsyncCollection[Row], wanted: Mapping[str, Row], attempt: Attempts
) -> OperationFailure | None:
    """Create the indexes by one command; the error with which the server refused it."""
    models = [
        IndexModel(list(index["key"].items()), name=name, **{k: v for k, v in index.items() if k != "key"})
        for name, index in wanted.items()
    ]
    error = None
    for _ in range(3):
        with pymongo.timeout(BUILD_S):
            error = await attempt.refusal(
                lambda: rows.create_indexes(models), lambda: rows.find_one({}, {"_id": True})
            )
        if error is None or error.code != _NAMESPACE_EXISTS:
            break
    return error


def reason_of(error: OperationFailure) -> str:
    """What the server says, without a full stop."""
    return str((error.details or {}).get("errmsg") or error).rstrip(".")


def _same(one: Row | None, other: Row) -> bool:
    """The order of an index's fields counts."""
    return one == other and one is not None and list(one["key"]) == list(other["key"])
