"""The store's port: typed collections of versioned documents, each with its own outbox.

Every engine keeps these promises (``tests/contract/store`` checks them):

- ``save`` is one atomic act: the new document and its events, only if the stored version is the one
  that was read; otherwise ``VersionConflict`` and nothing happened.  A save never drops an event
  that is still in the outbox.
- ``mark_published`` takes one event out of the outbox and leaves the version alone.
- ``get`` and ``get_many`` never answer a document older than what was acknowledged before they were
  called, by any process.  Engines may keep decoded documents as long as that holds, so two reads may
  answer the same object; documents are frozen.
- What was acknowledged survives the death of the process and of the machine.
- ``find`` pages neither skip nor repeat a document that was there all along while others come and go.
- Subscribers are told of each commit that has events, in this process, after it is durable.

Fields that ``find`` names are top-level attributes of the document, of type ``str``, ``int``,
``float``, ``bool`` or ``datetime``; ``None`` is stored as absent.  A unique key is one ``str`` field,
absent when it does not apply: engines differ in what a null or a compound key means.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import EventEnvelope, PendingEvents

D = TypeVar("D", bound=Document)

Scalar = str | int | float | bool | datetime


@dataclass(frozen=True, slots=True)
class Index:
    """An index over one or more fields, in that order; the id is the tie-break of every sort."""

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        object.__setattr__(self, "fields", fields)


@dataclass(frozen=True, slots=True)
class CollectionSpec(Generic[D]):
    """What a part declares of one of its collections.

    ``unique`` names the fields that are unique keys.  ``sharded_by`` names the field a sharding
    engine splits by; such a collection has no unique keys (``__post_init__`` refuses them).  Pages,
    counts and scans of a ``read_model`` may be a moment old: an engine with replicas asks those.
    """

    name: str
    type: type[D]
    indexes: tuple[Index, ...] = ()
    unique: tuple[str, ...] = ()
    sharded_by: str | None = None
    read_model: bool = False

    def __post_init__(self) -> None:
        if self.sharded_by and self.unique:
            raise ValueError(f"{self.name}: a sharded collection can have no unique keys")

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that a query may name, in a stable order, without the id."""
        named = [f for index in self.indexes for f in index.fields] + list(self.unique)
        return tuple(dict.fromkeys(f for f in named if f != "id"))


@dataclass(frozen=True, slots=True)
class In:
    """Matches any of the values."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Matches ``ge <= field < lt``; an absent bound does not bound.  An absent field never matches."""

    ge: Scalar | None = None
    lt: Scalar | None = None


Where = Mapping[str, Scalar | In | Range]  # all must match


@dataclass(frozen=True, slots=True)
class Page(Generic[D]):
    """Documents in order, and the cursor of the next page (``None``: this was the last)."""

    items: list[D]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class StoredDocument(Generic[D]):
    """A document as an engine holds it, with its outbox: what a copy to another engine moves.

    ``document`` is ``None`` for one that was deleted while events were still in its outbox.
    """

    id: str
    document: D | None
    events: tuple[EventEnvelope, ...] = ()


class StoreError(Exception):
    """Base of what an engine reports.

    StoreError
    ├── VersionConflict    the stored version is not the one that was read (or the document is gone)
    ├── DuplicateKey       the id, or the unique field named in ``.field``, is taken
    ├── BadCursor          a page cursor that this query did not hand out
    └── StoreUnavailable   the engine cannot be reached or cannot write (full, locked); try later
    """


class VersionConflict(StoreError):
    pass


class DuplicateKey(StoreError):
    def __init__(self, collection: str, field: str) -> None:
        self.collection, self.field = collection, field
        super().__init__(f"{collection}: {field} is taken")


class BadCursor(StoreError):
    pass


class StoreUnavailable(StoreError):
    pass


class Collection(Protocol[D]):
    """One collection of documents of one type.  Implemented by ``SqliteCollection``, ``MongoCollection``."""

    @property
    def spec(self) -> CollectionSpec[D]: ...

    async def get(self, id: str) -> D | None:
        """The document, or ``None``."""

    async def get_many(self, ids: Sequence[str]) -> dict[str, D]:
        """Those of the documents that exist, by id."""

    async def find(
        self,
        where: Where | None = None,
        *,
        sort: str = "id",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[D]:
        """One page of those that match, sorted by one field (``-field``: descending), then by id.

        Ties are sorted by id in the same direction.  Documents without the sort field come first
        ascending, last descending.  A cursor belongs to its collection and sort.
        Raises ``BadCursor``; ``ValueError`` for a field that the spec does not declare.
        """

    async def count(self, where: Where | None = None) -> int:
        """How many match."""

    async def insert(self, document: D, recorded: PendingEvents | None = None) -> D:
        """Store a new document as version 1, with its events.  Raises ``DuplicateKey``."""

    async def insert_many(self, documents: Sequence[D]) -> int:
        """Store those whose id is not taken yet, without events; answers how many were stored.

        Raises ``DuplicateKey`` for a taken unique key (nothing is promised of the rest then).
        """

    async def save(self, document: D, recorded: PendingEvents | None = None) -> D:
        """Replace the stored document of the same id and version; answers it with the next version.

        ``document.version`` is the version that was read.  Raises ``VersionConflict``,
        ``DuplicateKey``.
        """

    async def delete(self, id: str, version: int) -> None:
        """Remove it if the version is that; events still in its outbox are relayed all the same.

        Until they are, the id stays taken.  Raises ``VersionConflict``.
        """

    async def mark_published(self, event: EventEnvelope) -> None:
        """Take the event out of the outbox; harmless if it is gone already."""

    async def pending_events(self, id: str) -> list[EventEnvelope]:
        """The events of one document that are still in the outbox, oldest first."""

    def scan(self, where: Where | None = None, *, batch: int = 500) -> AsyncIterator[D]:
        """Every document that matches, in order of id, read in batches: for rebuilds and checks."""

    async def read_stored(self, *, after: str = "", limit: int = 200) -> list[StoredDocument[D]]:
        """Up to *limit* documents with their outboxes, deleted ones included, in order of id."""

    async def write_stored(self, documents: Sequence[StoredDocument[D]]) -> None:
        """Write documents exactly as given, versions and outboxes included, over what has their ids.

        For copies while nothing else writes: it checks no version and tells no subscriber.  Safe to
        repeat.  Raises ``DuplicateKey`` (some of the documents may have been written then).
        """

    async def erase_stored(self, ids: Sequence[str]) -> None:
        """Remove these documents and their outboxes, whatever their versions.  For copies."""


CommitListener = Callable[[str, str, Sequence[EventEnvelope]], None]  # collection, document id, events


class Store(Protocol):
    """A database of collections.  Implemented by ``SqliteStore`` and ``MongoStore``."""

    def collection(self, spec: CollectionSpec[D]) -> Collection[D]:
        """The collection of that spec (made, with its indexes, if the engine does so by itself)."""

    def get_collection(self, name: str) -> Collection[Any]:
        """The collection declared under that name in this process.  Raises ``KeyError``."""

    def subscribe(self, listener: CommitListener) -> None:
        """Call *listener* in this process after each commit that has events.  It must not block."""

    async def outbox(self, *, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        """(collection, document id) of documents with events in the outbox for longer than that
        (wall time), oldest first: what a crash may have left behind."""

    async def check(self, *, apply: bool) -> list[str]:
        """Compare what is declared with what the server has; with *apply* change the server.

        Returns one plain sentence for each difference that remains.
        """

    async def ping(self) -> None:
        """Raises ``StoreUnavailable`` if the store cannot serve."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def stats(self) -> dict[str, Any]:
        """Figures of the engine for the metrics (commits, batch sizes, waits)."""
