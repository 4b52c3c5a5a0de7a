"""A store in memory that implements the port, for tests of services.

It passes the contract suite except for what takes a second process.  Documents are kept as bytes, so
a test never shares an object with the store; writes take effect in a later turn of the event loop,
so callers race as they do on a real engine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, TypeVar

import msgspec
import structlog

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents
from supportcarr.kit.observability.timings import LabelledTimings
from supportcarr.kit.store import cursors
from supportcarr.kit.store.copy_marker import MARKER_ID, MARKERS, CopyMarker, unfinished_copy
from supportcarr.kit.store.cursors import KeyValue
from supportcarr.kit.store.port import (
    BadCursor,
    Collection,
    CollectionSpec,
    CommitListener,
    DuplicateKey,
    Finding,
    In,
    Page,
    Range,
    StoredDocument,
    StoreError,
    StoreUnavailable,
    VersionConflict,
    Where,
)
from supportcarr.kit.store.sqlite.query import column_value

D = TypeVar("D", bound=Document)
R = TypeVar("R")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A stored document, with its version and the values that queries compare."""

    version: int
    body: bytes
    values: dict[str, KeyValue]


@dataclass(slots=True)
class Table:
    """One collection in a database."""

    rows: dict[str, Row] = field(default_factory=dict)
    outbox: dict[str, list[tuple[float, int, EventEnvelope]]] = field(default_factory=dict)
    indexes: set[str] = field(default_factory=set)


class MemoryDatabase:
    """A database that several stores of one process can open, as processes open a file."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}
        self.numbers = count()

    def table(self, name: str) -> Table:
        return self.tables.setdefault(name, Table())


class MemoryStore:
    """Implements ``Store`` in memory."""

    def __init__(self, database: MemoryDatabase | None = None) -> None:
        self.database = database or MemoryDatabase()
        self.is_open = False
        self.timings = LabelledTimings()
        self._collections: dict[str, MemoryCollection[Any]] = {}
        self._listeners: list[CommitListener] = []

    async def open(self, *, allow_unfinished_copy: bool = False) -> None:
        marker = self.database.table(MARKERS.name).rows.get(MARKER_ID)
        if marker is not None and not allow_unfinished_copy:
            decoded = msgspec.json.decode(marker.body, type=CopyMarker)
            raise unfinished_copy(decoded, "memory", "forget it")
        for collection in self._collections.values():
            collection.make_indexes()
        self.is_open = True

    async def close(self) -> None:
        self.is_open = False

    def collection(self, spec: CollectionSpec[D]) -> Collection[D]:
        known = self._collections.get(spec.name)
        if known is None:
            known = MemoryCollection(self, spec)
            if self.is_open:
                known.make_indexes()
            self._collections[spec.name] = known
        elif known.spec != spec:
            raise ValueError(f"{spec.name} is already declared with another spec")
        return known

    def get_collection(self, name: str) -> Collection[Any]:
        return self._collections[name]

    def subscribe(self, listener: CommitListener) -> None:
        self._listeners.append(listener)

    def notify(self, collection: str, document_id: str, events: Sequence[EventEnvelope]) -> None:
        for listener in self._listeners:
            try:
                listener(collection, document_id, events)
            except Exception:
                log.exception("store_listener_failed", collection=collection, document_id=document_id)

    async def outbox(self, *, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        self.require_open()
        until = time.time() - older_than_s
        waiting = [
            (events[0][:2], name, document_id)
            for name, table in self.database.tables.items()
            for document_id, events in table.outbox.items()
            if events[0][0] <= until
        ]
        return [(name, document_id) for _, name, document_id in sorted(waiting)[:limit]]

    async def outbox_age(self) -> float:
        self.require_open()
        times = [
            events[0][0]
            for table in self.database.tables.values()
            for events in table.outbox.values()
            if events
        ]
        return max(0.0, time.time() - min(times)) if times else 0.0

    async def check(self, *, apply: bool) -> list[Finding]:
        self.require_open()
        return [
            Finding(sentence)
            for collection in self._collections.values()
            for sentence in collection.undeclared_indexes(drop=apply)
        ]

    async def ping(self) -> None:
        self.require_open()

    def stats(self) -> dict[str, Any]:
        return {}

    def require_open(self) -> None:
        if not self.is_open:
            raise StoreUnavailable("the store is not open")

    async def write(self, run: Callable[[], R]) -> R:
        """The outcome of *run*, which runs in a later loop iteration even if the caller is cancelled."""
        self.require_open()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()

        def apply() -> None:
            try:
                outcome = run()
            except StoreError as error:
                if not future.done():
                    future.set_exception(error)
            else:
                if not future.done():
                    future.set_result(outcome)

        loop.call_soon(apply)
        return await future


class MemoryCollection(Generic[D]):
    """Implements ``Collection`` for a ``MemoryStore``."""

    def __init__(self, store: MemoryStore, spec: CollectionSpec[D]) -> None:
        self._store = store
        self._spec = spec
        self._table = store.database.table(spec.name)
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(spec.type)

    @property
    def spec(self) -> CollectionSpec[D]:
        return self._spec

    # --- indexes ------------------------------------------------------------------------------

    def make_indexes(self) -> None:
        """Recompute the values that queries compare.  Raises ``StoreError`` for a repeated unique key."""
        rows = {document_id: self._row(self._decode(row)) for document_id, row in self._table.rows.items()}
        for unique in self._spec.unique:
            held = [row.values[unique] for row in rows.values() if row.values[unique] is not None]
            if len(set(held)) < len(held):
                raise StoreError(
                    f"the index of {unique} cannot be created: stored documents repeat its value"
                )
        self._table.rows.update(rows)
        self._table.indexes |= self._declared_indexes()

    def undeclared_indexes(self, *, drop: bool) -> list[str]:
        surplus = self._table.indexes - self._declared_indexes()
        if drop:
            self._table.indexes -= surplus
            return []
        return [f"{self._spec.name} has the index {name}, which is not declared." for name in sorted(surplus)]

    def _declared_indexes(self) -> set[str]:
        return {"__".join(index.fields) for index in self._spec.indexes} | set(self._spec.unique)

    # --- reads --------------------------------------------------------------------------------

    async def get(self, id: str) -> D | None:
        self._store.require_open()
        row = self._table.rows.get(id)
        return self._decode(row) if row else None

    async def get_many(self, ids: Sequence[str]) -> dict[str, D]:
        self._store.require_open()
        return {one: self._decode(self._table.rows[one]) for one in ids if one in self._table.rows}

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
        descending, name = sort.startswith("-"), self._declared(sort.removeprefix("-"))
        matching = self._matching(where)

        def key(value: KeyValue, document_id: str) -> tuple[bool, Any, str]:
            return (value is not None, 0 if value is None else value, document_id)

        keys = {document_id: key(row.values[name], document_id) for document_id, row in matching.items()}
        if cursor is not None:
            last = key(*cursors.decode(self._spec.name, sort, cursor))
            try:
                keys = {
                    document_id: one
                    for document_id, one in keys.items()
                    if (one < last if descending else one > last)
                }
            except TypeError:
                raise BadCursor("this is not a cursor of this field") from None
        ids = sorted(keys, key=keys.__getitem__, reverse=descending)
        items = [self._decode(matching[document_id]) for document_id in ids[:limit]]
        if len(ids) <= limit:
            return Page(items, None)
        last_id = ids[limit - 1]
        value = matching[last_id].values[name]
        return Page(items, cursors.encode(self._spec.name, sort, value, last_id))

    async def count(self, where: Where | None = None) -> int:
        return len(self._matching(where))

    async def scan(self, where: Where | None = None, *, batch: int = 500) -> AsyncIterator[D]:
        last = ""
        while rows := sorted(one for one in self._matching(where).items() if one[0] > last)[:batch]:
            for _, row in rows:
                yield self._decode(row)
            last = rows[-1][0]
            await asyncio.sleep(0)

    async def pending_events(self, id: str) -> list[EventEnvelope]:
        self._store.require_open()
        return [event for _, _, event in self._table.outbox.get(id, ())]

    def _matching(self, where: Where | None) -> dict[str, Row]:
        self._store.require_open()
        tests = [(self._declared(name), wanted) for name, wanted in (where or {}).items()]
        return {
            document_id: row
            for document_id, row in self._table.rows.items()
            if all(_matches(row.values[name], wanted) for name, wanted in tests)
        }

    def _declared(self, name: str) -> str:
        if name != "id" and name not in self._spec.fields:
            raise ValueError(f"{self._spec.name} declares no index or unique key with {name!r}")
        return name

    # --- writes -------------------------------------------------------------------------------

    async def insert(self, document: D, pending: PendingEvents | None = None) -> D:
        stored = msgspec.structs.replace(document, version=1)
        row = self._row(stored)

        def run() -> D:
            if self._is_taken(stored.id):
                raise DuplicateKey(self._spec.name, "id")
            self._check_unique(stored.id, row)
            return self._commit(stored, row, pending)

        return await self._store.write(run)

    async def insert_many(self, documents: Sequence[D]) -> int:
        new = [msgspec.structs.replace(document, version=1) for document in documents]
        rows = [(document, self._row(document)) for document in new]

        def run() -> int:
            inserted = 0
            for document, row in rows:
                if not self._is_taken(document.id):
                    self._check_unique(document.id, row)
                    self._table.rows[document.id] = row
                    inserted += 1
            return inserted

        return await self._store.write(run)

    async def save(self, document: D, pending: PendingEvents | None = None) -> D:
        stored = msgspec.structs.replace(document, version=document.version + 1)
        row = self._row(stored)

        def run() -> D:
            self._check_version(document.id, document.version)
            self._check_unique(document.id, row)
            return self._commit(stored, row, pending)

        return await self._store.write(run)

    async def delete(self, id: str, version: int) -> None:
        def run() -> None:
            self._check_version(id, version)
            del self._table.rows[id]

        await self._store.write(run)

    async def mark_published(self, event: EventEnvelope) -> None:
        def run() -> None:
            waiting = self._table.outbox.get(event.document_id, [])
            left = [one for one in waiting if one[2].id != event.id]
            if left:
                self._table.outbox[event.document_id] = left
            else:
                self._table.outbox.pop(event.document_id, None)

        await self._store.write(run)

    def _commit(self, stored: D, row: Row, pending: PendingEvents | None) -> D:
        self._table.rows[stored.id] = row
        events = pending.envelopes(self._spec.name, stored.id, stored.version) if pending else []
        if events:
            self._record(stored.id, events)
            self._store.notify(self._spec.name, stored.id, events)
        return stored

    def _record(self, document_id: str, events: Sequence[EventEnvelope]) -> None:
        entries = [(time.time(), next(self._store.database.numbers), event) for event in events]
        self._table.outbox.setdefault(document_id, []).extend(entries)

    def _is_taken(self, document_id: str) -> bool:
        return document_id in self._table.rows or document_id in self._table.outbox

    def _check_version(self, document_id: str, version: int) -> None:
        row = self._table.rows.get(document_id)
        if row is None or row.version != version:
            raise VersionConflict(f"{self._spec.name}: {document_id} is not at version {version}")

    def _check_unique(self, document_id: str, row: Row) -> None:
        for unique in self._spec.unique:
            value = row.values[unique]
            for other_id, other in self._table.rows.items() if value is not None else ():
                if other.values[unique] == value and other_id != document_id:
                    raise DuplicateKey(self._spec.name, unique)

    # --- copies -------------------------------------------------------------------------------

    async def read_stored(self, *, after: str = "", limit: int = 200) -> list[StoredDocument[D]]:
        self._store.require_open()
        ids = sorted(one for one in {*self._table.rows, *self._table.outbox} if one > after)[:limit]
        return [
            StoredDocument(one, await self.get(one), tuple(await self.pending_events(one))) for one in ids
        ]

    async def write_stored(self, documents: Sequence[StoredDocument[D]]) -> None:
        def run() -> None:
            self._erase([stored.id for stored in documents])
            for stored in documents:
                if stored.document is not None:
                    row = self._row(stored.document)
                    self._check_unique(stored.id, row)
                    self._table.rows[stored.id] = row
                if stored.events:
                    self._record(stored.id, stored.events)

        await self._store.write(run)

    async def erase_stored(self, ids: Sequence[str]) -> None:
        await self._store.write(lambda: self._erase(ids))

    def _erase(self, ids: Sequence[str]) -> None:
        for document_id in ids:
            self._table.rows.pop(document_id, None)
            self._table.outbox.pop(document_id, None)

    # --- rows ---------------------------------------------------------------------------------

    def _row(self, document: D) -> Row:
        values = {name: column_value(getattr(document, name)) for name in ("id", *self._spec.fields)}
        return Row(document.version, self._encoder.encode(document), values)

    def _decode(self, row: Row) -> D:
        return self._decoder.decode(row.body)


def _matches(value: KeyValue, wanted: Any) -> bool:
    if isinstance(wanted, In):
        return value is not None and value in [_required(one) for one in wanted.values]
    if isinstance(wanted, Range):
        low, high = column_value(wanted.ge), column_value(wanted.lt)
        return value is not None and (low is None or value >= low) and (high is None or value < high)  # type: ignore[operator]  # of one type
    return value == _required(wanted)


def _required(wanted: object) -> KeyValue:
    value = column_value(wanted)
    if value is None:
        raise ValueError("a query cannot ask for an absent value")
    return value
