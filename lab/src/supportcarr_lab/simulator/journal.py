"""The journal of one client: the events that it applied, from which ``events_exact`` is verified.

Only applied events are recorded.  A client drops repeated ids of a stream, and applies the events of a
stream in the order of their offsets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

EventKey = tuple[str, ...]
"""Identifies an event by its content instead of its id: its name, then the fields that make it unique."""


class StreamPosition(msgspec.Struct, frozen=True, order=True, array_like=True):
    """A position in a stream.  On the wire: ``EPOCH:OFFSET``."""

    epoch: str
    offset: int

    @classmethod
    def parse(cls, text: str) -> StreamPosition:
        """Raises ``ValueError``."""
        epoch, _, offset = text.rpartition(":")
        return cls(epoch, int(offset))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.offset}"


class Subscription(msgspec.Struct, frozen=True, array_like=True):
    """The position from which a client follows a stream; *at* is city time.

    *first* is False after a reset, when the client had followed the stream before.
    """

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
    """The state that a client loaded by REST.  *at*: city time before the first request."""

    at: float
    versions: dict[str, int]  # of its rescues
    payments: dict[str, tuple[str, int, int]]  # of its rescues: status, captured, refunded
    offers: tuple[str, ...] | None  # ids of open offers; ``None``: not loaded (riders)
    notifications: tuple[str, ...]
    photos: tuple[str, ...] = ()  # of its latest rescues


class JournalRecord(msgspec.Struct, kw_only=True):
    """The content of a client's journal."""

    user_id: str  # empty until signed in
    role: str
    subscriptions: list[Subscription] = []
    received: list[ReceivedEvent] = []
    loaded_states: list[LoadedState] = []
    accepted_rescues: list[str] = []  # rescues that the API has accepted from this rider


class Journal:
    """Writes the record; with ``keep=False`` (a city without an end) it records nothing."""

    def __init__(self, role: str, *, keep: bool = True) -> None:
        self.record = JournalRecord(user_id="", role=role)
        self._keep = keep

    def record_subscription(self, stream: str, position: StreamPosition, at: float, *, first: bool) -> None:
        if self._keep:
            self.record.subscriptions.append(Subscription(stream, position, at, first))

    def record_event(
        self, stream: str, position: StreamPosition, id: str, name: str, data: Mapping[str, Any], at: float
    ) -> None:
        if self._keep:
            self.record.received.append(ReceivedEvent(stream, position, id, key_of_event(name, data), at))

    def record_repeat(self, stream: str, position: StreamPosition, id: str, at: float) -> None:
        """Record that a repeated event with a new offset was dropped, so that the offset is not a gap."""
        if self._keep:
            self.record.received.append(ReceivedEvent(stream, position, id, REPEAT, at))

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
    "photo:new": ("photo_id",),
}


def key_of_event(name: str, data: Mapping[str, Any]) -> EventKey:
    """The key of an event; for an event that is not audited, only its name."""
    return event_key(name, *(data.get(field) for field in _KEYS.get(name, ())))


def event_key(name: str, *parts: object) -> EventKey:
    return (name, *map(str, parts))


REPEAT: EventKey = ("repeat",)
AUDITED_EVENTS = frozenset(_KEYS)
