"""Rotate the keyset, and seal what older releases stored plain.  Both continue where a kill interrupted them.

There is no saved position: each run looks for what is left, by a query (data keys that an older key wraps)
or by reading all documents (plain values), and its counts say whether anything is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from supportcarr.kit.sealing.data_keys import DATA_KEYS, DataKey
from supportcarr.kit.sealing.keyset import (
    KeysetError,
    KeysetFile,
    KeyWrapper,
    key_id_of,
    key_ids,
    primary_of,
    promoted,
    with_new_key,
    without_key,
)
from supportcarr.kit.sealing.store import PersonalCollection, SealingStore
from supportcarr.kit.store.port import Collection, CollectionSpec, Finding, Range, Store, VersionConflict

BATCH = 200

Progress = Callable[[str, int], None]  # what, how many are done


# --- the keyset --------------------------------------------------------------------------------------


def add_key(keyset: KeysetFile) -> int:
    """Add a key that does not wrap yet, unless one is waiting to; its id.

    Where several machines have copies of the file, copy it to all of them before ``promote_newest``.
    """
    newest = key_ids(keyset.json)[-1]
    if newest == keyset.primary_id:
        keyset.replace(with_new_key(keyset.json))
        newest = key_ids(keyset.json)[-1]
    return newest


def promote_newest(keyset: KeysetFile) -> int:
    """Let the newest key wrap from now on; its id."""
    newest = key_ids(keyset.json)[-1]
    if newest != keyset.primary_id:
        keyset.replace(promoted(keyset.json, newest))
    return newest


async def rewrap(store: Store, wrapper: KeyWrapper, progress: Progress = lambda what, done: None) -> int:
    """Wrap with the primary key every data key that another one wraps; the number that were rewrapped."""
    keys: Collection[DataKey] = store.collection(DATA_KEYS)
    done = 0
    while True:
        found = await _wrapped_by_others(keys, wrapper.primary_id)
        if not found:
            return done
        for key in found:
            assert key.wrapped is not None
            wrapped = wrapper.wrap(wrapper.unwrap(key.wrapped, key.id), key.id)
            changed = msgspec.structs.replace(key, wrapped=wrapped, keyset_key=key_id_of(wrapped))
            try:
                await keys.save(changed)
            except VersionConflict:
                continue  # it was destroyed, or another run was faster
            done += 1
        progress("data keys", done)


async def _wrapped_by_others(keys: Collection[DataKey], primary: int) -> list[DataKey]:
    """Some of the data keys that another key wraps."""
    for bounds in (Range(ge=0, lt=primary), Range(ge=primary + 1)):
        if items := (await keys.find({"keyset_key": bounds}, sort="keyset_key", limit=BATCH)).items:
            return items
    return []


async def count_by_key(store: Store) -> dict[int, int]:
    """How many data keys each key of the keyset wraps."""
    keys: Collection[DataKey] = store.collection(DATA_KEYS)
    counts: dict[int, int] = {}
    at = 0
    while items := (await keys.find({"keyset_key": Range(ge=at)}, sort="keyset_key", limit=1)).items:
        key_id = items[0].keyset_key
        assert key_id is not None
        counts[key_id] = await keys.count({"keyset_key": key_id})
        at = key_id + 1
    return counts


async def forget_unused(store: Store, keyset: KeysetFile) -> list[int]:
    """Remove the keys that wrap no data key from the keyset; their ids.

    Backups that hold data keys of theirs cannot be read any more afterwards.
    """
    used = await count_by_key(store)
    removed = [
        key_id for key_id in key_ids(keyset.json) if key_id not in used and key_id != primary_of(keyset.json)
    ]
    for key_id in removed:
        keyset.replace(without_key(keyset.json, key_id))
    return removed


# --- documents of before -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plain:
    """Documents of one collection that hold personal values in plain, and could be sealed."""

    collection: str
    documents: int


async def count_plain(store: SealingStore, specs: tuple[CollectionSpec[Any], ...]) -> list[Plain]:
    """The collections that hold plain personal values of known people.  Reads every document of theirs."""
    found: list[Plain] = []
    for collection in _personal(store, specs):
        shape, count = collection.shape, 0
        async for stored in collection.inner.scan():
            count += shape.has_plain(stored)
        if count:
            found.append(Plain(collection.spec.name, count))
    return found


async def seal_all(
    store: SealingStore,
    specs: tuple[CollectionSpec[Any], ...],
    progress: Progress = lambda what, done: None,
) -> int:
    """Seal every plain personal value in the store, while it is in use; the number of documents."""
    total = 0
    for collection in _personal(store, specs):
        done = 0
        async for stored in collection.inner.scan(batch=BATCH):
            if not collection.shape.has_plain(stored):
                continue
            try:
                done += await collection.seal_plain([stored])
            except VersionConflict:
                continue  # it was saved meanwhile, so it is sealed
        if done:
            progress(collection.spec.name, done)
        total += done
    return total


def _personal(store: SealingStore, specs: tuple[CollectionSpec[Any], ...]) -> list[PersonalCollection[Any]]:
    collections = [store.collection(spec) for spec in specs]
    return [one for one in collections if isinstance(one, PersonalCollection)]


# --- what ``supportcarr check`` says -----------------------------------------------------------------


async def findings(store: SealingStore, specs: tuple[CollectionSpec[Any], ...]) -> list[Finding]:
    """What is not as it should be with data keys, as sentences."""
    wrapper = store.data_keys.wrapper
    counts = await count_by_key(store.inner)
    try:
        known = set(key_ids(wrapper.json)) if isinstance(wrapper, KeysetFile) and wrapper.ready else None
        primary = wrapper.primary_id if counts else None
    except KeysetError as error:
        return [Finding(str(error))]
    found: list[Finding] = []
    for key_id, count in sorted(counts.items()):
        if known is not None and key_id not in known:
            found.append(Finding(f"{count} data keys need key {key_id}, which the keyset lacks: restore it."))
        elif key_id != primary:
            found.append(
                Finding(
                    f"{count} data keys are wrapped by the older key {key_id}: "
                    "run supportcarr keys rotate-keyset.",
                    harmless=True,
                )
            )
    for plain in await count_plain(store, specs):
        found.append(
            Finding(
                f"{plain.documents} documents of {plain.collection} hold personal data in plain: "
                "run supportcarr store seal."
            )
        )
    return found
