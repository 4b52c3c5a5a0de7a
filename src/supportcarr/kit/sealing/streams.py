"""Event streams whose data is sealed in Redis, where it says something of a person.

Data with an owner is stored as ``!OWNER BASE64``, which is no JSON.  Real-time processes open it once for all
recipients.  What cannot be opened any more, because the owner's key was destroyed, is not sent: a client is
told to reload the stream, and finds the neutral values.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from supportcarr.kit.events.append_batch import Positions
from supportcarr.kit.events.stream_types import FirehoseBatch, Publication, StreamEvent, StreamReset
from supportcarr.kit.events.streams import EventStreams
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.sealing.codec import SealBroken, place_of
from supportcarr.kit.sealing.data_keys import DataKeys
from supportcarr.kit.store.port import StoreError

_MARK = b"!"


class SealedStreams:
    """The streams of ``EventStreams``, with data keys."""

    def __init__(self, streams: EventStreams, data_keys: DataKeys) -> None:
        self._streams, self._keys = streams, data_keys

    async def append(self, publications: Sequence[Publication]) -> Positions:
        """As ``EventStreams.append``."""
        owned = {one.owner for one in publications if one.owner is not None}
        if not owned:
            return await self._streams.append(publications)
        ciphers = await self._keys.to_seal(owned)
        sealed = []
        for one in publications:
            if one.owner is None:
                sealed.append(one)
            elif (cipher := ciphers[one.owner]) is not None:
                data = base64.b64encode(cipher.seal(one.data, _place(one.event_id, one.name)))
                sealed.append(
                    msgspec.structs.replace(one, data=_MARK + one.owner.encode() + b" " + data, owner=None)
                )
        return await self._streams.append(sealed)

    async def current_positions(self, streams: Sequence[str]) -> dict[str, str]:
        return await self._streams.current_positions(streams)

    async def read(self, stream: str, after: str, limit: int = 200) -> list[StreamEvent]:
        """As ``EventStreams.read``."""
        events = await self._streams.read(stream, after, limit)
        try:
            opened = await self._open(events)
        except StoreError as error:
            raise RedisError(f"the data keys cannot be read: {error}") from error
        if len(opened) < len(events):
            raise StreamReset(stream, (await self.current_positions([stream]))[stream])
        return opened

    async def firehose(self, start: str | None = None) -> AsyncGenerator[FirehoseBatch, None]:
        """As ``EventStreams.firehose``; a client that misses an event reads it from its stream."""
        async with aclosing(self._streams.firehose(start)) as batches:
            async for batch in batches:
                if any(event.data.startswith(_MARK) for event in batch.events):
                    yield FirehoseBatch(batch.epoch, await self._open(batch.events), batch.new_epoch)
                else:
                    yield batch

    async def _open(self, events: Sequence[StreamEvent]) -> list[StreamEvent]:
        """The events with their data in clear, without those that cannot be opened."""
        owners = {_owner(event.data) for event in events if event.data.startswith(_MARK)}
        if not owners:
            return list(events)
        ciphers = self._keys.kept(owners) or await self._keys.to_open(owners)
        opened: list[StreamEvent] = []
        last: tuple[bytes, bytes] = (b"", b"")  # an event of several streams is opened once
        for event in events:
            if not event.data.startswith(_MARK):
                opened.append(event)
                continue
            if event.data != last[0]:
                cipher = ciphers[_owner(event.data)]
                if cipher is None:
                    continue
                sealed = base64.b64decode(event.data.partition(b" ")[2])
                try:
                    last = event.data, cipher.open(sealed, _place(event.id, event.name))
                except SealBroken:
                    continue
            opened.append(msgspec.structs.replace(event, data=last[1]))
        return opened


def _owner(data: bytes) -> str:
    return data[len(_MARK) :].partition(b" ")[0].decode()


def _place(event_id: str, name: str) -> bytes:
    return place_of("stream event", name, "data", event_id)
