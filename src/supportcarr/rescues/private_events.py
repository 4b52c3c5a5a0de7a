"""Events that change a rescue and are never published: a PIN, a person's own words, a counted try."""

from __future__ import annotations

from typing import cast

from supportcarr.contracts.events import AnyEvent, DomainEvent


class PrivateEvent(DomainEvent, frozen=True, kw_only=True):
    """Base of the events that stay in this package."""


class PinMistyped(PrivateEvent, frozen=True, kw_only=True):
    """A wrong start PIN was tried."""


class PinChosen(PrivateEvent, frozen=True, kw_only=True):
    """The new PIN that belongs to a ``PinRenewed``."""

    pin: str


class Explained(PrivateEvent, frozen=True, kw_only=True):
    """The reason in a person's own words; the event before it says ``other``."""

    words: str


def published_events(events: tuple[DomainEvent, ...]) -> tuple[AnyEvent, ...]:
    """The events without the private ones."""
    return tuple(cast(AnyEvent, event) for event in events if not isinstance(event, PrivateEvent))
