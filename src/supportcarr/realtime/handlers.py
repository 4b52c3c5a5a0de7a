"""The consumer that puts facts on people's streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.kit.events.streams import Publication
from supportcarr.kit.jobs.declarations import Consumer, RetryLater
from supportcarr.kit.redis.errors import RedisError
from supportcarr.realtime.event_mapping import STREAMED_EVENTS, Payload, PayloadRef, to_stream_messages
from supportcarr.realtime.ports import PayloadLoader

RETRY_SECONDS = 2.0  # wall: as late as everything else that a lost Redis delays

_json = msgspec.json.Encoder()


class StreamAppender(Protocol):
    """``kit.events.streams.Streams``."""

    async def append(self, entries: Sequence[Publication]) -> list[str | None]:
        """Drops what it has already, by stream and event id.  Raises ``RedisError``."""


class StreamPublisher:
    """Appends to the streams what the table of the feed says of an event."""

    def __init__(self, streams: StreamAppender, views: PayloadLoader) -> None:
        self._streams = streams
        self._views = views

    async def publish(self, event: EventEnvelope) -> None:
        """Idempotent.  Raises ``RetryLater`` without Redis: the relay retries in the order of the document.

        What people are told of the document next waits for it, so the pause must not grow with the
        time that Redis was away.
        """
        # The collection is part of the id: documents of two collections may share theirs.
        event_id = f"{event.collection}.{event.id}"
        at = event.at.isoformat().replace("+00:00", "Z")
        entries: list[Publication] = []
        for out in to_stream_messages(event):
            body = await self._body(out.payload)
            if body is not None:
                entries.append(Publication(out.streams, event_id, out.name, at, body))
        if entries:
            try:
                await self._streams.append(entries)
            except RedisError as error:
                raise RetryLater(RETRY_SECONDS, f"the streams cannot be appended to: {error}") from error

    async def _body(self, payload: Payload) -> bytes | None:
        """The payload's JSON; ``None`` if what it shows is gone."""
        shown = await self._show(payload) if isinstance(payload, PayloadRef) else payload
        return None if shown is None else _json.encode(shown)

    async def _show(self, view: PayloadRef) -> Any | None:
        match view.kind:
            case "offer":
                return await self._views.offer(view.id)
            case "message":
                return await self._views.message(view.id)
            case "notification":
                return await self._views.notification(view.id)


def consumers(streams: StreamAppender, views: PayloadLoader) -> list[Consumer]:
    """Quick: one script call.  A repeat is dropped by its id, and a document's events keep their order
    because the relay hands them on in it."""
    return [Consumer("realtime.feed", STREAMED_EVENTS, StreamPublisher(streams, views).publish)]
