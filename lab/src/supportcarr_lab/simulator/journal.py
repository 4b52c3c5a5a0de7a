"""What one client saw, as it wrote it down: the evidence of ``events_exact``.

Only what a client applied is written: its own rule drops a repeat of a stream and id it knows, and
applies the events of a stream in the order of their ``seq``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

Key = tuple[str, ...]
"""What an event is about, whatever its id: its name, and the ids and figures that make it that one."""


class Cursor(msgspec.Struct, frozen=True, order=True, array_like=True):
    """``epoch:seq``."""

    epoch: str
    seq: int

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises ``ValueError``."""
        epoch, _, seq = text.rpartition(":")
        return cls(epoch, int(seq))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """Where a client began to follow a stream, for the first time or after a reset (city time)."""

    stream: str
    cursor: Cursor
    at: float
    first: bool


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """One event that the client applied; *at* is the city time of its arrival."""

    stream: str
    cursor: Cursor
    id: str
    key: Key
    at: float


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """The state that a client loaded by REST.  *at*: the city time at which it began to load."""

    at: float
    versions: dict[str, int]  # of its rescues
    payments: dict[str, tuple[str, int, int]]  # of its rescues: status, captured, refunded
    offers: tuple[str, ...] | None  # ids of the open ones; none: it did not ask
    notifications: tuple[str, ...]


class JournalRecord(msgspec.Struct, kw_only=True):
    """A client's journal, as it is handed to the judge."""

    user_id: str  # empty until signed in
    role: str
    marks: list[Mark] = []
    seen: list[Seen] = []
    loaded: list[Loaded] = []
    acknowledged: list[str] = []  # rescues that the API told this rider it has taken


class Journal:
    """Keeps the record; with ``keep=False`` (an endless city) only what following needs."""

    def __init__(self, role: str, *, keep: bool = True) -> None:
        self.record = JournalRecord(user_id="", role=role)
        self._keep = keep

    def mark(self, stream: str, cursor: Cursor, at: float, *, first: bool) -> None:
        if self._keep:
            self.record.marks.append(Mark(stream, cursor, at, first))

    def saw(
        self, stream: str, cursor: Cursor, id: str, name: str, data: Mapping[str, Any], at: float
    ) -> None:
        if self._keep:
            self.record.seen.append(Seen(stream, cursor, id, key_of(name, data), at))

    def repeat(self, stream: str, cursor: Cursor, id: str, at: float) -> None:
        """A repeat was dropped that had a new place in its stream, which is now taken."""
        if self._keep:
            self.record.seen.append(Seen(stream, cursor, id, REPEAT, at))

    def load(self, loaded: Loaded) -> None:
        if self._keep:
            self.record.loaded.append(loaded)

    def acknowledge(self, rescue_id: str) -> None:
        if self._keep:
            self.record.acknowledged.append(rescue_id)


_KEYS: dict[str, tuple[str, ...]] = {
    "rescue:status_update": ("rescue_id", "version"),
    "offer:new": ("id",),
    "offer:closed": ("offer_id", "outcome"),
    "payment:processed": ("payment_id", "kind", "status", "amount_minor"),
    "notification:new": ("id",),
}


def key_of(name: str, data: Mapping[str, Any]) -> Key:
    """What the event is about; for an event that is not judged, only its name."""
    return key(name, *(data.get(field) for field in _KEYS.get(name, ())))


def key(name: str, *parts: object) -> Key:
    return (name, *map(str, parts))


REPEAT: Key = ("repeat",)
JUDGED = frozenset(_KEYS)
