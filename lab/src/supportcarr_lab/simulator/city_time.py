"""The city clock as an app knows it: read from ``GET /clock`` now and then, extrapolated in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime


class CityTime:
    """City time in seconds since the Unix epoch (``now``), extrapolated from the last reading.

    *city* was the city time when the wall time was *wall*; *speed* is city seconds per wall second.
    It never runs backwards: after a reading that is behind, it stands still until real city time has
    caught up.
    """

    def __init__(
        self, city: float, wall: float, speed: float, *, read: Callable[[], float] = time.time
    ) -> None:
        self._read = read
        self._latest = city
        self.set(city, wall, speed)

    def set(self, city: float, wall: float, speed: float) -> None:
        """Take a new reading of both clocks."""
        self._city, self._wall, self.speed = city, wall, speed

    def now(self) -> float:
        self._latest = max(self._latest, self._city + (self._read() - self._wall) * self.speed)
        return self._latest

    def formatted(self) -> str:
        """The current city time in the API's format (RFC 3339, UTC)."""
        return format_time(self.now())

    async def sleep(self, city_seconds: float) -> None:
        await asyncio.sleep(max(0.0, city_seconds / self.speed))

    async def sleep_until(self, city: float) -> None:
        await self.sleep(city - self.now())


def format_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def parse_time(text: str) -> float:
    """Seconds since the Unix epoch, from a time in the API's format.  Raises ``ValueError``."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at.timestamp()
