"""What one client saw, as it wrote it down: the evidence of ``events_exact``.

Only what a client applied is written: its own rule drops a repeat of a stream and id it knows, and
applies the events of a stream in the order of their ``seq``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

EventKey = tuple[str, ...]
"""What an event is about, whatever its id: its name, and the ids and figures that make it that one."""


class StreamPosition(msgspec.Struct, frozen=True, order=True, array_like=True):
    """``epoch:seq``."""

    epoch: str
    offset: int

    @classmethod
    def parse(cls, text: str) -> StreamPosition:
        """Raises ``ValueError``."""
        epoch, _, seq = text.rpartition(":")
        return cls(epoch, int(seq))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}"


class Subscription(msgspec.Struct, frozen=True, array_like=True):
    """Where a client began to follow a stream, for the first time or after a reset (city time)."""

    stream: str
    position: StreamPosition
    at: float
    first: bool


class ReceivedEvent(msgspec.Struct, frozen=True, array_like=True):
    """One event that the client applied; *at* is the city time of its arrival."""

    stream: str
    position: StreamPosition
    id: str
    key: EventKey
    at: float


class LoadedState(msgspec.Struct, frozen=True, kw_only=True):
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
    subscriptions: list[Subscription] = []
    received: list[ReceivedEvent] = []
    loaded_states: list[LoadedState] = []
    accepted_rescues: list[str] = []  # rescues that the API told this rider it has taken


class Journal:
    """Keeps the record; with ``keep=False`` (an endless city) only what following needs."""

    def __init__(self, role: str, *, keep: bool = True) -> None:
        self.record = JournalRecord(user_id="", role=role)
        self._keep = keep

    def record_subscription(self, stream: str, cursor: StreamPosition, at: float, *, first: bool) -> None:
        if self._keep:
            self.record.subscriptions.append(Subscription(stream, cursor, at, first))

    def record_event(
        self, stream: str, cursor: StreamPosition, id: str, name: str, data: Mapping[str, Any], at: float
    ) -> None:
        if self._keep:
            self.record.received.append(ReceivedEvent(stream, cursor, id, key_of_event(name, data), at))

    def record_repeat(self, stream: str, cursor: StreamPosition, id: str, at: float) -> None:
        """A repeat was dropped that had a new place in its stream, which is now taken."""
        if self._keep:
            self.record.received.append(ReceivedEvent(stream, cursor, id, REPEAT, at))

    def record_state(self, loaded: LoadedState) -> None:
        if self._keep:
            self.record.loaded_states.append(loaded)

    def record_accepted_rescue(self, rescue_id: str) -> None:
        if self._keep:
            self.record.accepted_rescues.append(rescue_id)


_KEYS: dict[str, tuple[str, ...]] = {
    "rescue:status_update": ("rescue_id", "version"),
    "offer:new": ("id",),
    "offer:closed": ("offer_id", "outcome"),
    "payment:processed": ("payment_id", "kind", "status", "amount_minor"),
    "notification:new": ("id",),
}


def key_of_event(name: str, data: Mapping[str, Any]) -> EventKey:
    """What the event is about; for an event that is not judged, only its name."""
    return event_key(name, *(data.get(field) for field in _KEYS.get(name, ())))


def event_key(name: str, *parts: object) -> EventKey:
    return (name, *map(str, parts))


REPEAT: EventKey = ("repeat",)
AUDITED_EVENTS = frozenset(_KEYS)
