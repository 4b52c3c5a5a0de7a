"""Read and write stored documents of a MongoDB collection, outboxes included, for copies between stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from pymongo import ReplaceOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from supportcarr.contracts.documents import Document
from supportcarr.kit.store.mongo.document import Row, Shape
from supportcarr.kit.store.mongo.errors import DUPLICATE_KEY, Attempts
from supportcarr.kit.store.mongo.indexes import taken_field
from supportcarr.kit.store.port import DuplicateKey, StoredDocument, StoreError

D = TypeVar("D", bound=Document)


async def read(
    rows: AsyncCollection[Row], shape: Shape[D], attempt: Attempts, after: str, limit: int
) -> list[StoredDocument[D]]:
    """As ``Collection.read_stored``."""

    async def page() -> list[Row]:
        return await rows.find({"_id": {"$gt": after}}, sort=[("_id", 1)], limit=limit).to_list()

    return [shape.stored(row) for row in await attempt(page)]


async def write(
    rows: AsyncCollection[Row], shape: Shape[D], attempt: Attempts, documents: Sequence[StoredDocument[D]]
) -> None:
    """As ``Collection.write_stored``."""
    writes = [ReplaceOne(shape.key(stored.id), shape.stored_row(stored), upsert=True) for stored in documents]
    try:
        await attempt(lambda: rows.bulk_write(writes, ordered=False))
    except BulkWriteError as error:
        failure = error.details["writeErrors"][0]
        if failure["code"] != DUPLICATE_KEY:
            raise StoreError(f"{shape.spec.name}: {failure.get('errmsg')}") from error
        row = shape.stored_row(documents[failure["index"]])
        field = await taken_field(rows, shape.spec, attempt, failure, row, new=False)
        raise DuplicateKey(shape.spec.name, field or "id") from None
