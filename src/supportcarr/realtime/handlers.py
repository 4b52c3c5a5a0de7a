"""The consumer that publishes domain events to the streams."""

from __future__ import annotations

from typing import Any

import msgspec

from supportcarr.contracts.envelope import AnyEvent, EventEnvelope
from supportcarr.contracts.events import MessageSent, NotificationCreated, OfferMade
from supportcarr.kit.events.consumer import Consumer, Phase
from supportcarr.kit.events.stream_types import Publication
from supportcarr.kit.observability import tracing
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.runtime.retry import RetryLater
from supportcarr.realtime.causes import encode_cause
from supportcarr.realtime.event_mapping import STREAMED_EVENTS, Payload, PayloadRef, to_stream_messages
from supportcarr.realtime.ports import PayloadLoader, StreamAppender

RETRY_SECONDS = 2.0  # wall: the same delay as of everything else after an outage of Redis

_json = msgspec.json.Encoder()


class StreamPublisher:
    """Appends the messages that ``event_mapping`` makes of an event to their streams."""

    def __init__(self, streams: StreamAppender, payloads: PayloadLoader) -> None:
        self._streams = streams
        self._payloads = payloads

    async def publish(self, event: EventEnvelope) -> None:
        """Idempotent.  Raises ``RetryLater`` while Redis is unavailable.

        The relay retries in the order of the document.  Later events of the document wait for this one,
        so the delay is fixed: it must not grow with the length of the outage.
        """
        # The collection is part of the id: documents of two collections may have the same id.
        event_id = f"{event.collection}.{event.id}"
        at = event.at.isoformat().replace("+00:00", "Z")
        cause = encode_cause(tracing.cause())
        publications: list[Publication] = []
        for message in to_stream_messages(event):
            data = await self._encode(message.payload)
            if data is not None:
                owner = _owner(event.event) if isinstance(message.payload, PayloadRef) else None
                publications.append(
                    Publication(message.streams, event_id, message.name, at, data, owner, cause)
                )
        if publications:
            try:
                await self._streams.append(publications)
            except RedisError as error:
                raise RetryLater(RETRY_SECONDS, f"the streams cannot be appended to: {error}") from error

    async def _encode(self, payload: Payload) -> bytes | None:
        """The payload's JSON; ``None`` if what it refers to was deleted."""
        loaded = await self._load(payload) if isinstance(payload, PayloadRef) else payload
        return None if loaded is None else _json.encode(loaded)

    async def _load(self, ref: PayloadRef) -> Any | None:
        match ref.kind:
            case "offer":
                return await self._payloads.offer(ref.id)
            case "message":
                return await self._payloads.message(ref.id)
            case "notification":
                return await self._payloads.notification(ref.id)


def _owner(event: AnyEvent) -> str | None:
    """The person with whose data key a loaded payload is sealed: its author, or the one it is for."""
    match event:
        case MessageSent():
            return event.sender_id
        case OfferMade():
            return event.driver_id
        case NotificationCreated():
            return event.user_id
        case _:
            return None


def consumers(streams: StreamAppender, payloads: PayloadLoader) -> list[Consumer]:
    """A quick consumer: one script call.

    Duplicates are dropped by event id; the relay keeps the order of a document's events.
    """
    publisher = StreamPublisher(streams, payloads)
    return [Consumer("realtime.publish", STREAMED_EVENTS, publisher.publish, Phase.DELIVERY)]
