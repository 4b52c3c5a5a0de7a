"""Copy every document of one store into another, whatever their engines.

A document is copied with its id, its version and the events in its outbox; so are events whose
document was deleted before they were published.  Nothing may write to either store meanwhile.

An interrupted copy is continued by running it again: a marker in the target (``kit.store.copy_marker``)
says that it holds an unfinished copy, and of which source; no other process opens such a store.  There is
no saved position.  Each run compares the two stores document by document, removes from the target what the
source does not hold, and writes what is missing.  At the end both stores are read once more and compared by
counts and hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from supportcarr.kit.store.copy_marker import MARKER_ID, MARKERS, CopyMarker
from supportcarr.kit.store.port import Collection, CollectionSpec, Store, StoredDocument

__all__ = [
    "MARKERS",
    "MARKER_ID",
    "Comparison",
    "CopyMarker",
    "CopyRefused",
    "Digest",
    "compare_stores",
    "copy_store",
    "digest",
]

BATCH = 200  # documents read or written in one go

Stored = StoredDocument[Any]
Progress = Callable[[str, int], None]  # a collection's name, how many of its documents were written

_encoder = msgspec.json.Encoder(order="deterministic")


class CopyRefused(Exception):
    """The copy would damage something; the message is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Digest:
    """Counts and a hash of a collection's contents: equal for equal contents on every engine."""

    documents: int
    events: int  # in the outboxes
    sha256: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """One collection in both stores."""

    collection: str
    source: Digest
    target: Digest

    @property
    def equal(self) -> bool:
        return self.source == self.target


async def copy_store(
    source: Store,
    target: Store,
    specs: Sequence[CollectionSpec[Any]],
    *,
    source_name: str,
    now: datetime,
    progress: Progress = lambda collection, written: None,
) -> list[Comparison]:
    """Copy the collections of *specs*, then compare them in both stores, one result per collection.

    *source_name* is written into the target's marker; a run with another name does not continue the
    copy.  The marker stays while any collection differs.  Raises ``CopyRefused``, having written
    nothing; ``StoreError``.
    """
    for store in (source, target):
        for spec in (*specs, MARKERS):
            store.collection(spec)
    markers: Collection[CopyMarker] = target.collection(MARKERS)
    if await source.collection(MARKERS).get(MARKER_ID):
        raise CopyRefused("The source is itself an unfinished copy.")
    if not await _holds_anything(source, specs):
        raise CopyRefused("The source holds no documents.")
    marker = await markers.get(MARKER_ID)
    if marker is None and await _holds_anything(target, specs):
        compared = await compare_stores(source, target, specs)
        if all(one.equal for one in compared):
            return compared  # a copy that finished before
        differing = ", ".join(one.collection for one in compared if not one.equal)
        raise CopyRefused(f"The target holds other data already (in {differing}); give an empty one.")
    if marker is None:
        marker = await markers.insert(CopyMarker(id=MARKER_ID, source=source_name, started_at=now))
    elif marker.source != source_name:
        raise CopyRefused(f"The target holds an unfinished copy of {marker.source}; give an empty one.")
    for spec in specs:
        await _copy_collection(source.collection(spec), target.collection(spec), progress)
    compared = await compare_stores(source, target, specs)
    if all(one.equal for one in compared):
        await markers.delete(MARKER_ID, marker.version)
    return compared


async def compare_stores(
    source: Store, target: Store, specs: Sequence[CollectionSpec[Any]]
) -> list[Comparison]:
    """Read both stores and compare them, collection by collection."""
    return [
        Comparison(
            spec.name,
            await digest(source.collection(spec)),
            await digest(target.collection(spec)),
        )
        for spec in specs
    ]


async def digest(collection: Collection[Any]) -> Digest:
    """Counts of a collection, and the SHA-256 of its documents and events in order of id."""
    documents = events = 0
    sha256 = hashlib.sha256()
    async for stored in _all(collection):
        documents += stored.document is not None
        events += len(stored.events)
        sha256.update(_content(stored))
    return Digest(documents, events, sha256.hexdigest())


async def _holds_anything(store: Store, specs: Sequence[CollectionSpec[Any]]) -> bool:
    for spec in specs:
        async for _ in _all(store.collection(spec)):
            return True
    return False


async def _copy_collection(source: Collection[Any], target: Collection[Any], progress: Progress) -> None:
    # First remove, then add: a unique key that moved from one document to another is free by then.
    surplus: list[str] = []
    if await target.read_stored(limit=1):
        async for wanted, held in _pairs(source, target):
            if held is not None and (wanted is None or _content(wanted) != _content(held)):
                surplus.append(held.id)
    for start in range(0, len(surplus), BATCH):
        await target.erase_stored(surplus[start : start + BATCH])
    written = 0
    lacking: list[Stored] = []
    async for wanted, held in _pairs(source, target):
        if wanted is not None and held is None:
            lacking.append(wanted)
        if len(lacking) == BATCH:
            await target.write_stored(lacking)
            written += len(lacking)
            lacking.clear()
            progress(source.spec.name, written)
    if lacking:
        await target.write_stored(lacking)
        progress(source.spec.name, written + len(lacking))


async def _pairs(
    source: Collection[Any], target: Collection[Any]
) -> AsyncIterator[tuple[Stored | None, Stored | None]]:
    """Each id that either collection holds, in order, with the document of each (``None``: absent).

    The caller may write documents of the source to the target meanwhile: the target is never read
    again at or below an id that was yielded.
    """
    ours, theirs = _all(source), _all(target)
    wanted, held = await anext(ours, None), await anext(theirs, None)
    while wanted is not None or held is not None:
        if held is None or (wanted is not None and wanted.id < held.id):
            yield wanted, None
            wanted = await anext(ours, None)
        elif wanted is None or held.id < wanted.id:
            yield None, held
            held = await anext(theirs, None)
        else:
            yield wanted, held
            wanted, held = await anext(ours, None), await anext(theirs, None)


async def _all(collection: Collection[Any]) -> AsyncIterator[Stored]:
    """Every document in order of id, without tombstones that have no events left.

    Such a tombstone is what a process killed between two steps of a deletion leaves in MongoDB.  It holds
    nothing, and SQLite cannot hold it.
    """
    last = ""
    while batch := await collection.read_stored(after=last, limit=BATCH):
        for stored in batch:
            if stored.document is not None or stored.events:
                yield stored
        last = batch[-1].id


def _content(stored: Stored) -> bytes:
    """A stored document as bytes that are equal for equal documents."""
    return _encoder.encode(_plain((stored.id, stored.document, stored.events))) + b"\n"


def _plain(value: Any) -> Any:
    """*value* with every field of every struct named, and times as instants.

    Engines differ in whether they keep a time's zone; and whether msgspec omits a default from what
    it encodes depends on the identity of the object that holds it, so on where it was read from.
    """
    if isinstance(value, msgspec.Struct):
        fields = {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        return [type(value).__name__, fields]
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
