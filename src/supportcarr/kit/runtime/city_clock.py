"""The city's clock, shared by the processes of one city and kept across restarts.

The store holds one record, "city time was *c* at wall time *w* and runs *s* times as fast".  Every
process reads it at its start, and a heartbeat updates it.  A record without recent heartbeats belongs
to a city that was stopped: the command that starts the platform resumes it (``city_clock``).  Other
processes only ``join_city``: one that restarts after a crash, on a machine so busy that heartbeats are
late, must not move the clock of all the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import structlog

from supportcarr.kit.runtime.cancellation import cancel_and_wait
from supportcarr.kit.runtime.clock import CityClockRecord, Clock
from supportcarr.kit.store.port import (
    CollectionSpec,
    DuplicateKey,
    Store,
    StoreError,
    StoreUnavailable,
    VersionConflict,
)

CITY_CLOCK = CollectionSpec("cityclock", CityClockRecord)
SPECS: tuple[CollectionSpec[Any], ...] = (CITY_CLOCK,)

HEARTBEAT_S = 2.0  # wall
LATEST_HEARTBEAT_S = 2 * HEARTBEAT_S  # wall; the record of a running city is rarely older
STOPPED_AFTER_S = 8.0  # wall; a city without a heartbeat for that long was stopped

_ID = "city"
log = structlog.get_logger(__name__)


def first_city_time(today: date, zone: str, at: time_of_day) -> datetime:
    """*at* local time on *today*, or on the Friday before if that is a weekend day; in UTC."""
    back = max(0, today.isoweekday() - 5)
    day = today - timedelta(days=back)
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


async def city_clock(
    store: Store,
    *,
    speed: float,
    zone: str = "America/Toronto",
    starts_at: time_of_day = time_of_day(16, 0),
    wall: Callable[[], float] = time.time,
) -> Clock:
    """The clock of the city in *store*, at *speed*.

    A new city starts at *starts_at* local time of a working day.  A city that was stopped, or runs at
    another speed, resumes at its last stored time, plus the time by which a heartbeat may be late: city
    time never runs backwards.  A running city is joined.  For the command that starts the platform.
    """
    collection = store.collection(CITY_CLOCK)
    while True:
        now = datetime.fromtimestamp(wall(), UTC)
        record = await collection.get(_ID)
        try:
            if record is None:
                city = first_city_time(now.astimezone(ZoneInfo(zone)).date(), zone, starts_at)
                record = await collection.insert(CityClockRecord(id=_ID, city=city, wall=now, speed=speed))
            elif record.speed != speed or now - record.wall > timedelta(seconds=STOPPED_AFTER_S):
                record = await collection.save(_resumed(record, now, speed))
        except (DuplicateKey, VersionConflict):  # another process was first: read its record
            continue
        return Clock.of(record, wall=wall)


async def join_city(store: Store, *, speed: float, wall: Callable[[], float] = time.time) -> Clock:
    """The clock of the city in *store*, however late its heartbeat; for every other process.

    Starts a city (at *speed*) if there is none.
    """
    record = await store.collection(CITY_CLOCK).get(_ID)
    return Clock.of(record, wall=wall) if record else await city_clock(store, speed=speed, wall=wall)


def _resumed(record: CityClockRecord, now: datetime, speed: float) -> CityClockRecord:
    since = min((now - record.wall).total_seconds(), LATEST_HEARTBEAT_S)
    city = record.city + timedelta(seconds=max(0.0, since) * record.speed)
    return msgspec.structs.replace(record, city=city, wall=now, speed=speed)


class CityHeartbeat:
    """Stores a reading of the city's clock every ``HEARTBEAT_S``; runs in each process of the city.

    Skips the write if another process has recorded a heartbeat recently: one write per interval, not
    one per process.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._collection = store.collection(CITY_CLOCK)
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._beat_forever(), name="city heartbeat")

    async def stop(self) -> None:
        """End, with a last heartbeat."""
        if self._task is not None:
            await cancel_and_wait(self._task)
            with suppress(StoreError):
                await self.beat(fresh_s=0.0)

    async def beat(self, *, fresh_s: float = HEARTBEAT_S * 0.75) -> None:
        """Store a reading unless one younger than *fresh_s* (wall) is there."""
        record = await self._collection.get(_ID)
        wall = self._clock.wall()
        if record is None or wall - record.wall < timedelta(seconds=fresh_s):
            return
        with suppress(VersionConflict):  # another process stored its reading
            await self._collection.save(
                msgspec.structs.replace(record, city=self._clock.city(), wall=wall, speed=self._clock.speed)
            )

    async def _beat_forever(self) -> None:
        while True:
            try:
                await self.beat()
            except StoreUnavailable:
                pass  # the store logs its outages
            except StoreError as error:
                log.warning("city_heartbeat_failed", error=str(error))
            except Exception:  # this task must not end: a city without heartbeats counts as stopped
                log.exception("city_heartbeat_failed")
            await asyncio.sleep(HEARTBEAT_S)
