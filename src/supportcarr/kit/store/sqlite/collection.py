"""One collection of the SQLite engine: the port's operations in SQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.kit.observability import tracing
from supportcarr.kit.store import cursors
from supportcarr.kit.store.port import CollectionSpec, In, Page, StoredDocument, StoreUnavailable, Where
from supportcarr.kit.store.sqlite.query import Clause, after, column_of, condition
from supportcarr.kit.store.sqlite.table import Table, event_decoder

if TYPE_CHECKING:
    from supportcarr.kit.store.sqlite.cache import ReadCache
    from supportcarr.kit.store.sqlite.engine import SqliteStore

D = TypeVar("D", bound=Document)

SYNC_ROWS = 100  # up to this many rows are read (if an index finds them) or inserted in the caller's thread
CHUNK = 500  # rows read or inserted by one statement or transaction


class SqliteCollection(Generic[D]):
    """Implements ``Collection`` on one table of a ``SqliteStore``."""

    def __init__(self, store: SqliteStore, table: Table[D]) -> None:
        self._store = store
        self.table = table
        timed = store.timings.of
        self._get, self._pending_events = timed("get"), timed("pending_events")
        self._insert, self._save = timed("insert"), timed("save")
        self._mark_published = timed("mark_published")

    @property
    def spec(self) -> CollectionSpec[D]:
        return self.table.spec

    # --- reads --------------------------------------------------------------------------------

    async def get(self, id: str) -> D | None:
        cache = self._store.cache
        if cache is None:
            raise StoreUnavailable("the store is not open")
        count, kept = cache.get(self.table.name, id)
        if kept is not None:
            if type(kept) is bytes:
                return self._decoded(cache, id, count, kept)
            known: D = kept  # nearly always: it has been read before
            return known
        rows = self._store.read_sync(self.table.get, (id,), self._get)
        if not rows:
            return None
        document = self.table.decode(rows[0][0])
        cache.put(self.table.name, id, count, document)
        return document

    def _decoded(self, cache: ReadCache, id: str, count: int, kept: Any) -> D:
        """The document of a cache entry, which may be in encoded form."""
        if type(kept) is bytes:
            kept = self.table.decode(kept)
            cache.put(self.table.name, id, count, kept)
        document: D = kept
        return document

    async def get_many(self, ids: Sequence[str]) -> dict[str, D]:
        cache = self._store.cache
        if cache is None:
            raise StoreUnavailable("the store is not open")
        looked = {name: cache.get(self.table.name, name) for name in ids}
        found: dict[str, D] = {
            name: self._decoded(cache, name, count, kept)
            for name, (count, kept) in looked.items()
            if kept is not None
        }
        unknown = [name for name in looked if name not in found]
        for start in range(0, len(unknown), CHUNK):
            some = In(tuple(unknown[start : start + CHUNK]))
            clause = condition(self.spec, {"id": some})
            sql = f"SELECT _id, _body FROM {self.table.name} WHERE {clause.sql}"  # noqa: S608 - names are declared, values are parameters
            few = len(some.values) <= SYNC_ROWS
            timings = self._store.timings.of("get_many")
            for name, body in await self._store.read(sql, clause.values, few=few, timings=timings):
                found[name] = self.table.decode(body)
                cache.put(self.table.name, name, looked[name][0], found[name])
        return found

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
        column = column_of(self.spec, sort.removeprefix("-"))
        matches = condition(self.spec, where)
        pieces: tuple[Clause, ...] = (Clause("TRUE"),)
        if cursor is not None:
            pieces = after(column, descending, *cursors.decode(self.spec.name, sort, cursor))
        rows: list[Any] = []
        for piece in pieces:
            wanted = limit + 1 - len(rows)
            if wanted > 0:
                rows += await self._select(matches, piece, column, descending, wanted)
        items = [self.table.decode(row[1]) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(items, None)
        last, _, value = rows[limit - 1]
        return Page(items, cursors.encode(self.spec.name, sort, value, last))

    async def _select(
        self, matches: Clause, piece: Clause, column: str, descending: bool, limit: int
    ) -> list[Any]:
        way = "DESC" if descending else "ASC"
        order = f"_id {way}" if column == "_id" else f"{column} {way}, _id {way}"
        return await self._store.read(
            f"SELECT _id, _body, {column} FROM {self.table.name}"  # noqa: S608 - names are declared, values are parameters
            f" WHERE {matches.sql} AND {piece.sql} ORDER BY {order} LIMIT ?",
            (*matches.values, *piece.values, limit),
            few=limit <= SYNC_ROWS,
            timings=self._store.timings.of("find"),
        )

    async def count(self, where: Where | None = None) -> int:
        matches = condition(self.spec, where)
        rows = await self._store.read(
            f"SELECT COUNT(*) FROM {self.table.name} WHERE {matches.sql}",  # noqa: S608 - names are declared, values are parameters
            matches.values,
            timings=self._store.timings.of("count"),
        )
        return int(rows[0][0])

    async def scan(self, where: Where | None = None, *, batch: int = CHUNK) -> AsyncIterator[D]:
        matches = condition(self.spec, where)
        last = ""
        while True:
            rows = await self._store.read(
                f"SELECT _id, _body FROM {self.table.name}"  # noqa: S608 - names are declared, values are parameters
                f" WHERE {matches.sql} AND _id > ? ORDER BY _id LIMIT ?",
                (*matches.values, last, batch),
                timings=self._store.timings.of("scan"),
            )
            for _, body in rows:
                yield self.table.decode(body)
            if len(rows) < batch:
                return
            last = rows[-1][0]

    async def pending_events(self, id: str) -> list[EventEnvelope]:
        rows = self._store.read_sync(
            "SELECT body FROM _outbox WHERE collection = ? AND document_id = ? ORDER BY seq",
            (self.spec.name, id),
            self._pending_events,
        )
        return [event_decoder.decode(body) for (body,) in rows]

    # --- writes -------------------------------------------------------------------------------

    async def insert(self, document: D, pending: PendingEvents | None = None) -> D:
        stored = msgspec.structs.replace(document, version=1)
        events = self._events(stored, pending)
        row = self.table.row(stored)
        await self._store.write(
            lambda connection: self.table.insert(connection, row, events),
            partial(self._written, stored.id, row[2], events),
            (stored.id,),
            timings=self._insert,
        )
        return stored

    async def insert_many(self, documents: Sequence[D]) -> int:
        stored = 0
        for start in range(0, len(documents), CHUNK):
            rows = [
                self.table.row(msgspec.structs.replace(document, version=1))
                for document in documents[start : start + CHUNK]
            ]
            stored += await self._store.write(
                partial(self.table.insert_new, rows=rows),
                ids=[row[0] for row in rows],
                long_running=len(rows) > SYNC_ROWS,
                timings=self._store.timings.of("insert_many"),
            )
        return stored

    async def save(self, document: D, pending: PendingEvents | None = None) -> D:
        read = document.version
        stored = msgspec.structs.replace(document, version=read + 1)
        events = self._events(stored, pending)
        row = self.table.row(stored)
        await self._store.write(
            lambda connection: self.table.save(connection, row, read, events),
            partial(self._written, stored.id, row[2], events),
            (stored.id,),
            timings=self._save,
        )
        return stored

    async def delete(self, id: str, version: int) -> None:
        await self._store.write(
            lambda connection: self.table.delete(connection, id, version),
            ids=(id,),
            timings=self._store.timings.of("delete"),
        )

    async def mark_published(self, event: EventEnvelope) -> None:
        await self._store.write(
            lambda connection: (
                connection.execute(
                    "DELETE FROM _outbox WHERE collection = ? AND document_id = ? AND event_id = ?",
                    (self.spec.name, event.document_id, event.id),
                ).rowcount
            ),
            deferrable=True,
            durable=False,  # an event that comes back is published again, and its consumers know it
            timings=self._mark_published,
        )

    # --- copies -------------------------------------------------------------------------------

    async def read_stored(self, *, after: str = "", limit: int = 200) -> list[StoredDocument[D]]:
        return await self._store.read_with(
            lambda connection: self.table.read_stored(connection, after, limit)
        )

    async def write_stored(self, documents: Sequence[StoredDocument[D]]) -> None:
        await self._store.write(
            lambda connection: self.table.write_stored(connection, documents),
            ids=[stored.id for stored in documents],
            long_running=True,
        )

    async def erase_stored(self, ids: Sequence[str]) -> None:
        await self._store.write(
            lambda connection: self.table.erase_stored(connection, ids), ids=ids, long_running=True
        )

    def _events(self, stored: D, pending: PendingEvents | None) -> list[EventEnvelope]:
        if pending is None:
            return []
        return pending.envelopes(self.spec.name, stored.id, stored.version, tracing.cause())

    def _written(self, id: str, body: bytes, events: list[EventEnvelope], count: int) -> None:
        """Cache a document that was committed, and notify subscribers of its events."""
        if self._store.cache is not None:
            self._store.cache.put(self.table.name, id, count, body)
        if events:
            self._store.notify(self.spec.name, id, events)
