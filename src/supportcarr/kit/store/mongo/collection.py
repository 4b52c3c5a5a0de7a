"""One collection of the MongoDB engine: the port's guarantees by single-document writes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_preferences import SecondaryPreferred

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.kit.observability import tracing
from supportcarr.kit.store import cursors
from supportcarr.kit.store.mongo import copies, indexes
from supportcarr.kit.store.mongo.cache import write_of
from supportcarr.kit.store.mongo.document import (
    NOT_DELETED,
    OUTBOX,
    WRITE_ID,
    Row,
    Shape,
    events_of,
)
from supportcarr.kit.store.mongo.query import after, all_of, condition, order, stored_name
from supportcarr.kit.store.mongo.writes import Writes
from supportcarr.kit.store.port import (
    CollectionSpec,
    Page,
    StoredDocument,
    StoreUnavailable,
    Where,
)

if TYPE_CHECKING:
    from supportcarr.kit.store.mongo.engine import MongoStore

D = TypeVar("D", bound=Document)
R = TypeVar("R")
Rows = AsyncCollection[Row]

CHUNK = 500  # documents read or inserted by one command
MAX_STALENESS_S = 90  # secondaries that are further behind are not read; the driver's minimum is 90 s
_NO_OUTBOX: Row = {OUTBOX: False}
_WRITE: Row = {"version": True, WRITE_ID: True}


class MongoCollection(Generic[D]):
    """Implements ``Collection`` on one collection of a ``MongoStore``."""

    def __init__(self, store: MongoStore, spec: CollectionSpec[D]) -> None:
        self._store = store
        self.shape = Shape(spec)
        self._writes = Writes(self.shape, store.attempt)
        self._rows: Rows | None = None  # while the store is open
        self._replicas: Rows | None = None
        self._indexes_ensured = False
        self._ensuring_indexes = asyncio.Lock()

    @property
    def spec(self) -> CollectionSpec[D]:
        return self.shape.spec

    # --- life ---------------------------------------------------------------------------------

    def attach(self, database: AsyncDatabase[Row]) -> None:
        """Use *database*; its indexes are checked before the first use."""
        self._rows = database[self.spec.name]
        # A page of a read model may be slightly stale; a read before a decision may not.
        self._replicas = (
            self._rows.with_options(read_preference=SecondaryPreferred(max_staleness=MAX_STALENESS_S))
            if self.spec.read_model
            else self._rows
        )
        self._indexes_ensured = False

    def detach(self) -> None:
        """Stop using the database."""
        self._rows = self._replicas = None

    async def ensure_indexes(self) -> None:
        """Create the indexes that the spec declares, once.

        Raises ``StoreError`` if an index of a unique key cannot be created.
        """
        async with self._ensuring_indexes:
            if not self._indexes_ensured:
                await indexes.ensure(_attached(self._rows), self.shape, self._store.attempt)
                self._indexes_ensured = True

    async def _primary(self) -> Rows:
        """The collection on the primary, for writes and for reads before decisions."""
        rows = _attached(self._rows)
        if not self._indexes_ensured:
            await self.ensure_indexes()
        return rows

    async def _list_source(self) -> Rows:
        """The collection for pages, counts and scans: of a read model, on the secondaries if possible."""
        await self._primary()
        return _attached(self._replicas)

    # --- reads --------------------------------------------------------------------------------

    async def get(self, id: str) -> D | None:
        cache = self._store.cache
        kept = cache.get(self.spec.name, id)
        if kept is not None:
            row = await self._find_one(id, _WRITE)
            if row and write_of(row) == kept[0]:
                cache.hits += 1
                known: D = kept[1]
                return known
        cache.misses += 1
        row = await self._find_one(id, _NO_OUTBOX)
        if not row or "version" not in row:
            cache.forget(self.spec.name, id)
            return None
        return self._decode_and_cache(row)

    async def get_many(self, ids: Sequence[str]) -> dict[str, D]:
        found: dict[str, D] = {}
        rows = await self._primary()
        for start in range(0, len(ids), CHUNK):
            some = ids[start : start + CHUNK]
            found |= await self._validated(rows, some)
            unknown = [name for name in some if name not in found]
            if unknown:
                self._store.cache.misses += len(unknown)
                matching = self.shape.keys(unknown) | NOT_DELETED
                for row in await self._select(rows, matching, operation="get_many"):
                    document = self._decode_and_cache(row)
                    found[document.id] = document
        return found

    async def _validated(self, rows: Rows, ids: Sequence[str]) -> dict[str, D]:
        """The cached documents of those ids whose version is still the stored one.

        Empty unless all of them are cached: validating some and reading the others takes two round trips,
        which cost more than decoding a few documents again.
        """
        cache = self._store.cache
        kept = {name: known for name in ids if (known := cache.get(self.spec.name, name)) is not None}
        if not kept or len(kept) < len(set(ids)):
            return {}
        found: dict[str, D] = {}
        matching = self.shape.keys(list(kept)) | NOT_DELETED
        for row in await self._select(rows, matching, projection=_WRITE, operation="get_many"):
            write, document = kept[row["_id"]]
            if write_of(row) == write:
                found[row["_id"]] = document
        cache.hits += len(found)
        return found

    def _decode_and_cache(self, row: Row) -> D:
        """The document of a complete row, which is recorded in the cache."""
        write = write_of(row)
        document = self.shape.decode(row)
        self._store.cache.record_read(self.spec.name, document.id, write, document)
        return document

    async def find(
        self,
        where: Where | None = None,
        *,
        sort: str = "id",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[D]:
        if limit < 1:
            raise ValueError("a page holds at least one document")
        descending = sort.startswith("-")
        name = stored_name(self.spec, sort.removeprefix("-"))
        matches = condition(self.spec, where)
        pieces: tuple[Row, ...] = ({},)
        if cursor is not None:
            value, last = cursors.decode(self.spec.name, sort, cursor)
            if name in self.shape.flags and value is not None:
                value = bool(value)
            pieces = after(name, descending, value, last)
        listing = await self._list_source()
        rows: list[Row] = []
        for piece in pieces:
            wanted = limit + 1 - len(rows)
            if wanted > 0:
                rows += await self._select(listing, all_of(matches, piece), order(name, descending), wanted)
        next_cursor = None
        if len(rows) > limit:
            value, last = rows[limit - 1].get(name), rows[limit - 1]["_id"]
            # A cursor holds no booleans: SQLite's columns hold none either.
            value = int(value) if isinstance(value, bool) else value
            next_cursor = cursors.encode(self.spec.name, sort, value, last)
        return Page([self.shape.decode(row) for row in rows[:limit]], next_cursor)

    async def count(self, where: Where | None = None) -> int:
        matching = condition(self.spec, where)
        listing = await self._list_source()
        return await self._store.timed("count", lambda: listing.count_documents(matching))

    async def scan(self, where: Where | None = None, *, batch: int = CHUNK) -> AsyncIterator[D]:
        matches = condition(self.spec, where)
        place: Row = {}
        while True:
            matching = all_of(matches, place)
            listing = await self._list_source()
            rows = await self._select(listing, matching, [("_id", 1)], batch, operation="scan")
            if rows:
                place = {"_id": {"$gt": rows[-1]["_id"]}}
            for row in rows:
                yield self.shape.decode(row)
            if len(rows) < batch:
                return

    async def pending_events(self, id: str) -> list[EventEnvelope]:
        row = await self._find_one(id, {OUTBOX: True}, "pending_events")
        return events_of(row) if row else []

    async def _find_one(self, id: str, projection: Row, operation: str = "get") -> Row | None:
        rows = await self._primary()
        key = self.shape.key(id)
        try:
            return await self._store.timed(operation, lambda: rows.find_one(key, projection))
        except UnicodeEncodeError:  # half a surrogate pair, from a malformed URL: no document has such an id
            return None

    async def _select(
        self,
        rows: Rows,
        matching: Row,
        order: list[tuple[str, int]] | None = None,
        limit: int = 0,
        projection: Row = _NO_OUTBOX,
        *,
        operation: str = "find",
    ) -> list[Row]:
        async def read() -> list[Row]:
            # With one more than the limit the server returns everything in one batch and closes the cursor.
            batch = limit + 1 if limit else CHUNK + 1
            found = rows.find(matching, projection, sort=order, limit=limit, batch_size=batch)
            return await found.to_list()

        try:
            return await self._store.timed(operation, read)
        except UnicodeEncodeError:
            return []

    # --- writes -------------------------------------------------------------------------------

    async def insert(self, document: D, pending: PendingEvents | None = None) -> D:
        stored = msgspec.structs.replace(document, version=1)
        events = self._events(stored, pending)
        row = self.shape.row(stored, events)
        await self._write("insert", partial(self._writes.insert, row=row), stored.id, events)
        return stored

    async def insert_many(self, documents: Sequence[D]) -> int:
        stored = 0
        for start in range(0, len(documents), CHUNK):
            new = [
                self.shape.row(msgspec.structs.replace(document, version=1))
                for document in documents[start : start + CHUNK]
            ]
            stored += await self._write("insert_many", partial(self._writes.insert_new, new=new))
        return stored

    async def save(self, document: D, pending: PendingEvents | None = None) -> D:
        stored = msgspec.structs.replace(document, version=document.version + 1)
        events = self._events(stored, pending)
        update = self.shape.update(stored, events)
        self._store.cache.forget(self.spec.name, stored.id)
        saving = partial(self._writes.save, read=document, update=update)
        await self._write("save", saving, stored.id, events)
        return stored

    async def delete(self, id: str, version: int) -> None:
        self._store.cache.forget(self.spec.name, id)
        await self._write("delete", partial(self._writes.delete, id=id, version=version))

    async def mark_published(self, event: EventEnvelope) -> None:
        await self._write("mark_published", partial(self._writes.remove_event, event=event))

    # --- copies -------------------------------------------------------------------------------

    async def read_stored(self, *, after: str = "", limit: int = 200) -> list[StoredDocument[D]]:
        return await copies.read(await self._primary(), self.shape, self._store.attempt, after, limit)

    async def write_stored(self, documents: Sequence[StoredDocument[D]]) -> None:
        if documents:
            await self._write(
                "copy", lambda rows: copies.write(rows, self.shape, self._store.attempt, documents)
            )

    async def erase_stored(self, ids: Sequence[str]) -> None:
        await self._write("copy", partial(self._writes.erase, ids=ids))

    # --- what writes have in common -----------------------------------------------------------

    async def _write(
        self,
        operation: str,
        run: Callable[[Rows], Awaitable[R]],
        id: str = "",
        events: Sequence[EventEnvelope] = (),
    ) -> R:
        """*run*'s outcome.  It completes, and subscribers are notified, even if the caller is cancelled."""

        async def write() -> R:
            started = time.perf_counter()
            try:
                outcome = await run(await self._primary())
            finally:
                self._store.timings.of(operation).observe(time.perf_counter() - started)
            if events:
                self._store.notify(self.spec.name, id, events)
            return outcome

        _attached(self._rows)
        return await self._store.finish(write())

    def _events(self, stored: D, pending: PendingEvents | None) -> list[EventEnvelope]:
        if pending is None:
            return []
        return pending.envelopes(self.spec.name, stored.id, stored.version, tracing.cause())


def _attached(rows: Rows | None) -> Rows:
    if rows is None:
        raise StoreUnavailable("the store is not open")
    return rows
