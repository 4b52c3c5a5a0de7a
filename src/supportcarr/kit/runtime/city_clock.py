"""The city's clock, shared by the processes of one city and kept over restarts.

The store holds one line, "city time *c* was at wall time *w* and runs *s* times faster", which every
process reads at its start, and a heartbeat moves along.  A line that nobody moved for a while
belongs to a city that was stopped: who starts the platform lets it go on from where it stood
(``city_clock``).  Its processes only ``join_city``: one that is started again after a crash, on a
machine so busy that heartbeats are late, must not move the clock of all the others.
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
from supportcarr.kit.store.port import CollectionSpec, DuplicateKey, Store, StoreError, VersionConflict

CITY_CLOCK = CollectionSpec("cityclock", CityClockRecord)
SPECS: tuple[CollectionSpec[Any], ...] = (CITY_CLOCK,)

HEARTBEAT_S = 2.0  # wall
OLDEST_MARK_S = 2 * HEARTBEAT_S  # wall; a living city's mark is never older, save for a moment's hitch
STOPPED_AFTER_S = 8.0  # wall; without a heartbeat for that long the city had stopped

_ID = "city"
_log = structlog.get_logger("supportcarr.city")


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

    The first start of a city is at *starts_at* local time of a working day.  A city that stopped, or
    is asked for at another speed, goes on from its last stored time (and what a mark may be late, so
    that city time never runs back); one that runs is joined.  For who starts the platform.
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
                record = await collection.save(_gone_on(record, now, speed))
        except (DuplicateKey, VersionConflict):  # another process was faster: read what it made
            continue
        return Clock.of(record, wall=wall)


async def join_city(store: Store, *, speed: float, wall: Callable[[], float] = time.time) -> Clock:
    """The clock of the city in *store* as it is, however late its heartbeat; for each process.

    Where there is no city yet, it begins (at *speed*).
    """
    record = await store.collection(CITY_CLOCK).get(_ID)
    return Clock.of(record, wall=wall) if record else await city_clock(store, speed=speed, wall=wall)


def _gone_on(record: CityClockRecord, now: datetime, speed: float) -> CityClockRecord:
    since = min((now - record.wall).total_seconds(), OLDEST_MARK_S)
    city = record.city + timedelta(seconds=max(0.0, since) * record.speed)
    return msgspec.structs.replace(record, city=city, wall=now, speed=speed)


class CityHeartbeat:
    """Stores where the city's clock stands, every ``HEARTBEAT_S``; runs in each process of the city.

    Who finds a fresh mark leaves it, so the store sees one write a beat, not one a process.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._collection = store.collection(CITY_CLOCK)
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._beat_on(), name="city heartbeat")

    async def stop(self) -> None:
        """End, with a last mark."""
        if self._task is not None:
            await cancel_and_wait(self._task)
            with suppress(StoreError):
                await self.beat(fresh_s=0.0)

    async def beat(self, *, fresh_s: float = HEARTBEAT_S * 0.75) -> None:
        """Store the mark unless one younger than *fresh_s* (wall) is there."""
        record = await self._collection.get(_ID)
        wall = self._clock.wall()
        if record is None or wall - record.wall < timedelta(seconds=fresh_s):
            return
        with suppress(VersionConflict):  # another process stored its mark
            await self._collection.save(
                msgspec.structs.replace(record, city=self._clock.city(), wall=wall, speed=self._clock.speed)
            )

    async def _beat_on(self) -> None:
        while True:
            try:
                await self.beat()
            except StoreError as error:
                _log.warning("city.heartbeat_failed", error=str(error))
            except Exception:  # whatever it is: a city without a heartbeat counts as stopped
                _log.exception("city.heartbeat_failed")
            await asyncio.sleep(HEARTBEAT_S)
