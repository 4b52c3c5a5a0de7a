"""The indexes of one collection: those declared, those on the server, and how to make the missing ones.

A missing index is made when the collection is first used, because a collection without its unique keys
is wrong.  A deployment runs ``supportcarr check --apply`` first, so that no process waits for a long build.
Only indexes with our own prefix are ever dropped: operators may add others.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

import pymongo
import structlog
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from supportcarr.kit.store.mongo.document import ALIVE, OUTBOX, Row, Shape
from supportcarr.kit.store.mongo.errors import DUPLICATE_KEY, code_of, index_of
from supportcarr.kit.store.port import CollectionSpec, StoreError

R = TypeVar("R")

BUILD_S = 600.0  # for a build, or a fill, over many documents

_NAMESPACE_EXISTS = 48  # two processes made the collection at once

log = structlog.get_logger(__name__)


class Attempt(Protocol):
    """Runs a call of the server.  Implemented by ``mongo.errors.Attempts``."""

    def __call__(self, run: Callable[[], Awaitable[R]]) -> Awaitable[R]: ...


def unique_name(spec: CollectionSpec[Any], field: str) -> str:
    """The name of the index that holds a unique key."""
    return f"{spec.name}__{field}__unique"


def unique_fields(spec: CollectionSpec[Any]) -> dict[str, str]:
    """The field that holds a unique key, by the names under which a server may speak of it."""
    return {
        "_id": "id",
        "_id_": "id",
        **{field: field for field in spec.unique},
        **{unique_name(spec, field): field for field in spec.unique},
    }


async def taken_field(
    rows: AsyncCollection[Row],
    spec: CollectionSpec[Any],
    attempt: Attempt,
    details: Mapping[str, Any] | None,
    row: Row,
    *,
    new: bool,
) -> str | None:
    """The field that a duplicate key error is about; ``None`` if nothing holds its value any more."""
    named = unique_fields(spec).get(index_of(details) or "")
    if named is not None:
        return named

    async def exists(matching: Row) -> bool:
        return await attempt(lambda: rows.find_one(matching, {"_id": True})) is not None

    # Some servers do not name it.
    for field in spec.unique:
        if field in row and await exists({field: row[field], "_id": {"$ne": row["_id"]}}):
            return field
    return "id" if new and await exists({"_id": row["_id"]}) else None


def wanted(spec: CollectionSpec[Any]) -> dict[str, Row]:
    """Every index that the spec asks for, by name; and the one that finds what is to be relayed."""
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


async def made(rows: AsyncCollection[Row], attempt: Attempt) -> dict[str, Row]:
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
    """What the spec asks for and the server does not have so."""
    return {name: index for name, index in wanted(spec).items() if not _same(has.get(name), index)}


def superfluous(spec: CollectionSpec[Any], has: dict[str, Row]) -> list[str]:
    """Names of our indexes that the spec does not ask for any more."""
    return sorted(name for name in has if name.startswith(f"{spec.name}__") and name not in wanted(spec))


async def mend(rows: AsyncCollection[Row], shape: Shape[Any], attempt: Attempt) -> None:
    """Make what is missing.  Raises ``StoreError`` if a unique key cannot be held."""
    lacking = missing(shape.spec, await made(rows, attempt))
    if not lacking:
        return
    await fill(rows, shape, attempt)
    for name, index in lacking.items():
        refusal = await make(rows, name, index, attempt)
        if refusal and index.get("unique"):
            raise StoreError(refusal)
        if refusal:  # slower, but still correct
            log.warning("index_refused", collection=shape.spec.name, index=name, why=refusal)


async def fill(rows: AsyncCollection[Row], shape: Shape[Any], attempt: Attempt) -> None:
    """Write the defaults of fields that queries use into documents that were stored without them."""
    for field, value in shape.defaults().items():
        absent = {field: None, **ALIVE}
        with pymongo.timeout(BUILD_S):
            await attempt(lambda: rows.update_many(absent, {"$set": {field: value}}))  # noqa: B023 - run at once


async def make(rows: AsyncCollection[Row], name: str, index: Row, attempt: Attempt) -> str | None:
    """Make one index; why the server refused it, as a sentence."""
    options = {option: value for option, value in index.items() if option != "key"}
    keys = list(index["key"].items())
    for last in (False, False, True):
        try:
            with pymongo.timeout(BUILD_S):
                await attempt(lambda: rows.create_index(keys, name=name, **options))
            return None
        except OperationFailure as error:
            if code_of(error) == DUPLICATE_KEY:
                return f"{name} cannot be made: stored documents repeat it."
            if last or code_of(error) != _NAMESPACE_EXISTS:
                return f"MongoDB refused the index {name}: {error.details and error.details.get('errmsg')}."
    return None


def _same(one: Row | None, other: Row) -> bool:
    """The order of an index's fields counts."""
    return one == other and one is not None and list(one["key"]) == list(other["key"])
