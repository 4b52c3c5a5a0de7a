"""One connected client: it gets each event of its streams once and in order.

A session knows the next offset of each of its streams.  Of the events that the process receives live it
sends exactly the one with that offset, drops lower ones, and for a higher one first reads the missing
events from the stream.  So it does not matter how many events the process missed, or whether it
receives one twice.

A slow client costs little memory.  While too many frames are queued nothing more is sent; live events
beyond a small inbox are dropped and read from the stream later; of locations only the latest of each
driver is kept.  A client that does not read at all is disconnected.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from supportcarr.kit.events.stream_types import StreamEvent, StreamReset, parse_position
from supportcarr.kit.observability import tracing
from supportcarr.kit.redis.errors import RedisError
from supportcarr.realtime import frames, messages
from supportcarr.realtime.causes import decode_cause
from supportcarr.realtime.delivery import Delivery
from supportcarr.realtime.messages import StreamPositionsUpdate
from supportcarr.realtime.ports import StreamReader, Transport


@dataclass(frozen=True, slots=True)
class BackpressureLimits:
    """How far a client may fall behind: queued frames, and wall seconds."""

    skip_locations_above: int = 16  # with more frames queued, locations wait
    pause_above: int = 128  # with so many frames queued, nothing is sent
    inbox_size: int = 256  # live events kept in memory; further ones are read from the stream
    disconnect_above: int = 1024  # with more frames queued (acknowledgements), it is disconnected
    stall_timeout_seconds: float = 15.0  # paused for so long, it is disconnected
    read_limit: int = 200  # events of one read from a stream
    retry_seconds: float = 0.25  # between attempts to read while Redis is unavailable
    poll_seconds: float = 0.02  # between checks of a full queue


class SlowClient(Exception):
    """The client does not read what it is sent."""


class LiveEvent:
    """A stream's event as the process received it; its frame is encoded once, for the first recipient."""

    __slots__ = ("_frame", "began", "cause", "epoch", "event", "offset")

    def __init__(self, event: StreamEvent) -> None:
        self.event = event
        self.cause = decode_cause(event.cause)
        traced = self.cause is not None and self.cause.traceparent is not None
        self.began = time.time_ns() if traced else 0  # of the spans of its deliveries; 0: it is not traced
        self.epoch, self.offset = parse_position(event.position)
        self._frame: str | None = None

    @property
    def frame(self) -> str:
        if self._frame is None:
            self._frame = frames.stream_event_frame(self.event)
        return self._frame

    def delivered(self) -> None:
        """It was handed to the writer of a client's socket."""
        if self.began and self.cause is not None and self.cause.traceparent is not None:
            attributes: tracing.Attributes = {"supportcarr.event_id": self.event.id}
            if self.cause.request_id is not None:
                attributes["supportcarr.request_id"] = self.cause.request_id
            tracing.record(self.cause.traceparent, f"deliver {self.event.name}", attributes, began=self.began)


class ClientSession:
    """The state of one connection.  ``run`` sends; the other methods only enqueue work for it."""

    def __init__(
        self,
        transport: Transport,
        streams: Sequence[str],
        reader: StreamReader,
        limits: BackpressureLimits | None = None,
        delivery: Delivery | None = None,
    ) -> None:
        self._delivery = delivery
        self.streams = tuple(streams)
        self._transport = transport
        self._reader = reader
        self._limits = limits or BackpressureLimits()
        self._wake = asyncio.Event()
        # Changed by ``run`` only:
        self._epoch = ""
        self._next_offset: dict[str, int] = {}
        self._lagging: set[str] = set()  # to be read from the stream
        self._to_reset: set[str] = set()
        self._replaying_after: dict[str, int] = {}  # by stream being read: the offset it was read after
        # Work for ``run``:
        self._inbox: deque[LiveEvent] = deque()
        self._overflowed: set[str] = set()  # streams of which live events did not fit in the inbox
        self._locations: dict[str, str] = {}
        self._syncs: dict[str, str] = {}
        self._positions: Mapping[str, str] | None = None
        self._new_epoch: str | None = None

    # --- enqueueing work ----------------------------------------------------------------------

    def on_event(self, event: LiveEvent) -> None:
        """The process received an event of one of this session's streams."""
        if len(self._inbox) < self._limits.inbox_size:
            self._inbox.append(event)
        else:
            self._overflowed.add(event.event.stream)
        self._wake.set()

    def on_location(self, driver_id: str, frame: str) -> None:
        """A driver's latest location; it replaces an earlier one that was not sent yet."""
        self._locations[driver_id] = frame
        self._wake.set()

    def on_positions(self, positions: Mapping[str, str]) -> None:
        """The current positions of streams in Redis: catch up with them, then send them to the client."""
        self._positions = {stream: positions[stream] for stream in self.streams}
        self._wake.set()

    def on_new_epoch(self, epoch: str) -> None:
        """The offsets of all streams were lost, and *epoch* has begun."""
        self._new_epoch = epoch
        self._wake.set()

    def on_sync(self, since: Mapping[str, str]) -> bool:
        """The client asks for the events after *since*; False if it may not read one of the streams."""
        if not set(since) <= set(self.streams):
            return False
        for stream, position in since.items():
            epoch, offset = parse_position(position)
            already_replaying = epoch == self._epoch and offset >= self._replaying_after.get(
                stream, offset + 1
            )
            if not already_replaying:
                self._syncs[stream] = position
        self._wake.set()
        return True

    def lag(self, positions: Mapping[str, str]) -> int:
        """How many events of its streams, up to *positions*, were not sent yet."""
        lag = 0
        for stream in self.streams:
            next_offset = self._next_offset.get(stream)
            if next_offset is not None:
                lag += max(0, parse_position(positions[stream])[1] + 1 - next_offset)
        return lag

    @property
    def has_pending_work(self) -> bool:
        """True while something other than a location waits to be sent."""
        return bool(
            self._inbox
            or self._overflowed
            or self._lagging
            or self._to_reset
            or self._syncs
            or self._positions
            or self._new_epoch
        )

    @property
    def pending_locations(self) -> int:
        """The number of drivers whose latest location was not sent yet."""
        return len(self._locations)

    # --- sending ------------------------------------------------------------------------------

    async def run(self, since: Mapping[str, str]) -> None:
        """Send the stream positions, the events after *since*, then live events, until cancelled.

        Raises ``SlowClient``.
        """
        await self._start(since)
        while True:
            if not self.has_pending_work:
                await self._wake.wait()
            self._wake.clear()
            try:
                await self._send_pending()
            except RedisError:
                await asyncio.sleep(self._limits.retry_seconds)

    async def _start(self, since: Mapping[str, str]) -> None:
        while True:
            try:
                positions = await self._reader.current_positions(self.streams)
                break
            except RedisError:
                await asyncio.sleep(self._limits.retry_seconds)
        self._continue_after(positions)
        await self._send(frames.event_frame(messages.STREAM_HEADS, StreamPositionsUpdate(heads=positions)))
        for stream in self.streams:
            if stream in since:
                self._resume(stream, since[stream])

    async def _send_pending(self) -> None:
        positions, self._positions = self._positions, None
        self._plan(positions or {})
        if self._to_reset:
            await self._reset(self._to_reset)
        while self._inbox:
            await self._send_live(self._inbox.popleft())
        for stream in list(self._lagging):
            await self._catch_up(stream)
        if positions:
            sent = {stream: self._position(stream) for stream in self.streams}
            await self._send(frames.event_frame(messages.STREAM_HEADS, StreamPositionsUpdate(heads=sent)))
        if self._locations and self._transport.queued() < self._limits.skip_locations_above:
            latest, self._locations = self._locations, {}
            for frame in latest.values():
                await self._transport.send(frame)

    def _plan(self, positions: Mapping[str, str]) -> None:
        """Turn the enqueued work into streams to catch up and streams to reset."""
        for stream, position in positions.items():
            epoch, offset = parse_position(position)
            if epoch != self._epoch or offset + 1 != self._next_offset[stream]:
                self._lagging.add(stream)
        self._lagging |= self._overflowed
        self._overflowed.clear()
        if self._new_epoch not in (None, self._epoch):
            self._to_reset.update(self.streams)
        self._new_epoch = None
        syncs, self._syncs = self._syncs, {}
        for stream, position in syncs.items():
            self._resume(stream, position)

    def _resume(self, stream: str, position: str) -> None:
        """Continue after *position*, which the client has; it may also be invalid."""
        epoch, offset = parse_position(position)
        if epoch != self._epoch or offset >= self._next_offset[stream]:
            self._to_reset.add(stream)
        elif offset + 1 < self._next_offset[stream]:
            self._next_offset[stream] = offset + 1
            self._replaying_after[stream] = offset
            self._lagging.add(stream)

    async def _send_live(self, live: LiveEvent) -> None:
        stream = live.event.stream
        if live.epoch != self._epoch or live.offset > self._next_offset[stream]:
            self._lagging.add(stream)  # reading the stream shows whether the session or the event is outdated
        elif live.offset == self._next_offset[stream] and stream not in self._lagging:
            await self._send(live.frame)
            self._next_offset[stream] = live.offset + 1
            if self._delivery is not None:
                self._delivery.observe(live.event.at)
            live.delivered()

    async def _catch_up(self, stream: str) -> None:
        """Send the events of the stream that were not sent yet."""
        replaying = stream in self._replaying_after  # the client was away: that is no delay of ours
        while True:
            try:
                events = await self._reader.read(stream, self._position(stream), self._limits.read_limit)
            except StreamReset as reset:
                await self._reset(self._streams_to_reset(stream, reset.position))
                return
            for event in events:
                await self._send(frames.stream_event_frame(event))
                self._next_offset[stream] = parse_position(event.position)[1] + 1
                if self._delivery is not None and not replaying:
                    self._delivery.observe(event.at)  # it is late because the client reads slowly
            if len(events) < self._limits.read_limit:
                self._lagging.discard(stream)
                self._replaying_after.pop(stream, None)
                return

    def _streams_to_reset(self, stream: str, position: str) -> set[str]:
        """This stream alone, or all of them if *position* is of another epoch."""
        return set(self.streams) if parse_position(position)[0] != self._epoch else {stream}

    async def _reset(self, streams: Iterable[str]) -> None:
        """Tell the client to reload these streams, and continue after their current positions."""
        reset = set(streams)
        positions = await self._reader.current_positions(self.streams)
        if parse_position(positions[self.streams[0]])[0] != self._epoch:
            reset = set(self.streams)
        sent = {stream: positions[stream] for stream in self.streams if stream in reset}
        self._continue_after(sent)
        self._to_reset -= reset
        self._lagging -= reset
        for stream in reset:
            self._replaying_after.pop(stream, None)
        await self._send(frames.event_frame(messages.STREAM_RESET, StreamPositionsUpdate(heads=sent)))

    def _continue_after(self, positions: Mapping[str, str]) -> None:
        for stream, position in positions.items():
            self._epoch, offset = parse_position(position)
            self._next_offset[stream] = offset + 1

    def _position(self, stream: str) -> str:
        """The position of the last event that was sent."""
        return f"{self._epoch}:{self._next_offset[stream] - 1}"

    async def _send(self, frame: str) -> None:
        """Hand over a frame, after waiting for room.  Raises ``SlowClient``."""
        if self._transport.queued() >= self._limits.pause_above:
            await self._wait_for_room()
        await self._transport.send(frame)

    async def _wait_for_room(self) -> None:
        waited = 0.0
        while self._transport.queued() >= self._limits.pause_above:
            if waited >= self._limits.stall_timeout_seconds:
                raise SlowClient
            await asyncio.sleep(self._limits.poll_seconds)  # Engine.IO's queue has no event for this
            waited += self._limits.poll_seconds
