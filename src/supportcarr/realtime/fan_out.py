"""Hands what one process receives from Redis to the sessions that may have it.

Three loops: the firehose (events), the channel of driver locations, and a broadcast of the stream
positions every few seconds.  The broadcast also repairs: a session that is behind the positions reads
the missing events from the streams.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec
import structlog

from supportcarr.contracts.envelope import Cause
from supportcarr.contracts.positions import PositionUpdate
from supportcarr.kit.observability.structured_log import LogWriter
from supportcarr.kit.redis.errors import RedisError
from supportcarr.kit.redis.keys import positions_channel
from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import Clock
from supportcarr.realtime import frames, messages
from supportcarr.realtime.causes import DeliveryLine
from supportcarr.realtime.client_session import ClientSession, LiveEvent
from supportcarr.realtime.delivery import Delivery
from supportcarr.realtime.event_mapping import ops_stream, user_stream
from supportcarr.realtime.messages import LocationUpdate
from supportcarr.realtime.ports import EventSource, PubSub

_RETRY_SECONDS = 0.5
_POSITIONS_LIMIT = 1_000  # streams in a script call

log = structlog.get_logger(__name__)
_updates = msgspec.json.Decoder(list[PositionUpdate])


class FanOut:
    """The sessions of this process, and the loops that feed them."""

    def __init__(
        self,
        streams: EventSource,
        locations: PubSub,
        broadcast_seconds: float,
        clock: Clock | None = None,
        line_writer: LogWriter | None = None,
    ) -> None:
        self.delivery = Delivery(clock or Clock())
        self._log = line_writer
        self._streams = streams
        self._locations = locations
        self._broadcast_seconds = broadcast_seconds
        self._sessions_by_stream: dict[str, set[ClientSession]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.listening = asyncio.Event()  # set once the firehose is read: later positions miss nothing
        self.events_received = 0
        self.event_lag = 0  # at the last broadcast: events in Redis not yet sent, over all sessions
        self.locations_received = 0

    # --- sessions -----------------------------------------------------------------------------

    def register(self, session: ClientSession) -> None:
        for stream in session.streams:
            self._sessions_by_stream.setdefault(stream, set()).add(session)

    def unregister(self, session: ClientSession) -> None:
        """Does nothing if the session is not registered."""
        for stream in session.streams:
            sessions = self._sessions_by_stream.get(stream)
            if sessions is not None:
                sessions.discard(session)
                if not sessions:
                    del self._sessions_by_stream[stream]

    def sessions(self) -> set[ClientSession]:
        return set().union(*self._sessions_by_stream.values())

    # --- starting and stopping ----------------------------------------------------------------

    def start(self) -> None:
        loops = {
            "receive events": self._receive_events,
            "receive locations": self._receive_locations,
            "broadcast positions": self._broadcast_periodically,
        }
        self._tasks = [
            asyncio.create_task(_run_forever(name, loop), name=name) for name, loop in loops.items()
        ]

    async def stop(self) -> None:
        await cancel_and_wait(*self._tasks)
        self._tasks.clear()

    # --- loops --------------------------------------------------------------------------------

    async def _receive_events(self) -> None:
        async with contextlib.aclosing(self._streams.firehose()) as batches:
            async for batch in batches:
                self.listening.set()
                if batch.new_epoch:
                    for session in self.sessions():
                        session.on_new_epoch(batch.epoch)
                lines: dict[str, DeliveryLine] = {}
                for event in batch.events:
                    self.events_received += 1
                    sessions = self._sessions_by_stream.get(event.stream)
                    if sessions:
                        live = LiveEvent(event)
                        for session in sessions:
                            session.on_event(live)
                        if live.cause is not None and live.cause.request_id is not None:
                            _note(lines, live, live.cause, len(sessions))
                if self._log is not None:
                    for line in lines.values():
                        self._log.write(line)

    async def _receive_locations(self) -> None:
        async with contextlib.aclosing(self._locations.subscribe(positions_channel())) as received:
            async for message in received:
                try:
                    updates = _updates.decode(message)
                except msgspec.DecodeError:
                    log.exception("locations_not_decoded")
                    continue
                for update in updates:
                    self.locations_received += 1
                    self._deliver_location(update)

    def _deliver_location(self, update: PositionUpdate) -> None:
        sessions = list(self._sessions_by_stream.get(ops_stream(update.area_id), ()))
        if update.rider_id is not None:
            sessions += self._sessions_by_stream.get(user_stream(update.rider_id), ())
        if not sessions:
            return
        frame = location_frame(update)
        for session in sessions:
            session.on_location(update.driver_id, frame)

    async def _broadcast_periodically(self) -> None:
        while True:
            await asyncio.sleep(self._broadcast_seconds)
            with contextlib.suppress(RedisError):
                await self.broadcast_positions()

    async def broadcast_positions(self) -> None:
        """Give every session the current positions of its streams.  Raises ``RedisError``."""
        streams = list(self._sessions_by_stream)
        positions: dict[str, str] = {}
        for start in range(0, len(streams), _POSITIONS_LIMIT):
            positions |= await self._streams.current_positions(streams[start : start + _POSITIONS_LIMIT])
        lag = 0
        for session in self.sessions():
            if all(stream in positions for stream in session.streams):  # else it was registered meanwhile
                lag += session.lag(positions)
                session.on_positions(positions)
        self.event_lag = lag


def _note(lines: dict[str, DeliveryLine], live: LiveEvent, cause: Cause, clients: int) -> None:
    """Count the clients that get an event; it is received once for each of its streams."""
    line = lines.get(live.event.id)
    if line is not None:
        line.clients += clients
    elif cause.request_id is not None:
        lines[live.event.id] = DeliveryLine(
            at=datetime.now(UTC),
            level="info",
            event="event_received",
            request_id=cause.request_id,
            event_id=live.event.id,
            name=live.event.name,
            clients=clients,
            trace_id=cause.traceparent.split("-")[1] if cause.traceparent else None,
        )


def location_frame(update: PositionUpdate) -> str:
    """A driver's location as clients see it: without the ids of the rider and the area."""
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


async def _run_forever(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    """Run *loop* again whenever it ends or fails.

    Events missed meanwhile are repaired by the next broadcast of positions.
    """
    while True:
        try:
            await loop()
        except Exception:
            log.exception("fan_out_loop_failed", loop=name)
        await asyncio.sleep(_RETRY_SECONDS)
