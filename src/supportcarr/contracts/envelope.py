"""How a domain event is stored and handed on: with its document, version, time and actor."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.events import AnyEvent, DomainEvent

__all__ = ["AnyEvent", "DomainEvent", "EventEnvelope", "PendingEvents"]


class EventEnvelope(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as it was saved: with the document it belongs to and the version that it led to.

    ``id`` is ``DOCUMENT.VERSION.N`` (N counts the facts of one save from 0), so that the same save
    always has the same event ids, and the events of a document sort.
    """

    id: str
    collection: str
    document_id: str
    document_version: int
    at: datetime  # city time
    actor: Actor
    event: AnyEvent


class PendingEvents(msgspec.Struct, frozen=True):
    """The facts of one save, with who caused them and when (city time)."""

    events: tuple[AnyEvent, ...]
    by: Actor
    at: datetime

    def envelopes(self, collection: str, document_id: str, version: int) -> list[EventEnvelope]:
        """The events of the save that led to *version*."""
        return [
            EventEnvelope(
                id=f"{document_id}.{version}.{n}",
                collection=collection,
                document_id=document_id,
                document_version=version,
                at=self.at,
                actor=self.by,
                event=fact,
            )
            for n, fact in enumerate(self.events)
        ]
