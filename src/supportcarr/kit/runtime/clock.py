"""Two clocks: *wall* time, and *city* time, which may run faster in the local profile.

Business times (offers, waits, fees, freshness, schedules) are city time.  Tokens, rate limits, leases,
retries, sockets and I/O are wall time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from supportcarr.contracts.documents import Document


class CityClockRecord(Document, frozen=True, kw_only=True):
    """The city's clock: it was ``city`` at wall time ``wall``, and runs ``speed`` times as fast."""

    city: datetime
    wall: datetime
    speed: float


class ClockReading(msgspec.Struct, frozen=True):
    city_time: datetime
    wall_time: datetime
    speed: float


class Clock:
    """Reads both clocks.  Without an origin city time is wall time."""

    def __init__(
        self,
        *,
        city_origin: datetime | None = None,
        wall_origin: datetime | None = None,
        speed: float = 1.0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        if speed <= 0:
            raise ValueError("the speed of the city's clock must be positive")
        self._wall = wall
        self.speed = speed
        self._wall_origin = wall_origin.timestamp() if wall_origin else wall()
        self._city_origin = city_origin.timestamp() if city_origin else self._wall_origin

    @classmethod
    def of(cls, record: CityClockRecord, wall: Callable[[], float] = time.time) -> Clock:
        """The clock that all processes of a city share."""
        return cls(city_origin=record.city, wall_origin=record.wall, speed=record.speed, wall=wall)

    def wall(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)

    def city(self) -> datetime:
        return datetime.fromtimestamp(self.city_seconds(), UTC)

    def wall_seconds(self) -> float:
        """``wall`` in seconds since 1970, for the hot path: it builds no ``datetime``."""
        return self._wall()

    def city_seconds(self) -> float:
        """``city`` in seconds since 1970."""
        return self._city_origin + (self._wall() - self._wall_origin) * self.speed

    def wall_seconds_until(self, city: datetime) -> float:
        """Wall seconds until that city time (negative: it is past)."""
        return (city - self.city()).total_seconds() / self.speed

    async def sleep_until(self, city: datetime) -> None:
        """Sleep until that city time; returns at once if it is past."""
        wait = self.wall_seconds_until(city)
        if wait > 0:
            await asyncio.sleep(wait)

    def read(self) -> ClockReading:
        return ClockReading(self.city(), self.wall(), self.speed)


def to_milliseconds(at: datetime) -> datetime:
    """The time in whole milliseconds, the precision that every store engine keeps."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
