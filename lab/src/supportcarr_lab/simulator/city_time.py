"""The city's clock as an app knows it: read from ``GET /clock`` now and then, reckoned between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime


class CityTime:
    """City time as seconds since the Unix epoch (``now``), from the last reading of both clocks.

    *city* was the city's time when the wall's was *wall*; *speed* is city seconds a wall second.  It
    never runs back: after a reading that is behind it stands until that has caught up.
    """

    def __init__(
        self, city: float, wall: float, speed: float, *, read: Callable[[], float] = time.time
    ) -> None:
        self._read = read
        self._latest = city
        self.set(city, wall, speed)

    def set(self, city: float, wall: float, speed: float) -> None:
        """A new reading."""
        self._city, self._wall, self.speed = city, wall, speed

    def now(self) -> float:
        self._latest = max(self._latest, self._city + (self._read() - self._wall) * self.speed)
        return self._latest

    def formatted(self) -> str:
        """Now, as the API writes times (RFC 3339, UTC)."""
        return format_time(self.now())

    async def sleep(self, city_seconds: float) -> None:
        await asyncio.sleep(max(0.0, city_seconds / self.speed))

    async def sleep_until(self, city: float) -> None:
        await self.sleep(city - self.now())


def format_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def parse_time(text: str) -> float:
    """A time as the API writes it, as seconds since the Unix epoch.  Raises ``ValueError``."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} names no time zone")
    return at.timestamp()
