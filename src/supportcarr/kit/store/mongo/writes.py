"""The single-document writes of a MongoDB collection: compare-and-set, outbox, tombstones, duplicates.

``MongoCollection`` calls these with a collection whose indexes exist, in a task that is not cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError, DuplicateKeyError

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.kit.store.mongo import indexes
from supportcarr.kit.store.mongo.document import EMPTY_TOMBSTONE, NO_EVENTS, OUTBOX, Row, Shape
from supportcarr.kit.store.mongo.errors import DUPLICATE_KEY, MAX_CONFLICTS, WRITE_CONFLICT, Attempts
from supportcarr.kit.store.port import DuplicateKey, StoreError, StoreUnavailable, VersionConflict

D = TypeVar("D", bound=Document)
Rows = AsyncCollection[Row]


class Writes(Generic[D]):
    """Writes rows of one shape."""

    def __init__(self, shape: Shape[D], attempt: Attempts) -> None:
        self._shape = shape
        self._attempt = attempt
        self._name = shape.spec.name

    async def insert(self, rows: Rows, row: Row) -> None:
        """Insert a row, in place of an empty tombstone if there is one.  Raises ``DuplicateKey``."""
        for _ in range(MAX_CONFLICTS):
            try:
                await self._attempt(lambda: rows.insert_one(row))
                return
            except DuplicateKeyError as error:
                field = await self._taken_field(rows, error.details, row, new=True)
                if field == "id" and await self._remove_empty_tombstones(rows, [row["_id"]]):
                    continue
                if field is not None:
                    raise DuplicateKey(self._name, field) from None
        raise StoreUnavailable(f"{self._name}: {row['_id']} kept meeting short-lived duplicates")

    async def insert_new(self, rows: Rows, new: list[Row]) -> int:
        """Insert the rows whose id is free; return how many.  Raises ``DuplicateKey``."""
        stored = 0
        for _ in range(MAX_CONFLICTS):
            if not new:
                return stored
            batch = new
            try:
                await self._attempt(lambda: rows.insert_many(batch, ordered=False))  # noqa: B023 - run at once
                return stored + len(batch)
            except BulkWriteError as error:
                stored += len(batch) - len(error.details["writeErrors"])  # some servers miscount nInserted
                new = await self._rows_to_retry(rows, batch, error)
        raise StoreUnavailable(f"{self._name}: {MAX_CONFLICTS} write conflicts in a row")

    async def _rows_to_retry(self, rows: Rows, batch: list[Row], error: BulkWriteError) -> list[Row]:
        """The rows of a failed batch to insert again.  Raises ``DuplicateKey``."""
        conflicts: list[Row] = []
        taken: list[Row] = []
        for failure in error.details["writeErrors"]:
            row = batch[failure["index"]]
            if failure["code"] == WRITE_CONFLICT:
                conflicts.append(row)
            elif failure["code"] == DUPLICATE_KEY:
                field = await self._taken_field(rows, failure, row, new=True)
                if field not in ("id", None):
                    raise DuplicateKey(self._name, field)
                (taken if field else conflicts).append(row)
            else:
                raise StoreError(f"{self._name}: {row['_id']}: {failure.get('errmsg')}") from error
        if taken and await self._remove_empty_tombstones(rows, [row["_id"] for row in taken]):
            conflicts += taken
        return conflicts

    async def save(self, rows: Rows, read: D, update: Row) -> None:
        """Apply *update* to the version that was read.  Raises ``VersionConflict``, ``DuplicateKey``."""
        key = {**self._shape.key(read.id), "version": read.version}
        for _ in range(MAX_CONFLICTS):
            try:
                done = await self._attempt(lambda: rows.update_one(key, update))
            except DuplicateKeyError as error:
                row = {"_id": read.id, **update.get("$set", {})}
                field = await self._taken_field(rows, error.details, row, new=False)
                if field is not None:
                    raise DuplicateKey(self._name, field) from None
                continue
            if not done.matched_count:
                raise self._conflict(read.id, read.version)
            return
        raise StoreUnavailable(f"{self._name}: {read.id} kept meeting short-lived duplicates")

    async def delete(self, rows: Rows, id: str, version: int) -> None:
        """Delete that version, or make it a tombstone if it has events.  Raises ``VersionConflict``."""
        key = {**self._shape.key(id), "version": version}
        if (await self._attempt(lambda: rows.delete_one({**key, **NO_EVENTS}))).deleted_count:
            return
        row = await self._attempt(lambda: rows.find_one(key))
        if row is None:
            raise self._conflict(id, version)
        tombstone = self._shape.to_tombstone(row)
        if not (await self._attempt(lambda: rows.update_one(key, tombstone))).matched_count:
            raise self._conflict(id, version)
        # The relay may have published the last event in the meantime.
        await self._remove_empty_tombstones(rows, [id])

    async def remove_event(self, rows: Rows, event: EventEnvelope) -> None:
        """Remove the event from its document's outbox, and the tombstone that then is empty."""
        left = await self._attempt(
            lambda: rows.find_one_and_update(
                self._shape.key(event.document_id),
                {"$pull": {OUTBOX: {"id": event.id}}},
                projection={"version": True, f"{OUTBOX}.id": True},
                return_document=ReturnDocument.AFTER,
            )
        )
        if left and "version" not in left and not left.get(OUTBOX):
            await self._remove_empty_tombstones(rows, [event.document_id])

    async def erase(self, rows: Rows, ids: Sequence[str]) -> None:
        """Delete these documents and their outboxes, whatever their versions."""
        await self._attempt(lambda: rows.delete_many(self._shape.keys(ids)))

    async def _remove_empty_tombstones(self, rows: Rows, ids: list[str]) -> bool:
        """Delete those of the ids that are tombstones without events; true if there were any.

        A process that is killed between the two steps of deleting or publishing leaves one behind.
        """
        matching = self._shape.keys(ids) | EMPTY_TOMBSTONE
        return bool((await self._attempt(lambda: rows.delete_many(matching))).deleted_count)

    async def _taken_field(self, rows: Rows, details: Any, row: Row, *, new: bool) -> str | None:
        return await indexes.taken_field(rows, self._shape.spec, self._attempt, details, row, new=new)

    def _conflict(self, id: str, version: int) -> VersionConflict:
        return VersionConflict(f"{self._name}: {id} is not at version {version}")
