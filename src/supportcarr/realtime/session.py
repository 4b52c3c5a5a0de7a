"""One connected client: each event of its streams once, in order, whatever happens around it.

A session knows, for each of its streams, the ``seq`` that comes next.  Of what the node hears live it
emits exactly that one, drops what is lower, and for anything higher reads the gap from the stream
itself first.  So it never matters how much the node missed, or how often it hears the same.

A slow client costs no memory: while too many frames wait to be written nothing more is emitted, what
comes live beyond a small inbox is forgotten and later read from the stream, and of positions only
the latest of each driver is kept.  Who does not read at all for long is disconnected.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from supportcarr.kit.events.streams import StreamEvent, StreamReset
from supportcarr.kit.redis.errors import RedisError
from supportcarr.realtime import frames, messages
from supportcarr.realtime.messages import StreamPositionsUpdate
from supportcarr.realtime.ports import StreamReader, Transport

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BackpressureLimits:
    """How far a client may fall behind: frames that wait to be written, and wall seconds."""

    skip_locations_above: int = 16  # with more waiting, positions are left out
    pause_above: int = 128  # with more waiting, nothing is emitted
    inbox_size: int = 256  # live events remembered; more are read from the stream instead
    disconnect_above: int = 1024  # with more waiting (its own acknowledgements), it is disconnected
    stall_timeout_seconds: float = 15.0  # without room for so long, it is disconnected
    read_limit: int = 200
    retry_seconds: float = 0.25  # between attempts to read from a Redis that is away
    poll_seconds: float = 0.02  # between looks at a full queue


class SlowClient(Exception):
    """The client does not read what it is sent."""


class LiveEvent:
    """A stream's event as the node heard it; its frame is made once, when somebody needs it."""

    __slots__ = ("_frame", "epoch", "event", "offset")

    def __init__(self, item: StreamEvent) -> None:
        self.event = item
        self.epoch, self.offset = split(item.position)
        self._frame: str | None = None

    @property
    def frame(self) -> str:
        if self._frame is None:
            self._frame = frames.stream_event_frame(self.event)
        return self._frame


class ClientSession:
    """The state of one socket.  ``run`` emits; the other methods only leave notes for it."""

    def __init__(
        self,
        wire: Transport,
        streams: Sequence[str],
        log: StreamReader,
        bounds: BackpressureLimits | None = None,
    ) -> None:
        self.streams = tuple(streams)
        self._wire = wire
        self._log = log
        self._bounds = bounds or BackpressureLimits()
        self._wake = asyncio.Event()
        # What the pump alone changes:
        self._epoch = ""
        self._next: dict[str, int] = {}
        self._behind: set[str] = set()  # to be read from the stream
        self._lost: set[str] = set()  # to be reset
        self._replays: dict[str, int] = {}  # by stream being caught up: the seq after which it began
        # Notes for the pump:
        self._inbox: deque[LiveEvent] = deque()
        self._skipped: set[str] = set()  # streams whose live events found no place in the inbox
        self._positions: dict[str, str] = {}
        self._syncs: dict[str, str] = {}
        self._heads: Mapping[str, str] | None = None
        self._new_epoch: str | None = None

    # --- notes --------------------------------------------------------------------------------

    def on_event(self, event: LiveEvent) -> None:
        """The node heard an event of one of this session's streams."""
        if len(self._inbox) < self._bounds.inbox_size:
            self._inbox.append(event)
        else:
            self._skipped.add(event.event.stream)
        self._wake.set()

    def on_location(self, driver_id: str, frame: str) -> None:
        """A driver's latest position; it replaces an earlier one that was not sent yet."""
        self._positions[driver_id] = frame
        self._wake.set()

    def on_positions(self, heads: Mapping[str, str]) -> None:
        """Where streams stand in Redis: catch up with its own, then tell the client."""
        self._heads = {stream: heads[stream] for stream in self.streams}
        self._wake.set()

    def on_new_epoch(self, epoch: str) -> None:
        """The numbers of all streams were lost, and *epoch* has begun."""
        self._new_epoch = epoch
        self._wake.set()

    def on_sync(self, since: Mapping[str, str]) -> bool:
        """The client asks for what came after *since*; False if a stream is not its own."""
        if not set(since) <= set(self.streams):
            return False
        for stream, cursor in since.items():
            epoch, seq = split(cursor)
            on_its_way = epoch == self._epoch and seq >= self._replays.get(stream, seq + 1)
            if not on_its_way:
                self._syncs[stream] = cursor
        self._wake.set()
        return True

    def lag(self, heads: Mapping[str, str]) -> int:
        """How many events of its streams, up to *heads*, were not emitted yet."""
        seqs = ((self._next.get(stream), split(heads[stream])[1]) for stream in self.streams)
        return sum(max(0, seq + 1 - following) for following, seq in seqs if following is not None)

    @property
    def has_pending_work(self) -> bool:
        """True while something other than a position waits to be emitted."""
        return bool(
            self._inbox
            or self._skipped
            or self._behind
            or self._lost
            or self._syncs
            or self._heads
            or self._new_epoch
        )

    @property
    def pending_locations(self) -> int:
        """How many drivers' latest positions were not sent yet."""
        return len(self._positions)

    # --- the pump -----------------------------------------------------------------------------

    async def run(self, since: Mapping[str, str]) -> None:
        """Emit heads, what was missed since those cursors, and then what comes, until cancelled.

        Raises ``TooSlow``.
        """
        await self._begin(since)
        while True:
            if not self.has_pending_work:
                await self._wake.wait()
            self._wake.clear()
            try:
                await self._emit_due()
            except RedisError:
                await asyncio.sleep(self._bounds.retry_seconds)

    async def _begin(self, since: Mapping[str, str]) -> None:
        while True:
            try:
                heads = await self._log.current_positions(self.streams)
                break
            except RedisError:
                await asyncio.sleep(self._bounds.retry_seconds)
        self._go_on_from(heads)
        await self._send(frames.event_frame(messages.STREAM_HEADS, StreamPositionsUpdate(heads=heads)))
        for stream in self.streams:
            if stream in since:
                self._resume(stream, since[stream])

    async def _emit_due(self) -> None:
        heads, self._heads = self._heads, None
        self._take_notes(heads or {})
        if self._lost:
            await self._reset(self._lost)
        while self._inbox:
            await self._emit_live(self._inbox.popleft())
        for stream in list(self._behind):
            await self._catch_up(stream)
        if heads:
            told = {stream: self._cursor(stream) for stream in self.streams}
            await self._send(frames.event_frame(messages.STREAM_HEADS, StreamPositionsUpdate(heads=told)))
        if self._positions and self._wire.queued() < self._bounds.skip_locations_above:
            latest, self._positions = self._positions, {}
            for frame in latest.values():
                await self._wire.send(frame)

    def _take_notes(self, heads: Mapping[str, str]) -> None:
        for stream, head in heads.items():
            epoch, seq = split(head)
            if epoch != self._epoch or seq + 1 != self._next[stream]:
                self._behind.add(stream)
        self._behind |= self._skipped
        self._skipped.clear()
        if self._new_epoch not in (None, self._epoch):
            self._lost.update(self.streams)
        self._new_epoch = None
        syncs, self._syncs = self._syncs, {}
        for stream, cursor in syncs.items():
            self._resume(stream, cursor)

    def _resume(self, stream: str, cursor: str) -> None:
        """Go on after *cursor*, which the client has; it may also be one that never was."""
        epoch, seq = split(cursor)
        if epoch != self._epoch or seq >= self._next[stream]:
            self._lost.add(stream)
        elif seq + 1 < self._next[stream]:
            self._next[stream] = seq + 1
            self._replays[stream] = seq
            self._behind.add(stream)

    async def _emit_live(self, event: LiveEvent) -> None:
        stream = event.event.stream
        if event.epoch != self._epoch or event.offset > self._next[stream]:
            self._behind.add(stream)  # reading it tells whether the epoch or the event is the old one
        elif event.offset == self._next[stream] and stream not in self._behind:
            await self._send(event.frame)
            self._next[stream] = event.offset + 1

    async def _catch_up(self, stream: str) -> None:
        """Emit what the stream has beyond what was emitted."""
        while True:
            try:
                items = await self._log.read(stream, self._cursor(stream), self._bounds.read_limit)
            except StreamReset as reset:
                await self._reset(self._lost_with(stream, reset.position))
                return
            for item in items:
                await self._send(frames.stream_event_frame(item))
                self._next[stream] = split(item.position)[1] + 1
            if len(items) < self._bounds.read_limit:
                self._behind.discard(stream)
                self._replays.pop(stream, None)
                return

    def _lost_with(self, stream: str, head: str) -> set[str]:
        """What is lost with one stream: in another epoch all of them."""
        return set(self.streams) if split(head)[0] != self._epoch else {stream}

    async def _reset(self, streams: Iterable[str]) -> None:
        """Tell the client to reload, and go on from where the streams stand now."""
        lost = set(streams)
        heads = await self._log.current_positions(self.streams)
        if split(heads[self.streams[0]])[0] != self._epoch:
            lost = set(self.streams)
        told = {stream: heads[stream] for stream in self.streams if stream in lost}
        self._go_on_from(told)
        self._lost -= lost
        self._behind -= lost
        for stream in lost:
            self._replays.pop(stream, None)
        await self._send(frames.event_frame(messages.STREAM_RESET, StreamPositionsUpdate(heads=told)))

    def _go_on_from(self, heads: Mapping[str, str]) -> None:
        for stream, cursor in heads.items():
            self._epoch, seq = split(cursor)
            self._next[stream] = seq + 1

    def _cursor(self, stream: str) -> str:
        return f"{self._epoch}:{self._next[stream] - 1}"

    async def _send(self, frame: str) -> None:
        """Hand over a frame when there is room for it.  Raises ``TooSlow``."""
        if self._wire.queued() >= self._bounds.pause_above:
            await self._room()
        await self._wire.send(frame)

    async def _room(self) -> None:
        waited = 0.0
        while self._wire.queued() >= self._bounds.pause_above:
            if waited >= self._bounds.stall_timeout_seconds:
                raise SlowClient
            await asyncio.sleep(self._bounds.poll_seconds)  # Engine.IO's queue tells nobody that it drains
            waited += self._bounds.poll_seconds


def split(cursor: str) -> tuple[str, int]:
    """``epoch:seq`` as its two parts; what is no cursor has the epoch ``""``, which is nobody's."""
    epoch, _, seq = cursor.rpartition(":")
    return (epoch, int(seq)) if seq.isascii() and seq.isdecimal() and len(seq) < 16 else ("", 0)
