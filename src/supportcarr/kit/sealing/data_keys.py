"""The data key of each person, wrapped by the keyset, in the collection ``datakeys``.

A destroyed key stays as an entry without a key, so that none is made again.  Processes keep keys that they
have used; each asks every second which were destroyed, and forgets those and what it had opened with them.
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from supportcarr.contracts.documents import Document
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import Clock
from supportcarr.kit.sealing.codec import KEY_BYTES, Cipher, SealBroken, place_of
from supportcarr.kit.sealing.keyset import KeysetError, KeyWrapper, key_id_of
from supportcarr.kit.store.port import (
    Collection,
    CollectionSpec,
    DuplicateKey,
    Index,
    Range,
    Store,
    StoreError,
    StoreUnavailable,
    VersionConflict,
)

KEYS_KEPT = 20_000  # of one process; the oldest are forgotten first
POLL_SECONDS = 1.0
DEAF_SECONDS = 10.0  # without an answer for so long, a process forgets every key
LOOK_BACK = timedelta(hours=1)  # more than clocks of two machines differ
_PAGE = 500

log = structlog.get_logger(__name__)


class DataKey(Document, frozen=True, kw_only=True):
    """A person's data key; the id is the person's.  Times are wall time."""

    wrapped: bytes | None = None  # ``None``: destroyed
    keyset_key: int | None = None  # the id of the key in the keyset that wrapped it
    created_at: datetime
    destroyed_at: datetime | None = None


DATA_KEYS = CollectionSpec("datakeys", DataKey, indexes=(Index("keyset_key"), Index("destroyed_at")))
SPECS = (DATA_KEYS,)

Ciphers = Mapping[str, Cipher | None]  # by person; ``None``: destroyed
MISSING = object()


class DataKeys:
    """The data keys of one process."""

    def __init__(self, store: Store, wrapper: KeyWrapper, clock: Clock) -> None:
        self._keys: Collection[DataKey] = store.collection(DATA_KEYS)
        self.wrapper = wrapper
        self._clock = clock
        self._kept: dict[str, Cipher | None] = {}
        self._known_destroyed: set[str] = set()
        self._listeners: list[Callable[[], None]] = []
        self._poller: asyncio.Task[None] | None = None
        self.generation = 0  # what was opened in an earlier one must not be kept
        self._answered_at = 0.0
        self.reads = self.unwrapped = self.created = 0

    # --- the keys of people -------------------------------------------------------------------

    def kept(self, people: Iterable[str]) -> Ciphers | None:
        """The ciphers of *people* if this process has all of them, else ``None``."""
        kept = self._kept
        found: dict[str, Cipher | None] = {}
        for person in people:
            cipher = kept.get(person, MISSING)
            if cipher is MISSING:
                return None
            found[person] = cipher  # type: ignore[assignment]
        return found

    async def to_open(self, people: Iterable[str]) -> Ciphers:
        """The ciphers of people whose values were sealed.

        Raises ``StoreError`` if a key is missing or cannot be unwrapped.
        """
        found, missing = self._split(people)
        if missing:
            stored = await self._keys.get_many(missing)
            self.reads += 1
            for person in missing:
                if person not in stored:
                    raise StoreError(f"The data key of {person} is missing from the store.")
                found[person] = self._take(stored[person])
        return found

    async def to_seal(self, people: Iterable[str]) -> Ciphers:
        """The ciphers of people, of whom some may not have a data key yet."""
        found, missing = self._split(people)
        if missing:
            stored = await self._keys.get_many(missing)
            self.reads += 1
            new = [person for person in missing if person not in stored]
            if len(new) > 1:
                stored |= await self._create_many(new)
            for person in missing:
                found[person] = self._take(stored.get(person) or await self._create(person))
        return found

    def _split(self, people: Iterable[str]) -> tuple[dict[str, Cipher | None], list[str]]:
        found: dict[str, Cipher | None] = {}
        missing: list[str] = []
        for person in dict.fromkeys(people):
            if person in self._kept:
                found[person] = self._kept[person]
            else:
                missing.append(person)
        return found, missing

    async def _check_keyset(self) -> None:
        if not self.wrapper.ready and await self._keys.count():
            raise StoreError("The keyset is missing, and the store holds data that it protects: restore it.")

    def _new_key(self, person: str) -> DataKey:
        self.created += 1
        try:
            wrapped = self.wrapper.wrap(os.urandom(KEY_BYTES), person)
        except KeysetError as error:  # the first one makes the keyset
            raise StoreError(str(error)) from None
        return DataKey(
            id=person, wrapped=wrapped, keyset_key=key_id_of(wrapped), created_at=self._clock.wall()
        )

    async def _create_many(self, people: Sequence[str]) -> dict[str, DataKey]:
        """The new keys of several people, stored together; another process's where it was first."""
        await self._check_keyset()
        keys = {person: self._new_key(person) for person in people}
        if await self._keys.insert_many(list(keys.values())) == len(keys):
            return keys
        return await self._keys.get_many(people)

    async def _create(self, person: str) -> DataKey:
        await self._check_keyset()
        try:
            return await self._keys.insert(self._new_key(person))
        except DuplicateKey:
            created = await self._keys.get(person)  # another process was first
            if created is None:
                raise StoreError(f"The data key of {person} is missing from the store.") from None
            return created

    def _take(self, key: DataKey) -> Cipher | None:
        # A key that was read before it was destroyed may arrive after that was noticed.
        gone = key.wrapped is None or key.id in self._known_destroyed
        cipher = None if gone or key.wrapped is None else Cipher(self._unwrap(key.wrapped, key.id))
        if len(self._kept) >= KEYS_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key.id] = cipher
        return cipher

    def _unwrap(self, wrapped: bytes, person: str) -> bytes:
        self.unwrapped += 1
        try:
            return self.wrapper.unwrap(wrapped, person)
        except KeysetError as error:
            if not self.wrapper.reload():
                raise StoreError(str(error)) from None
        try:
            return self.wrapper.unwrap(wrapped, person)
        except KeysetError as error:
            raise StoreError(str(error)) from None

    async def seal(self, person: str, purpose: str, data: bytes) -> str:
        """Data that is no field of a document, sealed; *purpose* names what it is and where it is stored.

        Empty if the person's key is destroyed.
        """
        cipher = (await self.to_seal([person]))[person]
        if cipher is None:
            return ""
        return base64.b64encode(cipher.seal(data, place_of("data", purpose, "", person))).decode()

    async def open(self, person: str, purpose: str, sealed: str) -> bytes | None:
        """What ``seal`` sealed; ``None`` if the person's key is destroyed.

        Raises ``StoreError`` if it was changed or belongs elsewhere.
        """
        cipher = (await self.to_open([person]))[person]
        if cipher is None or not sealed:
            return None
        try:
            return cipher.open(base64.b64decode(sealed), place_of("data", purpose, "", person))
        except (SealBroken, ValueError) as error:
            raise StoreError(f"{purpose} of {person}: {error}") from error

    async def probe(self) -> None:
        """Raise ``StoreError`` if the keyset is not the one that wrapped the store's data keys."""
        for key in (await self._keys.find(sort="-keyset_key", limit=1)).items:
            if key.wrapped is not None:
                self._unwrap(key.wrapped, key.id)

    # --- destruction --------------------------------------------------------------------------

    def on_destroyed(self, forget: Callable[[], None]) -> None:
        """Call *forget* when keys were destroyed: it drops what was opened with any key."""
        self._listeners.append(forget)

    async def destroy(self, person: str) -> None:
        """Make everything of that person unreadable: here at once, elsewhere within seconds.  Idempotent."""
        while True:
            key = await self._keys.get(person)
            now = self._clock.wall()
            try:
                if key is None:  # so that none is made later
                    await self._keys.insert(DataKey(id=person, created_at=now, destroyed_at=now))
                elif key.destroyed_at is None:
                    await self._keys.save(
                        msgspec.structs.replace(key, wrapped=None, keyset_key=None, destroyed_at=now)
                    )
            except (DuplicateKey, VersionConflict):
                continue
            self._forget([person])
            return

    async def notice_destroyed(self) -> int:
        """Forget the keys that any process has destroyed; the number of those that were new."""
        since = self._clock.wall() - LOOK_BACK
        new: list[str] = []
        current: set[str] = set()
        cursor: str | None = None
        while True:
            page = await self._keys.find(
                {"destroyed_at": Range(ge=since)}, sort="destroyed_at", limit=_PAGE, cursor=cursor
            )
            current |= {key.id for key in page.items}
            cursor = page.next_cursor
            if cursor is None:
                break
        new = [person for person in current if person not in self._known_destroyed]
        self._known_destroyed = current
        if new:
            self._forget(new)
        return len(new)

    def _forget(self, people: Iterable[str]) -> None:
        for person in people:
            self._kept[person] = None
            self._known_destroyed.add(person)
        self._drop_opened()

    def forget_all(self) -> None:
        """Forget every key and everything opened: the next use reads them again."""
        self._kept.clear()
        self._drop_opened()

    def _drop_opened(self) -> None:
        self.generation += 1
        for forget in self._listeners:
            forget()

    # --- the life of a process ----------------------------------------------------------------

    def start(self) -> None:
        """Ask every second which keys were destroyed, until ``close``."""
        if self._poller is None:
            self._answered_at = time.monotonic()
            self._poller = asyncio.create_task(self._poll(), name="data keys")

    async def close(self) -> None:
        poller, self._poller = self._poller, None
        await cancel_and_wait(poller)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await asyncio.to_thread(self.wrapper.reload)  # a key service may be slow
                await self.notice_destroyed()
                self._answered_at = time.monotonic()
            except StoreUnavailable:
                pass  # the store logs its outages
            except Exception as error:
                log.warning("data_keys_poll_failed", error=str(error))
            if time.monotonic() - self._answered_at > DEAF_SECONDS:
                self.forget_all()

    def stats(self) -> dict[str, int]:
        """Figures for the metrics."""
        return {
            "kept": len(self._kept),
            "reads_total": self.reads,
            "unwrapped_total": self.unwrapped,
            "created_total": self.created,
        }
