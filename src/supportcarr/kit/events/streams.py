"""Event streams in Redis: each event once, in order, numbered without gaps.

A stream is the sequence of events for one person or area (``user:usr_…``, ``ops:AREA``).  One Lua
script appends an event: it drops duplicates by event id, increments the offset of each of the event's
streams, writes the event to these streams, and once to a firehose, which the real-time processes read.

A position is ``EPOCH:OFFSET``.  The epoch is random and created by the first process that finds none;
it is lost together with the offsets when Redis is wiped.

An entry of the firehose also has what caused the event, for log lines and traces of those who deliver it; the
entries of the streams do not: who catches up asks for itself.

Each event has one mark, which holds the names of the streams that contain the event.  If an event is
published again for further streams, it is appended to those only.  Publications of the same iteration
of the event loop share a script call.

Retention: events are kept for ``keep_seconds`` (checked at every 16th event) and up to a maximum number
for each stream; the offsets and the epoch are kept for good.  An event published again after
``keep_seconds`` is not recognized as a duplicate.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Iterator, Sequence
from itertools import count
from typing import Any
from zlib import crc32

from supportcarr.kit.events.append_batch import AppendBatch, Positions
from supportcarr.kit.events.firehose import RETRY_SECONDS, FirehoseReader, decode_firehose_entry
from supportcarr.kit.events.settings import StreamSettings
from supportcarr.kit.events.stream_scripts import APPEND, POSITIONS
from supportcarr.kit.events.stream_types import (
    FirehoseBatch,
    Publication,
    StreamEvent,
    StreamReset,
    parse_position,
)
from supportcarr.kit.redis import keys
from supportcarr.kit.redis.client import Arg, RedisClient, RedisError, RedisReplyError

_APPEND_LIMIT = 40  # publications in a script call: other clients of Redis wait for it


class EventStreams:
    """The streams in one Redis."""

    def __init__(self, redis: RedisClient, settings: StreamSettings) -> None:
        self._redis = redis
        self._settings = settings
        self._candidate_epochs = _candidate_epochs()
        self._open_batch: AppendBatch | None = None  # of this iteration of the event loop
        self._firehoses = [keys.firehose(n) for n in range(settings.firehoses)]

    # --- appending ----------------------------------------------------------------------------

    async def append(self, publications: Sequence[Publication]) -> Positions:
        """Append each publication to its streams, in this order.

        Returns the position in each stream, in the same order; ``None`` for a duplicate.  Safe to
        repeat.  Raises ``RedisError``; what was appended before the error stays appended.
        """
        positions: Positions = []
        for start in range(0, len(publications), _APPEND_LIMIT):
            some = publications[start : start + _APPEND_LIMIT]
            batched = await self._append_batched(some)
            positions += await self._append(some) if batched is None else batched
        return positions

    async def _append_batched(self, publications: Sequence[Publication]) -> Positions | None:
        """Append in one script call with all callers of this iteration of the event loop.

        ``None``: the call was refused because of one of the publications; each caller must append its
        own, so that the error of one does not affect the others.
        """
        batch = self._open_batch
        if batch is not None and len(batch.publications) + len(publications) <= _APPEND_LIMIT:
            return await batch.join(publications)
        batch = self._open_batch = AppendBatch(publications)
        try:
            try:
                await asyncio.sleep(0)
            finally:
                if self._open_batch is batch:
                    self._open_batch = None
            positions = await self._append(batch.publications)
        except RedisReplyError:
            batch.abandon()
            return None
        except BaseException as error:  # Redis is unavailable, or this caller was cancelled
            batch.abandon(error if isinstance(error, RedisError) else None)
            raise
        return batch.complete(positions)

    async def _append(self, publications: Sequence[Publication]) -> Positions:
        settings = self._settings
        touched = [keys.stream_positions(), *self._firehoses]
        args: list[Arg] = [
            next(self._candidate_epochs),
            settings.keep_seconds,
            settings.firehose_events,
            len(self._firehoses),
        ]
        for one in publications:
            touched.append(keys.stream_seen(one.event_id))
            names = f" {' '.join(one.streams)} "
            args += one.event_id, one.name, one.at, one.data, len(one.streams), names, one.cause
            for stream in one.streams:
                touched.append(keys.stream(stream))
                args += stream, self._max_length(stream), self._firehose_index(stream)
        epoch, *offsets = await self._redis.script(APPEND, touched, args)
        return [f"{epoch.decode()}:{offset}" if offset else None for offset in offsets]

    def _max_length(self, stream: str) -> int:
        return self._settings.ops_events if stream.startswith("ops:") else self._settings.user_events

    def _firehose_index(self, stream: str) -> int:
        count = len(self._firehoses)
        return crc32(stream.encode()) % count if count > 1 else 0

    # --- reading ------------------------------------------------------------------------------

    async def current_positions(self, streams: Sequence[str]) -> dict[str, str]:
        """The position of the last event of each stream; ``EPOCH:0`` if it has none.

        Raises ``RedisError``.
        """
        epoch, *offsets = await self._redis.script(
            POSITIONS, [keys.stream_positions()], [next(self._candidate_epochs), *streams], decode=True
        )
        return {stream: f"{epoch}:{offset or 0}" for stream, offset in zip(streams, offsets, strict=True)}

    async def read(self, stream: str, after: str, limit: int = 200) -> list[StreamEvent]:
        """The events after the position *after*, oldest first, at most *limit*.

        Fewer than *limit*: there are no more.  Raises ``StreamReset``, also for a malformed position,
        and ``RedisError``.
        """
        epoch, offset = parse_position(after)
        # The current position is read first: it may be behind the entries read next, never ahead.
        (current_epoch, last_offset), entries = await self._redis.batch(
            [
                ("HMGET", keys.stream_positions(), "", stream),
                ("XRANGE", keys.stream(stream), f"{offset + 1}-0", "+", "COUNT", limit),
            ]
        )
        if current_epoch is None:  # Redis was wiped, and no process has created an epoch since
            raise StreamReset(stream, (await self.current_positions([stream]))[stream])
        current, last = current_epoch.decode(), int(last_offset or 0)
        reset = StreamReset(stream, f"{current}:{last}")
        if epoch != current or offset > last:
            raise reset
        if offset == last:
            return []
        events = [_decode_entry(stream, current, entry) for entry in entries]
        if not events or events[0].position != f"{current}:{offset + 1}":
            raise reset
        return events

    async def firehose(self, start: str | None = None) -> AsyncGenerator[FirehoseBatch, None]:
        """Everything that is appended to any stream from now on, in order for each stream.

        The first batch comes at once and is empty, with the epoch: positions read after it miss
        nothing.  *start* (an entry id, which is a time) begins after that entry instead.  A broken
        connection loses nothing; a wiped Redis appears as a batch with ``new_epoch``.
        """
        last: dict[str, str] = {} if start is None else dict.fromkeys(self._firehoses, start)
        epoch = ""
        check_epoch = True  # needed only while no events come: the events themselves carry the epoch
        async with FirehoseReader(self._redis, self._firehoses) as reader:
            while True:
                try:
                    if not last:
                        last = await reader.last_ids()
                    if check_epoch and (current := await self._current_epoch()) != epoch:
                        if epoch:
                            last = dict.fromkeys(last, "0-0")  # nothing of the new epoch was read yet
                        yield FirehoseBatch(current, [], new_epoch=bool(epoch))
                        epoch = current
                    read = await reader.read(last)
                    events = [
                        event
                        for _, entries in read
                        for _, fields in entries
                        for event in decode_firehose_entry(fields)
                    ]
                    prefix = f"{epoch}:"
                    of_epoch = [event for event in events if event.position.startswith(prefix)]
                    if len(of_epoch) < len(events) and await self._current_epoch() != epoch:
                        # Wiped while this waited: read the new epoch from its first entry, whatever its
                        # id is (ids are times, and the clock of another server may be behind).
                        check_epoch = True
                        continue
                except RedisError:
                    await asyncio.sleep(RETRY_SECONDS)
                    check_epoch = True
                    continue
                check_epoch = not read
                if read:
                    last |= {key.decode(): entries[-1][0].decode() for key, entries in read}
                    yield FirehoseBatch(epoch, of_epoch)

    async def _current_epoch(self) -> str:
        (epoch,) = await self._redis.script(
            POSITIONS, [keys.stream_positions()], [next(self._candidate_epochs)], decode=True
        )
        return str(epoch)


def _candidate_epochs() -> Iterator[str]:
    """Unique names for a new epoch.  One random prefix serves all: a random name each is a system call."""
    prefix = secrets.token_hex(6)
    return (f"{prefix}{number:x}" for number in count())


def _decode_entry(stream: str, epoch: str, entry: Sequence[Any]) -> StreamEvent:
    _, event_id, _, name, _, at, _, data = entry[1]
    position = f"{epoch}:{entry[0].partition(b'-')[0].decode()}"
    return StreamEvent(stream, position, event_id.decode(), name.decode(), at.decode(), data)
