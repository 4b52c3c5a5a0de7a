"""One real-time process: what it hears from Redis, handed to the sessions that may hear it.

Three loops: the firehose (events), the positions' channel, and the heads, told every few seconds.
The heads are also what heals: a session that is behind what Redis has reads what is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Protocol

import msgspec

from supportcarr.contracts.positions import PositionUpdate
from supportcarr.kit.events.streams import FirehoseBatch
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.redis.keys import positions_channel
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.realtime import frames, messages
from supportcarr.realtime.event_mapping import ops_stream, user_stream
from supportcarr.realtime.messages import LocationUpdate
from supportcarr.realtime.ports import StreamReader
from supportcarr.realtime.session import ClientSession, LiveEvent

_RETRY_SECONDS = 0.5
_HEADS_AT_ONCE = 1_000  # streams a script call

_log = logging.getLogger(__name__)
_updates = msgspec.json.Decoder(list[PositionUpdate])


class EventSource(StreamReader, Protocol):
    """``kit.events.streams.Streams``."""

    def firehose(self, start: str | None = None) -> AsyncGenerator[FirehoseBatch, None]: ...


class PubSub(Protocol):
    """``kit.redis.client.RedisClient``."""

    def subscribe(self, *channels: str) -> AsyncGenerator[bytes, None]: ...


class FanOut:
    """The sessions of this process, and the loops that feed them."""

    def __init__(self, streams: EventSource, positions: PubSub, heads_seconds: float) -> None:
        self._streams = streams
        self._positions = positions
        self._heads_seconds = heads_seconds
        self._listeners: dict[str, set[ClientSession]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.listening = asyncio.Event()  # the firehose is read: heads told from now on miss nothing
        self.events_received = 0
        self.event_lag = 0  # at the last heads: in Redis, and not yet emitted to a session
        self.locations_received = 0

    # --- sessions -----------------------------------------------------------------------------

    def register(self, session: ClientSession) -> None:
        for stream in session.streams:
            self._listeners.setdefault(stream, set()).add(session)

    def unregister(self, session: ClientSession) -> None:
        """Harmless if it is not there."""
        for stream in session.streams:
            listeners = self._listeners.get(stream)
            if listeners is not None:
                listeners.discard(session)
                if not listeners:
                    del self._listeners[stream]

    def sessions(self) -> set[ClientSession]:
        return set().union(*self._listeners.values())

    # --- life ---------------------------------------------------------------------------------

    def start(self) -> None:
        loops = {
            "firehose": self._hear_events,
            "positions": self._hear_positions,
            "heads": self._tell_heads,
        }
        self._tasks = [asyncio.create_task(_forever(name, loop), name=name) for name, loop in loops.items()]

    async def stop(self) -> None:
        await cancel_and_wait(*self._tasks)
        self._tasks.clear()

    # --- loops --------------------------------------------------------------------------------

    async def _hear_events(self) -> None:
        async with contextlib.aclosing(self._streams.firehose()) as batches:
            async for batch in batches:
                self.listening.set()
                if batch.new_epoch:
                    for session in self.sessions():
                        session.on_new_epoch(batch.epoch)
                for item in batch.events:
                    self.events_received += 1
                    listeners = self._listeners.get(item.stream)
                    if listeners:
                        live = LiveEvent(item)
                        for session in listeners:
                            session.on_event(live)

    async def _hear_positions(self) -> None:
        async with contextlib.aclosing(self._positions.subscribe(positions_channel())) as told:
            async for message in told:
                try:
                    updates = _updates.decode(message)
                except msgspec.DecodeError:
                    _log.exception("a list of positions could not be read")
                    continue
                for update in updates:
                    self.locations_received += 1
                    self._hand_out(update)

    def _hand_out(self, update: PositionUpdate) -> None:
        listeners = list(self._listeners.get(ops_stream(update.area_id), ()))
        if update.rider_id is not None:
            listeners += self._listeners.get(user_stream(update.rider_id), ())
        if not listeners:
            return
        frame = location_frame(update)
        for session in listeners:
            session.on_location(update.driver_id, frame)

    async def _tell_heads(self) -> None:
        while True:
            await asyncio.sleep(self._heads_seconds)
            with contextlib.suppress(RedisError):
                await self.broadcast_positions()

    async def broadcast_positions(self) -> None:
        """Tell every session where its streams stand.  Raises ``RedisError``."""
        streams = list(self._listeners)
        heads: dict[str, str] = {}
        for start in range(0, len(streams), _HEADS_AT_ONCE):
            heads |= await self._streams.current_positions(streams[start : start + _HEADS_AT_ONCE])
        missing = 0
        for session in self.sessions():
            if all(stream in heads for stream in session.streams):  # else it came meanwhile
                missing += session.lag(heads)
                session.on_positions(heads)
        self.event_lag = missing


def location_frame(update: PositionUpdate) -> str:
    """A position as clients see it: without the ids of people whom it does not concern."""
    location = LocationUpdate(
        driver_id=update.driver_id,
        lat=update.lat,
        lng=update.lng,
        at=update.at,
        rescue_id=update.rescue_id,
        heading=update.heading,
        speed=update.speed,
        eta_seconds=update.eta_seconds,
    )
    return frames.event_frame(messages.LOCATION_UPDATE, location)


async def _forever(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run *loop* again whenever it ends or fails; what was missed meanwhile the heads bring back."""
    while True:
        try:
            await loop()
        except Exception:
            _log.exception("%s failed and begins again", name)
        await asyncio.sleep(_RETRY_SECONDS)
