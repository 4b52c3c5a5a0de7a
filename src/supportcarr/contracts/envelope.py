"""A domain event as stored: with its document, version, time and actor."""

from __future__ import annotations

from datetime import datetime

import msgspec

from supportcarr.contracts.actors import Actor
from supportcarr.contracts.events import AnyEvent, DomainEvent

__all__ = ["AnyEvent", "Cause", "DomainEvent", "EventEnvelope", "PendingEvents"]


class Cause(msgspec.Struct, frozen=True, omit_defaults=True):
    """The request that an event or a job follows from, directly or through others.

    Log lines of all processes carry ``request_id``; ``traceparent`` (W3C Trace Context) is the span that
    saved it, if the request is traced.
    """

    request_id: str | None = None
    traceparent: str | None = None


class EventEnvelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A domain event as stored, with the version of the document that it led to.

    In the outbox ``sealed`` has the sealed values of the event's personal fields (``kit.sealing``); consumers
    get an envelope without it.

    ``id`` is ``DOCUMENT.VERSION.N`` (N counts the events of one save from 0): a repeated save has the
    same event ids, and the events of a document have an order.
    """

    id: str
    collection: str
    document_id: str
    document_version: int
    at: datetime  # city time
    actor: Actor
    event: AnyEvent = msgspec.field(name="fact")  # the stored name: outboxes and jobs hold it
    sealed: dict[str, bytes] | None = None
    cause: Cause | None = None


class PendingEvents(msgspec.Struct, frozen=True):
    """The events of one save before it is stored: with their actor and time (city time)."""

    events: tuple[AnyEvent, ...]
    by: Actor
    at: datetime

    def envelopes(
        self, collection: str, document_id: str, version: int, cause: Cause | None = None
    ) -> list[EventEnvelope]:
        """The envelopes of the save that led to *version*."""
        return [
            EventEnvelope(
                id=f"{document_id}.{version}.{n}",
                collection=collection,
                document_id=document_id,
                document_version=version,
                at=self.at,
                actor=self.by,
                event=event,
                cause=cause,
            )
            for n, event in enumerate(self.events)
        ]
