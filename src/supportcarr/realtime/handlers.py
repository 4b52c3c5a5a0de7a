"""The consumer that puts facts on people's streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from supportcarr.contracts.envelope import EventEnvelope
from supportcarr.kit.events.streams import Entry
from supportcarr.kit.jobs.declarations import Consumer, RetryLater
from supportcarr.kit.redis.errors import RedisError
from supportcarr.realtime.event_mapping import FED, Payload, View, outgoing
from supportcarr.realtime.ports import Views

RETRY_SECONDS = 2.0  # wall: as late as everything else that a lost Redis delays

_json = msgspec.json.Encoder()


class Appending(Protocol):
    """``kit.events.streams.Streams``."""

    async def append(self, entries: Sequence[Entry]) -> list[str | None]:
        """Drops what it has already, by stream and event id.  Raises ``RedisError``."""


class StreamPublisher:
    """Appends to the streams what the table of the feed says of an event."""

    def __init__(self, streams: Appending, views: Views) -> None:
        self._streams = streams
        self._views = views

    async def feed(self, event: EventEnvelope) -> None:
        """Idempotent.  Raises ``RetryLater`` without Redis: the relay retries in the order of the document.

        What people are told of the document next waits for it, so the pause must not grow with the
        time that Redis was away.
        """
        # The collection is part of the id: documents of two collections may share theirs.
        event_id = f"{event.collection}.{event.id}"
        at = event.at.isoformat().replace("+00:00", "Z")
        entries: list[Entry] = []
        for out in outgoing(event):
            body = await self._body(out.payload)
            if body is not None:
                entries.append(Entry(out.streams, event_id, out.name, at, body))
        if entries:
            try:
                await self._streams.append(entries)
            except RedisError as error:
                raise RetryLater(RETRY_SECONDS, f"the streams cannot be appended to: {error}") from error

    async def _body(self, payload: Payload) -> bytes | None:
        """The payload's JSON; ``None`` if what it shows is gone."""
        shown = await self._show(payload) if isinstance(payload, View) else payload
        return None if shown is None else _json.encode(shown)

    async def _show(self, view: View) -> Any | None:
        match view.of:
            case "offer":
                return await self._views.offer(view.id)
            case "message":
                return await self._views.message(view.id)
            case "notification":
                return await self._views.notification(view.id)


def consumers(streams: Appending, views: Views) -> list[Consumer]:
    """Quick: one script call.  A repeat is dropped by its id, and a document's events keep their order
    because the relay hands them on in it."""
    return [Consumer("realtime.feed", FED, StreamPublisher(streams, views).feed)]
