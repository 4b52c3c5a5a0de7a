"""The store's port: typed collections of versioned documents, each with its own outbox.

Every engine keeps these promises (``tests/contract/store`` checks them):

- ``save`` is atomic: it stores the new document and its events if the stored version is the one that
  was read; otherwise it raises ``VersionConflict`` and changes nothing.  A save never drops an event
  that is still in the outbox.
- ``mark_published`` removes one event from the outbox and does not change the version.
- ``get`` and ``get_many`` never return a document older than the last write that any process saw
  acknowledged before the call.  Engines may cache decoded documents as long as that holds, so two
  reads may return the same object; documents are frozen.
- An acknowledged write survives a crash of the process and of the machine.
- Pages of ``find`` neither skip nor repeat a document that exists throughout, while others are
  inserted and deleted.
- Subscribers of a process are notified of each of its commits that has events, after it is durable.

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
from supportcarr.kit.observability.timings import LabelledTimings

D = TypeVar("D", bound=Document)

Scalar = str | int | float | bool | datetime


@dataclass(frozen=True, slots=True)
class Index:
    """An index over one or more fields, in that order; documents with equal values are sorted by id."""

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        object.__setattr__(self, "fields", fields)


@dataclass(frozen=True, slots=True)
class CollectionSpec(Generic[D]):
    """A part's declaration of one of its collections.

    ``unique`` names the fields that are unique keys.  ``sharded_by`` names the field that a sharding
    engine splits by; such a collection has no unique keys (``__post_init__`` refuses them).  Pages,
    counts and scans of a ``read_model`` may be slightly stale: an engine with replicas reads those.
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
    """Matches ``ge <= field < lt``; a bound of ``None`` does not limit.  An absent field never matches."""

    ge: Scalar | None = None
    lt: Scalar | None = None


Where = Mapping[str, Scalar | In | Range]  # a document matches if every entry does


@dataclass(frozen=True, slots=True)
class Page(Generic[D]):
    """Documents in order, and the cursor of the next page (``None``: this is the last)."""

    items: list[D]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class StoredDocument(Generic[D]):
    """A document with its outbox, as a copy to another engine transfers it.

    ``document`` is ``None`` if it was deleted while events were still in its outbox.
    """

    id: str
    document: D | None
    events: tuple[EventEnvelope, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference between the declarations and the database, as a plain sentence.

    *harmless*: the server does not have something that no guarantee depends on, so nobody need act.
    """

    text: str
    harmless: bool = False


class StoreError(Exception):
    """Base class of an engine's errors.

    StoreError
    ├── VersionConflict    the stored version is not the one that was read (or the document is gone)
    ├── DuplicateKey       the id, or the unique field named in ``.field``, is taken
    ├── BadCursor          a page cursor that this query did not return
    ├── UnfinishedCopy     the store is the target of a copy that has not ended
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


class UnfinishedCopy(StoreError):
    """The message is a sentence for the operator: what is copied, how to finish it and how to drop it."""


class StoreUnavailable(StoreError):
    pass


class Collection(Protocol[D]):
    """One collection of documents of one type.

    Implemented by ``SqliteCollection`` and ``MongoCollection``, and for tests by ``MemoryCollection``.
    """

    @property
    def spec(self) -> CollectionSpec[D]: ...

    async def get(self, id: str) -> D | None:
        """The document, or ``None``."""

    async def get_many(self, ids: Sequence[str]) -> dict[str, D]:
        """The documents that exist of those ids, by id."""

    async def find(
        self,
        where: Where | None = None,
        *,
        sort: str = "id",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[D]:
        """One page of the documents that match, sorted by one field (``-field``: descending), then by id.

        Ties are sorted by id in the same direction.  Documents without the sort field come first
        ascending, last descending.  A cursor belongs to its collection and sort.
        Raises ``BadCursor``; ``ValueError`` for a field that the spec does not declare.
        """

    async def count(self, where: Where | None = None) -> int:
        """The number of documents that match."""

    async def insert(self, document: D, pending: PendingEvents | None = None) -> D:
        """Store a new document as version 1, with its events.  Raises ``DuplicateKey``."""

    async def insert_many(self, documents: Sequence[D]) -> int:
        """Store the documents whose id is not taken yet, without events; return how many were stored.

        Raises ``DuplicateKey`` for a taken unique key (any of the others may have been stored then).
        """

    async def save(self, document: D, pending: PendingEvents | None = None) -> D:
        """Replace the stored document of the same id and version; return it with the next version.

        ``document.version`` is the version that was read.  Raises ``VersionConflict``,
        ``DuplicateKey``.
        """

    async def delete(self, id: str, version: int) -> None:
        """Delete the document if it is at that version; events still in its outbox are published anyway.

        Until they are published, the id stays taken.  Raises ``VersionConflict``.
        """

    async def mark_published(self, event: EventEnvelope) -> None:
        """Remove the event from the outbox; no effect if it is not there."""

    async def pending_events(self, id: str) -> list[EventEnvelope]:
        """The events of one document that are still in the outbox, oldest first."""

    def scan(self, where: Where | None = None, *, batch: int = 500) -> AsyncIterator[D]:
        """Every document that matches, in order of id, read in batches; for rebuilds and checks."""

    async def read_stored(self, *, after: str = "", limit: int = 200) -> list[StoredDocument[D]]:
        """Up to *limit* documents with their outboxes, deleted ones included, in order of id."""

    async def write_stored(self, documents: Sequence[StoredDocument[D]]) -> None:
        """Write documents exactly as given, versions and outboxes included, replacing those of the same ids.

        For copies while nothing else writes: no version is checked and no subscriber notified.  Safe
        to repeat.  Raises ``DuplicateKey`` (some of the documents may have been written then).
        """

    async def erase_stored(self, ids: Sequence[str]) -> None:
        """Delete these documents and their outboxes, whatever their versions; for copies."""


CommitListener = Callable[[str, str, Sequence[EventEnvelope]], None]  # collection, document id, events


class Store(Protocol):
    """A database of collections.

    Implemented by ``SqliteStore`` and ``MongoStore``, and for tests by ``MemoryStore``.
    """

    def collection(self, spec: CollectionSpec[D]) -> Collection[D]:
        """The collection of that spec.  The engine creates it and its indexes if they are missing."""

    def get_collection(self, name: str) -> Collection[Any]:
        """The collection declared under that name in this process.  Raises ``KeyError``."""

    def subscribe(self, listener: CommitListener) -> None:
        """Call *listener* in this process after each commit that has events.  It must not block."""

    async def outbox(self, *, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        """(collection, document id) of documents with events that have been in the outbox for longer
        than that (wall time), oldest first: events that a crash may have left unpublished."""

    async def outbox_age(self) -> float:
        """How long the oldest event has been in the outbox, seconds of wall time; 0 if it is empty."""

    async def check(self, *, apply: bool) -> list[Finding]:
        """Compare the declared collections with those on the server; with *apply* change the server.

        Returns each difference that remains.
        """

    async def ping(self) -> None:
        """Raise ``StoreUnavailable`` if the store cannot serve."""

    async def open(self, *, allow_unfinished_copy: bool = False) -> None:
        """Open the store; nothing if it is open.

        Raises ``StoreUnavailable``; ``UnfinishedCopy``, unless that is allowed: only the copy itself may
        use such a store; ``StoreError`` if stored documents do not fit the declarations.
        """

    async def close(self) -> None: ...

    def stats(self) -> dict[str, Any]:
        """Counters and gauges of the engine for the metrics (commits, batch sizes, waits)."""

    @property
    def timings(self) -> LabelledTimings:
        """How long operations took, by their name here; reads that a cache answered are not among them."""
