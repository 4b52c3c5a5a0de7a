"""A store that seals personal fields: documents are plain above it and sealed below.

It wraps any engine.  Collections whose type has no personal fields are read as the engine reads them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from supportcarr.contracts.documents import Document
from supportcarr.contracts.envelope import Cause, EventEnvelope, PendingEvents
from supportcarr.kit.observability.timings import LabelledTimings
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.sealing.data_keys import DataKeys
from supportcarr.kit.sealing.event_shapes import event_shape
from supportcarr.kit.sealing.keyset import KeyWrapper
from supportcarr.kit.sealing.shapes import Shape
from supportcarr.kit.store.port import (
    Collection,
    CollectionSpec,
    CommitListener,
    Finding,
    Page,
    Store,
    StoredDocument,
    StoreError,
    Where,
)
from supportcarr.kit.store.traced import traced

D = TypeVar("D", bound=Document)

OPENED_KEPT = 4_000  # documents of one collection in one process; the oldest are dropped first
EVENTS_KEPT = 4_000


@cache
def shape_of(collection: str, model: Any) -> Shape[Any] | None:
    """How documents of that collection are sealed; ``None`` if nothing in them is personal."""
    shape: Shape[Any] = Shape(collection, model)
    return shape if shape.fields else None


@cache
def stored_spec(spec: CollectionSpec[Any]) -> CollectionSpec[Any]:
    """The collection as an engine sees it: for copies and checks, which need no keys.

    Raises ``TypeError`` for a spec that queries by a personal field.
    """
    model: Any = spec.type
    shape = shape_of(spec.name, model)
    if shape is None:
        return spec
    if asked := shape.fields & set(spec.fields):
        raise TypeError(f"{spec.name}: a query cannot name {sorted(asked)[0]}, which is sealed")
    return CollectionSpec(
        spec.name, shape.stored, spec.indexes, spec.unique, spec.sharded_by, spec.read_model
    )


class SealedPending(PendingEvents, frozen=True):
    """Events of a save, whose envelopes are stored sealed."""

    seal: Callable[[EventEnvelope], EventEnvelope]

    def envelopes(
        self, collection: str, document_id: str, version: int, cause: Cause | None = None
    ) -> list[EventEnvelope]:
        return [self.seal(one) for one in super().envelopes(collection, document_id, version, cause)]


class SealingStore:
    """Implements ``Store`` over another one, and holds the data keys of the process."""

    def __init__(self, inner: Store, wrapper: KeyWrapper, clock: Clock | None = None) -> None:
        self.inner = inner
        self.data_keys = DataKeys(inner, wrapper, clock or Clock())
        self.data_keys.on_destroyed(self._forget)
        self._collections: dict[str, SealingCollection[Any]] = {}
        self._recent: dict[tuple[str, str], tuple[EventEnvelope, EventEnvelope]] = {}

    # --- what the port promises ---------------------------------------------------------------

    def collection(self, spec: CollectionSpec[D]) -> Collection[D]:
        known = self._collections.get(spec.name)
        if known is None:
            model: Any = spec.type
            inner = traced(self.inner.collection(stored_spec(spec)))
            shape = shape_of(spec.name, model)
            known = self._collections[spec.name] = (
                SealingCollection(self, inner, spec)
                if shape is None
                else PersonalCollection(self, inner, spec, shape)
            )
        elif known.spec != spec:
            raise ValueError(f"{spec.name} is already declared with another spec")
        return known

    def get_collection(self, name: str) -> Collection[Any]:
        return self._collections[name]

    async def fill(self, spec: CollectionSpec[D], documents: Sequence[D]) -> None:
        """Write documents into a new store that nothing else uses: exactly as given, and sealed."""
        self.collection(spec)
        await self._collections[spec.name].fill(documents)

    def subscribe(self, listener: CommitListener) -> None:
        def opened(collection: str, id: str, events: Sequence[EventEnvelope]) -> None:
            plain = [self.opened_now(event) for event in events]
            # If a key is not at hand, the listener reads the outbox.
            listener(collection, id, [] if None in plain else plain)  # type: ignore[arg-type]

        self.inner.subscribe(opened)

    async def outbox(self, *, older_than_s: float, limit: int) -> list[tuple[str, str]]:
        return await self.inner.outbox(older_than_s=older_than_s, limit=limit)

    async def outbox_age(self) -> float:
        return await self.inner.outbox_age()

    async def check(self, *, apply: bool) -> list[Finding]:
        return await self.inner.check(apply=apply)

    async def ping(self) -> None:
        await self.inner.ping()

    async def open(self, *, allow_unfinished_copy: bool = False) -> None:
        await self.inner.open(allow_unfinished_copy=allow_unfinished_copy)
        self.data_keys.start()

    async def close(self) -> None:
        await self.data_keys.close()
        await self.inner.close()

    def stats(self) -> dict[str, Any]:
        return self.inner.stats()

    @property
    def timings(self) -> LabelledTimings:
        return self.inner.timings

    # --- events -------------------------------------------------------------------------------

    async def sealed_pending(self, pending: PendingEvents | None) -> PendingEvents | None:
        """The events of a save as they are to be stored."""
        if pending is None:
            return None
        owners: set[str] = set()
        personal = False
        for event in pending.events:
            shape = event_shape(type(event))
            if shape is not None:
                personal = True
                owners |= shape.owners(event)
        if not personal:
            return pending
        ciphers = self.data_keys.kept(owners) or await self.data_keys.to_seal(owners)

        def seal(envelope: EventEnvelope) -> EventEnvelope:
            shape = event_shape(type(envelope.event))
            if shape is None:
                return envelope
            sealed = shape.seal(envelope, ciphers)
            self._remember(sealed, envelope)
            return sealed

        return SealedPending(pending.events, pending.by, pending.at, seal)

    def _remember(self, sealed: EventEnvelope, plain: EventEnvelope) -> None:
        if len(self._recent) >= EVENTS_KEPT:
            del self._recent[next(iter(self._recent))]
        self._recent[plain.collection, plain.id] = sealed, plain

    def published(self, event: EventEnvelope) -> None:
        """That event is needed no more."""
        self._recent.pop((event.collection, event.id), None)

    def opened_now(self, envelope: EventEnvelope) -> EventEnvelope | None:
        """The event as its consumers see it; ``None`` if a data key must be read first."""
        if envelope.sealed is None:
            return envelope
        recent = self._recent.get((envelope.collection, envelope.id))
        if recent is not None and recent[0].sealed == envelope.sealed:
            return recent[1]
        shape = event_shape(type(envelope.event))
        if shape is None:
            return msgspec.structs.replace(envelope, sealed=None)
        ciphers = self.data_keys.kept(shape.owners(envelope.event))
        return None if ciphers is None else shape.open(envelope, ciphers)

    async def opened_events(self, envelopes: Iterable[EventEnvelope]) -> list[EventEnvelope]:
        """The events as their consumers see them."""
        opened: list[EventEnvelope] = []
        for envelope in envelopes:
            plain = self.opened_now(envelope)
            if plain is None:
                shape = event_shape(type(envelope.event))
                assert shape is not None
                plain = shape.open(envelope, await self.data_keys.to_open(shape.owners(envelope.event)))
            opened.append(plain)
        return opened

    def _forget(self) -> None:
        self._recent.clear()
        for collection in self._collections.values():
            collection.forget()


class SealingCollection(Generic[D]):
    """Implements ``Collection`` for a type without personal fields, whose events may have some."""

    def __init__(self, store: SealingStore, inner: Collection[Any], spec: CollectionSpec[D]) -> None:
        self._store, self.inner, self.spec = store, inner, spec
        # Nothing is to be done for these.
        self.get: Callable[[str], Any] = inner.get
        self.get_many: Callable[[Sequence[str]], Any] = inner.get_many
        self.find: Callable[..., Any] = inner.find
        self.scan: Callable[..., Any] = inner.scan
        self.count, self.insert_many, self.delete = inner.count, inner.insert_many, inner.delete
        self.read_stored, self.write_stored = inner.read_stored, inner.write_stored
        self.erase_stored = inner.erase_stored

    def forget(self) -> None:
        """Drop what was opened."""

    async def insert(self, document: D, pending: PendingEvents | None = None) -> D:
        if pending is not None:
            pending = await self._store.sealed_pending(pending)
        stored: D = await self.inner.insert(document, pending)
        return stored

    async def save(self, document: D, pending: PendingEvents | None = None) -> D:
        if pending is not None:
            pending = await self._store.sealed_pending(pending)
        stored: D = await self.inner.save(document, pending)
        return stored

    async def fill(self, documents: Sequence[D]) -> None:
        """Write plain documents exactly as given, versions included, without events.

        For filling a new store that nothing else uses.
        """
        await self.inner.write_stored([StoredDocument(one.id, one) for one in documents])

    async def mark_published(self, event: EventEnvelope) -> None:
        await self.inner.mark_published(event)
        self._store.published(event)

    async def pending_events(self, id: str) -> list[EventEnvelope]:
        return await self._store.opened_events(await self.inner.pending_events(id))


class PersonalCollection(SealingCollection[D]):
    """Implements ``Collection`` for a type with personal fields."""

    def __init__(
        self, store: SealingStore, inner: Collection[Any], spec: CollectionSpec[D], shape: Shape[D]
    ) -> None:
        super().__init__(store, inner, spec)
        self.shape, self._keys = shape, store.data_keys
        self._opened: dict[str, tuple[Any, D]] = {}  # by id: a stored document, and its plain form
        self._stored: Callable[[str], Any] = inner.get
        self.get, self.get_many, self.find = self._get, self._get_many, self._find
        self.scan, self.insert_many = self._scan, self._insert_many
        self.read_stored, self.write_stored = self._read_stored, self._write_stored

    def forget(self) -> None:
        self._opened.clear()

    # --- reads --------------------------------------------------------------------------------

    async def _get(self, id: str) -> D | None:
        stored = await self._stored(id)
        known = self._opened.get(id)
        if known is not None and known[0] is stored:
            return known[1]
        return None if stored is None else (await self._open([stored]))[0]

    async def _get_many(self, ids: Sequence[str]) -> dict[str, D]:
        found = await self.inner.get_many(ids)
        opened: dict[str, D] = {}
        closed: list[Any] = []
        for name, stored in found.items():
            known = self._opened.get(name)
            if known is not None and known[0] is stored:
                opened[name] = known[1]
            else:
                closed.append(stored)
        if closed:
            for document in await self._open(closed):
                opened[document.id] = document
        return opened

    async def _find(
        self,
        where: Where | None = None,
        *,
        sort: str = "id",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[D]:
        page = await self.inner.find(where, sort=sort, limit=limit, cursor=cursor)
        return Page(await self._open(page.items), page.next_cursor)

    async def _scan(self, where: Where | None = None, *, batch: int = 500) -> AsyncIterator[D]:
        waiting: list[Any] = []
        async for stored in self.inner.scan(where, batch=batch):
            waiting.append(stored)
            if len(waiting) >= batch:
                for document in await self._open(waiting):
                    yield document
                waiting = []
        for document in await self._open(waiting):
            yield document

    async def _open(self, stored: Sequence[Any]) -> list[D]:
        """The plain documents, with one read for all data keys that are not at hand."""
        generation = self._keys.generation
        owners: set[str] = set()
        for one in stored:
            owners |= self.shape.sealed_owners(one)
        ciphers = self._keys.kept(owners)
        if ciphers is None:
            ciphers = await self._keys.to_open(owners)
        opened = []
        for one in stored:
            plain = self.shape.open(one, ciphers, self._opened.get(one.id))
            self._keep(one, plain, generation)
            opened.append(plain)
        return opened

    def _keep(self, stored: Any, plain: D, generation: int) -> None:
        """Keep an opened document, unless a key was destroyed since its keys were read."""
        if generation != self._keys.generation:
            return
        self._opened.pop(plain.id, None)
        if len(self._opened) >= OPENED_KEPT:
            del self._opened[next(iter(self._opened))]
        self._opened[plain.id] = stored, plain

    # --- writes -------------------------------------------------------------------------------

    async def _seal(self, document: D) -> tuple[Any, int]:
        """The stored form, and the generation of the keys that sealed it."""
        generation = self._keys.generation
        owners = self.shape.owners(document)
        ciphers = self._keys.kept(owners)
        if ciphers is None:
            ciphers = await self._keys.to_seal(owners)
        return self.shape.seal(document, ciphers, self._opened.get(document.id)), generation

    async def insert(self, document: D, pending: PendingEvents | None = None) -> D:
        sealed, generation = await self._seal(document)
        stored = await self.inner.insert(sealed, await self._store.sealed_pending(pending))
        return self._written(document, stored, generation)

    async def save(self, document: D, pending: PendingEvents | None = None) -> D:
        sealed, generation = await self._seal(document)
        stored = await self.inner.save(sealed, await self._store.sealed_pending(pending))
        return self._written(document, stored, generation)

    def _written(self, document: D, stored: Any, generation: int) -> D:
        plain = msgspec.structs.replace(document, version=stored.version)
        self._keep(stored, plain, generation)
        return plain

    async def _insert_many(self, documents: Sequence[D]) -> int:
        return await self.inner.insert_many(await self._all_sealed(documents))

    async def fill(self, documents: Sequence[D]) -> None:
        sealed = await self._all_sealed(documents)
        await self.inner.write_stored([StoredDocument(one.id, one) for one in sealed])

    async def _all_sealed(self, documents: Sequence[D]) -> list[Any]:
        """The stored forms, with one read for all data keys that are not at hand."""
        owners: set[str] = set()
        for document in documents:
            owners |= self.shape.owners(document)
        ciphers = await self._keys.to_seal(owners)
        return [self.shape.seal(one, ciphers) for one in documents]

    async def _read_stored(self, *, after: str = "", limit: int = 200) -> list[StoredDocument[D]]:
        raise StoreError("Documents are copied sealed, without their keys: copy the store below.")

    async def _write_stored(self, documents: Sequence[StoredDocument[D]]) -> None:
        raise StoreError("Documents are copied sealed, without their keys: copy the store below.")

    # --- documents of before ------------------------------------------------------------------

    async def seal_plain(self, documents: Iterable[Any]) -> int:
        """Seal the personal values of stored documents that are plain; the number that were saved."""
        sealed = 0
        for stored in documents:
            if not self.shape.has_plain(stored):
                continue
            (plain,) = await self._open([stored])
            await self.save(plain)
            sealed += 1
        return sealed
